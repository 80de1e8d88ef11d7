//! The messages of a picture check, in sentences.

use std::borrow::Cow;

use tacit_record::{Crossing, Record};
use tacit_session::Tag;

/// A sentence about a message of the linear layers, in which the client is the picture's owner.
/// `None` for other messages.
#[must_use]
pub fn explain(_: &Record, crossing: &Crossing) -> Option<Cow<'static, str>> {
    let says = match crossing.tag {
        Tag::MaskedLayer => {
            "The picture owner’s share of a layer's input, under a random vector r whose product with the weights was prepared."
        }
        Tag::LatticeNonce => {
            "A random number of the model owner’s. The polynomials a of all that is encrypted in this round are hashes of it and of a seed of the picture owner’s."
        }
        Tag::PublicKey => {
            "The key of this round, under which the picture's owner encrypts: a hashed polynomial times a secret one, with noise."
        }
        Tag::Encrypted => "The random vectors of the coming layers, encrypted. No picture exists yet.",
        _ => return None,
    };
    Some(says.into())
}
