//! The interface that a transport implements.

use std::rc::Rc;

use crate::{Code, Fault};

/// The longest message that a link carries: slightly more than the requests to one layer with the
/// largest number of ciphertexts that a run may have. The code that plans a run keeps every message
/// within this limit.
pub const MAX_MESSAGE: usize = 32 << 20;

/// Ordered, reliable messages between exactly two parties.
///
/// A message arrives whole or not at all; chunking and back-pressure are up to the transport.
/// `recv` must be cancel-safe: dropping a pending future loses no message. Methods take `&self`, so
/// that one part of a program can wait for a message while another sends one. There is no `Send`
/// bound, because the code runs on a single thread in a browser.
#[expect(async_fn_in_trait, reason = "single-threaded by design: no caller wants a Send bound")]
pub trait Link {
    /// Sends one message of at most [`MAX_MESSAGE`] bytes. Returns when the transport can accept
    /// the next one.
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError>;

    /// Waits for the next message.
    async fn recv(&self) -> Result<Vec<u8>, LinkError>;
}

impl<L: Link + ?Sized> Link for Rc<L> {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        (**self).send(message).await
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        (**self).recv().await
    }
}

/// The reason why a link has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The other side closed the link in an orderly way.
    #[error("the other side closed the link")]
    Closed,
    /// The transport failed.
    #[error("the link is lost")]
    Lost,
    /// The other side sent more than was requested, or announced a message longer than any protocol
    /// has.
    #[error("the other side sent too much")]
    Flooded,
    /// The other side sent bytes that do not form a frame.
    #[error("the other side sent no frame")]
    Foreign,
}

impl From<LinkError> for Fault {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Closed => Fault::from(Code::PeerLeft),
            LinkError::Lost => Fault::from(Code::ConnectionLost),
            LinkError::Flooded => Fault::peer("more data than any protocol asks for"),
            LinkError::Foreign => Fault::peer("not a frame"),
        }
    }
}
