//! Rooms with two seats: who sits where, which numbers are free, and when a room is over.
//!
//! A state machine without clock, network or lock: every verb takes `now`, and what other members must be told is
//! appended to a list of [`Notice`]s. A store that several instances share would speak the same verbs.
//!
//! ```text
//!            join               one leaves          the other leaves
//! waiting ─────────▸ joined ─────────────▸ spent ─────────────────────▸ closed, number rests
//!    └── host leaves, close, expiry ──────────────────────────────────▸    ▴
//!                       └── close, expiry ─────────────────────────────────┘
//! ```
//!
//! Once joined, a room is never joined again: the secret behind its code has met its guest, and a second one would be
//! a second guess.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use tacit_signaling_messages::{Body, Refusal, Reply, Room};

/// Whose queue a notice belongs into: one socket that sits in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Member(pub(crate) u64);

/// What a member must be told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) to: Member,
    pub(crate) reply: Reply,
    /// The room is over for this member; the socket closes after the reply.
    pub(crate) last: bool,
}

/// How many rooms, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) max_rooms: u32,
    pub(crate) waiting: Duration,
    pub(crate) lifetime: Duration,
    pub(crate) rest: Duration,
}

/// All rooms of this instance.
pub(crate) struct Rooms {
    terms: Terms,
    open: HashMap<Room, Open>,
    seats: HashMap<Member, Room>,
    /// When each open room is over, soonest first.
    deadlines: BTreeSet<(Instant, Room)>,
    numbers: Numbers,
}

impl Rooms {
    pub(crate) fn new(terms: Terms) -> Self {
        Rooms {
            terms,
            open: HashMap::new(),
            seats: HashMap::new(),
            deadlines: BTreeSet::new(),
            // With as many resting again as may be open four times over, numbers stay speakable under a flood.
            numbers: Numbers::new(terms.rest, terms.max_rooms.saturating_mul(4).max(64) as usize),
        }
    }

    /// Opens a room and gives `member` its first seat.
    ///
    /// # Errors
    /// [`Refusal::ServerFull`], or [`Refusal::Malformed`] for a member who sits already.
    pub(crate) fn create(&mut self, member: Member, now: Instant) -> Result<Room, Refusal> {
        if self.seats.contains_key(&member) {
            return Err(Refusal::Malformed);
        }
        if self.open.len() >= self.terms.max_rooms as usize {
            return Err(Refusal::ServerFull);
        }
        let room = Room(self.numbers.take(now));
        let deadline = now + self.terms.waiting;
        self.open.insert(room, Open { host: Some(member), guest: None, joined: false, deadline, knocked: None });
        self.seats.insert(member, room);
        self.deadlines.insert((deadline, room));
        Ok(room)
    }

    /// Gives `member` the second seat; whoever sits there is told, or told that somebody knocked.
    ///
    /// # Errors
    /// [`Refusal::UnknownRoom`], [`Refusal::RoomFull`] once it was joined, [`Refusal::Malformed`] for a member who
    /// sits already.
    pub(crate) fn join(
        &mut self,
        member: Member,
        room: Room,
        now: Instant,
        notices: &mut Vec<Notice>,
    ) -> Result<(), Refusal> {
        if self.seats.contains_key(&member) {
            return Err(Refusal::Malformed);
        }
        let open = self.open.get_mut(&room).ok_or(Refusal::UnknownRoom)?;
        if open.deadline <= now {
            // The sweep that tells the host is on its way.
            return Err(Refusal::UnknownRoom);
        }
        if open.joined {
            if open.may_knock(now) {
                notices.extend(open.seated().map(|to| Notice { to, reply: Reply::Knocked, last: false }));
            }
            return Err(Refusal::RoomFull);
        }
        self.deadlines.remove(&(open.deadline, room));
        open.deadline = now + self.terms.lifetime;
        self.deadlines.insert((open.deadline, room));
        open.joined = true;
        open.guest = Some(member);
        self.seats.insert(member, room);
        notices.extend(open.host.map(|to| Notice { to, reply: Reply::PeerJoined { ice: Vec::new() }, last: false }));
        Ok(())
    }

