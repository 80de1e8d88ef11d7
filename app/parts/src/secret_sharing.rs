//! Visual secret sharing of a sign, two of two (Naor and Shamir 1994).
//!
//! Every pixel of the sign becomes a block of 2 × 2 in each of two shares, with two of the four inked. Where the sign is
//! blank, both shares get the same block; where it is inked, the second gets the complement. A block is drawn uniformly
//! from six, and so is its complement: each share alone is noise, whatever the sign.

/// Pixels of the sign on each side.
pub const PIXELS: usize = 44;
/// Dots of a share on each side.
pub const DOTS: usize = 2 * PIXELS;

/// Which two of a block's four dots are inked, as bits in reading order.
const BLOCKS: [u8; 6] = [0b0011, 0b0101, 0b0110, 0b1001, 0b1010, 0b1100];

/// A share: [`DOTS`] × [`DOTS`] dots, row by row; inked or not.
pub type Share = Vec<bool>;

/// Two shares of `sign` (`<`, `=` or `>`). `random` gives uniform bytes.
pub fn shares(sign: char, mut random: impl FnMut() -> u8) -> [Share; 2] {
    let mut shares = [vec![false; DOTS * DOTS], vec![false; DOTS * DOTS]];
    for row in 0..PIXELS {
        for column in 0..PIXELS {
            let first = block(&mut random);
            let second = if is_inked(sign, column, row) { !first } else { first };
            for dot in 0..4 {
                let at = (2 * row + dot / 2) * DOTS + 2 * column + dot % 2;
                shares[0][at] = first >> dot & 1 == 1;
                shares[1][at] = second >> dot & 1 == 1;
            }
        }
    }
    shares
}

/// One of the six blocks, uniformly: bytes beyond the last multiple of six are drawn again.
fn block(random: &mut impl FnMut() -> u8) -> u8 {
    loop {
        let byte = random();
        if byte < 252 {
            return BLOCKS[usize::from(byte % 6)];
        }
    }
}

/// Whether the pixel belongs to the sign.
fn is_inked(sign: char, column: usize, row: usize) -> bool {
    // From −1 to 1, origin in the middle.
    let scale = |i: usize| (2.0 * i as f64 + 1.0) / PIXELS as f64 - 1.0;
    let (x, y) = (scale(column), scale(row));
    match sign {
        '=' => x.abs() < 0.58 && (y.abs() - 0.29).abs() < 0.135,
        '<' => on_chevron(-x, y),
        _ => on_chevron(x, y),
    }
}

/// Near one of the two strokes of `>`.
fn on_chevron(x: f64, y: f64) -> bool {
    let (tip, end) = ((0.52, 0.0), (-0.46, 0.6));
    distance((x, y.abs()), end, tip) < 0.165
}

/// From a point to a segment.
fn distance((x, y): (f64, f64), (ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - ax - along * dx).hypot(y - ay - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that walk through everything, and so through every block.
    fn bytes() -> impl FnMut() -> u8 {
        let mut state = 1u32;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }
    }

    fn inked_in_block(share: &[bool], column: usize, row: usize) -> Vec<usize> {
        (0..4).filter(|dot| share[(2 * row + dot / 2) * DOTS + 2 * column + dot % 2]).collect()
    }

    #[test]
    fn in_register_the_sign_is_solid_and_the_rest_is_half_blank() {
        for sign in ['<', '=', '>'] {
            let [first, second] = shares(sign, bytes());
            let mut solid = 0;
            for row in 0..PIXELS {
                for column in 0..PIXELS {
                    let [a, b] = [&first, &second].map(|share| inked_in_block(share, column, row));
                    assert_eq!((a.len(), b.len()), (2, 2));
                    let together = (0..4).filter(|dot| a.contains(dot) || b.contains(dot)).count();
                    assert_eq!(together, if is_inked(sign, column, row) { 4 } else { 2 });
                    solid += usize::from(together == 4);
                }
            }
            assert!((PIXELS * PIXELS / 10..PIXELS * PIXELS / 2).contains(&solid), "{sign}: {solid}");
        }
    }

    #[test]
    fn a_share_alone_tells_nothing() {
        // Perfectly: the blocks of the second share are the same six whether the pixel is inked or not.
        let mut complements = BLOCKS.map(|block| !block & 0b1111);
        complements.sort_unstable();
        assert_eq!(complements, BLOCKS);
        let mut counts = [0; 6];
        for byte in 0..=255u8 {
            let mut given = [byte, 0].into_iter();
            let block = block(&mut || given.next().unwrap());
            // A byte that is drawn again takes the next one, which gives the first block.
            if byte < 252 {
                counts[BLOCKS.iter().position(|b| *b == block).unwrap()] += 1;
            }
        }
        assert_eq!(counts, [42; 6]);
    }

    #[test]
    fn the_signs_mirror_each_other() {
        for row in 0..PIXELS {
            for column in 0..PIXELS {
                assert_eq!(is_inked('<', column, row), is_inked('>', PIXELS - 1 - column, row));
                assert_eq!(is_inked('=', column, row), is_inked('=', PIXELS - 1 - column, row));
            }
        }
    }
}
