//! What crossed the wire: counted exactly, by stage, so that a declared cost can be held against
//! it.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, Mul, Sub};

use serde::{Deserialize, Serialize};

use crate::{Stage, Tag};

/// Bytes and rounds of one party. Frames are counted whole, header included.
///
/// A round is counted at the first `recv` after a `send`: in a round both may speak at once.
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
    /// What came since an earlier reading of the same ledger.
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

/// Which way a message went, seen from this party.
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
    /// During which stage.
    pub stage: Stage,
    /// What it was.
    pub tag: Tag,
    /// Which way.
    pub direction: Direction,
    /// Bytes, header included.
    pub bytes: usize,
    /// Bits of the body that carry something; the others fill up a byte.
    pub bits: usize,
    /// Whether a round is counted with it: it is the first to come after this party spoke.
    pub begins_round: bool,
}

/// Who wants to hear of every frame and see its body, for progress and for the wire tab.
type Observer = Box<dyn FnMut(Entry, &[u8])>;

/// The totals of one party by stage.
#[derive(Default)]
pub struct Ledger {
    stages: BTreeMap<Stage, Cost>,
    /// Sent something since the last received message: the next `recv` begins a round.
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

    /// Forgets that something was sent last.
    pub(crate) fn settle(&mut self) {
        self.spoke = false;
    }

    /// Counts a frame; whether it begins a round is found here.
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
