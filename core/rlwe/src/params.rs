//! The parameters, and where they come from.
//!
//! # Security
//!
//! Ring learning with errors over Z_q\[X\]/(X^N + 1), secrets uniform in {−1, 0, 1}, errors of standard deviation 3.24.
//! For such secrets and σ = 3.19 the Homomorphic Encryption Security Standard (Albrecht et al. 2018, table 1, rows
//! "(−1, 1)", 128 bits, classical) allows log2 q ≤ 109 at N = 4096 and ≤ 218 at N = 8192. Both rings here stay below.
//!
//! # Why these primes
//!
//! They are the largest below 2^27 that are 1 modulo 2N, so that X^N + 1 splits and transforms exist. 27 bits let the
//! same kernels run in vectors of WebAssembly and on graphics processors, which know 32-bit words only, and leave five bits
//! for lazy reductions.

/// A ring and a plaintext modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// N, the number of coefficients.
    pub size: usize,
    /// The primes that q is the product of. The first `kept` remain in a response.
    pub primes: &'static [u32],
    /// Primes of a response's modulus q′.
    pub kept: usize,
    /// l: plaintexts are modulo t = 2^l.
    pub plain_bits: u32,
    /// The standard's bound for log2 q.
    pub security_bound: u32,
}

/// For shares of 32 bits: log2 q = 108.0.
pub const WORD_32: Params = Params {
    size: 4096,
    primes: &[134_176_769, 134_111_233, 134_012_929, 133_963_777],
    kept: 2,
    plain_bits: 32,
    security_bound: 109,
};

/// For shares of 64 bits: log2 q = 215.9. Data for a later [`Context`](crate::Context); there is none yet.
pub const WORD_64: Params = Params {
    size: 8192,
    primes: &[133_857_281, 133_644_289, 133_611_521, 133_513_217, 133_251_073, 132_825_089, 132_759_553, 132_710_401],
    kept: 4,
    plain_bits: 64,
    security_bound: 218,
};

/// Bits of a residue on the wire.
pub const PRIME_BITS: usize = 27;

/// Errors follow a centred binomial distribution: the difference of two sums of 21 bits each.
///
/// Its standard deviation is √(21/2) = 3.24, not below the standard's 8/√2π = 3.19, and unlike a Gaussian it is
/// sampled in constant time and has an end: |e| ≤ 21, so bounds hold always. Microsoft SEAL's default is the same.
pub const ERROR_BITS: u32 = 21;

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_compute::Modulus;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_primes_are_what_they_must_be() {
        for params in [WORD_32, WORD_64] {
            let mut log_q = 0.0;
            for &p in params.primes {
                // Refuses what is not prime.
                let _ = Modulus::new(p);
                assert!(p < 1 << PRIME_BITS && p as usize % (2 * params.size) == 1);
                log_q += f64::from(p).log2();
            }
            assert!(params.primes.is_sorted_by(|a, b| a > b), "different");
            assert!(log_q < f64::from(params.security_bound), "log2 q = {log_q}");
        }
    }

    #[test]
    fn the_error_is_as_wide_as_the_standard_asks() {
        assert!((f64::from(ERROR_BITS) / 2.0).sqrt() >= 8.0 / (2.0 * std::f64::consts::PI).sqrt());
    }
}
