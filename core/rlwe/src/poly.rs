//! Polynomials modulo X^N + 1, as residues, in one of two representations that the type tells apart.

use std::marker::PhantomData;

use tacit_compute::{Kernels, Modulus};
use tacit_symmetric::Stream;
use tacit_symmetric::chacha::STREAM_WORDS;
use zeroize::{Zeroize, Zeroizing};

use crate::Context;
use crate::params::PRIME_BITS;

/// By coefficients: rounding and noise happen here.
pub enum Coeff {}

/// By values at the roots of X^N + 1: products happen here, place by place.
pub enum Ntt {}

/// A polynomial modulo the first primes of a [`Context`], residue by residue.
///
/// Many are secret, so all are neither `Debug` nor `Clone`, and all are wiped when dropped.
pub struct Poly<Form> {
    /// N words for each prime.
    words: Vec<u32>,
    size: usize,
    form: PhantomData<Form>,
}

impl<Form> Poly<Form> {
    /// Zero, modulo the first `primes` primes.
    #[must_use]
    pub fn zero(context: &Context, primes: usize) -> Self {
        let size = context.size();
        Self { words: vec![0; primes * size], size, form: PhantomData }
    }

    /// The residues modulo each prime.
    pub fn limbs(&self) -> impl Iterator<Item = &[u32]> {
        self.words.chunks_exact(self.size)
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

    pub(crate) fn words_mut(&mut self) -> &mut [u32] {
        &mut self.words
    }

    /// Every residue with what comes of it and the other's.
    ///
    /// # Panics
    /// When the polynomials are not modulo the same primes.
    fn with(&mut self, context: &Context, other: &[u32], f: impl Fn(Modulus, u32, u32) -> u32) {
        assert_eq!(self.words.len(), other.len(), "polynomials modulo the same primes");
        let limbs = self.words.chunks_exact_mut(self.size).zip(other.chunks_exact(self.size));
        for (prime, (limb, other)) in context.primes().iter().zip(limbs) {
            limb.iter_mut().zip(other).for_each(|(x, &y)| *x = f(prime.modulus, *x, y));
        }
    }

    /// Adds.
    ///
    /// # Panics
    /// When the polynomials are not modulo the same primes.
    pub fn add(&mut self, context: &Context, other: &Self) {
        self.add_words(context, &other.words);
    }

    /// Adds what is in this form.
    ///
    /// # Panics
    /// When there are other primes.
    pub(crate) fn add_words(&mut self, context: &Context, other: &[u32]) {
        self.with(context, other, Modulus::add);
    }

    /// Becomes `other` − self.
    ///
    /// # Panics
    /// When the polynomials are not modulo the same primes.
    pub fn subtract_from(&mut self, context: &Context, other: &Self) {
        self.with(context, &other.words, |modulus, x, y| modulus.sub(y, x));
    }

    fn into<Other>(mut self) -> Poly<Other> {
        Poly { words: std::mem::take(&mut self.words), size: self.size, form: PhantomData }
    }
}

impl Poly<Coeff> {
    /// The polynomial with these coefficients, the missing ones zero, modulo all primes.
    ///
    /// # Panics
    /// When there are more than N.
    #[must_use]
    pub fn from_signed(context: &Context, coefficients: &[i32]) -> Self {
        let mut poly = Self::zero(context, context.primes().len());
        assert!(coefficients.len() <= poly.size, "at most N coefficients");
        for (prime, limb) in context.primes().iter().zip(poly.words.chunks_exact_mut(poly.size)) {
            limb.iter_mut().zip(coefficients).for_each(|(x, &c)| *x = prime.modulus.reduce_signed(c));
        }
        poly
    }

