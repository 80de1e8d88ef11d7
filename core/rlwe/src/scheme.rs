//! Keys and ciphertexts.
//!
//! *Computes*: with t = 2^32 and Δ = q/t, a ciphertext (c0, c1) of m has c0 + c1·s = round(Δ·m) + noise modulo q.
//! *From*: Brakerski 2012; Fan–Vercauteren 2012. *Security*: semi-honest, from ring learning with errors with the
//! [parameters](crate::params). *Cost*: stated at each function; a residue takes 27 bits. *Deviations*: messages are
//! rounded into place (`Context::encode`); a fresh ciphertext is symmetric, its uniform half a seed; it stays in
//! values (`Ntt`), in which it is used; the encryption of zero in a reply has no error e₀ of its own, for the flooding
//! that takes its place is 70 bits wider.

use std::ops::Range;

use tacit_compute::{Compute, Kernels, Products, Resident};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::params::PRIME_BITS;
use crate::poly::{Coeff, Ntt, Poly};
use crate::{Context, Malformed, noise, wire};

/// Bytes of a seed.
pub const SEED: usize = 32;

/// The client's secret: a ternary polynomial.
pub struct SecretKey {
    s: Poly<Ntt>,
}

/// What lets others encrypt for the client: (−(a·s + e), a).
pub struct PublicKey {
    /// Both, one behind the other.
    halves: Vec<u32>,
}

/// A fresh encryption under a [`SecretKey`].
pub struct Ciphertext {
    c0: Poly<Ntt>,
    c1: Poly<Ntt>,
}

/// An encryption modulo the primes that are kept, of which only some coefficients can be decrypted.
pub struct Reply {
    /// Of every coefficient that is wanted, the residues.
    c0: Vec<[u32; 2]>,
    c1: Poly<Coeff>,
}

/// Bytes of a polynomial modulo all primes.
#[must_use]
pub fn poly_bytes(context: &Context) -> usize {
    context.size() * PRIME_BITS / 8 * context.primes().len()
}

impl SecretKey {
    /// A new key.
    #[must_use]
    pub fn generate(context: &Context, kernels: &impl Kernels, rng: &mut Prg) -> Self {
        let s = noise::ternary(rng, context.size());
        Self { s: Poly::from_signed(context, &s).into_ntt(context, kernels) }
    }

    /// A public key for this one, as bytes: a fresh seed, then b. See [`PublicKey::bytes`].
    #[must_use]
    pub fn public_key(&self, context: &Context, kernels: &impl Kernels, rng: &mut Prg) -> Vec<u8> {
        let seed = rng.bytes();
        let mut bytes = Vec::with_capacity(PublicKey::bytes(context));
        bytes.extend(seed);
        self.encrypt(context, kernels, &seed, 0, &[], rng, &mut bytes);
        bytes
    }

    /// Appends c0 of an encryption of `message`, missing coefficients being zero; c1 is
    /// [`uniform`](Poly::uniform) from `seed` and `index`. Takes [`poly_bytes`].
    ///
    /// No pair of seed and index may be used twice.
    ///
    /// # Panics
    /// When the message has more than N coefficients.
    #[expect(clippy::too_many_arguments, reason = "the ring, and what one encryption takes")]
    pub fn encrypt(
        &self,
        context: &Context,
        kernels: &impl Kernels,
        seed: &[u8; SEED],
        index: u32,
        message: &[u32],
        rng: &mut Prg,
        out: &mut Vec<u8>,
    ) {
        // c0 = round(Δ·m) + e − a·s.
        let mut c0 = Poly::from_signed(context, &noise::errors(rng, context.size()));
        assert!(message.len() <= context.size(), "at most N coefficients");
        let size = context.size();
        for (i, &m) in message.iter().enumerate() {
            for (j, (x, prime)) in context.encode(m).zip(context.primes()).enumerate() {
                let place = &mut c0.words_mut()[j * size + i];
                *place = prime.modulus.add(*place, x);
            }
        }
        let c0 = c0.into_ntt(context, kernels);
        let a = Poly::uniform(context, seed, index);
        let mut difference = Poly::sum_of_products(context, kernels, &[(&a, &self.s)]);
        difference.subtract_from(context, &c0);
        wire::write(difference.words().iter().copied(), out);
    }

