//! What crossed in a pairing, as one party saw it: for the wire tab, for a rehearsal, and to be kept as a [`Transcript`].

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

/// Messages that a record keeps; of more, the latest. Their totals are kept all the same.
pub const MOST_KEPT: usize = 4_096;

/// Everything about one stage: what was counted, and how often each value of four bits came in what this party received and what
/// should look like noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTotals {
    /// Messages, both ways.
    pub messages: u64,
    /// Bytes and rounds.
    pub cost: Cost,
    /// How often each value of four bits came.
    pub spread: [u64; 16],
}

/// All messages of a pairing, as far as they are kept, and what they come to.
#[derive(Clone, Debug, Default)]
pub struct Record {
    kept: VecDeque<Timed>,
    totals: BTreeMap<Stage, StageTotals>,
    /// Room for bodies, where it was made beforehand.
    spare: Vec<Vec<u8>>,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.kept == other.kept && self.totals == other.totals
    }
}

/// A part of a record, from one place in it on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Messages in order.
    pub messages: Vec<Timed>,
    /// Of everything so far.
    pub totals: BTreeMap<Stage, StageTotals>,
}

impl Record {
    /// An empty record with room for all that it will ever keep, so that it takes no more memory after many rounds than after the
    /// first: some 2 MB.
    #[must_use]
    pub fn with_room() -> Self {
        let spare = (0..MOST_KEPT).map(|_| Vec::with_capacity(GLIMPSE)).collect();
        Self { kept: VecDeque::with_capacity(MOST_KEPT), totals: BTreeMap::new(), spare }
    }

    /// Takes in a message.
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

    /// Takes in what another record of the same pairing has more. Where messages in between were not kept, those before go, too: what is
    /// kept has no gaps.
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

    /// Messages from `index` on, as far as they are kept, and at most so many.
    #[must_use]
    pub fn since(&self, index: u64, most: usize) -> Slice {
        let first = self.kept.front().map_or(0, |first| first.crossing.index);
        let skip = usize::try_from(index.saturating_sub(first)).unwrap_or(usize::MAX);
        Slice { messages: self.kept.iter().skip(skip).take(most).cloned().collect(), totals: self.totals.clone() }
    }

    /// Where the message with this index is among those that are kept.
    #[must_use]
    pub fn place_of(&self, index: u64) -> Option<usize> {
        let first = self.kept.front()?.crossing.index;
        usize::try_from(index.checked_sub(first)?).ok().filter(|place| *place < self.kept.len())
    }

    /// The messages that are kept, in order.
    #[must_use]
    pub fn messages(&self) -> &VecDeque<Timed> {
        &self.kept
    }

    /// How many have crossed in all.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.kept.back().map_or(0, |last| last.crossing.index + 1)
    }

    /// Whether nothing has crossed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// What each stage comes to, those that are not kept included.
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
