//! Keys and ciphertexts.
//!
//! *Computes*: with t = 2^32 and Δ = q/t, a ciphertext (c0, c1) of m has c0 + c1·s = round(Δ·m) +
//! noise modulo q. A reply is one modulo q′ = 2^44, of which c0 has only some coefficients, and of
//! each the 38 highest bits. *From*: Brakerski 2012; Fan–Vercauteren 2012. *Security*: ring
//! learning with errors with the [parameters](crate::params), and a random oracle for uniform
//! halves ([`crate::origin`]). What it takes for each party against an altered other one:
//! [`crate::linear`]. *Cost*: stated at each function; a residue takes 30 bits. *Deviations*:
//! messages are rounded into place ([`Context::encode`]); a fresh ciphertext is symmetric, its
//! uniform half a hash; it stays in values (`Ntt`), in which it is used; the encryption of zero in
//! a reply has no error e₀ of its own, because a mask that is uniform modulo q takes its place.

use std::ops::Range;

use tacit_compute::{Compute, Kernels, Modulus, Products, Resident};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::context::rounded;
use crate::origin::{Origin, Purpose, SEED};
use crate::poly::{Ntt, Poly, residue};
use crate::{Context, Malformed, noise, wire};

/// The client's secret: a ternary polynomial.
pub struct SecretKey {
    s: Poly<Ntt>,
    origin: Origin,
}

/// The key under which others encrypt for the client: (−(a·s + e), a).
pub struct PublicKey {
    /// Both, one behind the other.
    halves: Vec<u32>,
    origin: Origin,
}

/// A fresh encryption under a [`SecretKey`].
pub struct Ciphertext {
    c0: Poly<Ntt>,
    c1: Poly<Ntt>,
}

/// An encryption modulo q′ of which only some coefficients can be decrypted.
pub struct Reply {
    /// Of every coefficient that is wanted, the highest bits.
    c0: Vec<u64>,
    /// N coefficients.
    c1: Vec<u64>,
}

impl SecretKey {
    /// A new key, for one round.
    #[must_use]
    pub fn generate(context: &Context, kernels: &impl Kernels, origin: Origin, rng: &mut Prg) -> Self {
        let s = noise::ternary(rng, context.size());
        Self { s: Poly::from_signed(context, &s).into_ntt(context, kernels), origin }
    }

    /// The origin of the uniform halves under this key.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A public key for this one, as bytes: a fresh seed, then b. See [`PublicKey::bytes`].
    #[must_use]
    pub fn public_key(&self, context: &Context, kernels: &impl Kernels, rng: &mut Prg) -> Vec<u8> {
        let seed = rng.bytes();
        let mut bytes = Vec::with_capacity(PublicKey::bytes(context));
        bytes.extend(seed);
        let a = self.origin.halves(Purpose::Key, &seed).poly(context, 0);
        self.encrypt(context, kernels, &a, &[], rng).write(&mut bytes);
        bytes
    }

    /// c0 of an encryption of `message`, missing coefficients being zero; c1 is `a`.
    ///
    /// No `a` may be used twice.
    ///
    /// # Panics
    /// When the message has more than N coefficients.
    #[must_use]
    pub fn encrypt(
        &self,
        context: &Context,
        kernels: &impl Kernels,
        a: &Poly<Ntt>,
        message: &[u32],
        rng: &mut Prg,
    ) -> Poly<Ntt> {
        // c0 = round(Δ·m) + e − a·s.
        let mut c0 = Poly::from_residues(context, message.iter().map(|&m| context.encode(m)));
        c0.add(context, &Poly::from_signed(context, &noise::errors(rng, context.size())));
        let c0 = c0.into_ntt(context, kernels);
        let mut difference = Poly::sum_of_products(context, kernels, &[(a, &self.s)]);
        difference.subtract_from(context, &c0);
        difference
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
        reply: &Reply,
        wanted: impl ExactSizeIterator<Item = usize>,
    ) -> Zeroizing<Vec<u32>> {
        let phase = self.phase(context, kernels, reply, wanted);
        Zeroizing::new(phase.iter().map(|&x| context.decode(x)).collect())
    }

