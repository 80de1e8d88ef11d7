//! Polynomials modulo X^N + 1, as residues, in one of two representations that the type tells
//! apart.

use std::marker::PhantomData;

use tacit_compute::{Kernels, Modulus};
use zeroize::{Zeroize, Zeroizing};

use crate::{Context, Malformed, wire};

/// By coefficients: rounding and noise happen here.
pub enum Coeff {}

/// By values at the roots of X^N + 1: products happen here, place by place.
pub enum Ntt {}

/// A polynomial modulo the primes of a [`Context`], residue by residue.
///
/// Many are secret, so all are neither `Debug` nor `Clone`, and all are wiped when dropped.
pub struct Poly<Form> {
    /// N words for each prime.
    words: Vec<u32>,
    size: usize,
    form: PhantomData<Form>,
}

impl<Form> Poly<Form> {
    /// Zero.
    #[must_use]
    pub fn zero(context: &Context) -> Self {
        Self { words: vec![0; context.words()], size: context.size(), form: PhantomData }
    }

    /// Bytes that [`write`](Self::write) takes: 30 bits a residue.
    #[must_use]
    pub fn bytes(context: &Context) -> usize {
        wire::bytes(context.words())
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// When it is anything else: another length, or a residue that is not reduced.
    pub fn from_bytes(context: &Context, bytes: &[u8]) -> Result<Self, Malformed> {
        let mut poly = Self::zero(context);
        wire::read(context, bytes, &mut poly.words)?;
        Ok(poly)
    }

    /// Appends it: the residues modulo the first prime, then those modulo the second.
    pub fn write(&self, out: &mut Vec<u8>) {
        wire::write(self.words.iter().copied(), out);
    }

    /// The residues modulo each prime.
    pub fn limbs(&self) -> impl Iterator<Item = &[u32]> {
        self.words.chunks_exact(self.size)
    }

    /// The residues modulo each prime, to change: reduced ones.
    pub(crate) fn limbs_mut(&mut self) -> impl Iterator<Item = &mut [u32]> {
        self.words.chunks_exact_mut(self.size)
    }

    /// The residues modulo prime `i`.
    ///
    /// # Panics
    /// When there is no such prime.
    #[must_use]
    pub fn limb(&self, i: usize) -> &[u32] {
        &self.words[i * self.size..(i + 1) * self.size]
    }

    pub(crate) fn words(&self) -> &[u32] {
        &self.words
    }

    /// Every residue with what comes of it and the other's.
    fn with(&mut self, context: &Context, other: &Self, f: impl Fn(Modulus, u32, u32) -> u32) {
        let limbs = self.words.chunks_exact_mut(self.size).zip(other.limbs());
        for (prime, (limb, other)) in context.primes().iter().zip(limbs) {
            limb.iter_mut().zip(other).for_each(|(x, &y)| *x = f(prime.modulus, *x, y));
        }
    }

    /// Adds.
    pub fn add(&mut self, context: &Context, other: &Self) {
        self.with(context, other, Modulus::add);
    }

    /// Becomes `other` − self.
    pub fn subtract_from(&mut self, context: &Context, other: &Self) {
        self.with(context, other, |modulus, x, y| modulus.sub(y, x));
    }

    fn into<Other>(mut self) -> Poly<Other> {
        Poly { words: std::mem::take(&mut self.words), size: self.size, form: PhantomData }
    }
}

impl Poly<Coeff> {
    /// The polynomial with these coefficients, which are less than 2^29 in absolute value; the
    /// missing ones are zero.
    ///
    /// # Panics
    /// When there are more than N.
    #[must_use]
    pub fn from_signed(context: &Context, coefficients: &[i32]) -> Self {
        let mut poly = Self::zero(context);
        assert!(coefficients.len() <= poly.size, "at most N coefficients");
        for (prime, limb) in context.primes().iter().zip(poly.limbs_mut()) {
            limb.iter_mut().zip(coefficients).for_each(|(x, &c)| *x = residue(prime.modulus, c));
        }
        poly
    }

