//! A tweakable correlation-robust hash, and the doubling of tree nodes: one call of a sponge on the
//! ChaCha permutation.
//!
//! ```text
//!  rows of the state      before                     after 12 rounds
//!  0                      "expand 32-byte k"         ── hash ──┐
//!  1                      "Tacit hash v1   "                   ├─ double
//!  2                      x (128 bits)
//!  3                      tweak (64) ‖ domain (64)
//! ```
//!
//! **Why it is secure.** The two constant rows are a capacity of 256 bits. For a random permutation
//! that can be asked in both directions, a sponge that is called once is indifferentiable from a
//! random function up to about 2^128 questions (Bertoni, Daemen, Peeters, Van Assche 2008): going
//! backwards from an output that was seen means guessing the hidden part of the state, and hits the
//! constants with probability 2^-256. A random function of `(x, tweak, domain)` is tweakable
//! circular correlation-robust, which is what oblivious-transfer extension asks for (Ishai, Kilian,
//! Nissim, Petrank 2003; the definition in Guo, Katz, Wang, Yu 2020). Adding the input back at the
//! end, as the ChaCha cipher does, would add two public constants to what is taken out: it changes
//! nothing, so it is left out. Which rows are taken out is all the same for a random permutation;
//! these are the ones whose input was public anyway, as in HChaCha.
//!
//! **Why 12 rounds.** In the cipher the adversary chooses 128 of 512 bits; here she may know or
//! choose the tweak, the domain and relations between the `x`, as in a compression function. The
//! best attacks on the cipher reach 7 rounds; BLAKE3 uses 14 of the same rounds for collision
//! resistance, which is not needed here. 12 keep a wide margin over the former at a cost near the 8
//! of the generator (see the [table](crate#measured)).

use crate::Block;
use crate::chacha::{SpongeInput, sponge};

/// Rounds of the hash.
const ROUNDS: usize = 12;

/// "expand 32-byte k" and "Tacit hash v1   ", little-endian.
const CAPACITY: [u32; 8] =
    [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574, 0x6963_6154, 0x6168_2074, 0x7620_6873, 0x2020_2031];

/// The hash of one block. Hashing many at once is up to four times as fast.
#[must_use]
pub fn hash(domain: u64, tweak: u64, x: Block) -> Block {
    let [[first, ..], _] = permuted(domain, tweak, [x, Block::ZERO, Block::ZERO, Block::ZERO]);
    Block::new(first)
}

/// The hash of every block of `x`; block `i` under the tweak `first_tweak + i`.
///
/// # Panics
/// When the slices differ in length.
pub fn hash_many(domain: u64, first_tweak: u64, x: &[Block], out: &mut [Block]) {
    assert_eq!(x.len(), out.len(), "as many hashes as blocks");
    let mut tweak = first_tweak;
    for (x, out) in x.chunks(4).zip(out.chunks_mut(4)) {
        let [hashes, _] = permuted(domain, tweak, four(x));
        for (out, hash) in out.iter_mut().zip(hashes) {
            *out = Block::new(hash);
        }
        tweak = tweak.wrapping_add(4);
    }
}

/// 256 bits from 128: the first half is the [`hash`](hash()), so a domain is for one or the other.
#[must_use]
pub fn double(domain: u64, tweak: u64, x: Block) -> [Block; 2] {
    let [[left, ..], [right, ..]] = permuted(domain, tweak, [x, Block::ZERO, Block::ZERO, Block::ZERO]);
    [Block::new(left), Block::new(right)]
}

/// Two children of every block of `x`; those of block `i` under the tweak `first_tweak + i`.
///
/// # Panics
/// When the slices differ in length.
pub fn double_many(domain: u64, first_tweak: u64, x: &[Block], out: &mut [[Block; 2]]) {
    assert_eq!(x.len(), out.len(), "as many pairs as blocks");
    let mut tweak = first_tweak;
    for (x, out) in x.chunks(4).zip(out.chunks_mut(4)) {
        let [lefts, rights] = permuted(domain, tweak, four(x));
        for (out, (left, right)) in out.iter_mut().zip(lefts.into_iter().zip(rights)) {
            *out = [Block::new(left), Block::new(right)];
        }
        tweak = tweak.wrapping_add(4);
    }
}

