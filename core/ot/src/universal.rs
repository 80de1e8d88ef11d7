//! A linear universal hash for the consistency check of an extension: many rows to 128.
//!
//! *Computes*: `h = R·x + y` over GF(2), for `n` rows `x`, 128 further rows `y`, and a public
//! random matrix `R` with 128 rows that a challenge determines. A row is a [`Block`], which holds
//! one bit of each of 128 planes, or a single bit. Every plane is hashed with the same `R`.
//!
//! *From*: Roy 2022, section 4, which asks for a linear hash that is ε-universal and hiding. `[R |
//! 1]` is hiding: `y` is uniform and used for nothing else, so `h` is uniform too. It is universal:
//! two different inputs have the same hash with probability at most `ε = 2^-128 + 2^-131` over the
//! choice of `R`. The hash has two steps.
//!
//! - **Sparse step.** A chunk of 2048 rows is a polynomial modulo `X^2053 − 1`. Each chunk is
//!   multiplied by its own sum of 16 distinct powers of `X`, and the products are added up. The
//!   number 2 generates the multiplicative group modulo 2053, so `Φ(X) = 1 + X + … + X^2052` is
//!   irreducible. The difference of two different chunks has a smaller degree than `Φ`, so it is a
//!   unit modulo `Φ`, and at most one of the `C(2048, 16) > 2^131` multipliers makes the two sums
//!   equal. Rogaway's *bucket hashing* (1995) also saves work by adding every input in a few places
//!   only; hashing by a random polynomial is due to Krawczyk (1994).
//! - **Dense step.** The remaining rows, 2053 or fewer, are multiplied by a uniform binary matrix,
//!   which adds `2^-128`. The product uses tables of the 16 sums of four rows (Arlazarov et al.
//!   1970). Inputs of at most 2053 rows skip the sparse step.
//!
//! *Security*: unconditional for a uniform `R`. Rows are secret and `R` is public: only bits of `R`
//! are used as indices, so the running time does not depend on the rows.
//!
//! *Cost*: local. The sparse step takes 16 additions of a row per row. A multiplication in
//! GF(2^128) for every 128 bits, the usual choice, needs some 50 ns without a carry-less multiply
//! instruction, which WebAssembly lacks; this hash needs 4 to 6 ns.
//!
//! *Deviations*: `R` is the output of the generator under a public seed. The proof treats it as a
//! random oracle.

use std::ops::{BitXor, BitXorAssign};

use tacit_symmetric::{Block, Prg};
use zeroize::{Zeroize, Zeroizing};

/// Rows of the result. The input ends with as many rows that hide the others.
pub(crate) const ROWS: usize = 128;

/// Rows that form one polynomial.
const CHUNK: usize = 2048;

/// Polynomials are reduced modulo `X^2053 − 1`.
const DEGREE: usize = 2053;

/// Terms of a multiplier in the sparse step.
const TERMS: usize = 16;

/// Rows that the dense step processes at once: the bits of one word of the matrix.
const GROUP: usize = 64;

/// A row: one bit of each plane.
pub(crate) trait Row: Copy + Default + BitXor<Output = Self> + BitXorAssign + Zeroize {
    /// The dense step: adds the product of a uniform matrix and `rows` to `out`. For every 64 rows,
    /// `prg` gives one word for each row of `out`.
    fn dense(prg: &mut Prg, rows: &[Self], out: &mut [Self; ROWS]);
}

impl Row for Block {
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn dense(prg: &mut Prg, rows: &[Self], out: &mut [Self; ROWS]) {
        let mut tables = Zeroizing::new([[Self::ZERO; 16]; GROUP / 4]);
        let mut matrix = [0; ROWS];
        for rows in rows.chunks(GROUP) {
            prg.fill_u64s(&mut matrix);
            // Entry `i` of a table is the sum of those of its four rows whose bit in `i` is set.
            for (i, table) in tables.iter_mut().enumerate() {
                for bit in 0..4 {
                    let row = rows.get(4 * i + bit).copied().unwrap_or_default();
                    for low in 0..1 << bit {
                        table[1 << bit | low] = table[low] ^ row;
                    }
                }
            }
            for (out, bits) in out.iter_mut().zip(matrix) {
                let sums = tables.iter().enumerate().map(|(i, table)| table[(bits >> (4 * i) & 15) as usize]);
                *out = sums.fold(*out, BitXor::bitxor);
            }
        }
    }
}

/// One plane: a row is 0 or 1.
impl Row for u8 {
    fn dense(prg: &mut Prg, rows: &[Self], out: &mut [Self; ROWS]) {
        let mut sums = Zeroizing::new([0; ROWS]);
        let mut matrix = [0; ROWS];
        for rows in rows.chunks(GROUP) {
            prg.fill_u64s(&mut matrix);
            let rows = rows.iter().rev().fold(0, |word, bit| word << 1 | u64::from(*bit));
            for (sum, bits) in sums.iter_mut().zip(matrix) {
                *sum ^= rows & bits;
            }
        }
        for (out, sum) in out.iter_mut().zip(sums.iter()) {
            *out ^= (sum.count_ones() & 1) as Self;
        }
    }
}

/// The hash of `rows` under `challenge`. The last 128 rows hide the others.
///
/// # Panics
/// When there are fewer than 128.
pub(crate) fn hash<T: Row>(challenge: &[u8; 32], rows: &[T]) -> Zeroizing<[T; ROWS]> {
    let (rows, last) = rows.split_last_chunk().expect("the rows that hide the others");
    let mut prg = Prg::from_seed(*challenge);
    let mut out = Zeroizing::new(*last);
    if rows.len() > DEGREE {
        let sums = sparse(&mut prg, rows);
        T::dense(&mut prg, &sums, &mut out);
    } else {
        T::dense(&mut prg, rows, &mut out);
    }
    out
}

