//! Noise: how it is drawn, how large it becomes, and what it must hide.
//!
//! # What a response's noise consists of
//!
//! Decrypting a response to requests Enc(rⱼ) under weights wⱼ gives, before the message is rounded out,
//!
//! ```text
//! Σ (eⱼ + εⱼ)·wⱼ  +  u·e + e₁·s + ε  +  flooding
//! ```
//!
//! with the errors eⱼ of the requests (at most 21), the roundings εⱼ and ε of the encodings (at most ½), the fresh
//! encryption of zero's u·e + e₁·s (u and s ternary, e and e₁ at most 21: at most 2·N·21), all in the maximum norm. All
//! but the flooding depends on the weights or on the client's secrets and is bounded by [`hidden`]; bounds are worst
//! cases, so they hold always and not with high probability.
//!
//! # Flooding
//!
//! The client sees the noise, so it must say nothing. A uniform number of width 2^k, added to anything of size at
//! most h, is within statistical distance h/2^k of itself; a response shows c coefficients, so c·h/2^k. It is always as
//! wide as decryption bears ([`flood_bits`]: 75 bits), not as wide as some layer's weights need: so its width says
//! nothing of them, and most layers are hidden far better than asked. [`check`] refuses weights for which c·h/2^k would
//! exceed 2^−40.

use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::params::{ERROR_BITS, Params};
use crate::poly::Small;

/// Bits of statistical security of each response.
pub const STATISTICAL_BITS: u32 = 40;

/// The largest error.
pub const ERROR_BOUND: u128 = ERROR_BITS as u128;

/// Weights so large that their products' noise could not be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Bits of statistical security there would be, instead of [`STATISTICAL_BITS`].
    pub hidden_bits: u32,
}

/// A bound for all of a response's noise but the flooding, where the weights of its polynomials add up to at most `norm`
/// in absolute value.
#[must_use]
pub const fn hidden(params: &Params, norm: u64) -> u128 {
    // 22 and 1 are 21½ and ½, rounded up.
    norm as u128 * (ERROR_BOUND + 1) + 2 * params.size as u128 * ERROR_BOUND + 1
}

/// What noise modulo q′ may amount to: |ν| < (q′/t)·(½ − 2^−4), for the decoding's own error is below 2^−4.
#[must_use]
pub const fn decoding_bound(params: &Params) -> u128 {
    (7 * product(params, 0, params.kept) - 1) / (16 << params.plain_bits)
}

/// What switching to the primes that are kept adds: a rounding of ½ in each part, once for each prime that goes, the second
/// part's times a ternary secret. Roundings before the last are divided by a prime and add up to less than 1.
#[must_use]
pub const fn switching(params: &Params) -> u128 {
    (params.size as u128 + 1).div_ceil(2) + 1
}

/// What noise modulo q may amount to so that it is right after switching.
#[must_use]
pub const fn budget(params: &Params) -> u128 {
    (decoding_bound(params) - switching(params)) * product(params, params.kept, params.primes.len())
}

/// k: flooding is uniform in −2^(k−1)..2^(k−1), as wide as the budget allows.
#[must_use]
pub const fn flood_bits(params: &Params) -> u32 {
    budget(params).ilog2() + 1
}

/// Bits of statistical security of a response that shows `coefficients` coefficients.
#[must_use]
pub const fn statistical_bits(params: &Params, norm: u64, coefficients: usize) -> u32 {
    let shown = hidden(params, norm).saturating_mul(coefficients as u128);
    // Rounded up to the next power of two.
    let shown_bits = u128::BITS - shown.saturating_sub(1).leading_zeros();
    flood_bits(params).saturating_sub(shown_bits)
}

/// Whether a response is both right and hiding.
///
/// # Errors
/// [`TooLarge`] when the weights' noise cannot be hidden by 40 bits. What can be is also decrypted rightly.
pub const fn check(params: &Params, norm: u64, coefficients: usize) -> Result<(), TooLarge> {
    let hidden_bits = statistical_bits(params, norm, coefficients);
    let total = hidden(params, norm) + (1 << (flood_bits(params) - 1));
    if hidden_bits >= STATISTICAL_BITS && total <= budget(params) { Ok(()) } else { Err(TooLarge { hidden_bits }) }
}