/// A full batch of four, padded with zeros.
fn four(x: &[Block]) -> [Block; 4] {
    match *x {
        [a, b, c, d] => [a, b, c, d],
        _ => std::array::from_fn(|i| x.get(i).copied().unwrap_or_default()),
    }
}

#[inline]
fn permuted(domain: u64, tweak: u64, x: [Block; 4]) -> [[[u64; 2]; 4]; 2] {
    let words = x.map(Block::words);
    let low = |i: usize| words.map(|w| w[i] as u32);
    let high = |i: usize| words.map(|w| (w[i] >> 32) as u32);
    let tweaks: [u64; 4] = std::array::from_fn(|i| tweak.wrapping_add(i as u64));
    let input: SpongeInput = [
        low(0),
        high(0),
        low(1),
        high(1),
        tweaks.map(|t| t as u32),
        tweaks.map(|t| (t >> 32) as u32),
        [domain as u32; 4],
        [(domain >> 32) as u32; 4],
    ];
    sponge::<ROUNDS>(&CAPACITY, &input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chacha::keystream;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn blocks(n: usize) -> Vec<Block> {
        (0..n as u64).map(|i| Block::new([i * 0x9e37_79b9, !i])).collect()
    }

    /// The key stream adds its input to the permuted state, so the permutation can be read off it.
    #[test]
    fn it_is_twelve_rounds_of_chacha_without_the_final_addition() {
        let x = Block::new([0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210]);
        let (domain, tweak) = (0x1111_2222_3333_4444, 0x5555_6666_7777_8888);
        let [.., a, b, c, d] = CAPACITY;
        let [low, high] = x.words();
        let key = [a, b, c, d, low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32];
        let mut out = [0; 32];
        keystream::<ROUNDS>(&key, tweak, domain, &mut out);
        let word = |i: usize| (out[i / 2] >> (32 * (i % 2))) as u32;
        let state: Vec<u32> = (0..8).map(|i| word(i).wrapping_sub(CAPACITY[i])).collect();
        let [left, right] = double(domain, tweak, x);
        let got: Vec<u32> =
            [left, right].into_iter().flat_map(Block::words).flat_map(|w| [w as u32, (w >> 32) as u32]).collect();
        // Row 1 of the state is the first half of the cipher's key, row 2 the second, row 3 its
        // counter and nonce.
        assert_eq!(got, state);
    }

    #[test]
    fn many_are_the_same_as_one_by_one() {
        for n in [0, 1, 3, 4, 5, 17] {
            let x = blocks(n);
            let (mut hashes, mut pairs) = (vec![Block::ZERO; n], vec![[Block::ZERO; 2]; n]);
            let first = u64::MAX - 2;
            hash_many(7, first, &x, &mut hashes);
            double_many(7, first, &x, &mut pairs);
            for i in 0..n {
                let tweak = first.wrapping_add(i as u64);
                assert!(hashes[i] == hash(7, tweak, x[i]));
                assert!(pairs[i] == double(7, tweak, x[i]));
                assert!(pairs[i][0] == hashes[i]);
            }
        }
    }

    #[test]
    fn every_bit_of_the_input_matters() {
        let base = hash(1, 2, Block::ZERO);
        for i in 0..64 {
            assert!(hash(1 ^ 1 << i, 2, Block::ZERO) != base);
            assert!(hash(1, 2 ^ 1 << i, Block::ZERO) != base);
            assert!(hash(1, 2, Block::new([1 << i, 0])) != base);
            assert!(hash(1, 2, Block::new([0, 1 << i])) != base);
        }
    }
}
