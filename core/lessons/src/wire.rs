//! The messages that crossed between the two parties, in order.

use std::cell::{Cell, RefCell};
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use tacit_session::{HEADER, Link, LinkError, Party, Tag};

/// One message that crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// Its sender.
    pub from: Party,
    /// Its tag; `None` if the first byte is not a tag.
    pub tag: Option<Tag>,
    /// The whole frame, header included.
    pub frame: Vec<u8>,
}

impl Crossed {
    /// The body, without the header.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.frame.get(HEADER..).unwrap_or_default()
    }

    /// The numbers in the body, if it is a message of numbers.
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        let (numbers, _) = self.body().as_chunks();
        numbers.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect()
    }
}

/// A sent message as its sender recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The whole frame, header included.
    pub frame: Vec<u8>,
    /// The number of messages that the sender had received before; it determines the place of this
    /// message in the merged order.
    pub after: usize,
}

/// A future of a link operation.
type Promised<'a, T> = Pin<Box<dyn Future<Output = Result<T, LinkError>> + 'a>>;

/// A link of any type. Protocols are compiled once for it, instead of once for every type of link.
trait AnyLink {
    fn send(&self, message: Vec<u8>) -> Promised<'_, ()>;
    fn recv(&self) -> Promised<'_, Vec<u8>>;
}

impl<L: Link> AnyLink for L {
    fn send(&self, message: Vec<u8>) -> Promised<'_, ()> {
        Box::pin(Link::send(self, message))
    }

    fn recv(&self) -> Promised<'_, Vec<u8>> {
        Box::pin(Link::recv(self))
    }
}

/// A link that records the messages it sends, and counts those it receives.
pub(crate) struct Noted {
    link: Box<dyn AnyLink>,
    sent: RefCell<Vec<Sent>>,
    heard: Cell<usize>,
}

impl Noted {
    pub(crate) fn new(link: impl Link + 'static) -> Self {
        Self { link: Box::new(link), sent: RefCell::default(), heard: Cell::new(0) }
    }

    /// The sent messages, and the number of received ones.
    pub(crate) fn take(&self) -> (Vec<Sent>, usize) {
        (self.sent.take(), self.heard.get())
    }
}

impl Link for Noted {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        self.sent.borrow_mut().push(Sent { frame: message.clone(), after: self.heard.get() });
        self.link.send(message).await
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        let message = self.link.recv().await?;
        self.heard.set(self.heard.get() + 1);
        Ok(message)
    }
}

/// Merges both parties' messages into one order: Alice sends until she has to wait, then Bob until
/// he has to. This is their order in lockstep, wherever the parties ran.
pub(crate) fn merge(sent: [Vec<Sent>; 2]) -> Vec<Crossed> {
    let [mut alice, mut bob] = sent.map(|sent| sent.into_iter().peekable());
    let mut spoken = [0; 2];
    let mut crossed = Vec::new();
    loop {
        let before = crossed.len();
        for (from, queue) in [(Party::Alice, &mut alice), (Party::Bob, &mut bob)] {
            let theirs = spoken[from.other() as usize];
            while let Some(Sent { frame, .. }) = queue.next_if(|message| message.after <= theirs) {
                spoken[from as usize] += 1;
                let tag = frame.first().and_then(|byte| Tag::from_byte(*byte));
                crossed.push(Crossed { from, tag, frame });
            }
        }
        // Nothing is left, or a report claims a received message that was never sent.
        if crossed.len() == before {
            return crossed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_speaks_until_it_waits() {
        let sent = |list: &[(u8, usize)]| {
            list.iter().map(|(name, after)| Sent { frame: vec![*name], after: *after }).collect()
        };
        let order = |alice: &[_], bob: &[_]| {
            let crossed = merge([sent(alice), sent(bob)]);
            String::from_utf8(crossed.iter().flat_map(|message| message.frame.clone()).collect()).unwrap()
        };
        assert_eq!(order(&[(b'a', 0), (b'b', 1)], &[(b'x', 0), (b'y', 1)]), "axyb");
        assert_eq!(order(&[(b'a', 0), (b'b', 0)], &[(b'x', 1)]), "abx");
        assert_eq!(order(&[(b'a', 1)], &[(b'x', 0)]), "xa");
        assert_eq!(order(&[(b'a', 1)], &[(b'x', 1)]), "", "both cannot have waited");
    }
}
