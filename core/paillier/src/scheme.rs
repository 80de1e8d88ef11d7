//! Encryption, and what can be done with ciphertexts.
//!
//! *Computes*: a ciphertext of m is gᵐ·rⁿ modulo n², for r that is random; their products are
//! ciphertexts of sums. *From*: Paillier 1999, scheme 1. *Security*: semi-honest; a ciphertext
//! tells nothing of its message if n-th residues modulo n² cannot be told from others, which is no
//! harder than factoring n; see the crate's page for how hard that is. Not against chosen
//! ciphertexts: anybody can change a message unseen. *Cost*: a ciphertext takes twice as many bits
//! as n; stated at each function. *Deviations*: none.
//!
//! Powers take the same time for all exponents of one width and all bases.

use crypto_bigint::{BoxedUint, Choice, ConcatenatingMul as _, CtSelect as _, NonZero, RandomMod as _, Resize as _};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::keys::to_bytes;
use crate::random::Random;
use crate::{Error, PublicKey, SecretKey};

/// An encryption of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphertext(BoxedUint);

impl Ciphertext {
    /// A number from elsewhere, as a ciphertext.
    ///
    /// # Errors
    /// [`Error::Ciphertext`] when it cannot be one under this key.
    pub fn new(public: &PublicKey, value: &BoxedUint) -> Result<Self, Error> {
        if *value >= *public.n_squared() || !public.is_unit(value) {
            return Err(Error::Ciphertext);
        }
        Ok(Self(value.resize_unchecked(public.square.bits_precision())))
    }

    /// The number below n².
    #[must_use]
    pub fn value(&self) -> &BoxedUint {
        &self.0
    }

    /// Twice [`PublicKey::bytes`], the high ones first.
    #[must_use]
    pub fn to_bytes(&self, public: &PublicKey) -> Vec<u8> {
        to_bytes(&self.0, 2 * public.bytes())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`Error::Ciphertext`] when it is anything else.
    pub fn from_bytes(public: &PublicKey, bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != 2 * public.bytes() {
            return Err(Error::Ciphertext);
        }
        Self::new(public, &BoxedUint::from_be_slice_vartime(bytes))
    }
}

impl PublicKey {
    /// An encryption of m. Takes one power with n as exponent.
    ///
    /// # Errors
    /// [`Error::Message`].
    pub fn encrypt(&self, m: &BoxedUint, rng: &mut Prg) -> Result<Ciphertext, Error> {
        self.encrypt_with(m, &self.randomness(rng))
    }

    /// The encryption of m with this r. No r may be used twice, and nobody else may know it.
    ///
    /// # Errors
    /// [`Error::Message`], [`Error::Randomness`].
    pub fn encrypt_with(&self, m: &BoxedUint, r: &BoxedUint) -> Result<Ciphertext, Error> {
        let bare = self.bare(m)?;
        self.rerandomise_with(&bare, r)
    }

