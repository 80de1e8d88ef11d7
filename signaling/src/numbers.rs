//! Room numbers: the lowest free one first, a closed one only after a rest.
//!
//! Whoever opens a door may ask for the number that it had, which then skips the rest if a door had it last: the links
//! that go there are the owner's own. (Anybody can ask for it while the owner is away. They get to know who rings, and the
//! guest finds out: without the invite's secret nobody can speak to it.) The number of a room always rests, because
//! an old code must not reach a stranger.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// What a number was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Room,
    Door,
}

/// Which numbers are free.
pub(crate) struct Numbers {
    rest: Duration,
    /// At most this many rest; beyond it the one that rested longest is free early, which bounds memory and digits.
    most_resting: usize,
    /// Nobody is given a greater number because they asked for it.
    most_wanted: u32,
    /// Every number from here on was never used, except those in `ahead`.
    pub(super) fresh: u32,
    /// Used because somebody asked for them; not below `fresh`.
    pub(super) ahead: BTreeSet<u32>,
    pub(super) rested: BTreeSet<u32>,
    /// In the order of closing, which is the order of waking.
    pub(super) resting: VecDeque<(Instant, u32, Use)>,
}

impl Numbers {
    pub(crate) fn new(rest: Duration, max_rooms: u32) -> Self {
        // With as many resting again as may be open four times over, numbers stay speakable under a flood.
        let most_resting = max_rooms.saturating_mul(4).max(64);
        Numbers {
            rest,
            most_resting: most_resting as usize,
            most_wanted: most_resting.saturating_add(max_rooms).saturating_add(1),
            fresh: 1,
            ahead: BTreeSet::new(),
            rested: BTreeSet::new(),
            resting: VecDeque::new(),
        }
    }

    /// The lowest free number.
    pub(crate) fn take(&mut self, now: Instant) -> u32 {
        self.wake(now);
        self.rested.pop_first().unwrap_or_else(|| {
            loop {
                let number = self.fresh;
                self.fresh += 1;
                if !self.ahead.remove(&number) {
                    return number;
                }
            }
        })
    }

    /// This number, if it is free or rests after it was a door's.
    pub(crate) fn take_wanted(&mut self, number: u32, now: Instant) -> Option<u32> {
        if !(1..=self.most_wanted).contains(&number) {
            return None;
        }
        self.wake(now);
        let rests = self.resting.iter().position(|&(_, resting, last)| resting == number && last == Use::Door);
        let free = match rests {
            Some(at) => self.resting.remove(at).is_some(),
            None => self.rested.remove(&number) || (number >= self.fresh && self.ahead.insert(number)),
        };
        free.then_some(number)
    }

    /// Lets a number rest.
    pub(crate) fn put_back(&mut self, number: u32, last: Use, now: Instant) {
        self.resting.push_back((now + self.rest, number, last));
    }

    fn wake(&mut self, now: Instant) {
        while let Some(&(until, number, _)) = self.resting.front()
            && (until <= now || self.resting.len() > self.most_resting)
        {
            self.resting.pop_front();
            self.rested.insert(number);
        }
    }
}
