//! Records of a pairing: every message that crossed, as one party saw it.
//!
//! A [`Watch`] observes a session and reports a [`Crossing`] for each message; a [`Record`] keeps
//! them and counts them by stage; [`meaning()`] explains them; a [`Transcript`] is a record as a
//! file; [`flatness`] tests whether messages look uniform; a [`view::View`] is all that one party
//! sees of one run. This crate knows protocols and no job: a job supplies its own sentences as an
//! [`Explain`] and its own types to [`Transcript`].

mod crossing;
pub mod flatness;
mod meaning;
mod transcript;
pub mod view;

pub use crossing::{Crossing, GLIMPSE, Timed, Watch};
pub use meaning::{Explain, Meaning, meaning, opened, says};
pub use transcript::{NoTranscript, OwnInput, Transcript};

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use tacit_session::{Cost, Direction, Stage};

/// The most messages that a record keeps. A longer record drops the oldest ones, but not their
/// totals.
pub const MOST_KEPT: usize = 4_096;

/// The totals of one stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTotals {
    /// Messages in both directions.
    pub messages: u64,
    /// Bytes and rounds.
    pub cost: Cost,
    /// How often each value of four bits occurred in the messages that this party received and that
    /// must look uniform.
    pub spread: [u64; 16],
}

/// The latest messages of a pairing, and the totals of all of them.
#[derive(Clone, Debug, Default)]
pub struct Record {
    kept: VecDeque<Timed>,
    totals: BTreeMap<Stage, StageTotals>,
    /// Buffers for bodies, allocated in advance by [`with_room`](Self::with_room).
    spare: Vec<Vec<u8>>,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.kept == other.kept && self.totals == other.totals
    }
}

/// A part of a record, by which a copy of it is brought up to date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Consecutive messages in order.
    pub messages: Vec<Timed>,
    /// The totals of the whole record so far.
    pub totals: BTreeMap<Stage, StageTotals>,
}

impl Record {
    /// Creates an empty record with memory for everything that it will ever keep (about 2 MB), so
    /// that its size does not grow with the number of rounds.
    #[must_use]
    pub fn with_room() -> Self {
        let spare = (0..MOST_KEPT).map(|_| Vec::with_capacity(GLIMPSE)).collect();
        Self { kept: VecDeque::with_capacity(MOST_KEPT), totals: BTreeMap::new(), spare }
    }

    /// Appends a message and counts it.
    pub fn push(&mut self, message: Timed) {
        let crossing = &message.crossing;
        let totals = self.totals.entry(crossing.stage).or_default();
        totals.messages += 1;
        match crossing.direction {
            Direction::Sent => totals.cost.sent += crossing.bytes,
            Direction::Received => {
                totals.cost.received += crossing.bytes;
                for (sum, n) in totals.spread.iter_mut().zip(crossing.spread.iter().flatten()) {
                    *sum += u64::from(*n);
                }
            }
        }
        totals.cost.rounds += u64::from(crossing.begins_round);
        self.keep(message);
    }

    /// Appends a slice of another record of the same pairing. If the slice does not continue this
    /// record, the older messages are dropped: the messages that are kept have no gaps.
    pub fn extend(&mut self, slice: Slice) {
        self.totals = slice.totals;
        if slice.messages.first().is_some_and(|first| first.crossing.index != self.len()) {
            self.kept.clear();
        }
        slice.messages.into_iter().for_each(|message| self.keep(message));
    }

    fn keep(&mut self, mut message: Timed) {
        if self.kept.len() == MOST_KEPT
            && let Some(oldest) = self.kept.pop_front()
        {
            self.spare.push(oldest.crossing.body);
        }
        if let Some(mut room) = self.spare.pop() {
            room.clear();
            room.extend_from_slice(&message.crossing.body);
            message.crossing.body = room;
        }
        self.kept.push_back(message);
    }

    /// Returns the kept messages from `index` on, at most `most` of them.
    #[must_use]
    pub fn since(&self, index: u64, most: usize) -> Slice {
        let first = self.kept.front().map_or(0, |first| first.crossing.index);
        let skip = usize::try_from(index.saturating_sub(first)).unwrap_or(usize::MAX);
        Slice { messages: self.kept.iter().skip(skip).take(most).cloned().collect(), totals: self.totals.clone() }
    }

    /// The position of the message with this index in [`messages`](Self::messages).
    #[must_use]
    pub fn place_of(&self, index: u64) -> Option<usize> {
        let first = self.kept.front()?.crossing.index;
        usize::try_from(index.checked_sub(first)?).ok().filter(|place| *place < self.kept.len())
    }

    /// The kept messages in order.
    #[must_use]
    pub fn messages(&self) -> &VecDeque<Timed> {
        &self.kept
    }

    /// The number of messages that have crossed, including those that are no longer kept.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.kept.back().map_or(0, |last| last.crossing.index + 1)
    }

    /// Returns whether no message is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The totals of each stage, including messages that are no longer kept.
    #[must_use]
    pub fn totals(&self) -> &BTreeMap<Stage, StageTotals> {
        &self.totals
    }
}

#[cfg(test)]
mod tests {
    use tacit_session::Tag;

    use super::*;

    fn message(index: u64, direction: Direction, begins_round: bool) -> Timed {
        let spread = (direction == Direction::Received).then_some([1; 16]);
        let crossing = Crossing {
            index,
            stage: Stage::Compare,
            tag: Tag::MaskedOperands,
            direction,
            bytes: 13,
            round: 1,
            begins_round,
            bits: 64,
            spread,
            body: vec![0xAB; 8],
        };
        Timed { at: index as f64, crossing }
    }

    #[test]
    fn the_latest_are_kept_and_all_are_counted() {
        let mut record = Record::with_room();
        let n = MOST_KEPT as u64 + 500;
        for index in 0..n {
            let direction = if index % 2 == 0 { Direction::Sent } else { Direction::Received };
            record.push(message(index, direction, index % 2 == 1));
        }
        assert_eq!((record.messages().len(), record.len()), (MOST_KEPT, n));
        let totals = record.totals()[&Stage::Compare];
        assert_eq!(totals.messages, n);
        assert_eq!(totals.cost, Cost { sent: 13 * n / 2, received: 13 * n / 2, rounds: n / 2 });
        assert_eq!(totals.spread, [n / 2; 16]);
        assert_eq!((record.kept.capacity(), record.spare.len()), (MOST_KEPT, 0), "it has grown by nothing");
        assert!(record.kept.iter().all(|message| message.crossing.body == [0xAB; 8]));
    }

    #[test]
    fn a_copy_that_fell_behind_has_no_gaps() {
        let (mut record, mut copy) = (Record::default(), Record::default());
        record.push(message(0, Direction::Received, false));
        copy.extend(record.since(0, 1));
        for index in 1..=MOST_KEPT as u64 + 10 {
            record.push(message(index, Direction::Received, false));
        }
        while copy.len() < record.len() {
            copy.extend(record.since(copy.len(), 250));
        }
        assert_eq!(copy, record);
    }

    #[test]
    fn a_copy_that_follows_in_parts_is_the_same() {
        let (mut record, mut copy) = (Record::default(), Record::default());
        for index in 0..100 {
            record.push(message(index, Direction::Received, false));
            if index % 7 == 0 {
                copy.extend(record.since(copy.len(), 5));
            }
        }
        while copy.len() < record.len() {
            copy.extend(record.since(copy.len(), 5));
        }
        assert_eq!(copy, record);
    }
}