    /// By its values.
    #[must_use]
    pub fn into_ntt(mut self, context: &Context, kernels: &impl Kernels) -> Poly<Ntt> {
        for (table, limb) in context.tables().iter().zip(self.words.chunks_exact_mut(self.size)) {
            kernels.forward(table, limb);
        }
        self.into()
    }
}

impl Poly<Ntt> {
    /// A uniform polynomial that anyone can make from the seed, modulo all primes; `index` tells those of one seed apart.
    ///
    /// It must look like a random oracle's, as the seed is public. ChaCha8 is our generator; FrodoKEM likewise expands
    /// its public matrix by AES. What is too large is drawn again, which may take its time: nothing here is secret.
    #[must_use]
    pub fn uniform(context: &Context, seed: &[u8; 32], index: u32) -> Self {
        let mut poly = Self::zero(context, context.primes().len());
        for (i, (prime, limb)) in context.primes().iter().zip(poly.words.chunks_exact_mut(poly.size)).enumerate() {
            let stream = Stream::from_seed(*seed, u64::from(index) << 8 | i as u64);
            let mut batch = [0; STREAM_WORDS];
            let mut places = limb.iter_mut();
            'batches: for counter in 0.. {
                stream.batch(counter, &mut batch);
                for word in batch.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]) {
                    let x = word >> (u32::BITS as usize - PRIME_BITS);
                    if x < prime.modulus.value() {
                        let Some(place) = places.next() else { break 'batches };
                        *place = x;
                    }
                }
            }
        }
        poly
    }

    /// The polynomial with these values, modulo all primes.
    #[cfg(test)]
    pub(crate) fn from_words(context: &Context, words: &[u32]) -> Self {
        let mut poly = Self::zero(context, context.primes().len());
        poly.words.copy_from_slice(words);
        poly
    }

    /// Σ aᵢ·bᵢ modulo the primes of the first pair. The other factors may have more primes.
    ///
    /// # Panics
    /// When there is no pair, or a factor has fewer primes.
    #[must_use]
    pub fn sum_of_products(context: &Context, kernels: &impl Kernels, terms: &[(&Self, &Self)]) -> Self {
        let primes = terms[0].0.limbs().count();
        let mut sum = Self::zero(context, primes);
        let size = sum.size;
        for (i, (prime, limb)) in context.primes().iter().zip(sum.words.chunks_exact_mut(size)).enumerate() {
            let terms: Vec<_> = terms.iter().map(|(a, b)| (a.limb(i), b.limb(i))).collect();
            kernels.multiply_accumulate(&prime.modulus, &terms, limb);
        }
        sum
    }

    /// By its coefficients.
    #[must_use]
    pub fn into_coeff(mut self, context: &Context, kernels: &impl Kernels) -> Poly<Coeff> {
        for (table, limb) in context.tables().iter().zip(self.words.chunks_exact_mut(self.size)) {
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

    #[test]
    fn sums_and_differences() {
        let context = Context::new();
        let mut x = Poly::from_signed(&context, &[1, -1, i32::MAX, i32::MIN]);
        x.add(&context, &Poly::from_signed(&context, &[-1, -1, 1]));
        x.subtract_from(&context, &Poly::from_signed(&context, &[5]));
        let limb = x.limb(2);
        let modulus = context.primes()[2].modulus;
        let expected = [5, 2, i64::from(i32::MIN), -i64::from(i32::MIN)];
        for (&x, expected) in limb.iter().zip(expected) {
            assert_eq!(i64::from(x), expected.rem_euclid(i64::from(modulus.value())));
        }
    }

    #[test]
    fn uniform_polynomials_differ_by_seed_and_index_and_prime() {
        let context = Context::new();
        let make = |seed, index| Poly::uniform(&context, &[seed; 32], index);
        let (a, b, c, again) = (make(1, 0), make(1, 1), make(2, 0), make(1, 0));
        assert!(a.words() == again.words() && a.words() != b.words() && a.words() != c.words());
        for (limb, prime) in a.limbs().zip(context.primes()) {
            assert!(limb.iter().all(|&x| x < prime.modulus.value()));
            // The mean of 4096 uniform numbers is within 8 of its standard deviations, p/√(12·4096).
            let mean = limb.iter().map(|&x| f64::from(x)).sum::<f64>() / 4096.0 / f64::from(prime.modulus.value());
            assert!((mean - 0.5).abs() < 8.0 / (12.0f64 * 4096.0).sqrt(), "{mean}");
        }
        assert!(a.limb(0) != a.limb(1));
    }
}
