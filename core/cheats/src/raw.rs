//! Messages of any content: an altered program is not bound to the types of the real one.

use tacit_session::{Fault, Link, Malformed, Message, Session, Tag};

/// A body under the tag with this byte.
struct Raw<const BYTE: u8>(Vec<u8>);

impl<const BYTE: u8> Message for Raw<BYTE> {
    const TAG: Tag = of_byte(BYTE);
    type Shape = ();

    fn encode(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
        Ok(Self(body.to_vec()))
    }
}

const fn of_byte(byte: u8) -> Tag {
    let mut i = 0;
    while Tag::ALL[i] as u8 != byte {
        i += 1;
    }
    Tag::ALL[i]
}

/// Sends a body of any content.
pub(crate) async fn send<const BYTE: u8>(s: &mut Session<impl Link>, body: Vec<u8>) -> Result<(), Fault> {
    s.send(&Raw::<BYTE>(body)).await
}

/// Receives a body of any content.
pub(crate) async fn recv<const BYTE: u8>(s: &mut Session<impl Link>) -> Result<Vec<u8>, Fault> {
    s.recv::<Raw<BYTE>>(()).await.map(|Raw(body)| body)
}

/// The client's public key.
pub(crate) const PUBLIC_KEY: u8 = Tag::PublicKey as u8;
/// The client's request.
pub(crate) const ENCRYPTED: u8 = Tag::Encrypted as u8;
/// The owner's response.
pub(crate) const MULTIPLIED: u8 = Tag::Multiplied as u8;
/// A layer's input under its mask.
pub(crate) const MASKED_LAYER: u8 = Tag::MaskedLayer as u8;
/// Shares of words that are opened.
pub(crate) const OPEN_WORDS: u8 = Tag::OpenWords as u8;