    /// An encryption of the sum of two messages, modulo n: the product. Its r is the product of
    /// theirs.
    ///
    /// # Errors
    /// [`Error::Ciphertext`] for what is of another key.
    pub fn add(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, Error> {
        let (a, b) = (self.residue(self.own(a)?), self.residue(self.own(b)?));
        Ok(Ciphertext((a * b).retrieve()))
    }

    /// An encryption of the message plus m, modulo n, with the same r. Whoever knows the ciphertext
    /// can tell m; see [`rerandomise`](Self::rerandomise).
    ///
    /// # Errors
    /// [`Error::Ciphertext`], [`Error::Message`].
    pub fn add_plain(&self, c: &Ciphertext, m: &BoxedUint) -> Result<Ciphertext, Error> {
        self.add(c, &self.bare(m)?)
    }

    /// An encryption of k times the message, modulo n: the k-th power. Takes time by the *width* of
    /// k, and the same for all values. Whoever knows the ciphertext can search for k; see
    /// [`rerandomise`](Self::rerandomise).
    ///
    /// # Errors
    /// [`Error::Ciphertext`], [`Error::Message`] when k is not below n.
    pub fn multiply_plain(&self, c: &Ciphertext, k: &BoxedUint) -> Result<Ciphertext, Error> {
        if *k >= *self.n() {
            return Err(Error::Message);
        }
        Ok(Ciphertext(self.power(self.own(c)?, k, k.bits_precision()).retrieve()))
    }

    /// An encryption of the same message that nobody can tell from a fresh one. Takes one power
    /// with n as exponent.
    ///
    /// # Errors
    /// [`Error::Ciphertext`].
    pub fn rerandomise(&self, c: &Ciphertext, rng: &mut Prg) -> Result<Ciphertext, Error> {
        self.rerandomise_with(c, &self.randomness(rng))
    }

    /// The ciphertext whose r is multiplied by this one.
    ///
    /// # Errors
    /// [`Error::Ciphertext`], [`Error::Randomness`].
    pub fn rerandomise_with(&self, c: &Ciphertext, r: &BoxedUint) -> Result<Ciphertext, Error> {
        let c = self.own(c)?;
        if *r >= *self.n() || !self.is_unit(r) {
            return Err(Error::Randomness);
        }
        let zero = self.power(r, self.n(), self.bits());
        Ok(Ciphertext((self.residue(c) * &*zero).retrieve()))
    }

    /// A number with a sign, as a message: a negative one is added to n.
    ///
    /// # Errors
    /// [`Error::Signed`].
    pub fn signed(&self, x: i128) -> Result<Zeroizing<BoxedUint>, Error> {
        let size = Zeroizing::new(BoxedUint::from(x.unsigned_abs()));
        // Not |x| < n/2, because a toy may have n = 15 and x = 7.
        if *size > self.half() {
            return Err(Error::Signed);
        }
        let size = Zeroizing::new(self.narrow(&size));
        let other = Zeroizing::new(self.n().wrapping_sub(&*size));
        let negative = Choice::from_u8_lsb((x < 0).into());
        Ok(Zeroizing::new(size.ct_select(&other, negative)))
    }

    /// The number with a sign that a message stands for, if it fits.
    #[must_use]
    pub fn to_signed(&self, m: &BoxedUint) -> Option<i128> {
        let negative = Choice::from_u8_lsb((*m > self.half()).into());
        let other = Zeroizing::new(self.n().wrapping_sub(m));
        let size = Zeroizing::new(self.narrow(m).ct_select(&self.narrow(&other), negative));
        let low: Zeroizing<[u8; 16]> = Zeroizing::new(to_bytes(&size, 16).try_into().expect("16 bytes"));
        let size = (size.bit_width() < 128).then(|| i128::from_be_bytes(*low))?;
        Some(size * (1 - 2 * i128::from(negative.to_u8())))
    }

    /// (n − 1)/2.
    pub(crate) fn half(&self) -> BoxedUint {
        self.n().shr(1)
    }

    /// gᵐ: the encryption of m without any randomness, which hides nothing.
    pub(crate) fn bare(&self, m: &BoxedUint) -> Result<Ciphertext, Error> {
        if *m >= *self.n() {
            return Err(Error::Message);
        }
        let m = Zeroizing::new(self.narrow(m));
        Ok(Ciphertext(if self.simple {
            // (n + 1)ᵐ = 1 + mn.
            let product = Zeroizing::new(m.concatenating_mul(self.n()));
            (&*product).resize_unchecked(self.square.bits_precision()).wrapping_add(BoxedUint::one())
        } else {
            self.power(self.g(), &m, self.bits()).retrieve()
        }))
    }

    /// A random unit below n.
    fn randomness(&self, rng: &mut Prg) -> Zeroizing<BoxedUint> {
        let n: &NonZero<BoxedUint> = self.odd_n().as_nz_ref();
        loop {
            let r = Zeroizing::new(BoxedUint::random_mod_vartime(&mut Random(rng), n));
            if self.is_unit(&r) {
                return r;
            }
        }
    }

    /// The number of a ciphertext that may be of this key.
    pub(crate) fn own<'a>(&self, c: &'a Ciphertext) -> Result<&'a BoxedUint, Error> {
        (c.0 < *self.n_squared()).then_some(&c.0).ok_or(Error::Ciphertext)
    }
}

impl SecretKey {
    /// The message: L(c^λ mod n²)·μ mod n, where L(x) = (x − 1)/n. Takes one power with λ as
    /// exponent.
    ///
    /// # Errors
    /// [`Error::Ciphertext`] for what is under no such key.
    pub fn decrypt(&self, c: &Ciphertext) -> Result<Zeroizing<BoxedUint>, Error> {
        let public = self.public();
        let power = Zeroizing::new(public.power(public.own(c)?, self.lambda(), public.bits()).retrieve());
        let quotient = public.quotient(&power).ok_or(Error::Ciphertext)?;
        Ok(Zeroizing::new(quotient.mul_mod(self.mu(), public.odd_n().as_nz_ref())))
    }

    /// The message as a number with a sign.
    ///
    /// # Errors
    /// [`Error::Ciphertext`], [`Error::Signed`] when it is a larger one than `i128` takes.
    pub fn decrypt_signed(&self, c: &Ciphertext) -> Result<Zeroizing<i128>, Error> {
        self.public().to_signed(&*self.decrypt(c)?).map(Zeroizing::new).ok_or(Error::Signed)
    }
}

#[cfg(test)]
mod tests;