const fn product(params: &Params, from: usize, to: usize) -> u128 {
    let (mut product, mut i) = (1, from);
    while i < to {
        product *= params.primes[i] as u128;
        i += 1;
    }
    product
}

/// `n` numbers uniform in {−1, 0, 1}, to within 2^−62, in constant time.
#[must_use]
pub(crate) fn ternary(rng: &mut Prg, n: usize) -> Small {
    let words = words(rng, n);
    Zeroizing::new(words.iter().map(|&x| ((u128::from(x) * 3) >> 64) as i32 - 1).collect())
}

/// `n` errors: centred binomial, in constant time.
#[must_use]
pub(crate) fn errors(rng: &mut Prg, n: usize) -> Small {
    const MASK: u64 = (1 << ERROR_BITS) - 1;
    let words = words(rng, n);
    let ones = |x: u64| (x & MASK).count_ones() as i32;
    Zeroizing::new(words.iter().map(|&x| ones(x) - ones(x >> ERROR_BITS)).collect())
}

/// `n` numbers uniform below 2^[`flood_bits`], as words of 32 bits, the lowest first.
#[must_use]
pub(crate) fn flood(params: &Params, rng: &mut Prg, n: usize) -> Zeroizing<Vec<[u32; 3]>> {
    let bits = flood_bits(params);
    debug_assert!((65..=96).contains(&bits), "three words");
    let words = words(rng, 2 * n);
    let (pairs, _) = words.as_chunks::<2>();
    let high = |x: u64| (x >> (128 - bits)) as u32;
    Zeroizing::new(pairs.iter().map(|&[x, y]| [x as u32, (x >> 32) as u32, high(y)]).collect())
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

    /// By hand: q′ = 134,176,769·134,111,233 = 2^53.9985, so q′/2^32·7/16 is 1,832,805.3….
    #[test]
    fn bounds_by_hand() {
        assert_eq!(hidden(&WORD_32, 10), 220 + 172_032 + 1);
        assert_eq!(switching(&WORD_32), 2050);
        let q: f64 = 134_176_769.0 * 134_111_233.0;
        assert_eq!(decoding_bound(&WORD_32), (q / 2f64.powi(32) * 7.0 / 16.0) as u128);
        assert_eq!(flood_bits(&WORD_32), 75);
    }

    #[test]
    fn weights_are_refused_where_noise_would_show() {
        // 2^75 / 2^40 = 2^35 = 22·norm·1024 + …
        let limit = ((1u64 << 25) - 172_033) / 22;
        assert_eq!(check(&WORD_32, limit, 1024), Ok(()));
        assert_eq!(check(&WORD_32, limit + 1, 1024), Err(TooLarge { hidden_bits: 39 }));
        assert_eq!(check(&WORD_32, u64::MAX, 4096), Err(TooLarge { hidden_bits: 0 }));
    }

    /// Mean and variance lie within eight standard deviations of what they must be, with a fixed seed.
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
        let errors = errors(&mut prg, n);
        let (mean, variance) = moments(&errors);
        assert!(mean.abs() < 8.0 * (10.5 / n as f64).sqrt() && (variance - 10.5).abs() < 8.0 * 0.058);
        assert!(errors.iter().all(|x| x.unsigned_abs() <= ERROR_BITS));
        let flood = flood(&WORD_32, &mut prg, n);
        let top = 1 << (flood_bits(&WORD_32) - 64);
        assert!(flood.iter().all(|x| x[2] < top));
        for bit in 0..flood_bits(&WORD_32) as usize {
            let ones = flood.iter().filter(|x| x[bit / 32] >> (bit % 32) & 1 == 1).count();
            assert!(ones.abs_diff(n / 2) < 8 * 128, "bit {bit}: {ones}");
        }
    }
}
