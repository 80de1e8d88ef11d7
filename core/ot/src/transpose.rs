//! Rows of bits to columns: 128 planes of bits to blocks, one for every place.

use tacit_symmetric::Block;

/// Rows of a plane batch: bits of a block.
pub const ROWS: usize = 128;

/// Block `i` of `out` has as its bit `j` the bit `i` of row `j`; `rows[j]` are the words of row
/// `j`.
///
/// Words beyond what `out` needs are left alone.
///
/// # Panics
/// When `out` has more blocks than a row has bits.
pub fn to_blocks<const WORDS: usize>(rows: &[[u64; WORDS]; ROWS], out: &mut [Block]) {
    assert!(out.len() <= WORDS * 64, "more blocks than bits");
    for (word, out) in out.chunks_mut(64).enumerate() {
        let mut low: [u64; 64] = std::array::from_fn(|j| rows[j][word]);
        let mut high: [u64; 64] = std::array::from_fn(|j| rows[64 + j][word]);
        square(&mut low);
        square(&mut high);
        for (block, (low, high)) in out.iter_mut().zip(low.iter().zip(&high)) {
            *block = Block::new([*low, *high]);
        }
    }
}

/// Transposes 64×64 bits in place: swaps quarters, then quarters of quarters, six times (Warren,
/// *Hacker's Delight*, 7-3).
#[inline]
fn square(x: &mut [u64; 64]) {
    step::<32>(x, 0x0000_0000_ffff_ffff);
    step::<16>(x, 0x0000_ffff_0000_ffff);
    step::<8>(x, 0x00ff_00ff_00ff_00ff);
    step::<4>(x, 0x0f0f_0f0f_0f0f_0f0f);
    step::<2>(x, 0x3333_3333_3333_3333);
    step::<1>(x, 0x5555_5555_5555_5555);
}

#[inline]
fn step<const DISTANCE: usize>(x: &mut [u64; 64], low: u64) {
    for pair in x.chunks_exact_mut(2 * DISTANCE) {
        let (top, bottom) = pair.split_at_mut(DISTANCE);
        for (top, bottom) in top.iter_mut().zip(bottom) {
            let swapped = (*top >> DISTANCE ^ *bottom) & low;
            *top ^= swapped << DISTANCE;
            *bottom ^= swapped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_symmetric::Prg;

    #[test]
    fn every_bit_finds_its_place() {
        let mut prg = Prg::from_seed([6; 32]);
        let mut rows = [[0; 3]; ROWS];
        for row in &mut rows {
            prg.fill_u64s(row);
        }
        for n in [0, 1, 63, 64, 65, 192] {
            let mut out = vec![Block::ZERO; n];
            to_blocks(&rows, &mut out);
            for (i, block) in out.iter().enumerate() {
                for (j, row) in rows.iter().enumerate() {
                    assert_eq!(block.bit(j), row[i / 64] >> (i % 64) & 1);
                }
            }
        }
    }
}
