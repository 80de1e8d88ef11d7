//! The parameters, and where they come from.
//!
//! # Security
//!
//! Ring learning with errors over Z_q\[X\]/(X^N + 1) with N = 4096 and log2 q = 60.0, secrets
//! uniform in {−1, 0, 1}, errors of standard deviation 3.24. For 128 bits of classical security at
//! this N with such secrets and σ = 3.19, the *Homomorphic Encryption Security Standard* (Albrecht
//! et al. 2018, table 1, rows "(−1, 1)") allows log2 q ≤ 109, and the *Security Guidelines for
//! Implementing Homomorphic Encryption* (Bossuat et al. 2024, ePrint 2024/463) about 106. The
//! margin is 46 bits of modulus or more.
//!
//! # Why these primes
//!
//! They are 1 modulo 2N, so that X^N + 1 splits and transforms exist, and below 2^30, so that the
//! lazy butterflies of [`tacit_compute`] keep their values (less than 4p) in words of 32 bits,
//! which vectors of WebAssembly and graphics processors have. Two of them make Δ = q/t = 2^28,
//! which is room for the noise of every layer ([`crate::noise`]). Products with a factor that is
//! uniform in 32 bits would need a third: their noise is about 2^40.

/// A ring, a plaintext modulus, and how responses are shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// N, the number of coefficients.
    pub size: usize,
    /// The primes that q is the product of.
    pub primes: [u32; 2],
    /// l: plaintexts are modulo t = 2^l.
    pub plain_bits: u32,
    /// Responses are switched to the modulus q′ = 2^`switched_bits`. Even: a coefficient is written
    /// in two halves.
    pub switched_bits: u32,
    /// Bits of a switched coefficient of c0 that are sent, the highest. Even, likewise.
    pub wanted_bits: u32,
    /// The tighter of the two published bounds for log2 q.
    pub security_bound: u32,
}

/// For shares of 32 bits: log2 q = 60.0.
pub const WORD_32: Params = Params {
    size: 4096,
    primes: [1_073_692_673, 1_073_668_097],
    plain_bits: 32,
    switched_bits: 44,
    wanted_bits: 38,
    security_bound: 106,
};

/// Bits of a residue on the wire.
pub const PRIME_BITS: u32 = 30;

/// Errors follow a centred binomial distribution: the difference of two sums of 21 bits each.
///
/// Its standard deviation is √(21/2) = 3.24, not below the standard's 8/√2π = 3.19, and unlike a
/// Gaussian it is sampled in constant time and has an end: |e| ≤ 21. Microsoft SEAL's default is
/// the same.
pub const ERROR_BITS: u32 = 21;

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_compute::Modulus;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_primes_are_what_they_must_be() {
        let Params { size, primes, .. } = WORD_32;
        for p in primes {
            // Refuses composites.
            let _ = Modulus::new(p);
            assert!(p < 1 << PRIME_BITS && p as usize % (2 * size) == 1);
        }
        assert_ne!(primes[0], primes[1]);
        let log_q: f64 = primes.into_iter().map(|p| f64::from(p).log2()).sum();
        assert!((59.9..f64::from(WORD_32.security_bound)).contains(&log_q), "log2 q = {log_q}");
    }

    /// |c1·s| stays below q/2, so the client has it exactly; and coefficients are written in two equal halves.
    #[test]
    fn a_response_fits() {
        let Params { size, primes: [p, other], switched_bits, wanted_bits, .. } = WORD_32;
        assert!((size as u64) << switched_bits < u64::from(p) * u64::from(other) / 2);
        assert!(switched_bits.is_multiple_of(2) && wanted_bits.is_multiple_of(2) && wanted_bits < switched_bits);
    }

    #[test]
    fn the_error_is_as_wide_as_the_standard_asks() {
        assert!((f64::from(ERROR_BITS) / 2.0).sqrt() >= 8.0 / (2.0 * std::f64::consts::PI).sqrt());
    }
}
