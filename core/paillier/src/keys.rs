//! Keys: real ones of random primes, toys of chosen ones.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{
    BoxedUint, ConcatenatingMul as _, ConcatenatingSquare as _, Gcd as _, Integer as _, Odd, Resize as _,
};
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::{BITS, Error, MORE_BITS};

/// The public key: n, and g whose order modulo n² is a multiple of n.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    n: Odd<BoxedUint>,
    g: BoxedUint,
    /// g is n + 1, so its powers take one product.
    pub(crate) simple: bool,
    /// Parameters for arithmetic modulo n².
    pub(crate) square: BoxedMontyParams,
}

/// What decrypts: λ = lcm(p − 1, q − 1), and μ by which what λ leaves is divided.
///
/// *From*: Paillier 1999, scheme 1. *Deviations*: p and q are forgotten, and decryption does
/// without the Chinese remainder, so that no modulus is secret.
pub struct SecretKey {
    public: PublicKey,
    lambda: Zeroizing<BoxedUint>,
    mu: Zeroizing<BoxedUint>,
}

impl PublicKey {
    /// A key from elsewhere. That the order of g is right, only the owner of the secret key can
    /// tell.
    ///
    /// # Errors
    /// [`Error::PublicKey`].
    pub fn new(n: &BoxedUint, g: &BoxedUint) -> Result<Self, Error> {
        let public = Self::odd(n, g).ok_or(Error::PublicKey)?;
        if *public.n() < BoxedUint::from(15u8) || !public.is_unit(g) {
            return Err(Error::PublicKey);
        }
        Ok(public)
    }

    /// The key, if n is odd and g fits.
    fn odd(n: &BoxedUint, g: &BoxedUint) -> Option<Self> {
        let n = n.resize_unchecked(n.bit_width_vartime().max(1)).into_odd().into_option()?;
        let square = n.as_ref().concatenating_square();
        let square = (&square).resize_unchecked(square.bit_width_vartime()).into_odd().into_option()?;
        if *g >= *square.as_ref() {
            return None;
        }
        let g = g.resize_unchecked(square.bits_precision());
        let simple = g == n.as_ref().concatenating_add(BoxedUint::one());
        Some(Self { n, g, simple, square: BoxedMontyParams::new_vartime(square) })
    }

    /// The product of the primes.
    #[must_use]
    pub fn n(&self) -> &BoxedUint {
        self.n.as_ref()
    }

    /// The base of the messages.
    #[must_use]
    pub fn g(&self) -> &BoxedUint {
        &self.g
    }

    /// The modulus of ciphertexts.
    #[must_use]
    pub fn n_squared(&self) -> &BoxedUint {
        self.square.modulus().as_ref()
    }

    /// Bits of n.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.n().bit_width_vartime()
    }

    /// Bytes of a number below n; those of a ciphertext are twice as many.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bits().div_ceil(8) as usize
    }

    /// n, then g, the high bytes first: three times [`bytes`](Self::bytes).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = to_bytes(self.n(), self.bytes());
        bytes.extend(to_bytes(&self.g, 2 * self.bytes()));
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote of a key whose n has so many bits.
    ///
    /// # Errors
    /// [`Error::PublicKey`] when it is anything else.
    pub fn from_bytes(bits: u32, bytes: &[u8]) -> Result<Self, Error> {
        let length = bits.div_ceil(8) as usize;
        if bytes.len() != 3 * length {
            return Err(Error::PublicKey);
        }
        let (n, g) = bytes.split_at(length);
        let n = BoxedUint::from_be_slice_vartime(n);
        if n.bit_width_vartime() != bits {
            return Err(Error::PublicKey);
        }
        Self::new(&n, &BoxedUint::from_be_slice_vartime(g))
    }

    pub(crate) fn odd_n(&self) -> &Odd<BoxedUint> {
        &self.n
    }

    /// As wide as n, without its own leading zeros.
    pub(crate) fn narrow(&self, x: &BoxedUint) -> BoxedUint {
        x.resize_unchecked(self.n.bits_precision())
    }

    /// A number below n², to be computed with.
    pub(crate) fn residue(&self, x: &BoxedUint) -> BoxedMontyForm {
        BoxedMontyForm::new(x.resize_unchecked(self.square.bits_precision()), &self.square)
    }

    /// A power modulo n². Takes time by the `bits` that are looked at of the exponent, and the same
    /// for all numbers.
    pub(crate) fn power(&self, base: &BoxedUint, exponent: &BoxedUint, bits: u32) -> Zeroizing<BoxedMontyForm> {
        let base = Zeroizing::new(self.residue(base));
        Zeroizing::new(base.pow_bounded_exp(exponent, bits))
    }

    /// Whether x, which is below n², has no factor in common with n.
    pub(crate) fn is_unit(&self, x: &BoxedUint) -> bool {
        let rest = Zeroizing::new(x.rem_vartime(self.n.as_nz_ref()));
        self.n.gcd(&self.narrow(&rest)).get() == BoxedUint::one()
    }

    /// (x − 1)/n, for x that is 1 modulo n, and nothing for another.
    pub(crate) fn quotient(&self, x: &BoxedUint) -> Option<Zeroizing<BoxedUint>> {
        if x.is_zero().to_bool() {
            return None;
        }
        let less = Zeroizing::new(x.wrapping_sub(BoxedUint::one()));
        let (quotient, rest) = less.div_rem_vartime(self.n.as_nz_ref());
        let quotient = Zeroizing::new(quotient);
        rest.is_zero().to_bool().then(|| Zeroizing::new(self.narrow(&quotient)))
    }
}

