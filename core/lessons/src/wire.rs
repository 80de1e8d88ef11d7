//! What crossed between the two parties, in order.

use std::cell::{Cell, RefCell};
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use tacit_session::{HEADER, Link, LinkError, Party, Tag};

/// One message as it went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// Who sent it.
    pub from: Party,
    /// What it was.
    pub tag: Option<Tag>,
    /// All of it, header included.
    pub frame: Vec<u8>,
}

impl Crossed {
    /// What it carries, without the header.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.frame.get(HEADER..).unwrap_or_default()
    }

    /// The numbers that it carries, if it is a message of numbers.
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        let (numbers, _) = self.body().as_chunks();
        numbers.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect()
    }
}

/// A message as its sender notes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// All of it, header included.
    pub frame: Vec<u8>,
    /// How many messages had come to the sender before: that gives it its place among those of
    /// both.
    pub after: usize,
}

/// What a link promises.
type Promised<'a, T> = Pin<Box<dyn Future<Output = Result<T, LinkError>> + 'a>>;

/// A link of any kind. Protocols are compiled for it once, and not again for every kind of link
/// that a page plays over.
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

/// A link that notes what it sends.
pub(crate) struct Noted {
    link: Box<dyn AnyLink>,
    sent: RefCell<Vec<Sent>>,
    heard: Cell<usize>,
}

impl Noted {
    pub(crate) fn new(link: impl Link + 'static) -> Self {
        Self { link: Box::new(link), sent: RefCell::default(), heard: Cell::new(0) }
    }

    /// What went out, and how many messages came.
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

/// What Alice and Bob sent, in one order: Alice speaks until she has to wait, then Bob until he has
/// to. It is the order in which they speak in lockstep, wherever they ran.
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
        // Nothing is left, or somebody says that he heard what nobody sent.
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
