//! The same without a modulus, to see what goes wrong. **Not secure.**
//!
//! *Computes*: shares are points of a polynomial with whole coefficients; any K of them give it, by
//! fractions. *From*: what is left of Shamir 1979 without the field. *Security*: **none to speak
//! of**, and that is the lesson. The coefficients have to come from some range, for there is no
//! uniform choice among all whole numbers, and then the *size* of a share tells about the secret:
//! who holds (1, 80) and knows that slopes go from 0 to 99 knows that the secret is at most 80, and
//! who holds (1, 3) has it almost. So does its *remainder*: share 2 of two is odd if and only if
//! the secret is, whatever the slope. [`secrets_left`] lists what one share leaves. Modulo a prime,
//! neither is left: every share is equally likely under every secret. *Cost*: shares grow with N.
//! *Deviations*: there is no modulus.
//!
//! Numbers here are for showing: they are not wiped, and arithmetic takes time by their sizes.
//! Nobody's secret belongs in it.
//!
//! ```
//! use tacit_shamir::over_integers::{recover, secrets_left, share_with};
//!
//! let shares = share_with(&[65, 15], 4).unwrap();
//! assert_eq!(shares, [(1, 80), (2, 95), (3, 110), (4, 125)]);
//! assert_eq!(recover(2, &[shares[3], shares[1]]).unwrap().whole(), Some(65));
//! // Of the slopes from 0 to 20, with one share.
//! assert_eq!(secrets_left((2, 95), 0..=20).unwrap()[..4], [95, 93, 91, 89]);
//! ```

use std::ops::RangeInclusive;

use crate::Error;

/// A point: x, y.
pub type Point = (i64, i128);

/// A fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: i128,
    /// At least 1.
    denominator: i128,
}

impl Ratio {
    /// The numerator.
    #[must_use]
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// The denominator, at least 1.
    #[must_use]
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// The whole number that it is, if it is one.
    #[must_use]
    pub fn whole(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    /// About what it is, for plotting.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    fn of(number: i128) -> Self {
        Self { numerator: number, denominator: 1 }
    }

