//! Two lanes on one link: control messages between the two programs, and protocol messages.
//!
//! A person may accept, stop or get ready while the programs prepare in the background. Control
//! messages therefore have a lane of their own, told apart by the first byte of a frame, and
//! neither lane waits for the other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::{HEADER, Link, LinkError, Tag};

/// The most bytes that may wait unread in a lane, [`OVERHEAD`] included. The first bound is for
/// control messages, which people cause. The second is for protocol messages, where an honest peer
/// runs ahead by its requests for all layers of a model and some batches of transfers.
const BACKLOG: [usize; 2] = [1 << 20, 32 << 20];

/// Bytes charged for a frame besides its own, so that a flood of short frames is bounded too.
const OVERHEAD: usize = 64;

/// The most frames a lane holds.
const MOST_FRAMES: usize = 1 << 14;

#[derive(Default)]
struct Queue {
    frames: VecDeque<Vec<u8>>,
    /// Bytes charged for the waiting frames.
    held: usize,
    waker: Option<Waker>,
}

impl Queue {
    /// Appends a frame, unless the lane would then hold more than `most` bytes.
    fn put(&mut self, frame: Vec<u8>, most: usize) -> Result<(), LinkError> {
        let cost = frame.len().saturating_add(OVERHEAD);
        if self.frames.len() >= MOST_FRAMES || cost > most - self.held {
            return Err(LinkError::Flooded);
        }
        self.held += cost;
        self.frames.push_back(frame);
        Ok(())
    }

    /// Removes and returns the oldest frame.
    fn take(&mut self) -> Option<Vec<u8>> {
        let frame = self.frames.pop_front()?;
        self.held -= frame.len() + OVERHEAD;
        Some(frame)
    }
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

/// Distributes arriving frames to the lanes. [`Pump::run`] must be polled as long as the lanes are
/// used.
pub struct Pump<L> {
    shared: Rc<Shared<L>>,
}

/// Splits a link into the control lane, the protocol lane, and the pump that feeds both.
pub fn lanes<L: Link>(link: L) -> (Lane<L>, Lane<L>, Pump<L>) {
    let shared = Rc::new(Shared { link, queues: Default::default(), end: RefCell::new(None) });
    let lane = |index| Lane { shared: Rc::clone(&shared), index };
    (lane(0), lane(1), Pump { shared })
}

/// The index of the lane that a frame belongs to, or `None` for a malformed frame. A malformed
/// frame must end the link at once, because it is possible that no lane will ever be read again.
fn lane_of(frame: &[u8]) -> Option<usize> {
    let (&[tag, ..], _) = frame.split_first_chunk::<HEADER>()?;
    let tag = Tag::from_byte(tag)?;
    Some(usize::from(tag != Tag::Control))
}

impl<L: Link> Pump<L> {
    /// Runs until the link ends, and returns the reason.
    pub async fn run(self) -> LinkError {
        let error = loop {
            let frame = match self.shared.link.recv().await {
                Ok(frame) => frame,
                Err(error) => break error,
            };
            let Some(lane) = lane_of(&frame) else { break LinkError::Foreign };
            let mut queue = self.shared.queues[lane].borrow_mut();
            if let Err(error) = queue.put(frame, BACKLOG[lane]) {
                break error;
            }
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
            if let Some(frame) = queue.take() {
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

    /// A frame with this tag and body.
    fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
        [&[tag, 0, 0, 0, 0], body].concat()
    }

    #[test]
    fn a_lane_does_not_wait_for_the_other() {
        let (a, b) = lockstep::queues();
        let alice = async {
            for frame in [frame(0x20, &[1]), frame(Tag::Control as u8, &[2]), frame(0x20, &[])] {
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
        assert_eq!(frames, (frame(1, &[2]), frame(0x20, &[1]), frame(0x20, &[])));
    }

    #[test]
    fn what_is_no_frame_ends_the_link() {
        for message in [vec![], vec![0], vec![0xFF, 1, 2, 3, 4, 5], vec![0x20], vec![Tag::Control as u8, 0, 0, 0]] {
            let (a, b) = lockstep::queues();
            let (_control, _protocol, pump) = lanes(b);
            let (sent, error) = lockstep::join(a.send(message), pump.run());
            assert_eq!((sent, error), (Ok(()), LinkError::Foreign));
        }
    }

    /// Long frames, and endless short ones, on either lane.
    #[test]
    fn a_flood_ends_the_link_and_keeps_the_memory_bounded() {
        for (lane, tag) in [Tag::Control as u8, 0x20].into_iter().enumerate() {
            for length in [0, 1, 100, 1 << 10, 1 << 19] {
                let (a, b) = lockstep::queues();
                let alice = async {
                    for _ in 0..=(BACKLOG[lane] / (length + HEADER + OVERHEAD)).min(MOST_FRAMES) {
                        a.send(frame(tag, &vec![0; length])).await.unwrap();
                    }
                };
                let (control, protocol, pump) = lanes(b);
                let ((), error) = lockstep::join(alice, pump.run());
                assert_eq!(error, LinkError::Flooded);
                let queue = protocol.shared.queues[lane].borrow();
                assert!(queue.held <= BACKLOG[lane] && queue.frames.len() <= MOST_FRAMES);
                drop(control);
            }
        }
    }

    #[test]
    fn what_is_read_makes_room() {
        let mut queue = Queue::default();
        for _ in 0..3 * MOST_FRAMES {
            queue.put(frame(0x20, &[7]), BACKLOG[1]).unwrap();
            assert!(queue.take().is_some());
        }
        assert_eq!(queue.held, 0);
    }
}
