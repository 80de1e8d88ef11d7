//! The rings Z_2^32 and Z_2^64 as machine words.

use zeroize::DefaultIsZeroes;

mod sealed {
    pub trait Sealed {}
    impl Sealed for u32 {}
    impl Sealed for u64 {}
}

/// An element of Z_2^l for l = 32 or 64. Everything wraps.
pub trait Word: sealed::Sealed + DefaultIsZeroes + Eq + std::fmt::Debug + 'static {
    /// l.
    const BITS: u32;
    /// The number zero.
    const ZERO: Self;

    /// The sum.
    #[must_use]
    fn plus(self, other: Self) -> Self;

    /// The difference.
    #[must_use]
    fn minus(self, other: Self) -> Self;

    /// The product.
    #[must_use]
    fn times(self, other: Self) -> Self;

    /// The element that a signed number falls on.
    #[must_use]
    fn from_signed(x: i64) -> Self;

    /// The representative in −2^(l−1)..2^(l−1).
    #[must_use]
    fn to_signed(self) -> i64;

    /// Its low bits from a generator's word.
    #[must_use]
    fn from_random(x: u64) -> Self;
}

macro_rules! word {
    ($word:ty, $signed:ty) => {
        impl Word for $word {
            const BITS: u32 = <$word>::BITS;
            const ZERO: Self = 0;

            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            fn from_signed(x: i64) -> Self {
                x as $word
            }

            fn to_signed(self) -> i64 {
                self as $signed as i64
            }

            fn from_random(x: u64) -> Self {
                x as $word
            }
        }
    };
}

word!(u32, i32);
word!(u64, i64);
