//! Room numbers: the lowest free one first, and a closed one again only after a rest.
//!
//! The owner of a door may ask for the number that it had before. Such a number skips the rest if a
//! door had it last, because the links that lead there are the owner's own. (Anybody can ask for it
//! while the owner is away. They learn who rings, and the guest notices: without the invite's
//! secret nobody can speak to it.) The number of a room always rests, because an old code must not
//! reach a stranger.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// The former use of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Room,
    Door,
}

/// The free and the resting numbers.
pub(crate) struct Numbers {
    rest: Duration,
    /// The maximum count of resting numbers; beyond it the one that rested longest is free early,
    /// which bounds memory and digits.
    most_resting: usize,
    /// The greatest number that a member may ask for.
    most_wanted: u32,
    /// The first number of the unused range: it and all above are unused, except those in `ahead`.
    pub(super) fresh: u32,
    /// Numbers not below `fresh` that are in use because a member asked for them.
    pub(super) ahead: BTreeSet<u32>,
    pub(super) rested: BTreeSet<u32>,
    /// Resting numbers in the order of closing, which is the order in which their rest ends.
    pub(super) resting: VecDeque<(Instant, u32, Use)>,
}

impl Numbers {
    pub(crate) fn new(rest: Duration, max_rooms: u32) -> Self {
        // With four times as many resting as may be open, numbers stay short enough to speak even
        // under a flood.
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

    /// Takes the lowest free number.
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

    /// Takes this number, if it is free or if it rests after it was a door's.
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

    /// Puts a number to rest.
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
