//! Runs both parties on one thread over queues: no runtime, no clock, deterministic.
//!
//! The same driver serves protocol tests, cost tests and altered parties ([`run_with`],
//! [`damage`](crate::damage)).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::{Link, LinkError, MAX_MESSAGE, Party, Session};

/// One direction of a queue between two parties.
#[derive(Default)]
struct Pipe {
    messages: VecDeque<Vec<u8>>,
    closed: bool,
    waker: Option<Waker>,
}

impl Pipe {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Intercepts messages: `(sender, index of the message in that direction, message) → the messages
/// that arrive instead`.
pub type Tamper = Rc<RefCell<dyn FnMut(Party, usize, Vec<u8>) -> Vec<Vec<u8>>>>;

/// One end of an in-memory link. Dropping it closes the link for the other end.
pub struct QueueLink {
    party: Party,
    outgoing: Rc<RefCell<Pipe>>,
    incoming: Rc<RefCell<Pipe>>,
    sent: RefCell<usize>,
    tamper: Option<Tamper>,
}

/// Two ends of an in-memory link, Alice's and Bob's.
#[must_use]
pub fn queues() -> (QueueLink, QueueLink) {
    ends(None)
}

/// Like [`queues`], but every message passes through `tamper`.
#[must_use]
pub fn queues_with(tamper: &Tamper) -> (QueueLink, QueueLink) {
    ends(Some(tamper))
}

fn ends(tamper: Option<&Tamper>) -> (QueueLink, QueueLink) {
    let (a, b) = (Rc::new(RefCell::new(Pipe::default())), Rc::new(RefCell::new(Pipe::default())));
    let end = |party, outgoing: &Rc<RefCell<Pipe>>, incoming: &Rc<RefCell<Pipe>>| QueueLink {
        party,
        outgoing: Rc::clone(outgoing),
        incoming: Rc::clone(incoming),
        sent: RefCell::new(0),
        tamper: tamper.cloned(),
    };
    (end(Party::Alice, &a, &b), end(Party::Bob, &b, &a))
}

impl Link for QueueLink {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        if message.len() > MAX_MESSAGE {
            return Err(LinkError::Flooded);
        }
        let index = self.sent.replace_with(|n| *n + 1);
        let arriving = match &self.tamper {
            Some(tamper) => (*tamper.borrow_mut())(self.party, index, message),
            None => vec![message],
        };
        let mut pipe = self.outgoing.borrow_mut();
        if pipe.closed {
            return Err(LinkError::Closed);
        }
        pipe.messages.extend(arriving);
        pipe.wake();
        Ok(())
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        poll_fn(|cx| {
            let mut pipe = self.incoming.borrow_mut();
            if let Some(message) = pipe.messages.pop_front() {
                return Poll::Ready(Ok(message));
            }
            if pipe.closed {
                return Poll::Ready(Err(LinkError::Closed));
            }
            pipe.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Drop for QueueLink {
    fn drop(&mut self) {
        for pipe in [&self.outgoing, &self.incoming] {
            let mut pipe = pipe.borrow_mut();
            pipe.closed = true;
            pipe.wake();
        }
    }
}

/// Runs both parties to the end, each in its own [`Session`].
///
/// # Panics
/// If both parties wait for each other (a deadlock).
pub fn run<A, B>(
    alice: impl AsyncFnOnce(Session<QueueLink>) -> A,
    bob: impl AsyncFnOnce(Session<QueueLink>) -> B,
) -> (A, B) {
    let (a, b) = queues();
    join(alice(Session::new(Party::Alice, a)), bob(Session::new(Party::Bob, b)))
}

/// Like [`run`], but every message passes through `tamper`.
///
/// # Panics
/// If both parties wait for each other (a deadlock).
pub fn run_with<A, B>(
    tamper: &Tamper,
    alice: impl AsyncFnOnce(Session<QueueLink>) -> A,
    bob: impl AsyncFnOnce(Session<QueueLink>) -> B,
) -> (A, B) {
    let (a, b) = queues_with(tamper);
    join(alice(Session::new(Party::Alice, a)), bob(Session::new(Party::Bob, b)))
}

/// Polls two futures in turn until both are done. A finished future is dropped at once, which
/// closes its link.
///
/// # Panics
/// If neither future can proceed: a deadlock in a protocol.
pub fn join<A, B>(alice: impl Future<Output = A>, bob: impl Future<Output = B>) -> (A, B) {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Flag(AtomicBool);
    impl std::task::Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let woken = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    let (mut alice, mut bob) = (pin!(Some(alice)), pin!(Some(bob)));
    let (mut a, mut b) = (None, None);
    while woken.0.swap(false, Ordering::Relaxed) {
        poll_once(alice.as_mut(), &mut a, &mut cx, &woken.0);
        poll_once(bob.as_mut(), &mut b, &mut cx, &woken.0);
        if a.is_some() && b.is_some() {
            break;
        }
    }
    match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => panic!("deadlock: alice done {}, bob done {}", a.is_some(), b.is_some()),
    }
}

fn poll_once<F: Future>(
    mut future: std::pin::Pin<&mut Option<F>>,
    result: &mut Option<F::Output>,
    cx: &mut Context<'_>,
    progress: &std::sync::atomic::AtomicBool,
) {
    if let Some(running) = future.as_mut().as_pin_mut()
        && let Poll::Ready(value) = running.poll(cx)
    {
        *result = Some(value);
        future.set(None);
        progress.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Cost, Malformed, Message, Stage, Tag};
    use futures::FutureExt as _;

    struct Bytes(Vec<u8>);
    impl Message for Bytes {
        const TAG: Tag = Tag::OpenBits;
        type Shape = usize;
        fn encode(&self) -> Vec<u8> {
            self.0.clone()
        }
        fn decode(body: &[u8], shape: usize) -> Result<Self, Malformed> {
            if body.len() == shape { Ok(Self(body.to_vec())) } else { Err(Malformed) }
        }
    }

    #[test]
    fn rounds_and_bytes_are_counted_by_stage() {
        async fn talk(mut s: Session<QueueLink>) -> Session<QueueLink> {
            s.enter(Stage::Compare);
            for n in 0..3 {
                s.exchange(&Bytes(vec![0; n]), n).await.unwrap();
            }
            s.enter(Stage::Reveal);
            s.exchange(&Bytes(vec![0; 9]), 9).await.unwrap();
            s
        }
        let (alice, bob) = run(talk, talk);
        for s in [alice, bob] {
            let compare = (0..3).map(Cost::exchange).sum::<Cost>();
            assert_eq!(s.ledger().stage(Stage::Compare), compare);
            assert_eq!(s.ledger().stage(Stage::Reveal), Cost { sent: 14, received: 14, rounds: 1 });
            assert_eq!(s.ledger().total(), compare + Cost::exchange(9));
        }
    }

    #[test]
    fn what_no_link_carries_is_not_sent() {
        let (a, _b) = queues();
        assert_eq!(a.send(vec![0; MAX_MESSAGE + 1]).now_or_never(), Some(Err(LinkError::Flooded)));
        assert_eq!(a.send(vec![0; MAX_MESSAGE]).now_or_never(), Some(Ok(())));
    }

    #[test]
    fn a_peer_that_leaves_is_noticed() {
        let (_, bob) = run(async |_| (), async |mut s| s.recv::<Bytes>(1).await.err());
        assert_eq!(bob.map(|f| f.code), Some(Code::PeerLeft));
    }
}
