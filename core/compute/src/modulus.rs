//! Arithmetic modulo a prime of at most 30 bits.

/// A prime below 2^30, with what reductions by it need.
///
/// Products by a known factor follow Shoup: with w' = ⌊w·2^32/p⌋ at hand, w·x − ⌊w'·x/2^32⌋·p lies
/// in \[0, 2p) for *any* 32-bit x (Harvey, *Faster arithmetic for number-theoretic transforms*,
/// 2014). No step depends on values but by arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulus {
    value: u32,
    /// ⌊2^32/p⌋: Shoup's companion of 1.
    one_shoup: u32,
    /// −p⁻¹ modulo 2^32, for Montgomery's reduction.
    negated_inverse: u32,
    /// 2^32 modulo p, which undoes that reduction's factor, and its companion.
    montgomery: Factor,
}

/// A factor below p with Shoup's companion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The factor.
    pub value: u32,
    /// ⌊value·2^32/p⌋.
    pub shoup: u32,
}

impl Modulus {
    /// The modulus p.
    ///
    /// # Panics
    /// When p is not an odd prime below 2^30.
    #[must_use]
    pub const fn new(p: u32) -> Self {
        assert!(p < 1 << 30 && is_prime(p), "an odd prime of at most 30 bits");
        // Newton: every step doubles the bits that are right, and p·p = 1 modulo 8.
        let mut inverse = p;
        let mut step = 0;
        while step < 4 {
            inverse = inverse.wrapping_mul(2u32.wrapping_sub(p.wrapping_mul(inverse)));
            step += 1;
        }
        let value = ((1u64 << 32) % p as u64) as u32;
        let montgomery = Factor { value, shoup: (((value as u64) << 32) / p as u64) as u32 };
        let one_shoup = ((1u64 << 32) / p as u64) as u32;
        Self { value: p, one_shoup, negated_inverse: inverse.wrapping_neg(), montgomery }
    }

    /// p.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.value
    }

    /// ⌊2^32/p⌋.
    pub(crate) const fn one_shoup(self) -> u32 {
        self.one_shoup
    }

    /// −p⁻¹ modulo 2^32.
    pub(crate) const fn negated_inverse(self) -> u32 {
        self.negated_inverse
    }

    /// 2^32 modulo p.
    pub(crate) const fn montgomery(self) -> Factor {
        self.montgomery
    }

    /// A public factor prepared for many products. Divides, so not for secrets.
    ///
    /// # Panics
    /// When it is not below p.
    #[must_use]
    pub const fn factor(self, value: u32) -> Factor {
        assert!(value < self.value, "a factor below the modulus");
        Factor { value, shoup: (((value as u64) << 32) / self.value as u64) as u32 }
    }

    /// x modulo p, for any x.
    #[inline]
    #[must_use]
    pub const fn reduce(self, x: u32) -> u32 {
        self.below(shoup(x, Factor { value: 1, shoup: self.one_shoup }, self.value))
    }

    /// x modulo p for a signed x: −1 is p − 1.
    #[inline]
    #[must_use]
    pub const fn reduce_signed(self, x: i32) -> u32 {
        // x + 2^31 is not negative; then 2^31 is taken away again.
        let shifted = self.reduce((x as u32) ^ (1 << 31));
        self.sub(shifted, self.reduce(1 << 31))
    }

    /// factor·x modulo p, for any x.
    #[inline]
    #[must_use]
    pub const fn scale(self, factor: Factor, x: u32) -> u32 {
        self.below(shoup(x, factor, self.value))
    }

    /// a·b modulo p, for a and b below p.
    #[inline]
    #[must_use]
    pub const fn mul(self, a: u32, b: u32) -> u32 {
        self.scale(self.montgomery, self.montgomery_reduce(a as u64 * b as u64))
    }

    /// a + b modulo p, for a and b below p.
    #[inline]
    #[must_use]
    pub const fn add(self, a: u32, b: u32) -> u32 {
        self.below(a + b)
    }

    /// a − b modulo p, for a and b below p.
    #[inline]
    #[must_use]
    pub const fn sub(self, a: u32, b: u32) -> u32 {
        self.below(a + self.value - b)
    }

    /// x^exponent modulo p, for x below p and a public exponent.
    #[must_use]
    pub const fn pow(self, x: u32, exponent: u32) -> u32 {
        let (mut base, mut left, mut result) = (x, exponent, 1);
        while left > 0 {
            if left & 1 == 1 {
                result = self.mul(result, base);
            }
            base = self.mul(base, base);
            left >>= 1;
        }
        result
    }

    /// x⁻¹ modulo p, for x below p; 0 for 0.
    #[must_use]
    pub const fn inverse(self, x: u32) -> u32 {
        self.pow(x, self.value - 2)
    }

    /// x·2^−32 modulo p in \[0, 2p), for x < 2^32·p (Montgomery 1985).
    #[inline]
    pub(crate) const fn montgomery_reduce(self, x: u64) -> u32 {
        let q = (x as u32).wrapping_mul(self.negated_inverse);
        ((x + q as u64 * self.value as u64) >> 32) as u32
    }

    /// How many products of two residues may be added to a sum below 2^32·p before
    /// [`below_wide`](Self::below_wide): ⌊2^32/p⌋ of them add up to less than 2^32·p, and there is
    /// room for three times as many, as 4·2^32·p < 2^64.
    pub(crate) const fn terms_at_once(self) -> usize {
        3 * self.one_shoup as usize
    }

    /// x less multiples of 2^32·p, so that it is below 2^32·p, for x < 4·2^32·p. The upper half
    /// alone decides.
    #[inline]
    pub(crate) const fn below_wide(self, x: u64) -> u64 {
        let upper = (x >> 32) as u32;
        let upper = self.below(min(upper, upper.wrapping_sub(2 * self.value)));
        (x & 0xffff_ffff) | (upper as u64) << 32
    }

    /// x − p where that is not negative, for x < 2p.
    #[inline]
    pub(crate) const fn below(self, x: u32) -> u32 {
        min(x, x.wrapping_sub(self.value))
    }
}

