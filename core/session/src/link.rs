//! The one thing a transport has to provide.

use std::rc::Rc;

use crate::{Code, Fault};

/// The longest message that a link carries: a few more bytes than the questions to a layer of as
/// many ciphertexts as a run may have. Whoever plans a run sees to it that none is longer.
pub const MAX_MESSAGE: usize = 32 << 20;

/// Ordered, reliable messages between exactly two parties.
///
/// A message arrives whole or not at all; chunking and back-pressure are the transport's business.
/// `recv` must be cancel-safe: a future that is dropped before it is ready has taken nothing.
/// Methods take `&self` so that one half of a program can wait for a message while the other sends
/// one; there is no `Send` bound, because a browser has one thread.
#[expect(async_fn_in_trait, reason = "single-threaded by design: no caller wants a Send bound")]
pub trait Link {
    /// Hands over one message of at most [`MAX_MESSAGE`] bytes. Returns when the transport has room
    /// for the next one.
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

/// Why a link carries nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The other side closed it in good order.
    #[error("the other side closed the link")]
    Closed,
    /// The transport broke.
    #[error("the link is lost")]
    Lost,
    /// The other side sent more than was ever asked for, or announced a message that no protocol
    /// has.
    #[error("the other side sent too much")]
    Flooded,
    /// The other side sent something that is no frame of ours.
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
