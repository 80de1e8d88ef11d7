//! Shares, and what can be done with them.

use subtle::ConstantTimeEq as _;
use tacit_symmetric::Prg;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{Error, Field};

/// A point of the secret's polynomial.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Share {
    x: u64,
    y: u64,
}

impl Share {
    /// The share that its holder was told.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn new(field: Field, x: u64, y: u64) -> Result<Self, Error> {
        Ok(Self { x: field.check(x)?, y: field.check(y)? })
    }

    /// Whose it is: from 1 to N.
    #[must_use]
    pub fn x(&self) -> u64 {
        self.x
    }

    /// The value that its holder keeps.
    #[must_use]
    pub fn y(&self) -> u64 {
        self.y
    }
}

/// The coefficients of a polynomial, the secret being the first.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Polynomial {
    coefficients: Vec<u64>,
}

impl Polynomial {
    /// c₀ + c₁·x + c₂·x² and so on.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn new(field: Field, coefficients: &[u64]) -> Result<Self, Error> {
        coefficients.iter().try_for_each(|&c| field.check(c).map(|_| ()))?;
        Ok(Self { coefficients: coefficients.to_vec() })
    }

    /// The coefficients, from that of x⁰ on.
    #[must_use]
    pub fn coefficients(&self) -> &[u64] {
        &self.coefficients
    }

    /// The value at x, which is below the modulus.
    #[must_use]
    pub fn at(&self, field: Field, x: u64) -> u64 {
        self.coefficients.iter().rev().fold(0, |sum, &c| field.add(field.mul(sum, x), c))
    }
}

/// N shares of `secret`, of which K give it.
///
/// # Errors
/// [`Error::Range`], [`Error::Threshold`], [`Error::TooMany`].
pub fn share(field: Field, secret: u64, k: usize, n: usize, rng: &mut Prg) -> Result<Vec<Share>, Error> {
    check(field, k, n)?;
    let mut coefficients = Zeroizing::new(Vec::with_capacity(k));
    coefficients.push(field.check(secret)?);
    coefficients.extend((1..k).map(|_| field.random(rng)));
    share_with(field, &coefficients, n)
}

/// N shares of the first coefficient, of which as many give it as there are coefficients. The
/// others have to be random, and known to nobody.
///
/// # Errors
/// [`Error::Range`], [`Error::Threshold`], [`Error::TooMany`].
pub fn share_with(field: Field, coefficients: &[u64], n: usize) -> Result<Vec<Share>, Error> {
    check(field, coefficients.len(), n)?;
    let polynomial = Polynomial::new(field, coefficients)?;
    Ok((1..=n as u64).map(|x| Share { x, y: polynomial.at(field, x) }).collect())
}

/// The secret of `k` shares or more. Those beyond the first `k` have to agree with them.
///
/// # Errors
/// [`Error::Range`], [`Error::Threshold`] for none of `k`, [`Error::TooFew`], [`Error::Zero`],
/// [`Error::SameX`], [`Error::Inconsistent`].
pub fn recover(field: Field, k: usize, shares: &[Share]) -> Result<Zeroizing<u64>, Error> {
    if k == 0 {
        return Err(Error::Threshold { k, n: shares.len() });
    }
    let (first, more) = shares.split_at_checked(k).ok_or(Error::TooFew { have: shares.len(), need: k })?;
    if shares.iter().any(|share| share.x == 0) {
        return Err(Error::Zero);
    }
    distinct(field, shares)?;
    let polynomial = interpolate(field, first)?;
    let agree = |share: &Share| bool::from(polynomial.at(field, share.x).ct_eq(&share.y));
    if !more.iter().all(agree) {
        return Err(Error::Inconsistent);
    }
    Ok(Zeroizing::new(polynomial.coefficients[0]))
}

/// The one polynomial through these points that has no more coefficients than there are points. One
/// of them may have x = 0: with K − 1 shares, any secret gives a polynomial.
///
/// *Computes*: Σ yᵢ·Π (x − xⱼ)/(xᵢ − xⱼ). *From*: Lagrange. *Cost*: about 4·K² products, and K
/// inversions.
///
/// # Errors
/// [`Error::TooFew`] for no points, [`Error::SameX`], [`Error::Range`].
pub fn interpolate(field: Field, points: &[Share]) -> Result<Polynomial, Error> {
    if points.is_empty() {
        return Err(Error::TooFew { have: 0, need: 1 });
    }
    distinct(field, points)?;
    // 1. Π (x − xⱼ) over all points, the coefficient of the highest power being 1.
    let mut product = vec![1];
    for point in points {
        product.push(*product.last().expect("one at least"));
        for i in (0..product.len() - 1).rev() {
            let below = if i == 0 { 0 } else { product[i - 1] };
            product[i] = field.sub(below, field.mul(point.x, product[i]));
        }
    }
    let mut sum = Polynomial { coefficients: vec![0; points.len()] };
    for (i, point) in points.iter().enumerate() {
        // 2. yᵢ over Π (xᵢ − xⱼ) over the others.
        let others = points.iter().enumerate().filter(|(j, _)| *j != i);
        let divisor = others.fold(1, |product, (_, other)| field.mul(product, field.sub(point.x, other.x)));
        let factor = Zeroizing::new(field.mul(point.y, field.invert(divisor)));
        // 3. So many times the product over the others: all of it, divided by x − xᵢ from the
        // highest power down.
        let mut quotient = 0;
        for (j, sum) in sum.coefficients.iter_mut().enumerate().rev() {
            quotient = field.add(product[j + 1], field.mul(quotient, point.x));
            *sum = field.add(*sum, field.mul(*factor, quotient));
        }
    }
    Ok(sum)
}

/// A share of the sum of two secrets, shared with the same K, that their holder can make alone.
///
/// # Errors
/// [`Error::DifferentX`], [`Error::Range`].
pub fn add(field: Field, a: &Share, b: &Share) -> Result<Share, Error> {
    if a.x != b.x {
        return Err(Error::DifferentX);
    }
    Share::new(field, a.x, field.add(field.check(a.y)?, field.check(b.y)?))
}

/// A share of the secret plus a number that all know.
///
/// # Errors
/// [`Error::Range`].
pub fn add_plain(field: Field, share: &Share, number: u64) -> Result<Share, Error> {
    Share::new(field, share.x, field.add(field.check(share.y)?, field.check(number)?))
}

/// A share of the secret times a number that all know.
///
/// # Errors
/// [`Error::Range`].
pub fn multiply_plain(field: Field, share: &Share, number: u64) -> Result<Share, Error> {
    Share::new(field, share.x, field.mul(field.check(share.y)?, field.check(number)?))
}

/// Whether K of N can be in this field.
fn check(field: Field, k: usize, n: usize) -> Result<(), Error> {
    if k == 0 || k > n {
        return Err(Error::Threshold { k, n });
    }
    if n as u64 >= field.modulus() { Err(Error::TooMany) } else { Ok(()) }
}

/// Whether these are points of the field, no two with the same x.
fn distinct(field: Field, points: &[Share]) -> Result<(), Error> {
    for (i, point) in points.iter().enumerate() {
        field.check(point.x)?;
        field.check(point.y)?;
        if points[..i].iter().any(|other| other.x == point.x) {
            return Err(Error::SameX(point.x));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
