//! Messages and their frames.
//!
//! A frame is a tag, a check and a body:
//!
//! ```text
//! ┌─────┬───────────┬──────────────┐
//! │ tag │ check     │ body         │
//! │ 1 B │ 4 B       │ Message      │
//! └─────┴───────────┴──────────────┘
//! ```
//!
//! The check is the CRC-32 of everything that this side has sent so far. A frame that was damaged,
//! dropped, repeated or reordered breaks the chain, so a fault in a program or a transport ends as
//! a fault and not as a wrong answer. It is no defence against an altered peer, which computes the
//! check of what it forges; decoders and protocols are that. The link below is authenticated, so
//! speed decides: a check takes in 17 MB for a large picture check, which in WebAssembly costs a
//! cryptographic hash 110 ms.

use crate::{Fault, Tag};

/// Bytes of a frame before its body.
pub const HEADER: usize = 5;

/// Something a party sends, with the shape the receiver expects.
pub trait Message: Sized {
    /// Its entry in the registry.
    const TAG: Tag;

    /// What the receiver knows beforehand: lengths, never the peer's word.
    type Shape;

    /// The body of the frame.
    fn encode(&self) -> Vec<u8>;

    /// How many bits of the body carry something, where the last ones only fill up a byte; `None`
    /// where all do.
    fn bits(&self) -> Option<usize> {
        None
    }

    /// Reads a body of the expected shape.
    ///
    /// # Errors
    /// [`Malformed`] when the body is anything else. It must not panic and must not allocate more
    /// than the shape says, whatever the bytes are.
    fn decode(body: &[u8], shape: Self::Shape) -> Result<Self, Malformed>;
}

/// A body that does not have the expected shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the expected shape")]
pub struct Malformed;

/// The running check over one direction of a link.
pub(crate) struct Chain(crc32fast::Hasher);

impl Chain {
    pub(crate) fn new() -> Self {
        Self(crc32fast::Hasher::new())
    }

    /// Absorbs a frame and returns its check.
    fn advance(&mut self, tag: u8, body: &[u8]) -> [u8; 4] {
        self.0.update(&[tag]);
        self.0.update(body);
        self.0.clone().finalize().to_le_bytes()
    }

    pub(crate) fn seal<M: Message>(&mut self, message: &M) -> Vec<u8> {
        self.seal_body(M::TAG, &message.encode())
    }

    /// The frame of a body.
    pub(crate) fn seal_body(&mut self, tag: Tag, body: &[u8]) -> Vec<u8> {
        let tag = tag as u8;
        let check = self.advance(tag, body);
        let mut frame = Vec::with_capacity(HEADER + body.len());
        frame.push(tag);
        frame.extend_from_slice(&check);
        frame.extend_from_slice(body);
        frame
    }

    pub(crate) fn open<M: Message>(&mut self, frame: &[u8], shape: M::Shape) -> Result<M, Fault> {
        let fault = |what: &str| Fault::peer(format!("{}: {what}", M::TAG.name()));
        let [tag, a, b, c, d, body @ ..] = frame else {
            return Err(fault("shorter than a header"));
        };
        if *tag != M::TAG as u8 {
            let got = Tag::from_byte(*tag).map_or("an unknown message", Tag::name);
            return Err(fault(&format!("got {got} instead")));
        }
        if self.advance(*tag, body) != [*a, *b, *c, *d] {
            return Err(fault("damaged, repeated or out of order"));
        }
        M::decode(body, shape).map_err(|Malformed| fault("not of the expected shape"))
    }
}