    /// c0 + c1·s modulo q′ of the wanted coefficients: q′/t times the message, and noise.
    ///
    /// c1·s is less than 2^44·N < q/2 in absolute value, so it is computed exactly modulo q, and
    /// then reduced.
    ///
    /// # Panics
    /// When there are not as many as the reply has.
    #[must_use]
    pub fn phase(
        &self,
        context: &Context,
        kernels: &impl Kernels,
        reply: &Reply,
        wanted: impl ExactSizeIterator<Item = usize>,
    ) -> Zeroizing<Vec<u64>> {
        assert_eq!(wanted.len(), reply.c0.len(), "the coefficients that were asked for");
        let params = context.params();
        let c1 = reply.c1.iter().map(|&x| context.residues(x));
        let c1 = Poly::from_residues(context, c1).into_ntt(context, kernels);
        let product = Poly::sum_of_products(context, kernels, &[(&c1, &self.s)]).into_coeff(context, kernels);
        let mask = (1 << params.switched_bits) - 1;
        let add = |(c0, i): (&u64, usize)| {
            let product = context.lift([product.limb(0)[i], product.limb(1)[i]]);
            (*c0 << (params.switched_bits - params.wanted_bits)).wrapping_add(product) & mask
        };
        Zeroizing::new(reply.c0.iter().zip(wanted).map(add).collect())
    }
}

impl PublicKey {
    /// Bytes of a public key: 30,752.
    #[must_use]
    pub fn bytes(context: &Context) -> usize {
        SEED + Poly::<Ntt>::bytes(context)
    }

    /// Reads what [`SecretKey::public_key`] wrote.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_bytes(context: &Context, origin: Origin, bytes: &[u8]) -> Result<Self, Malformed> {
        let (seed, bytes) = bytes.split_first_chunk::<SEED>().ok_or(Malformed)?;
        let a = origin.halves(Purpose::Key, seed).poly(context, 0);
        Ok(Self { halves: Ciphertext::from_bytes(context, a, bytes)?.halves().concat(), origin })
    }

    /// The origin of the uniform halves under this key.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl Ciphertext {
    /// Reads c0, as [`SecretKey::encrypt`] made it for this `a`.
    ///
    /// # Errors
    /// When it is no polynomial.
    pub fn from_bytes(context: &Context, a: Poly<Ntt>, bytes: &[u8]) -> Result<Self, Malformed> {
        Ok(Self { c0: Poly::from_bytes(context, bytes)?, c1: a })
    }

    /// c0 and c1, as [`products`] takes them.
    pub(crate) fn halves(&self) -> [&[u32]; 2] {
        [self.c0.words(), self.c1.words()]
    }
}

/// Σ ciphertextⱼ·weightⱼ of some rows of weights, and to each (b·u, a·u) with a fresh ternary u: c0
/// and c1, row by row, by coefficients. `inputs` are the [halves](Ciphertext::halves) of as many
/// ciphertexts as a row has weights.
///
/// *Security*: it hides nothing before [`Reply::new`] adds the mask and the error.
pub(crate) async fn products(
    context: &Context,
    compute: &impl Compute,
    public: &PublicKey,
    weights: &Resident,
    rows: Range<usize>,
    inputs: &[u32],
    rng: &mut Prg,
) -> Zeroizing<Vec<u32>> {
    let words = context.words();
    let mut fresh = Zeroizing::new(Vec::with_capacity(rows.len() * words));
    for _ in rows.clone() {
        fresh.extend_from_slice(Poly::from_signed(context, &noise::ternary(rng, context.size())).words());
    }
    let (inner, keys) = (inputs.len() / (2 * words), &public.halves);
    let tables = context.tables();
    compute.products(&Products { tables, rows, inner, columns: 2, weights, fresh: &fresh, keys, inputs }).await
}