    /// The wanted coefficients, in the order of the reply.
    ///
    /// # Panics
    /// When there are not as many as the reply has.
    #[must_use]
    pub fn decrypt(
        &self,
        context: &Context,
        kernels: &impl Kernels,
        reply: Reply,
        wanted: impl ExactSizeIterator<Item = usize>,
    ) -> Zeroizing<Vec<u32>> {
        assert_eq!(wanted.len(), reply.c0.len(), "the coefficients that were asked for");
        let phase = self.phase(context, kernels, reply, wanted);
        Zeroizing::new(phase.iter().map(|&x| context.decode(x)).collect())
    }

    /// c0 + c1·s of the wanted coefficients.
    fn phase(
        &self,
        context: &Context,
        kernels: &impl Kernels,
        reply: Reply,
        wanted: impl Iterator<Item = usize>,
    ) -> Zeroizing<Vec<[u32; 2]>> {
        let Reply { c0, c1 } = reply;
        let c1 = c1.into_ntt(context, kernels);
        let product = Poly::sum_of_products(context, kernels, &[(&c1, &self.s)]).into_coeff(context, kernels);
        let add =
            |(x, i): (&[u32; 2], usize)| [0, 1].map(|j| context.primes()[j].modulus.add(x[j], product.limb(j)[i]));
        Zeroizing::new(c0.iter().zip(wanted).map(add).collect())
    }
}

impl PublicKey {
    /// Bytes of a public key: 55,328.
    #[must_use]
    pub fn bytes(context: &Context) -> usize {
        SEED + poly_bytes(context)
    }

    /// Reads what [`SecretKey::public_key`] wrote.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_bytes(context: &Context, bytes: &[u8]) -> Result<Self, Malformed> {
        let (seed, bytes) = bytes.split_first_chunk::<SEED>().ok_or(Malformed)?;
        Ok(Self { halves: Ciphertext::from_bytes(context, seed, 0, bytes)?.halves().concat() })
    }
}

impl Ciphertext {
    /// Reads what [`SecretKey::encrypt`] wrote with this seed and index.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_bytes(context: &Context, seed: &[u8; SEED], index: u32, bytes: &[u8]) -> Result<Self, Malformed> {
        let mut c0 = Poly::zero(context, context.primes().len());
        wire::read(bytes, of_limbs(context, context.primes().len()), c0.words_mut())?;
        Ok(Self { c0, c1: Poly::uniform(context, seed, index) })
    }

    /// c0 and c1, as [`products`] takes them.
    pub(crate) fn halves(&self) -> [&[u32]; 2] {
        [self.c0.words(), self.c1.words()]
    }
}

/// Σ ciphertextⱼ·weightⱼ of some rows of weights, and to each a fresh encryption of zero: c0 and c1, row by row, by coefficients.
/// `inputs` are the [halves](Ciphertext::halves) of as many ciphertexts as a row has weights.
///
/// *Security*: c1 carries a·u with fresh ternary u; [`Reply::new`] adds the errors.
pub(crate) async fn products(
    context: &Context,
    compute: &impl Compute,
    public: &PublicKey,
    weights: &Resident,
    rows: Range<usize>,
    inputs: &[u32],
    rng: &mut Prg,
) -> Zeroizing<Vec<u32>> {
    let words = context.size() * context.primes().len();
    let mut fresh = Zeroizing::new(Vec::with_capacity(rows.len() * words));
    for _ in rows.clone() {
        fresh.extend_from_slice(Poly::from_signed(context, &noise::ternary(rng, context.size())).words());
    }
    let (inner, keys) = (inputs.len() / (2 * words), &public.halves);
    let tables = context.tables();
    compute.products(&Products { tables, rows, inner, columns: 2, weights, fresh: &fresh, keys, inputs }).await
}

