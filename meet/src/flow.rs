//! The two queues of a link and the tasks that wait for them, independent of the channel below.
//!
//! `send` puts a whole message into an outbox and then waits until the transport has taken it. So a
//! `send` that is dropped half-way has sent its message whole or not at all, and two tasks may send
//! at once.
//!
//! No message leaves before the other side has called: one side's channel may be open a moment
//! before the other's, and an implementation may lose messages that arrive in that moment (the
//! `webrtc` crate does, for channels that were negotiated beforehand). So each side calls when its
//! channel opens, and once more when it first hears the other: the side that opens last hears the
//! second call. Until then a limited number of bytes waits in the outbox without blocking its
//! sender: a peer that never calls holds nobody up.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use tacit_session::LinkError;

use crate::chunks::{CALL, Inbox, MAX_MESSAGE, Parts};

/// Bytes that may wait in the transport. Far below the 16 MiB at which a browser's `send` throws.
pub(crate) const HIGH: usize = 4 << 20;

/// Both queues.
#[derive(Default)]
pub(crate) struct Flow(RefCell<State>);

#[derive(Default)]
struct State {
    open: bool,
    /// Calls to send, before anything else.
    calls: usize,
    /// Calls received.
    heard: usize,
    end: Option<LinkError>,
    inbox: Inbox,
    outbox: VecDeque<Parts>,
    /// Bytes in the outbox.
    queued: usize,
    waiting: Vec<Waker>,
}

/// Bytes that may be queued before the other side's call.
const EARLY: usize = 64 << 10;

impl State {
    /// Tells whether the next message may be queued.
    fn has_room(&self) -> bool {
        self.queued == 0 || (self.heard == 0 && self.queued <= EARLY)
    }

    /// Tells whether a message may be sent.
    fn may_speak(&self) -> bool {
        self.open && self.heard > 0
    }

    /// Registers the task to wake, once: a task may poll often between two events.
    fn wait(&mut self, cx: &Context<'_>) {
        if !self.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
    }
}

impl Flow {
    /// Queues one message; calls `pump` once it is in the outbox.
    pub(crate) async fn send(&self, message: Vec<u8>, pump: impl FnOnce()) -> Result<(), LinkError> {
        if message.len() > MAX_MESSAGE {
            return Err(LinkError::Flooded);
        }
        self.until(State::has_room).await?;
        {
            let mut state = self.0.borrow_mut();
            state.queued += message.len();
            state.outbox.push_back(Parts::of(message));
        }
        self.wake();
        pump();
        self.until(State::has_room).await
    }

