//! What is computed once from the parameters.

use std::sync::OnceLock;

use tacit_compute::{Factor, Modulus, NttTable};

use crate::params::{Params, WORD_32};

/// The ring for shares of 32 bits, with its tables. Public; made once and kept.
pub struct Context {
    params: Params,
    tables: Vec<NttTable>,
    primes: Vec<Prime>,
    /// q modulo t.
    q_low: u32,
}

/// Constants of one prime p.
pub(crate) struct Prime {
    pub(crate) modulus: Modulus,
    /// −t⁻¹ modulo p.
    minus_t_inverse: Factor,
    /// For every later prime p′: p′⁻¹ modulo p, and (p′ − 1)/2 modulo p.
    drop: Vec<(Factor, u32)>,
    /// 2^32 and 2^64 modulo p.
    pub(crate) powers: [Factor; 2],
    /// Half of the flooding's width modulo p: drawn numbers become centred by taking it away.
    pub(crate) flood_centre: u32,
    /// (q′/p)⁻¹ modulo p, for the primes that are kept.
    cofactor_inverse: Factor,
    /// ⌊2^64/p⌋.
    fraction: u64,
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl Context {
    /// The context of [`WORD_32`] that the whole program shares.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Context> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    /// A context of [`WORD_32`] of one's own, which takes a millisecond and more to make. See [`shared`](Self::shared).
    #[must_use]
    pub fn new() -> Self {
        let params = WORD_32;
        let moduli: Vec<Modulus> = params.primes.iter().map(|&p| Modulus::new(p)).collect();
        let prime = |(i, &modulus): (usize, &Modulus)| {
            let p = modulus.value();
            let inverse = |x: u32| modulus.inverse(x % p);
            let power = |bits: u32| modulus.pow(2, bits);
            let cofactor = params.primes[..params.kept].iter().filter(|&&other| other != p);
            let cofactor = cofactor.fold(1, |product, &other| modulus.mul(product, other % p));
            Prime {
                modulus,
                minus_t_inverse: modulus.factor(modulus.sub(0, inverse(power(params.plain_bits)))),
                drop: params.primes[i + 1..]
                    .iter()
                    .map(|&other| (modulus.factor(inverse(other)), (other - 1) / 2 % p))
                    .collect(),
                powers: [power(32), power(64)].map(|x| modulus.factor(x)),
                flood_centre: power(crate::noise::flood_bits(&params) - 1),
                cofactor_inverse: modulus.factor(modulus.inverse(cofactor)),
                fraction: u64::MAX / u64::from(p),
            }
        };
        Self {
            params,
            tables: moduli.iter().map(|&modulus| NttTable::new(modulus, params.size)).collect(),
            primes: moduli.iter().enumerate().map(prime).collect(),
            q_low: params.primes.iter().fold(1, |product: u32, &p| product.wrapping_mul(p)),
        }
    }

    /// The parameters.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// N.
    #[must_use]
    pub fn size(&self) -> usize {
        self.params.size
    }

    pub(crate) fn tables(&self) -> &[NttTable] {
        &self.tables
    }

    pub(crate) fn primes(&self) -> &[Prime] {
        &self.primes
    }

    /// round(q·m/t), as its residues: the place of message m in the ciphertext.
    ///
    /// Not ⌊q/t⌋·m, whose error of up to q mod t would be multiplied by every later product. With ρ the centred
    /// remainder of q·m modulo t, round(q·m/t) = (q·m − ρ)/t, which is −ρ/t modulo every prime of q.
    pub(crate) fn encode(&self, m: u32) -> impl Iterator<Item = u32> {
        let rho = self.q_low.wrapping_mul(m) as i32;
        self.primes
            .iter()
            .map(move |prime| prime.modulus.scale(prime.minus_t_inverse, prime.modulus.reduce_signed(rho)))
    }

    /// Divides by the last prime and rounds: residues `x` of all primes so far become those of one prime less.
    ///
    /// With c the centred residue of the last prime, (x − c)/p is round(x/p).
    pub(crate) fn drop_last(&self, x: &mut [u32], last: u32) {
        let index = x.len();
        let dropped = self.primes[index].modulus;
        let half = (dropped.value() - 1) / 2;
        // c + half is not negative.
        let shifted = dropped.add(last, half);
        for (i, (x, prime)) in x.iter_mut().zip(&self.primes).enumerate() {
            let (inverse, half) = prime.drop[index - i - 1];
            let modulus = prime.modulus;
            let difference = modulus.sub(modulus.add(*x, half), modulus.reduce(shifted));
            *x = modulus.scale(inverse, difference);
        }
    }

    /// round(t·x/q′) modulo t, for x in residues of the primes that are kept.
    ///
    /// By the Chinese remainder theorem x/q′ is Σ yᵢ/pᵢ up to whole numbers, with yᵢ = xᵢ·(q′/pᵢ)⁻¹ modulo pᵢ. The sum is
    /// taken with 64 bits after the point, of which the upper 32 are the message. Too small by at most 2·2^27·2^−32 =
    /// 2^−4 of a unit of the message, which [`noise`](crate::noise) accounts for.
    pub(crate) fn decode(&self, x: [u32; 2]) -> u32 {
        let terms = x.into_iter().zip(&self.primes);
        let sum = terms.fold(1u64 << 31, |sum, (x, prime)| {
            let y = prime.modulus.scale(prime.cofactor_inverse, x);
            sum.wrapping_add(u64::from(y).wrapping_mul(prime.fraction))
        });
        (sum >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn product(primes: &[u32]) -> u128 {
        primes.iter().map(|&p| u128::from(p)).product()
    }

    /// ⌊q·m/t + 1/2⌋ by long division: q and m·2^96 do not fit together.
    fn rounded(q: u128, m: u32) -> u128 {
        let (high, low) = (q >> 32, q & 0xffff_ffff);
        let m = u128::from(m);
        high * m + ((low * m + (1 << 31)) >> 32)
    }

    fn encodes(m: u32) {
        let context = Context::new();
        let expected = rounded(product(WORD_32.primes), m);
        for (residue, &p) in context.encode(m).zip(WORD_32.primes) {
            assert_eq!(u128::from(residue), expected % u128::from(p), "{m}");
        }
    }

    #[test]
    fn extreme_messages_are_encoded() {
        [0, 1, 2, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, u32::MAX].into_iter().for_each(encodes);
    }

    fn drops(x: u128, primes: usize) {
        let context = Context::new();
        let residues: Vec<u32> = WORD_32.primes[..primes].iter().map(|&p| (x % u128::from(p)) as u32).collect();
        let (last, rest) = residues.split_last().unwrap();
        let mut rest = rest.to_vec();
        context.drop_last(&mut rest, *last);
        let dropped = u128::from(WORD_32.primes[primes - 1]);
        let expected = (x + dropped / 2) / dropped;
        for (&residue, &p) in rest.iter().zip(WORD_32.primes) {
            assert_eq!(u128::from(residue), expected % u128::from(p));
        }
    }

    fn decodes(m: u32, noise: i128) {
        let (context, q) = (Context::new(), product(&WORD_32.primes[..2]));
        let x = (rounded(q, m) as i128 + noise).rem_euclid(q as i128) as u128;
        let residues = [0, 1].map(|i| (x % u128::from(WORD_32.primes[i])) as u32);
        assert_eq!(context.decode(residues), m, "{m} with noise {noise}");
    }

    #[test]
    fn extreme_messages_with_extreme_noise_are_decoded() {
        // Rounding the message into its place takes up to a half.
        let bound = crate::noise::decoding_bound(&WORD_32) as i128 - 1;
        for m in [0, 1, (1 << 31) - 1, 1 << 31, u32::MAX] {
            [-bound, -1, 0, 1, bound].into_iter().for_each(|noise| decodes(m, noise));
        }
    }

    proptest! {
        #[test]
        fn messages_are_encoded(m: u32) {
            encodes(m);
        }

        #[test]
        fn division_by_a_prime_rounds(x: u128, primes in 2..5usize) {
            drops(x % product(&WORD_32.primes[..primes]), primes);
        }

        #[test]
        fn noise_up_to_the_bound_is_rounded_away(m: u32, noise in -1.0..1.0f64) {
            decodes(m, (noise * crate::noise::decoding_bound(&WORD_32) as f64) as i128);
        }
    }
}
