//! Numbers modulo a prime that is chosen at run time.
//!
//! Products are reduced as Barrett does (Menezes, van Oorschot, Vanstone, *Handbook of Applied
//! Cryptography*, algorithm 14.42), because division takes time by its operands.

use subtle::{ConditionallySelectable as _, ConstantTimeGreater as _, ConstantTimeLess as _};
use tacit_symmetric::Prg;

use crate::Error;

/// 2^61 − 1, a prime: the modulus if nothing else is asked for.
pub const MERSENNE_61: u64 = (1 << 61) - 1;

/// The numbers from 0 to p − 1, for a prime p. All operations take the same time for all numbers,
/// and numbers below p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    p: u64,
    /// Bits of p.
    bits: u32,
    /// ⌊2^(2·bits)/p⌋.
    reciprocal: u64,
}

impl Default for Field {
    fn default() -> Self {
        Self::of(MERSENNE_61)
    }
}

impl Field {
    /// The numbers modulo `p`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] from 2^61 on, [`Error::NotPrime`].
    pub fn new(p: u64) -> Result<Self, Error> {
        if p > MERSENNE_61 {
            return Err(Error::TooLarge(p));
        }
        if !is_prime(p) {
            return Err(Error::NotPrime(p));
        }
        Ok(Self::of(p))
    }

    /// Arithmetic modulo any p from 2 to [`MERSENNE_61`].
    fn of(p: u64) -> Self {
        let bits = u64::BITS - p.leading_zeros();
        Self { p, bits, reciprocal: ((1u128 << (2 * bits)) / u128::from(p)) as u64 }
    }

    /// p.
    #[must_use]
    pub fn modulus(self) -> u64 {
        self.p
    }

    /// x, if it is a number of the field.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn check(self, x: u64) -> Result<u64, Error> {
        if bool::from(x.ct_lt(&self.p)) { Ok(x) } else { Err(Error::Range) }
    }

    /// x + y.
    #[must_use]
    pub fn add(self, x: u64, y: u64) -> u64 {
        self.once(x + y)
    }

    /// x − y.
    #[must_use]
    pub fn sub(self, x: u64, y: u64) -> u64 {
        self.once(x + self.p - y)
    }

    /// x·y.
    #[must_use]
    pub fn mul(self, x: u64, y: u64) -> u64 {
        let product = u128::from(x) * u128::from(y);
        // At most 2 less than the quotient.
        let high = (product >> (self.bits - 1)) as u64;
        let quotient = ((u128::from(high) * u128::from(self.reciprocal)) >> (self.bits + 1)) as u64;
        let rest = (product as u64).wrapping_sub(quotient.wrapping_mul(self.p));
        self.once(self.once(rest))
    }

    /// 1/x, as x^(p − 2). Of 0, 0.
    #[must_use]
    pub fn invert(self, x: u64) -> u64 {
        // Modulo 2, x^0 would be 1 for 0, too.
        if self.p == 2 { x } else { self.power(x, self.p - 2) }
    }

    /// x^exponent. Takes time by the exponent.
    fn power(self, x: u64, exponent: u64) -> u64 {
        (0..u64::BITS - exponent.leading_zeros()).rev().fold(1, |y, i| {
            let square = self.mul(y, y);
            if exponent >> i & 1 == 1 { self.mul(square, x) } else { square }
        })
    }

    /// A random number.
    #[must_use]
    pub fn random(self, rng: &mut Prg) -> u64 {
        loop {
            let x = rng.next_u64() >> (u64::BITS - self.bits);
            if x < self.p {
                return x;
            }
        }
    }

    /// x modulo p, for x below 2p.
    fn once(self, x: u64) -> u64 {
        u64::conditional_select(&x, &x.wrapping_sub(self.p), !self.p.ct_gt(&x))
    }
}

/// Whether p, at most [`MERSENNE_61`], is a prime: Miller–Rabin to the first twelve primes as
/// bases, which is right up to 3·10^23 (Sorenson, Webster 2015).
fn is_prime(p: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if p < 2 {
        return false;
    }
    if let Some(divisor) = BASES.into_iter().find(|base| p.is_multiple_of(*base)) {
        return p == divisor;
    }
    let (ring, twos) = (Field::of(p), (p - 1).trailing_zeros());
    BASES.into_iter().all(|base| {
        let first = ring.power(base, (p - 1) >> twos);
        let squares = std::iter::successors(Some(first), |&x| Some(ring.mul(x, x)));
        first == 1 || squares.take(twos as usize).any(|x| x == p - 1)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn primes_are_told_from_others() {
        let mut composite = vec![false; 20_000];
        (composite[0], composite[1]) = (true, true);
        for x in 2..composite.len() {
            (2 * x..composite.len()).step_by(x).for_each(|multiple| composite[multiple] = true);
        }
        for (x, &composite) in (0..).zip(&composite) {
            assert_eq!(Field::new(x).is_err(), composite, "{x}");
        }
        // Carmichael numbers, strong pseudoprimes to many bases, squares of primes; then primes
        // around powers of two.
        for x in [561, 3_215_031_751, 3_474_749_660_383, 341_550_071_728_321, 65_537 * 65_537, MERSENNE_61 - 2] {
            assert_eq!(Field::new(x), Err(Error::NotPrime(x)));
        }
        for x in [(1 << 31) - 1, 65_537, (1 << 32) - 5, (1 << 32) + 15, (1 << 60) - 93, MERSENNE_61] {
            assert_eq!(Field::new(x).unwrap().modulus(), x);
        }
        assert_eq!(Field::new(1 << 61), Err(Error::TooLarge(1 << 61)));
        assert_eq!(Field::new(u64::MAX), Err(Error::TooLarge(u64::MAX)));
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_wide_numbers(p in 2..=MERSENNE_61, shift in 0..60u32, x: u64, y: u64) {
            // Any modulus, of any length; the largest operands among them.
            let p = (p >> shift).max(2);
            let field = Field::of(p);
            for (x, y) in [(x % p, y % p), (p - 1, p - 1), (p - 1, x % p), (0, y % p)] {
                let [wide_x, wide_y, wide_p] = [x, y, p].map(u128::from);
                prop_assert_eq!(u128::from(field.mul(x, y)), wide_x * wide_y % wide_p);
                prop_assert_eq!(u128::from(field.add(x, y)), (wide_x + wide_y) % wide_p);
                prop_assert_eq!(u128::from(field.sub(x, y)), (wide_x + wide_p - wide_y) % wide_p);
            }
        }

        #[test]
        fn inverses_are_inverse(x in 1..MERSENNE_61) {
            for p in [2, 3, 7, 257, 65_537, (1 << 60) - 93, MERSENNE_61] {
                let (field, x) = (Field::new(p).unwrap(), x % p);
                prop_assert_eq!(field.mul(x, field.invert(x)), u64::from(x != 0));
            }
        }

        #[test]
        fn random_numbers_are_in_range(seed: u64) {
            let mut rng = Prg::from_seed([1; 32]).fork(&seed.to_le_bytes());
            for p in [2, 3, 5, 257, MERSENNE_61] {
                prop_assert!(Field::new(p).unwrap().random(&mut rng) < p);
            }
        }
    }
}
