//! Constants that follow from the parameters, and exact arithmetic between residues modulo two
//! primes and words.

use std::sync::OnceLock;

use tacit_compute::{Factor, Modulus, NttTable};

use crate::params::{Params, WORD_32};

/// The ring for shares of 32 bits, with its tables. Public; made once and kept.
pub struct Context {
    params: Params,
    tables: [NttTable; 2],
    primes: [Prime; 2],
    /// The first prime's inverse modulo the second.
    first_inverse: Factor,
    /// q.
    q: u64,
}

/// Constants of one prime p.
pub(crate) struct Prime {
    pub(crate) modulus: Modulus,
    /// −t⁻¹ modulo p.
    minus_t_inverse: Factor,
    /// (q/p)⁻¹ modulo p.
    cofactor_inverse: Factor,
    /// 1/p with 96 bits after the point: the first 64, and the other 32.
    reciprocal: [u64; 2],
    /// 2^(half the bits of a switched coefficient) modulo p.
    upper_half: Factor,
}

impl Prime {
    fn new(params: &Params, p: u32, other: u32) -> Self {
        let modulus = Modulus::new(p);
        let power = |bits: u32| modulus.pow(2, bits);
        let t_inverse = modulus.inverse(power(params.plain_bits));
        let rest = ((1u128 << 64) % u128::from(p)) as u64;
        Self {
            modulus,
            minus_t_inverse: modulus.factor(modulus.sub(0, t_inverse)),
            cofactor_inverse: modulus.factor(modulus.inverse(other % p)),
            reciprocal: [((1u128 << 64) / u128::from(p)) as u64, (rest << 32) / u64::from(p)],
            upper_half: modulus.factor(power(params.switched_bits / 2)),
        }
    }
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

