//! Two lanes on one link: what the persons say to each other, and what the protocol says.
//!
//! A person may accept, stop or get ready while the machines prepare in the background. So the control messages
//! have a lane of their own, told apart by the first byte of a frame, and neither lane waits for the other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::{Link, LinkError, Tag};

/// The most bytes a lane holds that nobody has asked for yet. An honest peer is at most a few megabytes ahead: its questions to
/// all layers of a model, and some portions of transfers.
const BACKLOG: usize = 32 << 20;

#[derive(Default)]
struct Queue {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    waker: Option<Waker>,
}

struct Shared<L> {
    link: L,
    queues: [RefCell<Queue>; 2],
    end: RefCell<Option<LinkError>>,
}

/// One of the two lanes; itself a [`Link`].
pub struct Lane<L> {
    shared: Rc<Shared<L>>,
    index: usize,
}

/// Moves what arrives to its lane. Poll [`Pump::run`] as long as the lanes are in use.
pub struct Pump<L> {
    shared: Rc<Shared<L>>,
}

/// Splits a link into the control lane, the protocol lane, and the pump that feeds both.
pub fn lanes<L: Link>(link: L) -> (Lane<L>, Lane<L>, Pump<L>) {
    let shared = Rc::new(Shared { link, queues: Default::default(), end: RefCell::new(None) });
    let lane = |index| Lane { shared: Rc::clone(&shared), index };
    (lane(0), lane(1), Pump { shared })
}

/// Which lane a frame belongs to. What is no frame at all must end the link at once: nobody might ever ask for it.
fn lane_of(frame: &[u8]) -> Option<usize> {
    let tag = Tag::from_byte(*frame.first()?)?;
    Some(usize::from(tag != Tag::Control))
}

impl<L: Link> Pump<L> {
    /// Runs until the link ends, and says how.
    pub async fn run(self) -> LinkError {
        let error = loop {
            let frame = match self.shared.link.recv().await {
                Ok(frame) => frame,
                Err(error) => break error,
            };
            let Some(lane) = lane_of(&frame) else { break LinkError::Foreign };
            let mut queue = self.shared.queues[lane].borrow_mut();
            queue.bytes += frame.len();
            if queue.bytes > BACKLOG {
                break LinkError::Flooded;
            }
            queue.frames.push_back(frame);
            if let Some(waker) = queue.waker.take() {
                waker.wake();
            }
        };
        *self.shared.end.borrow_mut() = Some(error);
        for queue in &self.shared.queues {
            if let Some(waker) = queue.borrow_mut().waker.take() {
                waker.wake();
            }
        }
        error
    }
}

impl<L: Link> Link for Lane<L> {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        self.shared.link.send(message).await
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        poll_fn(|cx| {
            let mut queue = self.shared.queues[self.index].borrow_mut();
            if let Some(frame) = queue.frames.pop_front() {
                queue.bytes -= frame.len();
                return Poll::Ready(Ok(frame));
            }
            if let Some(error) = *self.shared.end.borrow() {
                return Poll::Ready(Err(error));
            }
            queue.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockstep;
    use futures::future::{Either, select};
    use std::pin::pin;

    #[test]
    fn a_lane_does_not_wait_for_the_other() {
        let (a, b) = lockstep::queues();
        let alice = async {
            for frame in [vec![0x20, 1], vec![Tag::Control as u8, 2], vec![0x20, 3]] {
                a.send(frame).await.unwrap();
            }
            a
        };
        let bob = async {
            let (control, protocol, pump) = lanes(b);
            let work = async {
                let first = control.recv().await.unwrap();
                (first, protocol.recv().await.unwrap(), protocol.recv().await.unwrap())
            };
            match select(pin!(work), pin!(pump.run())).await {
                Either::Left((frames, _)) => frames,
                Either::Right((error, _)) => panic!("{error}"),
            }
        };
        let (_a, frames) = lockstep::join(alice, bob);
        assert_eq!(frames, (vec![1, 2], vec![0x20, 1], vec![0x20, 3]));
    }

    #[test]
    fn what_is_no_frame_ends_the_link() {
        for message in [vec![], vec![0], vec![0xFF, 1, 2, 3, 4, 5]] {
            let (a, b) = lockstep::queues();
            let (_control, _protocol, pump) = lanes(b);
            let (sent, error) = lockstep::join(a.send(message), pump.run());
            assert_eq!((sent, error), (Ok(()), LinkError::Foreign));
        }
    }

    #[test]
    fn a_flood_ends_the_link_and_keeps_the_memory_bounded() {
        let (a, b) = lockstep::queues();
        let alice = async {
            for _ in 0..=BACKLOG >> 20 {
                a.send(vec![0x20; 1 << 20]).await.unwrap();
            }
        };
        let (_control, protocol, pump) = lanes(b);
        let ((), error) = lockstep::join(alice, pump.run());
        assert_eq!(error, LinkError::Flooded);
        assert!(protocol.shared.queues[1].borrow().bytes <= BACKLOG + (1 << 20));
    }
}