impl Reply {
    /// Encrypts a row of [`products`], `c0` and `c1`, minus a uniform mask for each of the `wanted`
    /// coefficients; the shares that the masks leave to their owner: with R the mask modulo q,
    /// round(t·R/q) modulo t.
    ///
    /// *Security*: whatever `c0` is, its wanted coefficients minus R are uniform; c1 becomes a·u +
    /// e₁ plus what does not depend on u and e₁, a sample of ring learning with errors. See
    /// [`crate::linear`].
    ///
    /// # Panics
    /// When a coefficient is not below N.
    #[must_use]
    pub(crate) fn new(
        context: &Context,
        c0: &[u32],
        c1: &[u32],
        wanted: &[usize],
        rng: &mut Prg,
    ) -> (Self, Zeroizing<Vec<u32>>) {
        let masks = noise::masks(context.params(), rng, wanted.len());
        let reply = Self::masked(context, c0, c1, wanted, &masks, &noise::errors(rng, context.size()));
        let share = |&mask: &[u32; 2]| rounded(context.fraction(mask), context.params().plain_bits) as u32;
        (reply, Zeroizing::new(masks.iter().map(share).collect()))
    }

    /// [`new`](Self::new) with these masks and errors.
    pub(crate) fn masked(
        context: &Context,
        c0: &[u32],
        c1: &[u32],
        wanted: &[usize],
        masks: &[[u32; 2]],
        errors: &[i32],
    ) -> Self {
        let (size, params) = (context.size(), context.params());
        let [p, other] = context.primes().each_ref().map(|prime| prime.modulus);
        // 1. c0 minus the masks, where it is wanted.
        let masked = wanted.iter().zip(masks).map(|(&i, &[x, y])| [p.sub(c0[i], x), other.sub(c0[size + i], y)]);
        let c0 = masked.map(|x| rounded(context.fraction(x), params.wanted_bits)).collect();
        // 2. c1 plus the errors.
        let with = |x: u32, modulus: Modulus, error: i32| modulus.add(x, residue(modulus, error));
        let (first, second) = c1.split_at(size);
        let c1 = first.iter().zip(second).zip(errors);
        let c1 = c1.map(|((&x, &y), &error)| context.fraction([with(x, p, error), with(y, other, error)]));
        Self { c0, c1: c1.map(|fraction| rounded(fraction, params.switched_bits)).collect() }
    }

    /// A reply out of its parts: the wanted coefficients of c0, 38 bits each, and all of c1, 44
    /// bits each. Higher bits do not count.
    ///
    /// # Panics
    /// When c1 does not have N coefficients.
    #[must_use]
    pub fn from_parts(context: &Context, c0: Vec<u64>, c1: Vec<u64>) -> Self {
        assert_eq!(c1.len(), context.size(), "a polynomial");
        Self { c0, c1 }
    }

    /// Bytes of a reply with so many wanted coefficients: 22,528, and 4.75 for each.
    #[must_use]
    pub fn bytes(context: &Context, wanted: usize) -> usize {
        let params = context.params();
        wire::wide_bytes(params.switched_bits, params.size) + wire::wide_bytes(params.wanted_bits, wanted)
    }

    /// Appends it: c1, then the wanted coefficients of c0 in the order in which they were asked
    /// for.
    pub fn write(&self, context: &Context, out: &mut Vec<u8>) {
        let params = context.params();
        wire::write_wide(params.switched_bits, self.c1.iter().copied(), out);
        wire::write_wide(params.wanted_bits, self.c0.iter().copied(), out);
    }

    /// Reads what [`write`](Self::write) wrote of a reply with so many wanted coefficients.
    ///
    /// # Errors
    /// When it has another length, or bits that fill the last byte are not zero.
    pub fn from_bytes(context: &Context, bytes: &[u8], wanted: usize) -> Result<Self, Malformed> {
        let params = context.params();
        let first = wire::wide_bytes(params.switched_bits, params.size);
        let (first, second) = bytes.split_at_checked(first).ok_or(Malformed)?;
        Ok(Self {
            c1: wire::read_wide(params.switched_bits, first, params.size)?,
            c0: wire::read_wide(params.wanted_bits, second, wanted)?,
        })
    }
}

#[cfg(test)]
mod tests;