    /// A context of [`WORD_32`] of one's own, which takes a millisecond to make. See
    /// [`shared`](Self::shared).
    #[must_use]
    pub fn new() -> Self {
        let params = WORD_32;
        let [p, other] = params.primes;
        let second = Modulus::new(other);
        Self {
            params,
            tables: params.primes.map(|p| NttTable::new(Modulus::new(p), params.size)),
            primes: [Prime::new(&params, p, other), Prime::new(&params, other, p)],
            first_inverse: second.factor(second.inverse(p % other)),
            q: u64::from(p) * u64::from(other),
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

    /// Words of a polynomial: N for each prime.
    #[must_use]
    pub fn words(&self) -> usize {
        self.params.size * self.primes.len()
    }

    pub(crate) fn tables(&self) -> &[NttTable] {
        &self.tables
    }

    pub(crate) fn primes(&self) -> &[Prime; 2] {
        &self.primes
    }

    /// round(q·m/t), as its residues: the place of message m in the ciphertext.
    ///
    /// Not ⌊q/t⌋·m, whose error of up to q mod t would be multiplied by every later product. With ρ
    /// the centred remainder of q·m modulo t, round(q·m/t) = (q·m − ρ)/t, which is −ρ/t modulo
    /// every prime of q.
    #[must_use]
    pub fn encode(&self, m: u32) -> [u32; 2] {
        let rho = (self.q as u32).wrapping_mul(m) as i32;
        self.primes.each_ref().map(|prime| {
            let Prime { modulus, minus_t_inverse, .. } = prime;
            modulus.scale(*minus_t_inverse, modulus.reduce_signed(rho))
        })
    }

    /// The 64 bits after the point of x/q, for x in residues; too small by less than 3·2^−64.
    ///
    /// By the Chinese remainder theorem x/q is Σ yᵢ/pᵢ up to whole numbers, with yᵢ = xᵢ·(q/pᵢ)⁻¹
    /// modulo pᵢ.
    #[inline]
    pub(crate) fn fraction(&self, x: [u32; 2]) -> u64 {
        x.into_iter().zip(&self.primes).fold(0, |sum: u64, (x, prime)| {
            let [first, rest] = prime.reciprocal;
            let y = u64::from(prime.modulus.scale(prime.cofactor_inverse, x));
            // y < p, so neither product exceeds 64 bits.
            sum.wrapping_add(y * first).wrapping_add((y * rest) >> 32)
        })
    }

    /// The residues of a switched coefficient, given as a number from 0 to q′ − 1.
    #[inline]
    pub(crate) fn residues(&self, x: u64) -> [u32; 2] {
        let half = self.params.switched_bits / 2;
        let [low, high] = [x as u32 & ((1 << half) - 1), (x >> half) as u32];
        self.primes.each_ref().map(|prime| {
            let modulus = prime.modulus;
            modulus.add(modulus.scale(prime.upper_half, high), modulus.reduce(low))
        })
    }

    /// The number of least size with these residues, modulo 2^64 (Garner 1959).
    #[inline]
    pub(crate) fn lift(&self, [first, second]: [u32; 2]) -> u64 {
        let [p, other] = self.primes.each_ref().map(|prime| prime.modulus);
        let digit = other.scale(self.first_inverse, other.sub(second, other.reduce(first)));
        let x = u64::from(first) + u64::from(p.value()) * u64::from(digit);
        // q is taken away where x is more than half of it; both are below 2^63.
        let above = (self.q / 2).wrapping_sub(x) >> 63;
        x.wrapping_sub(self.q & above.wrapping_neg())
    }

    /// round(t·x/q′) modulo t, for x modulo q′.
    #[inline]
    pub(crate) fn decode(&self, x: u64) -> u32 {
        let below = self.params.switched_bits - self.params.plain_bits;
        (x.wrapping_add(1 << (below - 1)) >> below) as u32
    }
}

/// The `bits` bits after the point of a [fraction](Context::fraction), rounded to the nearest,
/// modulo 1.
#[inline]
pub(crate) fn rounded(fraction: u64, bits: u32) -> u64 {
    fraction.wrapping_add(1 << (63 - bits)) >> (64 - bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const Q: u64 = WORD_32.primes[0] as u64 * WORD_32.primes[1] as u64;

    fn of(x: u64) -> [u32; 2] {
        WORD_32.primes.map(|p| (x % u64::from(p)) as u32)
    }

    fn encodes(m: u32) {
        let expected = (u128::from(Q) * u128::from(m) + (1 << 31)) >> 32;
        assert_eq!(Context::shared().encode(m), of((expected % u128::from(Q)) as u64), "{m}");
    }

    fn divides(x: u64) {
        let exact = ((u128::from(x) << 64) / u128::from(Q)) as u64;
        let found = Context::shared().fraction(of(x));
        assert!(exact.wrapping_sub(found) < 3, "{x}: {found} instead of {exact}");
    }

    fn lifts(x: i64) {
        let residues = of(x.rem_euclid(Q.cast_signed()).cast_unsigned());
        assert_eq!(Context::shared().lift(residues).cast_signed(), x);
    }

    #[test]
    fn extremes() {
        [0, 1, 2, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, u32::MAX].into_iter().for_each(encodes);
        [0, 1, 2, Q / 2, Q / 2 + 1, Q - 1].into_iter().for_each(divides);
        let half = (Q / 2).cast_signed();
        [0, 1, -1, half, -half].into_iter().for_each(lifts);
        let most = (1 << WORD_32.switched_bits) - 1;
        [0, 1, most].into_iter().for_each(|x| assert_eq!(Context::shared().residues(x), of(x)));
    }

    #[test]
    fn roundings_by_hand() {
        assert_eq!(rounded(u64::MAX, 44), 0);
        assert_eq!(rounded(1 << 63, 44), 1 << 43);
        assert_eq!(rounded((1 << 25) - 1, 38), 0);
        assert_eq!(rounded(1 << 25, 38), 1);
        let context = Context::shared();
        for (x, m) in
            [(0, 0), (2047, 0), (2048, 1), (4096 + 2047, 1), ((1 << 44) - 2048, 0), ((1 << 44) - 2049, u32::MAX)]
        {
            assert_eq!(context.decode(x), m, "{x}");
        }
    }

    proptest! {
        #[test]
        fn messages_are_encoded(m: u32) {
            encodes(m);
        }

        #[test]
        fn fractions_are_right_to_the_last_bits(x in 0..Q) {
            divides(x);
        }

        #[test]
        fn residues_of_centred_numbers_are_lifted(x in -(Q.cast_signed() / 2)..Q.cast_signed() / 2) {
            lifts(x);
        }

        #[test]
        fn switched_coefficients_have_residues(x in 0..1u64 << WORD_32.switched_bits) {
            prop_assert_eq!(Context::shared().residues(x), of(x));
        }
    }
}
