//! Paillier's encryption, under which anybody can add.
//!
//! Anyone with the public key encrypts numbers below n. Two ciphertexts multiplied are an
//! encryption of the sum; a ciphertext raised to a known power is an encryption of the multiple. So
//! one party can compute a weighted sum of another's numbers and see none of them; [`linear`] does.
//!
//! **For lessons.** n of 2048 bits gives 112 bits of security (NIST SP 800-57 part 1, rev. 5, table
//! 2, by the cost of factoring n), which is below the 128 that Tacit promises; n of 3072 bits gives
//! 128, and a toy key gives none. Nothing that Tacit promises stands on this crate: its layers are
//! computed under lattice encryption.
//!
//! All is pure functions on data. [`PublicKey`] and [`SecretKey`] are one type each for toy keys
//! and real ones.
//!
//! ```
//! use tacit_paillier::{Number, SecretKey};
//! use tacit_symmetric::Prg;
//!
//! let number = |x: u32| Number::from(x);
//! let key = SecretKey::from_primes(&number(5), &number(7), &number(36)).unwrap();
//! let public = key.public();
//! let five = public.encrypt_with(&number(5), &number(2)).unwrap();
//! assert_eq!(*five.value(), number(718));
//! let again = public.encrypt(&number(5), &mut Prg::from_seed([1; 32])).unwrap();
//! assert_eq!(*key.decrypt(&public.add(&five, &again).unwrap()).unwrap(), number(10));
//! ```

mod keys;
pub mod linear;
pub mod measure;
mod random;
pub mod scheme;

pub use crypto_bigint::BoxedUint as Number;
pub use keys::{PublicKey, SecretKey};
pub use scheme::Ciphertext;

/// Bits of n at which a key has 112 bits of security.
pub const BITS: u32 = 2048;

/// Bits of n at which a key has 128 bits of security.
pub const MORE_BITS: u32 = 3072;

/// An error in a number, and the values that would be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// p or q.
    #[error("{0} is not a prime; take one of 3, 5, 7, 11, 13 and so on")]
    NotPrime(&'static str),
    /// p and q.
    #[error("p and q are the same prime; take two")]
    SamePrime,
    /// n with (p − 1)(q − 1).
    #[error(
        "n = pq and (p − 1)(q − 1) have a common factor; take odd primes of which neither divides the other less one"
    )]
    CommonFactor,
    /// g.
    #[error("the order of g is no multiple of n, so decryption would not be unique; n + 1 always serves")]
    Generator,
    /// The length of n.
    #[error("n cannot have so many bits; a key has 2048 or 3072, a toy an even number from 10 to 1024")]
    Bits,
    /// A public key from elsewhere.
    #[error("this is no public key; n is odd and at least 15, and g is below n² and has no factor in common with n")]
    PublicKey,
    /// A message or a factor.
    #[error("the message is out of range; it has to be below n")]
    Message,
    /// A number with a sign.
    #[error("the number is out of range; it has to lie between −n/2 and n/2")]
    Signed,
    /// r.
    #[error("r is no unit; it has to be from 1 to n − 1, without a factor in common with n")]
    Randomness,
    /// A ciphertext.
    #[error("this is no ciphertext under this key; one is from 1 to n² − 1, without a factor in common with n")]
    Ciphertext,
    /// A model, features, or how they are written.
    #[error(
        "the bounds of these numbers, their count and n do not fit together; take a longer key, fewer bits or fewer numbers"
    )]
    Bounds,
    /// A feature, a weight or a bias.
    #[error("a feature, a weight or the bias is larger than agreed on, or no number")]
    TooLarge,
    /// Features for a model.
    #[error("the model has another number of features")]
    Count,
}

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
