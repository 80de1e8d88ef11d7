//! The uniform halves of ciphertexts: outputs of a hash, which neither party can choose.
//!
//! *Computes*: a polynomial a for the public key and for each ciphertext of a request. *From*: as
//! in Regev's scheme with a common random string; the nonce of the other side keeps a party from
//! searching for a good one beforehand. *Security*: BLAKE3 in its mode for key derivation, and the
//! ChaCha8 stream that its output keys, are modelled as one random oracle (FrodoKEM likewise
//! expands its public matrix by AES). The input is
//!
//! ```text
//! client's party (1) ‖ purpose (1) ‖ index (4, little-endian) ‖ client's seed (32) ‖ owner's nonce (32)
//! ```
//!
//! under a label of its own. Both sides contribute 32 bytes, so an honest party's halves are fresh
//! in every round whatever the other one sends: nothing else needs to identify the round. *Cost*: a
//! hash a polynomial. *Deviations*: none.

use tacit_symmetric::Stream;
use tacit_symmetric::chacha::STREAM_WORDS;

use crate::params::PRIME_BITS;
use crate::{Context, Ntt, Poly};

/// Bytes of the client's seed, with which every message of it begins.
pub const SEED: usize = 32;

/// Bytes of the owner's nonce.
pub const NONCE: usize = 32;

const LABEL: &str = "tacit 2026 rlwe uniform half of a ciphertext";

/// Identifies the uniform halves of one round: the party that is the client, and the model owner's
/// nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    client: u8,
    nonce: [u8; NONCE],
}

/// The purpose of a uniform half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// A public key.
    Key = 0,
    /// Ciphertexts of a request.
    Request = 1,
}

/// The uniform halves of one message, by index.
#[derive(Clone, Copy)]
pub struct Halves {
    origin: Origin,
    purpose: Purpose,
    seed: [u8; SEED],
}

impl Origin {
    /// Of a round. `client` tells the parties of a pairing apart; the `nonce` is drawn by the owner
    /// for this round, before the client makes a key.
    #[must_use]
    pub fn new(client: u8, nonce: [u8; NONCE]) -> Self {
        Self { client, nonce }
    }

    /// The halves of one message, which begins with this seed of the client's.
    #[must_use]
    pub fn halves(&self, purpose: Purpose, seed: &[u8; SEED]) -> Halves {
        Halves { origin: *self, purpose, seed: *seed }
    }
}

impl Halves {
    /// The half with this index, modulo all primes.
    ///
    /// A residue that is not below its prime is drawn again, which may take its time: nothing here
    /// is secret.
    #[must_use]
    pub fn poly(&self, context: &Context, index: u32) -> Poly<Ntt> {
        let Self { origin: Origin { client, nonce }, purpose, seed } = self;
        let mut hasher = blake3::Hasher::new_derive_key(LABEL);
        hasher.update(&[*client, *purpose as u8]).update(&index.to_le_bytes()).update(seed).update(nonce);
        let key = *hasher.finalize().as_bytes();
        let mut poly = Poly::zero(context);
        for (i, (prime, limb)) in (0..).zip(context.primes().iter().zip(poly.limbs_mut())) {
            let stream = Stream::from_seed(key, i);
            let mut batch = [0; STREAM_WORDS];
            let mut places = limb.iter_mut();
            'batches: for counter in 0.. {
                stream.batch(counter, &mut batch);
                for word in batch.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]) {
                    let x = word >> (u32::BITS - PRIME_BITS);
                    if x < prime.modulus.value() {
                        let Some(place) = places.next() else { break 'batches };
                        *place = x;
                    }
                }
            }
        }
        poly
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn halves_differ_by_everything_that_is_hashed() {
        let context = Context::shared();
        let make = |client, nonce, purpose, seed, index| {
            Origin::new(client, [nonce; 32]).halves(purpose, &[seed; 32]).poly(context, index)
        };
        let polys = [
            make(0, 1, Purpose::Key, 2, 0),
            make(1, 1, Purpose::Key, 2, 0),
            make(0, 2, Purpose::Key, 2, 0),
            make(0, 1, Purpose::Request, 2, 0),
            make(0, 1, Purpose::Key, 1, 0),
            make(0, 1, Purpose::Key, 2, 1),
        ];
        for (i, poly) in polys.iter().enumerate() {
            assert!(polys[..i].iter().all(|other| other.words() != poly.words()));
        }
        assert!(polys[0].words() == make(0, 1, Purpose::Key, 2, 0).words());
        assert!(polys[0].limb(0) != polys[0].limb(1));
    }

    /// Under this version's label, whatever becomes of the code.
    #[test]
    fn a_known_half() {
        let poly = Origin::new(1, [7; 32]).halves(Purpose::Request, &[9; 32]).poly(Context::shared(), 3);
        assert_eq!(
            [poly.limb(0)[0], poly.limb(0)[4095], poly.limb(1)[0], poly.limb(1)[4095]],
            [935_344_614, 674_602_440, 225_691_073, 583_818_295]
        );
    }

    #[test]
    fn residues_are_uniform() {
        let context = Context::shared();
        let poly = Origin::new(0, [1; 32]).halves(Purpose::Key, &[2; 32]).poly(context, 0);
        for (limb, prime) in poly.limbs().zip(context.primes()) {
            let p = prime.modulus.value();
            assert!(limb.iter().all(|&x| x < p));
            // The mean of 4096 uniform numbers is within 8 of its standard deviations,
            // p/√(12·4096).
            let mean = limb.iter().map(|&x| f64::from(x)).sum::<f64>() / 4096.0 / f64::from(p);
            assert!((mean - 0.5).abs() < 8.0 / (12.0f64 * 4096.0).sqrt(), "{mean}");
        }
    }
}
