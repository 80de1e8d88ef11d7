//! The ChaCha permutation (Bernstein 2008) on four states at once, and the two ways it is used.
//!
//! A state is 16 words of 32 bits. Four of them are kept word by word: vector `i` holds word `i` of
//! all four, so that every step of the permutation is one vector operation. The code is written
//! once and compiled for each kind of vector: plain arrays, which compilers turn into vector
//! instructions where the machine surely has them; and `simd128` in WebAssembly, which is asked for
//! here, function by function, and not for the whole program.
//!
//! `ROUNDS` is 20 in RFC 8439, and 8 or 12 where that is enough: the best attacks known reach 7
//! (Aumasson, *Too Much Crypto*, 2019).

/// "expand 32-byte k": the constants of ChaCha, which break the symmetries of the permutation.
const EXPAND: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// Words that four blocks of key stream have.
pub const STREAM_WORDS: usize = 32;

/// Four inputs of the sponge: word `i` of all four in row `i`.
pub type SpongeInput = [[u32; 4]; 8];

/// The rounds, on one kind of word `W`.
macro_rules! rounds {
    ($(#[$feature:meta])*) => {
        $(#[$feature])*
        fn quarter(x: &mut [W; 16], a: usize, b: usize, c: usize, d: usize) {
            x[a] = add(x[a], x[b]);
            x[d] = rotate::<16>(xor(x[d], x[a]));
            x[c] = add(x[c], x[d]);
            x[b] = rotate::<12>(xor(x[b], x[c]));
            x[a] = add(x[a], x[b]);
            x[d] = rotate::<8>(xor(x[d], x[a]));
            x[c] = add(x[c], x[d]);
            x[b] = rotate::<7>(xor(x[b], x[c]));
        }

        $(#[$feature])*
        fn two_rounds(x: &mut [W; 16]) {
            quarter(x, 0, 4, 8, 12);
            quarter(x, 1, 5, 9, 13);
            quarter(x, 2, 6, 10, 14);
            quarter(x, 3, 7, 11, 15);
            quarter(x, 0, 5, 10, 15);
            quarter(x, 1, 6, 11, 12);
            quarter(x, 2, 7, 8, 13);
            quarter(x, 3, 4, 9, 14);
        }
    };
}

/// The two uses, on vectors `V` of four words.
macro_rules! uses {
    ($(#[$feature:meta])*) => {
        $(#[$feature])*
        pub(super) fn keystream<const ROUNDS: usize>(key: &[u32; 8], counter: u64, nonce: u64, out: &mut [u64; 32]) {
            let counters = [counter, counter.wrapping_add(1), counter.wrapping_add(2), counter.wrapping_add(3)];
            let [c0, c1, c2, c3] = super::EXPAND;
            let [k0, k1, k2, k3, k4, k5, k6, k7] = *key;
            let input = [
                splat(c0), splat(c1), splat(c2), splat(c3), splat(k0), splat(k1), splat(k2), splat(k3),
                splat(k4), splat(k5), splat(k6), splat(k7),
                load(counters.map(|c| c as u32)), load(counters.map(|c| (c >> 32) as u32)),
                splat(nonce as u32), splat((nonce >> 32) as u32),
            ];
            let mut x = input;
            permute::<ROUNDS>(&mut x);
            for row in 0..4 {
                let [a, b, c, d] = [4 * row, 4 * row + 1, 4 * row + 2, 4 * row + 3];
                let blocks = transpose([
                    sum(x[a], input[a]), sum(x[b], input[b]), sum(x[c], input[c]), sum(x[d], input[d]),
                ]);
                for (block, words) in blocks.into_iter().enumerate() {
                    [out[8 * block + 2 * row], out[8 * block + 2 * row + 1]] = words;
                }
            }
        }

        $(#[$feature])*
        pub(super) fn sponge<const ROUNDS: usize>(capacity: &[u32; 8], input: &super::SpongeInput) -> [[[u64; 2]; 4]; 2] {
            let [c0, c1, c2, c3, c4, c5, c6, c7] = *capacity;
            let [i0, i1, i2, i3, i4, i5, i6, i7] = *input;
            let mut x = [
                splat(c0), splat(c1), splat(c2), splat(c3), splat(c4), splat(c5), splat(c6), splat(c7),
                load(i0), load(i1), load(i2), load(i3), load(i4), load(i5), load(i6), load(i7),
            ];
            permute::<ROUNDS>(&mut x);
            [transpose([x[0], x[1], x[2], x[3]]), transpose([x[4], x[5], x[6], x[7]])]
        }
    };
}

/// Plain words, lane by lane.
#[cfg_attr(
    target_arch = "wasm32",
    cfg_attr(not(test), expect(dead_code, reason = "in WebAssembly, the tests' yardstick"))
)]
mod portable {
    type W = u32;
    type V = [W; 4];

    #[inline(always)]
    fn xor(a: W, b: W) -> W {
        a ^ b
    }

    #[inline(always)]
    fn rotate<const N: u32>(a: W) -> W {
        a.rotate_left(N)
    }

    rounds!(#[inline(always)]);

    /// The loop over lanes is outside and the rounds are unrolled: then compilers make vectors of
    /// the lanes. Inlined, they do not.
    #[inline(never)]
    #[expect(clippy::needless_range_loop, reason = "the lane indexes every row")]
    fn permute<const ROUNDS: usize>(x: &mut [V; 16]) {
        const { assert!(ROUNDS.is_multiple_of(4) && ROUNDS <= 20) };
        for lane in 0..4 {
            let mut word: [W; 16] = std::array::from_fn(|i| x[i][lane]);
            if ROUNDS >= 4 {
                four_rounds(&mut word);
            }
            if ROUNDS >= 8 {
                four_rounds(&mut word);
            }
            if ROUNDS >= 12 {
                four_rounds(&mut word);
            }
            if ROUNDS >= 16 {
                four_rounds(&mut word);
            }
            if ROUNDS >= 20 {
                four_rounds(&mut word);
            }
            for i in 0..16 {
                x[i][lane] = word[i];
            }
        }
    }

    #[inline(always)]
    fn four_rounds(x: &mut [W; 16]) {
        two_rounds(x);
        two_rounds(x);
    }

    #[inline(always)]
    fn add(a: W, b: W) -> W {
        a.wrapping_add(b)
    }

    #[inline(always)]
    fn sum(a: V, b: V) -> V {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    fn splat(x: u32) -> V {
        [x; 4]
    }

    fn load(x: [u32; 4]) -> V {
        x
    }

    /// Four words of four states, from word by word to state by state.
    #[inline(always)]
    fn transpose(x: [V; 4]) -> [[u64; 2]; 4] {
        let pair = |lane: usize, i: usize| u64::from(x[i][lane]) | u64::from(x[i + 1][lane]) << 32;
        std::array::from_fn(|lane| [pair(lane, 0), pair(lane, 2)])
    }

    uses!();
}

/// `simd128`: a module that uses it does not load in an engine without it, so calling it needs no
/// check.
#[cfg(target_arch = "wasm32")]
mod simd128 {
    use std::arch::wasm32::*;

    type W = v128;
    type V = v128;

    #[inline]
    #[target_feature(enable = "simd128")]
    fn add(a: V, b: V) -> V {
        u32x4_add(a, b)
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn xor(a: V, b: V) -> V {
        v128_xor(a, b)
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn rotate<const N: u32>(a: V) -> V {
        match N {
            // By whole bytes, one shuffle does it.
            16 => i8x16_shuffle::<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(a, a),
            8 => i8x16_shuffle::<3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14>(a, a),
            _ => v128_or(u32x4_shl(a, N), u32x4_shr(a, 32 - N)),
        }
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn splat(x: u32) -> V {
        u32x4_splat(x)
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn load([a, b, c, d]: [u32; 4]) -> V {
        u32x4(a, b, c, d)
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn transpose([a, b, c, d]: [V; 4]) -> [[u64; 2]; 4] {
        let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
        let (ab_high, cd_high) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
        [
            [u64x2_extract_lane::<0>(ab), u64x2_extract_lane::<0>(cd)],
            [u64x2_extract_lane::<1>(ab), u64x2_extract_lane::<1>(cd)],
            [u64x2_extract_lane::<0>(ab_high), u64x2_extract_lane::<0>(cd_high)],
            [u64x2_extract_lane::<1>(ab_high), u64x2_extract_lane::<1>(cd_high)],
        ]
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn sum(a: V, b: V) -> V {
        add(a, b)
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn permute<const ROUNDS: usize>(x: &mut [V; 16]) {
        const { assert!(ROUNDS.is_multiple_of(2), "rounds come in pairs: columns, then diagonals") };
        for _ in 0..ROUNDS / 2 {
            two_rounds(x);
        }
    }

    rounds!(#[inline] #[target_feature(enable = "simd128")]);
    uses!(#[target_feature(enable = "simd128")]);
}

#[cfg(not(target_arch = "wasm32"))]
use portable as fastest;
#[cfg(target_arch = "wasm32")]
use simd128 as fastest;

/// Four consecutive blocks of the key stream of ChaCha with `ROUNDS` rounds, as little-endian
/// words.
///
/// The counter and the nonce have 64 bits each, as in Bernstein's paper.
pub fn keystream<const ROUNDS: usize>(key: &[u32; 8], counter: u64, nonce: u64, out: &mut [u64; STREAM_WORDS]) {
    fastest::keystream::<ROUNDS>(key, counter, nonce, out);
}

/// Permutes four states that begin with `capacity`, and returns their first and their second 128
/// bits.
#[must_use]
pub fn sponge<const ROUNDS: usize>(capacity: &[u32; 8], input: &SpongeInput) -> [[[u64; 2]; 4]; 2] {
    fastest::sponge::<ROUNDS>(capacity, input)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn bytes(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_le_bytes()).collect()
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    /// RFC 8439, section 2.3.2. Its nonce of 96 bits reaches into the upper half of our counter.
    #[test]
    fn twenty_rounds_are_those_of_the_rfc() {
        let key = std::array::from_fn(|i| u32::from_le_bytes(std::array::from_fn(|j| (4 * i + j) as u8)));
        let mut out = [0; STREAM_WORDS];
        keystream::<20>(&key, 0x0900_0000_0000_0001, 0x4a00_0000, &mut out);
        let expected = "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e\
                        d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e";
        assert_eq!(bytes(&out[..8]), hex(expected));
    }

    /// draft-strombergson-chacha-test-vectors-01, TC1, 256-bit key.
    #[test]
    fn eight_and_twelve_rounds_are_the_published_ones() {
        let (mut eight, mut twelve) = ([0; STREAM_WORDS], [0; STREAM_WORDS]);
        keystream::<8>(&[0; 8], 0, 0, &mut eight);
        keystream::<12>(&[0; 8], 0, 0, &mut twelve);
        let expected = "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e\
                        984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42";
        assert_eq!(bytes(&eight[..8]), hex(expected));
        let expected = "9bf49a6a0755f953811fce125f2683d50429c3bb49e074147e0089a52eae155f\
                        0564f879d27ae3c02ce82834acfa8c793a629f2ca0de6919610be82f411326be";
        assert_eq!(bytes(&twelve[..8]), hex(expected));
    }

    #[test]
    fn the_four_blocks_are_consecutive() {
        let (mut all, mut one) = ([0; STREAM_WORDS], [0; STREAM_WORDS]);
        // The second block carries into the upper half of the counter.
        let counter = u64::from(u32::MAX);
        keystream::<8>(&[5; 8], counter, 9, &mut all);
        for i in 0..4 {
            keystream::<8>(&[5; 8], counter + i as u64, 9, &mut one);
            assert_eq!(one[..8], all[8 * i..8 * i + 8]);
        }
    }

    #[test]
    fn vectors_and_plain_words_agree() {
        let mut seed = [0; STREAM_WORDS];
        for round in 0..64 {
            keystream::<20>(&[round; 8], 1, 2, &mut seed);
            let word = |i: usize| (seed[i / 2] >> (32 * (i % 2))) as u32;
            let key = std::array::from_fn(word);
            let (mut fast, mut plain) = ([0; STREAM_WORDS], [0; STREAM_WORDS]);
            fastest::keystream::<8>(&key, seed[30], seed[31], &mut fast);
            portable::keystream::<8>(&key, seed[30], seed[31], &mut plain);
            assert_eq!(fast, plain);
            let input = std::array::from_fn(|i| std::array::from_fn(|lane| word(8 + 4 * i + lane)));
            assert_eq!(fastest::sponge::<12>(&key, &input), portable::sponge::<12>(&key, &input));
        }
    }
}