    /// Waits for the next message. Messages that arrived before the end can still be read.
    pub(crate) async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        poll_fn(|cx| {
            let mut state = self.0.borrow_mut();
            if let Some(message) = state.inbox.take() {
                return Poll::Ready(Ok(message));
            }
            if let Some(end) = state.end {
                return Poll::Ready(Err(end));
            }
            state.wait(cx);
            Poll::Pending
        })
        .await
    }

    /// Waits until `holds` returns true, or for the end.
    async fn until(&self, holds: impl Fn(&State) -> bool) -> Result<(), LinkError> {
        poll_fn(|cx| {
            let mut state = self.0.borrow_mut();
            if let Some(end) = state.end {
                return Poll::Ready(Err(end));
            }
            if holds(&state) {
                return Poll::Ready(Ok(()));
            }
            state.wait(cx);
            Poll::Pending
        })
        .await
    }

    /// Records that the channel is open and must be pumped.
    pub(crate) fn opened(&self) {
        let mut state = self.0.borrow_mut();
        if !std::mem::replace(&mut state.open, true) {
            state.calls += 1;
        }
        drop(state);
        self.wake();
    }

    /// Ends both queues; the first reason counts.
    pub(crate) fn ended(&self, how: LinkError) {
        {
            let mut state = self.0.borrow_mut();
            state.end.get_or_insert(how);
            state.outbox.clear();
            state.queued = 0;
        }
        self.wake();
    }

    /// Takes a part of a message; fails if no honest sender sends it.
    pub(crate) fn arrived(&self, part: &[u8]) -> Result<(), LinkError> {
        {
            let mut state = self.0.borrow_mut();
            if state.end.is_some() {
                return Ok(());
            }
            match (part, state.heard) {
                ([CALL], 0) => (state.heard, state.calls) = (1, state.calls + 1),
                ([CALL], 1) => state.heard = 2,
                ([CALL], _) => return Err(LinkError::Flooded),
                _ => state.inbox.put(part)?,
            }
        }
        self.wake();
        Ok(())
    }

    /// Returns the bytes of the next part to send. There is none before the channel is open,
    /// although the other side's call may arrive sooner.
    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "only a browser must be asked for room first"))]
    pub(crate) fn next_len(&self) -> Option<usize> {
        let state = self.0.borrow();
        match (state.open, state.calls) {
            (false, _) => None,
            (true, 1..) => Some(1),
            (true, 0) if state.may_speak() => state.outbox.front().and_then(Parts::next_len),
            (true, 0) => None,
        }
    }

    /// Takes the next part, which belongs to the transport from now on. Call [`Flow::wake`] after
    /// the last one that it takes.
    pub(crate) fn next(&self) -> Option<Vec<u8>> {
        let mut state = self.0.borrow_mut();
        if !state.open {
            return None;
        }
        if state.calls > 0 {
            state.calls -= 1;
            return Some(vec![CALL]);
        }
        if !state.may_speak() {
            return None;
        }
        let part = state.outbox.front_mut()?.next()?;
        state.queued -= part.len() - 1;
        if state.outbox.front().is_some_and(|parts| parts.next_len().is_none()) {
            state.outbox.pop_front();
        }
        Some(part)
    }

    /// Waits for a part to send; returns `None` after the end.
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "a browser calls when it has room"))]
    pub(crate) async fn outgoing(&self) -> Option<Vec<u8>> {
        self.until(|state| state.open && (state.calls > 0 || (state.may_speak() && !state.outbox.is_empty())))
            .await
            .ok()?;
        self.next()
    }

    pub(crate) fn wake(&self) {
        let waiting = std::mem::take(&mut self.0.borrow_mut().waiting);
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    /// Takes everything that is ready to be sent.
    fn pumped(flow: &Flow) -> Vec<Vec<u8>> {
        let out = std::iter::from_fn(|| flow.next()).collect();
        flow.wake();
        out
    }

    #[test]
    fn nothing_goes_out_before_the_channel_is_open_and_the_other_side_has_called() {
        let flow = Flow::default();
        assert_eq!(
            flow.send(b"hello".to_vec(), || {}).now_or_never(),
            Some(Ok(())),
            "a peer that never calls holds nobody up"
        );
        assert!(pumped(&flow).is_empty());
        // A channel may deliver a moment before it reports that it is open.
        flow.arrived(&[CALL]).unwrap();
        assert!(pumped(&flow).is_empty());
        flow.opened();
        assert_eq!(pumped(&flow), [vec![CALL], vec![CALL], b"\0hello".to_vec()]);

        let flow = Flow::default();
        flow.opened();
        let mut much = Box::pin(flow.send(vec![7; EARLY + 1], || {}));
        assert!((&mut much).now_or_never().is_none(), "what is kept for such a peer is bounded");
        assert_eq!(pumped(&flow), [[CALL]]);
        flow.arrived(&[CALL]).unwrap();
        assert_eq!(pumped(&flow).len(), 3, "the second call, and two parts");
        assert_eq!((&mut much).now_or_never(), Some(Ok(())));
    }

    #[test]
    fn the_side_that_opens_last_hears_the_second_call() {
        let (early, late) = (Flow::default(), Flow::default());
        early.opened();
        // Lost: the other side is not open yet.
        assert_eq!(pumped(&early), [[CALL]]);
        late.opened();
        pumped(&late).iter().for_each(|part| early.arrived(part).unwrap());
        let answer = pumped(&early);
        assert_eq!(answer, [[CALL]]);
        answer.iter().for_each(|part| late.arrived(part).unwrap());
        for flow in [&early, &late] {
            let mut send = Box::pin(flow.send(vec![], || {}));
            assert!((&mut send).now_or_never().is_some(), "both may speak");
        }
    }

    #[test]
    fn whoever_goes_on_calling_floods() {
        let flow = Flow::default();
        flow.opened();
        assert_eq!([(); 3].map(|()| flow.arrived(&[CALL])), [Ok(()), Ok(()), Err(LinkError::Flooded)]);
    }
}
