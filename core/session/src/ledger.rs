//! Exact counts of the bytes and rounds of each stage, so that tests can compare a declared cost
//! with the measured one.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, Mul, Sub};

use serde::{Deserialize, Serialize};

use crate::{Stage, Tag};

/// Bytes and rounds of one party. Frames are counted with their headers.
///
/// A round is counted at the first `recv` after a `send`, so both parties may send in the same
/// round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Rounds.
    pub rounds: u64,
}

impl Cost {
    /// The cost of one frame of `body` bytes in each direction, sent at once.
    #[must_use]
    pub fn exchange(body: usize) -> Self {
        let bytes = (crate::HEADER + body) as u64;
        Self { sent: bytes, received: bytes, rounds: 1 }
    }
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            received: self.received + other.received,
            rounds: self.rounds + other.rounds,
        }
    }
}

impl Sub for Cost {
    type Output = Self;
    /// The cost since an earlier reading of the same ledger.
    fn sub(self, before: Self) -> Self {
        Self {
            sent: self.sent - before.sent,
            received: self.received - before.received,
            rounds: self.rounds - before.rounds,
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), Add::add)
    }
}

impl Mul<u64> for Cost {
    type Output = Self;
    fn mul(self, n: u64) -> Self {
        Self { sent: self.sent * n, received: self.received * n, rounds: self.rounds * n }
    }
}

/// The direction of a message, seen from this party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From here to the peer.
    Sent,
    /// From the peer to here.
    Received,
}

/// One frame that crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The stage in which it crossed.
    pub stage: Stage,
    /// The kind of message.
    pub tag: Tag,
    /// Sent or received.
    pub direction: Direction,
    /// Bytes, header included.
    pub bytes: usize,
    /// Significant bits of the body; the others pad the last byte.
    pub bits: usize,
    /// Whether this frame starts a round: it is the first one received after this party has sent.
    pub begins_round: bool,
}

/// A callback that gets every frame with its body, for the progress display and the transcript.
type Observer = Box<dyn FnMut(Entry, &[u8])>;

/// The totals of one party by stage.
#[derive(Default)]
pub struct Ledger {
    stages: BTreeMap<Stage, Cost>,
    /// Set after a send: the next `recv` starts a round.
    spoke: bool,
    observer: Option<Observer>,
}

impl Ledger {
    /// The cost so far in one stage.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Cost {
        self.stages.get(&stage).copied().unwrap_or_default()
    }

    /// The cost so far in all.
    #[must_use]
    pub fn total(&self) -> Cost {
        self.stages.values().copied().sum()
    }

    /// Calls `observer` for every frame from now on, with the frame's body.
    pub fn observe(&mut self, observer: impl FnMut(Entry, &[u8]) + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Drops a pending send, so that the next `recv` does not start a round because of it.
    pub(crate) fn settle(&mut self) {
        self.spoke = false;
    }

    /// Counts a frame and determines whether it starts a round.
    pub(crate) fn record(&mut self, mut entry: Entry, body: &[u8]) {
        let cost = self.stages.entry(entry.stage).or_default();
        match entry.direction {
            Direction::Sent => {
                cost.sent += entry.bytes as u64;
                self.spoke = true;
            }
            Direction::Received => {
                cost.received += entry.bytes as u64;
                entry.begins_round = std::mem::take(&mut self.spoke);
                cost.rounds += u64::from(entry.begins_round);
            }
        }
        if let Some(observer) = &mut self.observer {
            observer(entry, body);
        }
    }
}