impl SecretKey {
    /// A new key whose n has [`BITS`] or [`MORE_BITS`], with g = n + 1.
    ///
    /// *Security*: 112 or 128 bits. Primes are random ones with their two highest bits set that
    /// pass a Miller–Rabin test to base 2 and a strong Lucas test (Baillie, Fiori, Wagstaff 2021).
    /// *Cost*: seconds, and how many is a matter of luck. *Deviations*: numbers that were tried on
    /// the way are not wiped.
    ///
    /// # Errors
    /// [`Error::Bits`].
    pub fn generate(bits: u32, rng: &mut Prg) -> Result<Self, Error> {
        if ![BITS, MORE_BITS].contains(&bits) {
            return Err(Error::Bits);
        }
        Self::of_random_primes(bits, rng)
    }

    /// A key whose n has so few bits, an even number from 10 to 1024, that it hides nothing.
    ///
    /// # Errors
    /// [`Error::Bits`].
    pub fn toy(bits: u32, rng: &mut Prg) -> Result<Self, Error> {
        if !(10..=1024).contains(&bits) || !bits.is_multiple_of(2) {
            return Err(Error::Bits);
        }
        Self::of_random_primes(bits, rng)
    }

    /// The key of two primes and g, such as 5, 7 and 36.
    ///
    /// # Errors
    /// [`Error::NotPrime`], [`Error::SamePrime`], [`Error::CommonFactor`], and [`Error::Generator`]
    /// when decryption under g would not be unique.
    pub fn from_primes(p: &BoxedUint, q: &BoxedUint, g: &BoxedUint) -> Result<Self, Error> {
        for (name, prime) in [("p", p), ("q", q)] {
            if !is_prime(Flavor::Any, prime) {
                return Err(Error::NotPrime(name));
            }
        }
        if p == q {
            return Err(Error::SamePrime);
        }
        let n = p.concatenating_mul(q);
        if n.is_even().to_bool() {
            return Err(Error::CommonFactor);
        }
        Self::new(p, q, PublicKey::odd(&n, g).ok_or(Error::Generator)?)
    }

    fn of_random_primes(bits: u32, rng: &mut Prg) -> Result<Self, Error> {
        loop {
            let (p, q) = (prime(bits / 2, rng), prime(bits / 2, rng));
            let n = p.concatenating_mul(&*q);
            // The primes are odd and their two highest bits are set, so n has all its bits; only a
            // toy's ever coincide.
            if *p != *q {
                let g = n.concatenating_add(BoxedUint::one());
                return Self::new(&p, &q, PublicKey::odd(&n, &g).ok_or(Error::PublicKey)?);
            }
        }
    }

    fn new(p: &BoxedUint, q: &BoxedUint, public: PublicKey) -> Result<Self, Error> {
        // 1. λ, and that n has no factor in common with (p − 1)(q − 1).
        let one = BoxedUint::one();
        let p = Zeroizing::new(public.narrow(&Zeroizing::new(p.wrapping_sub(&one))));
        let q = Zeroizing::new(public.narrow(&Zeroizing::new(q.wrapping_sub(&one))));
        let product = Zeroizing::new(p.wrapping_mul(&*q));
        if public.n.gcd(&product).get() != one {
            return Err(Error::CommonFactor);
        }
        let common = p.gcd(&q).into_nz().into_option().map(Zeroizing::new).expect("p and q are at least 3");
        let lambda = Zeroizing::new(product.wrapping_div(&common));
        // 2. μ, which there is if and only if the order of g is a multiple of n.
        if !public.is_unit(&public.g) {
            return Err(Error::Generator);
        }
        let power = Zeroizing::new(public.power(&public.g, &lambda, public.bits()).retrieve());
        let mu = public.quotient(&power).and_then(|x| x.invert_odd_mod(&public.n).into_option());
        Ok(Self { lambda, mu: Zeroizing::new(mu.ok_or(Error::Generator)?), public })
    }

    /// The key that others encrypt with.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// λ, which a lesson shows of a toy key.
    #[must_use]
    pub fn lambda(&self) -> &BoxedUint {
        &self.lambda
    }

    /// μ = L(g^λ mod n²)⁻¹ mod n, which a lesson shows of a toy key.
    #[must_use]
    pub fn mu(&self) -> &BoxedUint {
        &self.mu
    }
}

/// A random prime whose two highest bits are set.
fn prime(bits: u32, rng: &mut Prg) -> Zeroizing<BoxedUint> {
    let sieve = SmallFactorsSieveFactory::new(Flavor::Any, bits, SetBits::TwoMsb).expect("four bits at least");
    let prime = sieve_and_find(&mut Random(rng), sieve, |_, candidate| is_prime(Flavor::Any, candidate));
    Zeroizing::new(prime.expect("such integers fit").expect("a sieve follows another for ever"))
}

/// The lowest `length` bytes of a number, the high ones first.
pub(crate) fn to_bytes(x: &BoxedUint, length: usize) -> Vec<u8> {
    let all = x.to_le_bytes();
    (0..length).rev().map(|i| all.get(i).copied().unwrap_or(0)).collect()
}
