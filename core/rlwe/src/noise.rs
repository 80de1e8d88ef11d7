//! Noise: how it is drawn, and how large the weights of a layer may be so that it stays below what
//! decryption bears.
//!
//! Noise hides nothing of the owner's: a mask that is uniform modulo q does ([`crate::linear`]). So
//! all that it must be is small.
//!
//! # What a response's noise consists of
//!
//! Decrypting a response to honest requests Enc(rⱼ) under weights wⱼ gives, before the message is
//! rounded out and besides the mask, modulo q with Δ = q/t = 2^28:
//!
//! | term | from | bound |
//! |---|---|---|
//! | Σ (eⱼ + εⱼ)·wⱼ | the requests' errors eⱼ and the roundings εⱼ of their encodings | λ·√(10.75)·‖w‖₂ |
//! | u·e + e₁·s | the fresh encryption of zero: u and s ternary, e and e₁ at most 21 | 2·N·21, always |
//! | (q/q′)·δ·s | the rounding δ of c1, at most ½ a coefficient | (q/q′)·λ·√N/2 |
//! | (q/q′)·δ₀ | the rounding of c0 to 38 bits | (q/q′)·32, always |
//!
//! # Tail bound
//!
//! A centred binomial error is the sum of 42 independent ±½, so sub-Gaussian with variance proxy
//! 42/4 = 10.5 (Hoeffding 1963); a rounding of a uniform message adds at most ¼. So coefficient by
//! coefficient, the first term is sub-Gaussian with proxy 10.75·‖w‖₂², and the third, given δ, with
//! proxy N/4 over the ternary s. Each exceeds λ times the root of its proxy with probability at
//! most 2·exp(−λ²/2). With λ² = 2·54·ln 2 (λ = 8.65) the two terms of all N = 2^12 coefficients
//! together stay within their bounds but for 2^12·2·2·2^−54 = 2^−40.
//!
//! [`most_weight`] is the largest weight with which the sum of all bounds is at most 0.49·Δ,
//! however the weights of a polynomial are chosen. It follows from the shape of the layer alone,
//! and so refuses nothing because of a secret.
//!
//! # Sums that are one off
//!
//! The two shares are rounded apart from each other, so a sum is one unit off where the mask falls
//! within the noise of a boundary: with probability |ν|/Δ for noise ν. Most of ν is the rounding to
//! 44 and 38 bits. Measured with fixed seeds, 16,384 sums each:
//!
//! | weights of a sum | largest noise of the products | exact | one off | more |
//! |---|---|---|---|---|
//! | 4,096 of ±4,095 | below 2^22 | 16,295 | 89 (0.54 %) | 0 |
//! | 400 of ±4,095 | below 2^21 | 16,287 | 97 (0.59 %) | 0 |
//! | 4,096 of ±2,047 | below 2^21 | 16,313 | 71 (0.43 %) | 0 |

use std::f64::consts::LN_2;

use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::params::{ERROR_BITS, PRIME_BITS, Params};
use crate::poly::Small;

/// Noise of a response exceeds its bounds with probability at most 2^−40.
pub const STATISTICAL_BITS: u32 = 40;

/// The part of Δ that noise stays below; ½ would be decrypted wrongly.
pub const LIMIT: f64 = 0.49;

/// λ: how many roots of its variance proxy a term of the noise may reach.
fn deviations(params: &Params) -> f64 {
    // Two terms and two signs for each coefficient.
    let bits = f64::from(STATISTICAL_BITS + params.size.ilog2() + 2);
    (2.0 * bits * LN_2).sqrt()
}

/// Δ = q/t.
#[must_use]
pub fn delta(params: &Params) -> f64 {
    let [p, other] = params.primes.map(f64::from);
    p * other / f64::from(params.plain_bits).exp2()
}

/// A bound on all noise except that of the requests, in units of 1/q.
fn overhead(params: &Params) -> f64 {
    let (n, errors) = (params.size as f64, f64::from(ERROR_BITS));
    // q/q′.
    let step = delta(params) / f64::from(params.switched_bits - params.plain_bits).exp2();
    let dropped = f64::from(params.switched_bits - params.wanted_bits).exp2() / 2.0;
    2.0 * n * errors + step * (deviations(params) * n.sqrt() / 2.0 + dropped)
}

/// A bound on the noise of a response that holds except with probability 2^−40, where the squares
/// of its polynomials' weights add up to `squares`.
#[must_use]
pub fn bound(params: &Params, squares: f64) -> f64 {
    let proxy = f64::from(ERROR_BITS) / 2.0 + 0.25;
    deviations(params) * (proxy * squares).sqrt() + overhead(params)
}

/// The largest weight, in absolute value, with which a response to which so many weights contribute
/// is decrypted rightly.
///
/// # Panics
/// When there are no weights.
#[must_use]
pub fn most_weight(params: &Params, weights: usize) -> u32 {
    assert!(weights > 0, "a response to something");
    let room = LIMIT * delta(params) - overhead(params);
    let of_one = bound(params, weights as f64) - overhead(params);
    (room / of_one).floor() as u32
}

/// `n` numbers uniform in {−1, 0, 1}, in constant time.
///
/// Four come out of each word of 64 bits, as the first digits to base 3 of a fraction; the
/// probability of each of the 81 quadruples is right to within 2^−64.
#[must_use]
pub(crate) fn ternary(rng: &mut Prg, n: usize) -> Small {
    let words = words(rng, n.div_ceil(4));
    let digits = words.iter().flat_map(|&word| {
        let mut fraction = word;
        [(); 4].map(|()| {
            let product = u128::from(fraction) * 3;
            fraction = product as u64;
            (product >> 64) as i32 - 1
        })
    });
    Zeroizing::new(digits.take(n).collect())
}