/// factor·x modulo p in \[0, 2p), for any x.
#[inline(always)]
pub(crate) const fn shoup(x: u32, factor: Factor, p: u32) -> u32 {
    let q = ((x as u64 * factor.shoup as u64) >> 32) as u32;
    x.wrapping_mul(factor.value).wrapping_sub(q.wrapping_mul(p))
}

/// The smaller one: `x − p` wraps round to a large number where it would be negative. Compilers
/// have an instruction for it, or select without a branch.
#[inline(always)]
pub(crate) const fn min(a: u32, b: u32) -> u32 {
    if a < b { a } else { b }
}

/// Whether it is an odd prime, by trial division: at most 2^14 steps.
const fn is_prime(p: u32) -> bool {
    let mut d = 3;
    while d * d <= p {
        if p.is_multiple_of(d) {
            return false;
        }
        d += 2;
    }
    p > 2 && !p.is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const PRIMES: [u32; 5] = [3, 97, 12_289, 134_176_769, 1_073_692_673];

    fn check(p: u32, x: u32, y: u32) {
        let (m, wide) = (Modulus::new(p), |x: u64| (x % u64::from(p)) as u32);
        let (a, b) = (x % p, y % p);
        assert_eq!(m.reduce(x), a);
        assert_eq!(u64::from(m.reduce_signed(x as i32)), i64::from(x as i32).rem_euclid(i64::from(p)) as u64);
        assert_eq!(m.add(a, b), wide(u64::from(a) + u64::from(b)));
        assert_eq!(m.sub(a, b), wide(u64::from(a) + u64::from(p - b)));
        assert_eq!(m.mul(a, b), wide(u64::from(a) * u64::from(b)));
        assert_eq!(m.scale(m.factor(a), y), wide(u64::from(a) * u64::from(y)));
        assert_eq!(m.mul(a, m.inverse(a)), u32::from(a != 0));
        assert_eq!(min(x, y), x.min(y));
        let sum = (u64::from(x) << 32 | u64::from(y)) % (u64::from(p) << 34);
        assert_eq!(m.below_wide(sum), sum % (u64::from(p) << 32));
    }

    #[test]
    fn extremes() {
        for p in PRIMES {
            let values = [0, 1, p - 1, p, 2 * p - 1, 1 << 31, (1 << 31) - 1, u32::MAX - 1, u32::MAX];
            for x in values {
                values.iter().for_each(|&y| check(p, x, y));
            }
        }
    }

    #[test]
    fn composites_are_not_primes() {
        assert!([1, 2, 4, 9, 15, 134_176_767, 1_073_741_823].iter().all(|&n| !is_prime(n)));
        assert!(PRIMES.iter().all(|&p| is_prime(p)));
    }

    proptest! {
        #[test]
        fn agrees_with_division(p in proptest::sample::select(&PRIMES), x: u32, y: u32) {
            check(p, x, y);
        }
    }
}
