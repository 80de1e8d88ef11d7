//! Real numbers as ring elements.

use crate::Word;

/// Fixed point with `fraction` bits: x stands for round(x·2^fraction) modulo 2^l.
///
/// It represents −2^(l−1−fraction) ≤ x < 2^(l−1−fraction), to within 2^−(fraction+1). A product of
/// two has twice the fraction bits until it is truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fixed {
    fraction: u32,
}

/// A number that fixed point cannot represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl Fixed {
    /// The encoding with so many bits after the point.
    ///
    /// # Panics
    /// When there are more than 30: then a word of 32 bits would hold no whole number.
    #[must_use]
    pub const fn new(fraction: u32) -> Self {
        assert!(fraction <= 30, "a whole number must fit");
        Self { fraction }
    }

    /// Bits after the point.
    #[must_use]
    pub const fn fraction(self) -> u32 {
        self.fraction
    }

    /// The nearest element; ties go away from zero.
    ///
    /// # Errors
    /// When the number is out of range, infinite or not a number.
    pub fn encode<T: Word>(self, x: f64) -> Result<T, OutOfRange> {
        let scaled = (x * self.unit()).round();
        let limit = (2f64).powi(T::BITS as i32 - 1);
        // Written so that what is not a number fails too.
        if scaled >= -limit && scaled < limit { Ok(T::from_signed(scaled as i64)) } else { Err(OutOfRange) }
    }

    /// The number that an element stands for.
    #[must_use]
    pub fn decode<T: Word>(self, x: T) -> f64 {
        x.to_signed() as f64 / self.unit()
    }

    fn unit(self) -> f64 {
        f64::from(1u32 << self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_numbers() {
        let fixed = Fixed::new(12);
        assert_eq!(fixed.encode(1.0), Ok(4096u32));
        assert_eq!(fixed.encode(-1.5), Ok(0xffff_e800u32));
        assert_eq!(fixed.encode(0.5 / 4096.0), Ok(1u32));
        assert_eq!(fixed.encode(0.49 / 4096.0), Ok(0u32));
        assert_eq!(fixed.encode(-1.0), Ok(0xffff_ffff_ffff_f000u64));
        assert_eq!(fixed.decode(0xffff_e800u32), -1.5);
    }

    #[test]
    fn the_range_is_the_documented_one() {
        let fixed = Fixed::new(12);
        let limit = f64::from(1 << 19);
        assert_eq!(fixed.encode(-limit), Ok(1u32 << 31));
        assert_eq!(fixed.encode(limit - 1.0 / 4096.0), Ok((1u32 << 31) - 1));
        for x in [limit, limit - 0.4 / 4096.0, -limit - 1.0 / 4096.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(fixed.encode::<u32>(x), Err(OutOfRange), "{x}");
        }
    }

    proptest! {
        #[test]
        fn comes_back_within_half_a_unit(x in -1000.0..1000.0f64, fraction in 0..21u32) {
            let fixed = Fixed::new(fraction);
            let error = |y: f64| (y - x).abs() <= 0.5 / f64::from(1u32 << fraction);
            prop_assert!(error(fixed.decode(fixed.encode::<u32>(x).unwrap())));
            prop_assert!(error(fixed.decode(fixed.encode::<u64>(x).unwrap())));
        }
    }
}