/// `n` errors: centred binomial, in constant time.
#[must_use]
pub(crate) fn errors(rng: &mut Prg, n: usize) -> Small {
    const MASK: u64 = (1 << ERROR_BITS) - 1;
    let words = words(rng, n);
    let ones = |x: u64| (x & MASK).count_ones() as i32;
    Zeroizing::new(words.iter().map(|&x| ones(x) - ones(x >> ERROR_BITS)).collect())
}

/// `n` numbers uniform modulo q, as residues.
///
/// A pair with a residue that is not below its prime is drawn again. That takes time, which tells
/// nothing of the pairs that stay.
#[must_use]
pub(crate) fn masks(params: &Params, rng: &mut Prg, n: usize) -> Zeroizing<Vec<[u32; 2]>> {
    const MASK: u32 = (1 << PRIME_BITS) - 1;
    let [p, other] = params.primes;
    let mut masks = Zeroizing::new(Vec::with_capacity(n));
    while masks.len() < n {
        let drawn = words(rng, n - masks.len());
        let pairs = drawn.iter().map(|&x| [x as u32 & MASK, (x >> 32) as u32 & MASK]);
        masks.extend(pairs.filter(|&[x, y]| x < p && y < other));
    }
    masks
}

fn words(rng: &mut Prg, n: usize) -> Zeroizing<Vec<u64>> {
    let mut words = Zeroizing::new(vec![0; n]);
    rng.fill_u64s(&mut words);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::WORD_32;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// By hand: λ² = 108·0.693147 = 74.860, and Δ = 1,073,692,673·1,073,668,097/2^32 =
    /// 268,405,000….
    #[test]
    fn bounds_by_hand() {
        assert!((deviations(&WORD_32).powi(2) - 74.860).abs() < 1e-3);
        assert!((delta(&WORD_32) / 268_405_000.0 - 1.0).abs() < 1e-4);
        // 172,032 and 2^16·(8.6522·32 + 32).
        assert!((overhead(&WORD_32) / (172_032.0 + 65_528.0 * (276.87 + 32.0)) - 1.0).abs() < 1e-3);
        let squares = 4096.0 * 4095f64.powi(2);
        assert!((bound(&WORD_32, squares) - overhead(&WORD_32)) / (8.6522 * 3.27872 * 64.0 * 4095.0) - 1.0 < 1e-4);
    }

    /// Weights of 13 bits pass in sums of 2^18, those of 14 bits in sums of 2^15, and no number of
    /// weights leaves nothing.
    #[test]
    fn the_largest_weight_follows_from_their_number() {
        for n in [1, 400, 4096, 1 << 16, 1 << 22] {
            let most = most_weight(&WORD_32, n);
            let noise = |weight: u32| bound(&WORD_32, n as f64 * f64::from(weight).powi(2)) / delta(&WORD_32);
            assert!(noise(most) <= LIMIT && noise(most + 1) > LIMIT, "{n} weights of {most}");
        }
        assert!(most_weight(&WORD_32, 1 << 15) > 1 << 14);
        assert!((1 << 12..1 << 13).contains(&most_weight(&WORD_32, 1 << 18)));
        assert!(most_weight(&WORD_32, 1 << 22) > 1 << 10);
    }

    /// Mean and variance lie within eight standard deviations of what they must be, with a fixed
    /// seed.
    #[test]
    fn draws_have_the_documented_distribution() {
        let n = 1 << 16;
        let mut prg = Prg::from_seed([1; 32]);
        let moments = |xs: &[i32]| {
            let mean = xs.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
            (mean, xs.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n as f64)
        };
        let secret = ternary(&mut prg, n);
        let (mean, variance) = moments(&secret);
        assert!(mean.abs() < 8.0 * (2.0f64 / 3.0 / n as f64).sqrt() && (variance - 2.0 / 3.0).abs() < 8.0 * 0.0019);
        assert!(secret.iter().all(|x| (-1..=1).contains(x)));
        // Each of the 81 quadruples comes once in 81 times.
        let mut counts = [0u32; 81];
        for quadruple in secret.chunks_exact(4) {
            counts[quadruple.iter().fold(0, |code, x| 3 * code + (x + 1) as usize)] += 1;
        }
        let expected = n as f64 / 4.0 / 81.0;
        assert!(counts.iter().all(|&count| (f64::from(count) - expected).abs() < 8.0 * expected.sqrt()), "{counts:?}");
        let errors = errors(&mut prg, n);
        let (mean, variance) = moments(&errors);
        assert!(mean.abs() < 8.0 * (10.5 / n as f64).sqrt() && (variance - 10.5).abs() < 8.0 * 0.058);
        assert!(errors.iter().all(|x| x.unsigned_abs() <= ERROR_BITS));
        let masks = masks(&WORD_32, &mut prg, n);
        assert_eq!(masks.len(), n);
        for (limb, p) in WORD_32.primes.into_iter().enumerate() {
            assert!(masks.iter().all(|mask| mask[limb] < p));
            for bit in 0..PRIME_BITS {
                let ones = masks.iter().filter(|mask| mask[limb] >> bit & 1 == 1).count();
                assert!(ones.abs_diff(n / 2) < 8 * 128, "bit {bit}: {ones}");
            }
        }
    }
}
