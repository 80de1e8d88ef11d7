//! Messages of any length on a channel that carries small ones.
//!
//! ```text
//! ┌──────┬───────────────────┐
//! │ flag │ up to 65,535 bytes│   flag 1: more of this message follows; flag 0: this was its last part
//! └──────┴───────────────────┘   flag 2, alone: a call; see `flow`
//! ```
//!
//! 64 KiB is what every WebRTC implementation takes. A part that is not the last is full, so a
//! message has exactly one encoding, and whoever sends anything else broke the protocol. What has
//! arrived and was not yet asked for is bounded: a browser delivers as fast as the other side
//! sends, and there is no way to tell the network to wait. Announcing a longer message than
//! [`MAX_MESSAGE`] is of no use: nothing is allocated before it arrives.

use std::collections::VecDeque;

use tacit_session::LinkError;
pub use tacit_session::MAX_MESSAGE;

/// Bytes of a message in one part.
pub const PART: usize = 64 * 1024 - 1;

/// The most bytes kept for a reader who does not read, the message that is arriving included.
pub const MAX_WAITING: usize = 48 << 20;

/// The cost of a message besides its bytes, so that endless empty ones are bounded too.
pub(crate) const OVERHEAD: usize = 64;

const LAST: u8 = 0;
const MORE: u8 = 1;
/// A part that only announces its sender.
pub(crate) const CALL: u8 = 2;

/// Cuts a message into parts.
#[must_use]
pub struct Parts {
    message: Vec<u8>,
    /// The start of the next part; `None` when all were taken.
    at: Option<usize>,
}

impl Parts {
    /// Cuts all of `message`; an empty one makes one part.
    pub fn of(message: Vec<u8>) -> Self {
        Self { message, at: Some(0) }
    }

    /// Returns the bytes on the wire of the next part; `None` when all were taken.
    #[must_use]
    pub fn next_len(&self) -> Option<usize> {
        self.at.map(|at| 1 + (self.message.len() - at).min(PART))
    }
}

impl Iterator for Parts {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let at = self.at?;
        let rest = &self.message[at..];
        let (flag, body) = if rest.len() > PART { (MORE, &rest[..PART]) } else { (LAST, rest) };
        self.at = (flag == MORE).then_some(at + PART);
        let mut part = Vec::with_capacity(1 + body.len());
        part.push(flag);
        part.extend_from_slice(body);
        Some(part)
    }
}

/// Reassembles messages from parts and keeps whole ones until they are requested.
#[derive(Default)]
pub struct Inbox {
    partial: Vec<u8>,
    whole: VecDeque<Vec<u8>>,
    waiting: usize,
}

impl Inbox {
    /// Takes a part as it arrived.
    ///
    /// # Errors
    /// [`LinkError::Flooded`] when it is not a part that [`Parts`] makes, or too much is waiting.
    /// The inbox then keeps the messages that were complete before, and must get no further parts.
    pub fn put(&mut self, part: &[u8]) -> Result<(), LinkError> {
        let (last, body) = match part {
            [LAST, body @ ..] if body.len() <= PART => (true, body),
            [MORE, body @ ..] if body.len() == PART => (false, body),
            _ => return Err(self.refuse()),
        };
        // A message that continues after a full part ends with at least one more byte.
        if last && body.is_empty() && !self.partial.is_empty() {
            return Err(self.refuse());
        }
        let cost = body.len() + if last { OVERHEAD } else { 0 };
        if self.partial.len() + body.len() > MAX_MESSAGE || self.waiting + cost > MAX_WAITING {
            return Err(self.refuse());
        }
        self.waiting += cost;
        self.partial.extend_from_slice(body);
        if last {
            self.whole.push_back(std::mem::take(&mut self.partial));
        }
        Ok(())
    }

    /// Takes the oldest whole message.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        let message = self.whole.pop_front()?;
        self.waiting -= message.len() + OVERHEAD;
        Some(message)
    }

    fn refuse(&mut self) -> LinkError {
        self.waiting -= std::mem::take(&mut self.partial).len();
        LinkError::Flooded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn through(messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut inbox = Inbox::default();
        for message in messages {
            for part in Parts::of(message.clone()) {
                inbox.put(&part).unwrap();
            }
        }
        let out = std::iter::from_fn(|| inbox.take()).collect();
        assert_eq!((inbox.waiting, inbox.partial.len()), (0, 0));
        out
    }

    #[test]
    fn lengths_around_a_part_come_out_as_they_went_in() {
        let lengths = [0, 1, PART - 1, PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 1, 8 << 20];
        let messages: Vec<Vec<u8>> =
            lengths.iter().map(|&length| (0..length).map(|i| (i % 251) as u8).collect()).collect();
        assert_eq!(through(&messages), messages);
    }

    #[test]
    fn the_announced_length_of_a_part_is_its_length() {
        for length in [0, 1, PART, PART + 1, 3 * PART] {
            let mut parts = Parts::of(vec![5; length]);
            while let Some(expect) = parts.next_len() {
                assert_eq!(parts.next().unwrap().len(), expect);
            }
            assert!(parts.next().is_none());
        }
    }

    #[test]
    fn whatever_no_honest_sender_makes_is_refused() {
        let full = |flag| [vec![flag], vec![0; PART]].concat();
        let cases: [Vec<Vec<u8>>; 7] = [
            vec![vec![]],
            vec![vec![2]],
            vec![vec![MORE]],
            vec![vec![MORE, 1, 2, 3]],
            vec![[full(LAST), vec![0]].concat()],
            vec![[full(MORE), vec![0]].concat()],
            vec![full(MORE), vec![LAST]],
        ];
        for parts in cases {
            let mut inbox = Inbox::default();
            let (last, before) = parts.split_last().unwrap();
            before.iter().for_each(|part| inbox.put(part).unwrap());
            assert_eq!(inbox.put(last), Err(LinkError::Flooded));
            assert!(inbox.take().is_none());
        }
    }

    #[test]
    fn a_message_that_never_ends_stops_at_the_limit() {
        let mut inbox = Inbox::default();
        let part = [vec![MORE], vec![0; PART]].concat();
        let taken = (0..).take_while(|_| inbox.put(&part).is_ok()).count();
        assert_eq!(taken, MAX_MESSAGE / PART);
        assert_eq!(inbox.partial.capacity(), 0, "and its memory is given back");
    }

    #[test]
    fn endless_empty_messages_stop_at_the_limit_and_go_on_when_read() {
        let mut inbox = Inbox::default();
        let taken = (0..).take_while(|_| inbox.put(&[LAST]).is_ok()).count();
        assert_eq!(taken, MAX_WAITING / OVERHEAD);
        assert_eq!(inbox.take(), Some(vec![]));
        assert_eq!(inbox.put(&[LAST]), Ok(()));
    }

    proptest! {
        #[test]
        fn any_messages_come_out_in_order(messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..8), long in 0..3 * PART) {
            let messages = [messages, vec![vec![9; long]]].concat();
            prop_assert_eq!(through(&messages), messages);
        }

        #[test]
        fn hostile_parts_neither_panic_nor_pile_up(parts in proptest::collection::vec((0u8..4, prop_oneof![0..3usize, PART - 1..PART + 2]), 0..40)) {
            let mut inbox = Inbox::default();
            for (flag, length) in parts {
                let part = [vec![flag], vec![0; length]].concat();
                if inbox.put(&part).is_err() {
                    break;
                }
                let held: usize = inbox.whole.iter().map(|m| m.len() + OVERHEAD).sum::<usize>() + inbox.partial.len();
                prop_assert_eq!(held, inbox.waiting);
            }
        }
    }
}