    fn new(numerator: i128, denominator: i128) -> Option<Self> {
        let (mut a, mut b) = (numerator.unsigned_abs(), denominator.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let common = i128::try_from(a).ok()?.checked_mul(denominator.signum())?;
        Some(Self { numerator: numerator.checked_div(common)?, denominator: denominator.checked_div(common)? })
    }

    fn plus(self, other: Self) -> Option<Self> {
        let cross = |a: Self, b: Self| a.numerator.checked_mul(b.denominator);
        let numerator = cross(self, other)?.checked_add(cross(other, self)?)?;
        Self::new(numerator, self.denominator.checked_mul(other.denominator)?)
    }

    fn times(self, other: Self) -> Option<Self> {
        let (a, b) = (Self::new(self.numerator, other.denominator)?, Self::new(other.numerator, self.denominator)?);
        let denominator = a.denominator.checked_mul(b.denominator)?;
        Some(Self { numerator: a.numerator.checked_mul(b.numerator)?, denominator })
    }
}

/// N points of the polynomial with these coefficients, the first of which is the secret.
///
/// # Errors
/// [`Error::Threshold`], [`Error::Overflow`].
pub fn share_with(coefficients: &[i64], n: usize) -> Result<Vec<Point>, Error> {
    let k = coefficients.len();
    if k == 0 || k > n {
        return Err(Error::Threshold { k, n });
    }
    let coefficients: Vec<_> = coefficients.iter().map(|&c| Ratio::of(c.into())).collect();
    let point = |x| Ok((x, polynomial_at(&coefficients, x)?.whole().expect("whole coefficients")));
    (1..=n as i64).map(point).collect()
}

/// The value of a polynomial at x.
///
/// # Errors
/// [`Error::Overflow`].
pub fn polynomial_at(coefficients: &[Ratio], x: i64) -> Result<Ratio, Error> {
    let x = Ratio::of(x.into());
    let value = coefficients.iter().rev().try_fold(Ratio::of(0), |sum, &c| sum.times(x)?.plus(c));
    value.ok_or(Error::Overflow)
}

/// What the first `k` points have at x = 0: the secret, or a fraction where a point is wrong.
/// Further points have to agree.
///
/// # Errors
/// [`Error::Threshold`] for none of `k`, [`Error::TooFew`], [`Error::Zero`], [`Error::SameX`],
/// [`Error::Inconsistent`], [`Error::Overflow`].
pub fn recover(k: usize, points: &[Point]) -> Result<Ratio, Error> {
    if k == 0 {
        return Err(Error::Threshold { k, n: points.len() });
    }
    let (first, more) = points.split_at_checked(k).ok_or(Error::TooFew { have: points.len(), need: k })?;
    if points.iter().any(|&(x, _)| x == 0) {
        return Err(Error::Zero);
    }
    distinct(points)?;
    let coefficients = interpolate(first)?;
    for &(x, y) in more {
        if polynomial_at(&coefficients, x)? != Ratio::of(y) {
            return Err(Error::Inconsistent);
        }
    }
    Ok(coefficients[0])
}

/// The coefficients of the one polynomial through these points that has no more of them than there
/// are points.
///
/// # Errors
/// [`Error::TooFew`] for no points, [`Error::SameX`], [`Error::Overflow`].
pub fn interpolate(points: &[Point]) -> Result<Vec<Ratio>, Error> {
    if points.is_empty() {
        return Err(Error::TooFew { have: 0, need: 1 });
    }
    distinct(points)?;
    lagrange(points).ok_or(Error::Overflow)
}

/// Σ yᵢ·Π (x − xⱼ)/(xᵢ − xⱼ), if numbers stay small enough.
fn lagrange(points: &[Point]) -> Option<Vec<Ratio>> {
    let mut sum = vec![Ratio::of(0); points.len()];
    for &(x, y) in points {
        let mut product = vec![Ratio::of(y)];
        for &(other, _) in points.iter().filter(|(other, _)| *other != x) {
            // Times (X − other)/(x − other).
            let slope = Ratio::new(1, i128::from(x) - i128::from(other))?;
            let constant = Ratio::of(-i128::from(other)).times(slope)?;
            product.push(Ratio::of(0));
            for i in (0..product.len()).rev() {
                let below = if i == 0 { Ratio::of(0) } else { product[i - 1] };
                product[i] = product[i].times(constant)?.plus(below.times(slope)?)?;
            }
        }
        for (sum, term) in sum.iter_mut().zip(product) {
            *sum = sum.plus(term)?;
        }
    }
    Some(sum)
}

/// The secrets that one share of a line leaves possible, by slope.
///
/// # Errors
/// [`Error::Overflow`].
pub fn secrets_left((x, y): Point, slopes: RangeInclusive<i32>) -> Result<Vec<i128>, Error> {
    let secret = |slope: i32| y.checked_sub(i128::from(slope) * i128::from(x));
    slopes.map(|slope| secret(slope).ok_or(Error::Overflow)).collect()
}

/// Whether no two points have the same x.
fn distinct(points: &[Point]) -> Result<(), Error> {
    for (i, &(x, _)) in points.iter().enumerate() {
        if points[..i].iter().any(|&(other, _)| other == x) {
            return Err(Error::SameX(x.unsigned_abs()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    const KNOWN: [Point; 4] = [(1, 80), (2, 95), (3, 110), (4, 125)];

    #[test]
    fn known_answers() {
        assert_eq!(share_with(&[65, 15], 4).unwrap(), KNOWN);
        for (i, a) in KNOWN.into_iter().enumerate() {
            for b in KNOWN.into_iter().skip(i + 1) {
                assert_eq!(recover(2, &[b, a]).unwrap().whole(), Some(65));
                assert_eq!(interpolate(&[a, b]), Ok(vec![Ratio::of(65), Ratio::of(15)]));
            }
        }
        assert_eq!(recover(2, &KNOWN).unwrap().whole(), Some(65));
        // A wrong point: 80 and 96 at 1 and 3 cross zero at 72, and 80 and 95 at 1 and 3 at a
        // fraction.
        assert_eq!(recover(2, &[(1, 80), (3, 96)]).unwrap().whole(), Some(72));
        let fraction = recover(2, &[(1, 80), (3, 95)]).unwrap();
        assert_eq!((fraction.numerator(), fraction.denominator(), fraction.whole()), (145, 2, None));
        assert!((fraction.to_f64() - 72.5).abs() < 1e-9);
    }

    #[test]
    fn a_share_tells_about_the_secret() {
        // Slopes from 0 to 99, secrets from 0 to 99: what the first share of two leaves.
        let left = |y| secrets_left((1, y), 0..=99).unwrap().into_iter().filter(|s| (0..100).contains(s)).count();
        assert_eq!((left(0), left(3), left(80), left(99), left(198)), (1, 4, 81, 100, 1));
        // And the second: all that are left are odd.
        assert!(secrets_left((2, 95), 0..=99).unwrap().iter().all(|secret| secret % 2 != 0));
        // The shares of two secrets are not even the same ones.
        let first = |secret| -> BTreeSet<i128> {
            (0..100).map(|slope| share_with(&[secret, slope], 2).unwrap()[0].1).collect()
        };
        assert!(first(10) != first(65));
    }

    proptest! {
        #[test]
        fn any_k_recover(coefficients in prop::collection::vec(-1000..1000i64, 1..6), skip in 0..4usize) {
            let k = coefficients.len();
            let points = share_with(&coefficients, k + 4).unwrap();
            let whole = interpolate(&points[skip..skip + k]).unwrap();
            prop_assert!(whole.iter().map(|c| c.whole()).eq(coefficients.iter().map(|&c| Some(i128::from(c)))));
            prop_assert_eq!(recover(k, &points[skip..]).unwrap().whole(), Some(coefficients[0].into()));
        }

        #[test]
        fn any_points_are_met(ys in prop::collection::vec(-1000..1000i128, 1..6)) {
            let points: Vec<_> = (-2..).zip(ys).collect();
            let coefficients = interpolate(&points).unwrap();
            for (x, y) in points {
                prop_assert_eq!(polynomial_at(&coefficients, x).unwrap().whole(), Some(y));
            }
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(share_with(&[1, 2, 3], 2), Err(Error::Threshold { k: 3, n: 2 }));
        assert_eq!(share_with(&[], 2), Err(Error::Threshold { k: 0, n: 2 }));
        assert_eq!(share_with(&[i64::MAX; 20], 1000), Err(Error::Overflow));
        assert_eq!(recover(2, &[(1, 80)]), Err(Error::TooFew { have: 1, need: 2 }));
        assert_eq!(recover(0, &[(1, 80)]), Err(Error::Threshold { k: 0, n: 1 }));
        assert_eq!(recover(2, &[(1, 80), (1, 80)]), Err(Error::SameX(1)));
        assert_eq!(recover(2, &[(1, 80), (0, 80)]), Err(Error::Zero));
        assert_eq!(recover(2, &[(1, 80), (2, 95), (3, 111)]), Err(Error::Inconsistent));
        assert_eq!(interpolate(&[]), Err(Error::TooFew { have: 0, need: 1 }));
        assert_eq!(interpolate(&[(i64::MIN, i128::MIN), (i64::MAX, i128::MAX)]), Err(Error::Overflow));
        assert_eq!(secrets_left((i64::MAX, i128::MIN), 1..=1), Err(Error::Overflow));
    }
}