    /// Hands `body` to the other seat. If the other has left or the room has closed since, it goes nowhere: the notice
    /// that says so is on its way to `member`.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] while nobody has joined yet.
    pub(crate) fn relay(&mut self, member: Member, body: Body, notices: &mut Vec<Notice>) -> Result<(), Refusal> {
        let Some(open) = self.seats.get(&member).and_then(|room| self.open.get(room)) else { return Ok(()) };
        if !open.joined {
            return Err(Refusal::Malformed);
        }
        notices.extend(open.other(member).map(|to| Notice { to, reply: Reply::Relay { body }, last: false }));
        Ok(())
    }

    /// Closes the room that `member` sits in, for both.
    pub(crate) fn close(&mut self, member: Member, now: Instant, notices: &mut Vec<Notice>) {
        let Some(&room) = self.seats.get(&member) else { return };
        if let Some(open) = self.remove(room, now) {
            notices.extend(open.other(member).map(|to| Notice { to, reply: Reply::PeerLeft, last: true }));
        }
    }

    /// Frees the seat of `member`, for good. An empty room, and one that lost its host before the guest came, closes.
    pub(crate) fn leave(&mut self, member: Member, now: Instant, notices: &mut Vec<Notice>) {
        let Some(room) = self.seats.remove(&member) else { return };
        let Some(open) = self.open.get_mut(&room) else { return };
        let other = open.other(member);
        for seat in [&mut open.host, &mut open.guest] {
            if *seat == Some(member) {
                *seat = None;
            }
        }
        match other {
            Some(to) => notices.push(Notice { to, reply: Reply::PeerLeft, last: false }),
            None => drop(self.remove(room, now)),
        }
    }

    /// Closes every room whose time is over.
    pub(crate) fn expire(&mut self, now: Instant, notices: &mut Vec<Notice>) {
        while let Some(&(deadline, room)) = self.deadlines.first()
            && deadline <= now
        {
            self.deadlines.pop_first();
            let seated = self.remove(room, now).into_iter().flat_map(|open| open.seated());
            let expired = || Reply::Refused { reason: Refusal::Expired };
            notices.extend(seated.map(|to| Notice { to, reply: expired(), last: true }));
        }
    }

    /// When [`Rooms::expire`] has something to do next.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// How many rooms are open.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    fn remove(&mut self, room: Room, now: Instant) -> Option<Open> {
        let open = self.open.remove(&room)?;
        self.deadlines.remove(&(open.deadline, room));
        for member in open.seated() {
            self.seats.remove(&member);
        }
        self.numbers.put_back(room.0, now);
        Some(open)
    }
}

/// At most one knock a second is passed on, so that a stranger cannot fill the queues of the two inside.
const KNOCK_GAP: Duration = Duration::from_secs(1);

struct Open {
    host: Option<Member>,
    guest: Option<Member>,
    joined: bool,
    deadline: Instant,
    knocked: Option<Instant>,
}

impl Open {
    fn seated(&self) -> impl Iterator<Item = Member> + use<> {
        [self.host, self.guest].into_iter().flatten()
    }

    fn other(&self, member: Member) -> Option<Member> {
        self.seated().find(|&seated| seated != member)
    }

    fn may_knock(&mut self, now: Instant) -> bool {
        let may = self.knocked.is_none_or(|last| now.saturating_duration_since(last) >= KNOCK_GAP);
        if may {
            self.knocked = Some(now);
        }
        may
    }
}

/// Room numbers: the lowest free one first, a closed one only after a rest.
struct Numbers {
    rest: Duration,
    /// At most this many rest; beyond it the one that rested longest is free early, which bounds memory and digits.
    most_resting: usize,
    /// Every number from here on was never used.
    fresh: u32,
    rested: BTreeSet<u32>,
    /// In the order of closing, which is the order of waking.
    resting: VecDeque<(Instant, u32)>,
}

impl Numbers {
    fn new(rest: Duration, most_resting: usize) -> Self {
        Numbers { rest, most_resting, fresh: 1, rested: BTreeSet::new(), resting: VecDeque::new() }
    }

    fn take(&mut self, now: Instant) -> u32 {
        while let Some(&(until, number)) = self.resting.front()
            && (until <= now || self.resting.len() > self.most_resting)
        {
            self.resting.pop_front();
            self.rested.insert(number);
        }
        self.rested.pop_first().unwrap_or_else(|| {
            let number = self.fresh;
            self.fresh += 1;
            number
        })
    }

    fn put_back(&mut self, number: u32, now: Instant) {
        self.resting.push_back((now + self.rest, number));
    }
}

#[cfg(test)]
#[path = "rooms_tests.rs"]
mod tests;