/// The sparse step: the sum of all chunks, each multiplied by a polynomial with few terms.
fn sparse<T: Row>(prg: &mut Prg, rows: &[T]) -> Zeroizing<Vec<T>> {
    let mut sums = Zeroizing::new(vec![T::default(); DEGREE]);
    // The chunk is stored twice, so that a rotation of it is a contiguous slice.
    let mut ring = Zeroizing::new(vec![T::default(); 2 * DEGREE]);
    for chunk in rows.chunks(CHUNK) {
        for once in ring.chunks_exact_mut(DEGREE) {
            once[..chunk.len()].copy_from_slice(chunk);
            once[chunk.len()..].fill(T::default());
        }
        add_all(&mut sums, &places(prg).map(|place| &ring[place..place + DEGREE]));
    }
    sums
}

/// Sixteen distinct exponents below 2048.
fn places(prg: &mut Prg) -> [usize; TERMS] {
    let mut places = [CHUNK; TERMS];
    for i in 0..TERMS {
        while places[i] == CHUNK || places[..i].contains(&places[i]) {
            places[i] = prg.next_u64() as usize % CHUNK;
        }
    }
    places
}

/// Adds all terms to the sums.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn add_all<T: Row>(sums: &mut [T], terms: &[&[T]; TERMS]) {
    for eight in terms.as_chunks::<8>().0 {
        let [a, b, c, d, e, f, g, h] = eight.map(|term| &term[..sums.len()]);
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum ^= (a[i] ^ b[i]) ^ (c[i] ^ d[i]) ^ (e[i] ^ f[i]) ^ (g[i] ^ h[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn random_rows(seed: u8, n: usize) -> Vec<Block> {
        let mut prg = Prg::from_seed([seed; 32]);
        (0..n).map(|_| prg.block()).collect()
    }

    /// The facts that the argument for the sparse step uses.
    #[test]
    fn two_generates_the_units_modulo_the_degree() {
        assert!((2..DEGREE).all(|divisor| !DEGREE.is_multiple_of(divisor)), "it is no prime");
        let powers = std::iter::successors(Some(2), |power| Some(power * 2 % DEGREE));
        assert_eq!(powers.take_while(|&power| power != 1).count(), DEGREE - 2);
        let choices: f64 = (0..TERMS).map(|i| ((CHUNK - i) as f64 / (i + 1) as f64).log2()).sum();
        assert!(choices > 131.0 && CHUNK < DEGREE - 1, "{choices}");
    }

    /// The hash agrees with the definition, computed term by term and bit by bit.
    #[test]
    fn it_is_the_matrix_that_it_is_said_to_be() {
        for n in [0, 1, 63, 64, 65, DEGREE, DEGREE + 1, 3 * CHUNK + 7] {
            let rows = random_rows(1, n + ROWS);
            let challenge = [n as u8; 32];
            let mut prg = Prg::from_seed(challenge);
            let (kept, last) = rows.split_at(n);
            let mut left = kept.to_vec();
            if n > DEGREE {
                left = vec![Block::ZERO; DEGREE];
                for chunk in kept.chunks(CHUNK) {
                    for place in places(&mut prg) {
                        for (i, row) in chunk.iter().enumerate() {
                            left[(i + DEGREE - place) % DEGREE] ^= *row;
                        }
                    }
                }
            }
            let mut wanted = last.to_vec();
            for group in left.chunks(GROUP) {
                let mut matrix = [0; ROWS];
                prg.fill_u64s(&mut matrix);
                for (wanted, bits) in wanted.iter_mut().zip(matrix) {
                    for (i, row) in group.iter().enumerate() {
                        *wanted ^= row.when(bits >> i);
                    }
                }
            }
            let got = hash(&challenge, &rows);
            assert!(got.iter().zip(&wanted).all(|(got, wanted)| got == wanted), "{n} rows");
        }
    }

    /// All platforms compute the same hash.
    #[test]
    fn known_answers() {
        let answer = |n| {
            let sums = hash(&[5; 32], &random_rows(4, n));
            blake3::hash(sums.map(Block::to_bytes).as_flattened()).to_hex()[..32].to_owned()
        };
        assert_eq!(
            [ROWS + 1000, ROWS + 5000].map(answer),
            ["57b8456cb0eb4676f9137d5f53de44fe", "d1193c61d7cd9a6067f355289db36179"]
        );
    }

    /// Hashing a single plane gives the same bits as hashing it among 128.
    #[test]
    fn planes_are_hashed_alike() {
        for n in [200, 5000] {
            let rows = random_rows(2, n);
            let together = hash(&[3; 32], &rows);
            for plane in [0, 77, 127] {
                let bits: Vec<u8> = rows.iter().map(|row| row.bit(plane) as u8).collect();
                let alone = hash(&[3; 32], &bits);
                assert!(alone.iter().zip(together.iter()).all(|(bit, row)| u64::from(*bit) == row.bit(plane)));
            }
        }
    }

    /// A single row changes about half of the result, and which half depends on the challenge.
    #[test]
    fn a_single_row_is_seen_under_every_challenge() {
        for n in [ROWS + 40, ROWS + CHUNK + 40] {
            let mut seen = std::collections::BTreeSet::new();
            for challenge in 0..32 {
                let mut bits = vec![0_u8; n];
                bits[17] = 1;
                let hash = *hash(&[challenge; 32], &bits);
                let ones = hash.iter().filter(|bit| **bit == 1).count();
                assert!((30..98).contains(&ones), "{ones} of 128");
                assert!(seen.insert(hash));
            }
        }
    }
}
