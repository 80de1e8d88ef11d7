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
//! The check is the CRC-32 of all frames that this side has sent so far, this one included. A frame
//! that is damaged, dropped, repeated or reordered breaks the chain, so an error in a program or a
//! transport ends as a fault and not as a wrong answer. The check is no defence against an altered
//! peer, which can compute it for any frame that it forges; decoders and protocols are that
//! defence. The link below is authenticated, so speed decides the choice: a large picture check
//! hashes 17 MB, and in WebAssembly a cryptographic hash would take 110 ms for it.

use crate::{Fault, Tag};

/// Bytes of a frame before its body.
pub const HEADER: usize = 5;

/// A message of a protocol, decoded against the shape that the receiver expects.
pub trait Message: Sized {
    /// The tag of its frames.
    const TAG: Tag;

    /// The lengths that the receiver knows in advance; they never come from the peer.
    type Shape;

    /// The body of the frame.
    fn encode(&self) -> Vec<u8>;

    /// The number of significant bits of the body, where the last bits only pad a byte; `None` if
    /// all bits are significant.
    fn bits(&self) -> Option<usize> {
        None
    }

    /// Reads a body of the expected shape.
    ///
    /// # Errors
    /// [`Malformed`] if the body has any other shape. For any bytes, decoding must neither panic
    /// nor allocate more than the shape implies.
    fn decode(body: &[u8], shape: Self::Shape) -> Result<Self, Malformed>;
}

/// A body that does not have the expected shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the expected shape")]
pub struct Malformed;

/// The running check of one direction of a link.
pub(crate) struct Chain(crc32fast::Hasher);

impl Chain {
    pub(crate) fn new() -> Self {
        Self(crc32fast::Hasher::new())
    }

    /// Adds a frame to the check and returns the new check.
    fn advance(&mut self, tag: u8, body: &[u8]) -> [u8; 4] {
        self.0.update(&[tag]);
        self.0.update(body);
        self.0.clone().finalize().to_le_bytes()
    }

    pub(crate) fn seal<M: Message>(&mut self, message: &M) -> Vec<u8> {
        self.seal_body(M::TAG, &message.encode())
    }

    /// Makes the frame of a body.
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