impl Reply {
    /// Σ ciphertextⱼ·weightⱼ − mask, made so that it tells the key's owner the `wanted` coefficients and nothing else.
    /// There is a mask for each of them. `c0` and `c1` are a row of [`products`].
    ///
    /// *Security*: c1 carries a·u + e₁ with fresh ternary u and error e₁, so it looks uniform even to the owner of the
    /// key, and the other part is then given by the message and the noise, which is flooded: within 2^−40 of
    /// independent of everything else if [`noise::check`] passes for these weights.
    ///
    /// # Panics
    /// When a coefficient is not below N, or there are not as many masks.
    #[must_use]
    pub(crate) fn new(
        context: &Context,
        c0: &[u32],
        c1: &[u32],
        wanted: &[usize],
        masks: &[u32],
        rng: &mut Prg,
    ) -> Self {
        let (size, params) = (context.size(), context.params());
        assert_eq!(wanted.len(), masks.len(), "a mask for every coefficient");
        // 1. The error of the second half; that of the first is the flooding.
        let mut errors = Poly::from_signed(context, &noise::errors(rng, size));
        errors.add_words(context, c1);
        let c1 = errors;
        // 2. Mask, flood and switch what is wanted of the first half.
        let flood = noise::flood(params, rng, wanted.len());
        let c0 = wanted.iter().zip(masks).zip(flood.iter()).map(|((&i, mask), &[low, middle, high])| {
            let mask = context.encode(mask.wrapping_neg());
            let mut residues = Zeroizing::new([0; 4]);
            for (j, (prime, mask)) in context.primes().iter().zip(mask).enumerate() {
                let modulus = prime.modulus;
                let [p32, p64] = prime.powers;
                let upper = modulus.add(modulus.scale(p32, middle), modulus.scale(p64, high));
                let flood = modulus.sub(modulus.add(modulus.reduce(low), upper), prime.flood_centre);
                residues[j] = modulus.add(c0[j * size + i], modulus.add(flood, mask));
            }
            switch(context, &residues)
        });
        let c0 = c0.collect();
        // 3. Switch the second half.
        let mut switched = Poly::zero(context, params.kept);
        for i in 0..size {
            let [x, y] = switch(context, &[0, 1, 2, 3].map(|j| c1.words()[j * size + i]));
            (switched.words_mut()[i], switched.words_mut()[size + i]) = (x, y);
        }
        Self { c0, c1: switched }
    }

    /// Bytes of a reply with so many wanted coefficients: 27,648, and 6.75 for each.
    #[must_use]
    pub fn bytes(context: &Context, wanted: usize) -> usize {
        let kept = context.params().kept;
        wire::bytes(kept * context.size()) + wire::bytes(kept * wanted)
    }

    /// Appends it.
    pub fn write(&self, out: &mut Vec<u8>) {
        wire::write(self.c1.words().iter().copied(), out);
        wire::write(self.c0.iter().flatten().copied(), out);
    }

    /// Reads what [`write`](Self::write) wrote of a reply with so many wanted coefficients.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_bytes(context: &Context, bytes: &[u8], wanted: usize) -> Result<Self, Malformed> {
        let kept = context.params().kept;
        let mut c1 = Poly::zero(context, kept);
        let (first, second) = bytes.split_at_checked(wire::bytes(kept * context.size())).ok_or(Malformed)?;
        if second.len() != wire::bytes(kept * wanted) {
            return Err(Malformed);
        }
        wire::read(first, of_limbs(context, kept), c1.words_mut())?;
        let mut c0 = vec![[0; 2]; wanted];
        let primes = context.primes()[..kept].iter().map(|prime| prime.modulus.value());
        wire::read(second, primes.cycle(), c0.as_flattened_mut())?;
        Ok(Self { c0, c1 })
    }
}

/// Residues of all four primes to those of the first two, divided by the others and rounded.
fn switch(context: &Context, &[mut a, mut b, mut c, d]: &[u32; 4]) -> [u32; 2] {
    let mut three = [a, b, c];
    context.drop_last(&mut three, d);
    [a, b, c] = three;
    let mut two = [a, b];
    context.drop_last(&mut two, c);
    two
}

/// For every word of a polynomial, the prime it is below.
fn of_limbs(context: &Context, primes: usize) -> impl Iterator<Item = u32> {
    let size = context.size();
    context.primes()[..primes].iter().flat_map(move |prime| std::iter::repeat_n(prime.modulus.value(), size))
}

#[cfg(test)]
mod tests;