    /// The polynomial whose coefficients have these residues, the missing ones zero.
    ///
    /// # Panics
    /// When there are more than N, or one is not reduced.
    #[must_use]
    pub fn from_residues(context: &Context, coefficients: impl ExactSizeIterator<Item = [u32; 2]>) -> Self {
        let mut poly = Self::zero(context);
        assert!(coefficients.len() <= poly.size, "at most N coefficients");
        let primes = context.params().primes;
        let (first, second) = poly.words.split_at_mut(context.size());
        for ((first, second), [x, y]) in first.iter_mut().zip(second).zip(coefficients) {
            assert!(x < primes[0] && y < primes[1], "reduced residues");
            (*first, *second) = (x, y);
        }
        poly
    }

    /// By its values.
    #[must_use]
    pub fn into_ntt(mut self, context: &Context, kernels: &impl Kernels) -> Poly<Ntt> {
        for (table, limb) in context.tables().iter().zip(self.limbs_mut()) {
            kernels.forward(table, limb);
        }
        self.into()
    }
}

impl Poly<Ntt> {
    /// The polynomial with these values.
    #[cfg(test)]
    pub(crate) fn from_words(context: &Context, words: &[u32]) -> Self {
        let mut poly = Self::zero(context);
        poly.words.copy_from_slice(words);
        poly
    }

    /// Σ aᵢ·bᵢ.
    #[must_use]
    pub fn sum_of_products(context: &Context, kernels: &impl Kernels, terms: &[(&Self, &Self)]) -> Self {
        let mut sum = Self::zero(context);
        for (i, (prime, limb)) in context.primes().iter().zip(sum.limbs_mut()).enumerate() {
            let terms: Vec<_> = terms.iter().map(|(a, b)| (a.limb(i), b.limb(i))).collect();
            kernels.multiply_accumulate(&prime.modulus, &terms, limb);
        }
        sum
    }

    /// By its coefficients.
    #[must_use]
    pub fn into_coeff(mut self, context: &Context, kernels: &impl Kernels) -> Poly<Coeff> {
        for (table, limb) in context.tables().iter().zip(self.limbs_mut()) {
            kernels.inverse(table, limb);
        }
        self.into()
    }
}

impl<Form> Drop for Poly<Form> {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

/// The residue of a number that is less than the modulus in absolute value.
#[inline]
pub(crate) fn residue(modulus: Modulus, x: i32) -> u32 {
    debug_assert!(x.unsigned_abs() < modulus.value(), "a number of one residue");
    // All ones where x is negative.
    let sign = (x >> 31).cast_unsigned();
    x.cast_unsigned().wrapping_add(modulus.value() & sign)
}

/// Small secret numbers, wiped when dropped.
pub(crate) type Small = Zeroizing<Vec<i32>>;

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_compute::Cpu;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_product_by_hand() {
        let context = Context::new();
        let mut coefficients = vec![0; context.size()];
        coefficients[4095] = 3;
        let ntt = |c: &[i32]| Poly::from_signed(&context, c).into_ntt(&context, &Cpu);
        let (x, y, z) = (ntt(&[2, -5]), ntt(&coefficients), ntt(&[-1]));
        // (2 − 5X)·3X^4095 − 1 = 6X^4095 + 15 − 1.
        let product = Poly::sum_of_products(&context, &Cpu, &[(&x, &y), (&z, &ntt(&[1]))]);
        let mut expected = vec![0; context.size()];
        (expected[0], expected[4095]) = (14, 6);
        assert_eq!(product.into_coeff(&context, &Cpu).words(), Poly::from_signed(&context, &expected).words());
    }

    const LARGE: i32 = (1 << 29) - 1;

    #[test]
    fn sums_and_differences() {
        let context = Context::new();
        let mut x = Poly::from_signed(&context, &[1, -1, LARGE, -LARGE]);
        x.add(&context, &Poly::from_signed(&context, &[-1, -1, 1]));
        x.subtract_from(&context, &Poly::from_signed(&context, &[5]));
        let limb = x.limb(1);
        let modulus = context.primes()[1].modulus;
        let expected = [5, 2, -1 - i64::from(LARGE), i64::from(LARGE)];
        for (&x, expected) in limb.iter().zip(expected) {
            assert_eq!(i64::from(x), expected.rem_euclid(i64::from(modulus.value())));
        }
    }
}
