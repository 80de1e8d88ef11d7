//! Rooms with two seats and doors before them: who sits where, and when a room is over.
//!
//! This is a state machine without clock, network or lock: every operation takes `now`, and
//! messages for other members are appended to a list of [`Notice`]s. A store that several instances
//! share would offer the same operations.
//!
//! ```text
//!            join               one leaves          the other leaves
//! waiting ─────────▸ joined ─────────────▸ spent ─────────────────────▸ closed, number rests
//!    └── close, expiry ───────────────────────────────────────────────▸    ▴
//!                       └── close, expiry ─────────────────────────────────┘
//! ```
//!
//! Once joined, a room is never joined again: the secret behind its code has met its guest, and a
//! second guest would be a second guess.
//!
//! A host whose socket breaks is *away*, and takes its seat again with its ticket, as long as it
//! has relayed nothing to a guest. A guest who joins in the meantime waits, and its first body is
//! kept for the host; if the guest leaves before the host is back, no guess was made, and the room
//! waits again. The number of rooms without their host is bounded, the one that is longest without
//! is closed first, and none outlives the time that it would have waited anyway.
//!
//! A door (see `doors`) is joined as often as guests like. Each guest rings, and an answer makes a
//! joined room for two that has no number, so that nobody else can even knock:
//!
//! ```text
//!          join                answer
//! (guest) ─────▸ rings at door ──────▸ joined, without a number
//!                  └── leaves, nobody answers in time, the door's owner leaves ──▸ gone
//! ```

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq as _;
use tacit_signaling_messages::{Body, Refusal, Reply, Room, Ticket};

use crate::doors::Doors;
use crate::numbers::{Numbers, Use};

/// The recipient of a notice: one socket that has a seat or a door, or rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Member(pub(crate) u64);

/// A message for a member.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) to: Member,
    pub(crate) reply: Reply,
    /// Set if the room is over for this member; the socket closes after the reply.
    pub(crate) last: bool,
}

impl Notice {
    pub(crate) fn new(to: Member, reply: Reply) -> Self {
        Notice { to, reply, last: false }
    }

    pub(crate) fn last(to: Member, reason: Refusal) -> Self {
        Notice { to, reply: Reply::Refused { reason }, last: true }
    }
}

/// Bounds on the number of rooms and on their times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) max_rooms: u32,
    pub(crate) waiting: Duration,
    pub(crate) lifetime: Duration,
    pub(crate) rest: Duration,
    /// The maximum number of guests that ring at one door at once.
    pub(crate) at_door: u32,
    /// How long a guest may ring.
    pub(crate) ringing: Duration,
}

/// The state of a guest after it joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Seated opposite the host, or alone while the host is away.
    Seated {
        away: bool,
    },
    Ringing,
}

/// All rooms and doors of this instance.
pub(crate) struct Rooms {
    terms: Terms,
    open: HashMap<Key, Open>,
    doors: Doors,
    places: HashMap<Member, Place>,
    /// The deadline of each open room, soonest first.
    deadlines: BTreeSet<(Instant, Key)>,
    /// The rooms whose host is away and may come back, with the time since when, longest first.
    away: BTreeSet<(Instant, Key)>,
    numbers: Numbers,
    next_unnumbered: Key,
}

/// The key of a room: its number, or a value beyond all numbers for a room that was made at a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key(u64);

impl Key {
    const FIRST_UNNUMBERED: Key = Key(1 << 32);

    fn number(self) -> Option<Room> {
        u32::try_from(self.0).ok().map(Room)
    }
}

impl From<Room> for Key {
    fn from(Room(number): Room) -> Self {
        Key(number.into())
    }
}

/// The place of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    In(Key),
    OwnsDoor(Room),
    RingsAt(Room),
}

impl Rooms {
    pub(crate) fn new(terms: Terms) -> Self {
        Rooms {
            terms,
            open: HashMap::new(),
            doors: Doors::default(),
            places: HashMap::new(),
            deadlines: BTreeSet::new(),
            away: BTreeSet::new(),
            numbers: Numbers::new(terms.rest, terms.max_rooms),
            next_unnumbered: Key::FIRST_UNNUMBERED,
        }
    }

    /// Opens a room and gives `member` its first seat, which it may take again with the `ticket`.
    ///
    /// # Errors
    /// [`Refusal::ServerFull`], or [`Refusal::Malformed`] for a member who already has a place.
    pub(crate) fn create(&mut self, member: Member, ticket: Ticket, now: Instant) -> Result<Room, Refusal> {
        self.is_new(member)?;
        self.has_space()?;
        let room = Room(self.numbers.take(now));
        let deadline = now + self.terms.waiting;
        let pending = Some(Pending { ticket, until: deadline, away: None, first_words: None });
        self.seat(
            room.into(),
            Open { host: Some(member), guest: None, joined: false, deadline, knocked: None, pending },
        );
        Ok(room)
    }

    /// Gives `member` the first seat of a room again and displaces a member that still holds it. If
    /// a guest has joined in the meantime, the host is told of it and gets the guest's first body.
    ///
    /// # Errors
    /// [`Refusal::UnknownRoom`], also for a wrong ticket and after the host has relayed a body;
    /// [`Refusal::Malformed`] for a member who already has a place.
    pub(crate) fn resume(
        &mut self,
        member: Member,
        room: Room,
        ticket: &Ticket,
        now: Instant,
        notices: &mut Vec<Notice>,
    ) -> Result<(), Refusal> {
        self.is_new(member)?;
        let key = Key::from(room);
        let open = self.open.get_mut(&key).filter(|open| open.deadline > now).ok_or(Refusal::UnknownRoom)?;
        let pending = open.pending.as_mut().filter(|pending| pending.is_for(ticket)).ok_or(Refusal::UnknownRoom)?;
        if let Some(since) = pending.away.take() {
            self.away.remove(&(since, key));
        }
        let first_words = pending.first_words.take();
        if let Some(before) = open.host.replace(member) {
            // The former socket is broken, although we do not know it yet.
            self.places.remove(&before);
            notices.push(Notice::last(before, Refusal::RoomFull));
        }
        self.places.insert(member, Place::In(key));
        if open.guest.is_some() {
            notices.push(Notice::new(member, Reply::PeerJoined { ice: Vec::new() }));
            notices.extend(first_words.map(|body| Notice::new(member, Reply::Relay { body })));
            self.postpone(key, now + self.terms.lifetime);
        } else {
            self.wait_again(key);
        }
        Ok(())
    }

    /// Opens a door that `member` owns, at the `wanted` number if that is free.
    ///
    /// # Errors
    /// As for [`Rooms::create`].
    pub(crate) fn open_door(&mut self, member: Member, wanted: Option<Room>, now: Instant) -> Result<Room, Refusal> {
        self.is_new(member)?;
        self.has_space()?;
        let given = wanted.and_then(|Room(number)| self.numbers.take_wanted(number, now));
        let room = Room(given.unwrap_or_else(|| self.numbers.take(now)));
        self.doors.open(room, member);
        self.places.insert(member, Place::OwnsDoor(room));
        Ok(room)
    }

    /// Gives `member` the second seat and tells the host; if the second seat was taken before,
    /// tells the members of the room that somebody knocked. At a door, `member` rings, and the
    /// door's owner gets the `ticket`.
    ///
    /// # Errors
    /// [`Refusal::UnknownRoom`], [`Refusal::RoomFull`] once the room was joined, [`Refusal::Busy`]
    /// if too many guests ring, [`Refusal::Malformed`] for a member who already has a place.
    pub(crate) fn join(
        &mut self,
        member: Member,
        room: Room,
        ticket: impl FnOnce() -> Result<Ticket, Refusal>,
        now: Instant,
        notices: &mut Vec<Notice>,
    ) -> Result<Arrival, Refusal> {
        self.is_new(member)?;
        if let Some(door) = self.doors.at(room) {
            if door.ringing() >= self.terms.at_door as usize {
                return Err(Refusal::Busy);
            }
            let ticket = ticket()?;
            let owner = self.doors.ring(room, member, ticket.clone(), now + self.terms.ringing);
            notices.extend(owner.map(|to| Notice::new(to, Reply::Called { ticket })));
            self.places.insert(member, Place::RingsAt(room));
            return Ok(Arrival::Ringing);
        }
        let key = Key::from(room);
        let open = self.open.get_mut(&key).ok_or(Refusal::UnknownRoom)?;
        if open.deadline <= now {
            // The time of the room is over; the sweep that tells its host is due.
            return Err(Refusal::UnknownRoom);
        }
        if open.joined {
            if open.may_knock(now) {
                notices.extend(open.seated().map(|to| Notice::new(to, Reply::Knocked)));
            }
            return Err(Refusal::RoomFull);
        }
        open.joined = true;
        open.guest = Some(member);
        self.places.insert(member, Place::In(key));
        notices.extend(open.host.map(|to| Notice::new(to, Reply::PeerJoined { ice: Vec::new() })));
        let away = open.host.is_none();
        if !away {
            self.postpone(key, now + self.terms.lifetime);
        }
        Ok(Arrival::Seated { away })
    }

    /// Makes a room for `member` and the guest who rang with this ticket, and tells the guest.
    ///
    /// # Errors
    /// [`Refusal::UnknownRoom`] if no guest rings with the ticket (any more),
    /// [`Refusal::ServerFull`] while there is no space, in which case the guest continues to ring,
    /// or [`Refusal::Malformed`] for a member who already has a place.
    pub(crate) fn answer(
        &mut self,
        member: Member,
        ticket: &Ticket,
        now: Instant,
        notices: &mut Vec<Notice>,
    ) -> Result<(), Refusal> {
        self.is_new(member)?;
        if !self.doors.rings(ticket, now) {
            return Err(Refusal::UnknownRoom);
        }
        self.has_space()?;
        let guest = self.doors.take(ticket).ok_or(Refusal::UnknownRoom)?;
        let key = self.next_unnumbered;
        self.next_unnumbered.0 += 1;
        let deadline = now + self.terms.lifetime;
        let (host, guest) = (Some(member), Some(guest));
        self.seat(key, Open { host, guest, joined: true, deadline, knocked: None, pending: None });
        notices.extend(guest.map(|to| Notice::new(to, Reply::Joined { ice: Vec::new(), away: false })));
        Ok(())
    }

    /// Sends away the guest who rings with this ticket.
    pub(crate) fn turn_away(&mut self, ticket: &Ticket, notices: &mut Vec<Notice>) {
        if let Some(guest) = self.doors.take(ticket) {
            self.places.remove(&guest);
            notices.push(Notice::last(guest, Refusal::Busy));
        }
    }

    /// Relays `body` to the other seat. If the other member has left or the room has closed since,
    /// the body is dropped: the notice that says so is on its way to `member`.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] while nobody has joined yet.
    pub(crate) fn relay(&mut self, member: Member, body: Body, notices: &mut Vec<Notice>) -> Result<(), Refusal> {
        let open = match self.places.get(&member) {
            Some(Place::In(key)) => self.open.get_mut(key),
            Some(Place::OwnsDoor(_) | Place::RingsAt(_)) => return Err(Refusal::Malformed),
            None => None,
        };
        let Some(open) = open else { return Ok(()) };
        if !open.joined {
            return Err(Refusal::Malformed);
        }
        if open.host == Some(member) {
            open.pending = None;
        } else if let Some(pending) = &mut open.pending
            && pending.first_words.is_none()
            && body.0.len() <= FIRST_WORDS
        {
            pending.first_words = Some(body.clone());
        }
        notices.extend(open.other(member).map(|to| Notice::new(to, Reply::Relay { body })));
        Ok(())
    }

    /// Closes the room of `member` for both members, or its door for all guests who ring there.
    pub(crate) fn close(&mut self, member: Member, now: Instant, notices: &mut Vec<Notice>) {
        if let Some(&Place::In(key)) = self.places.get(&member) {
            if let Some(open) = self.remove(key, now) {
                notices.extend(open.other(member).map(|to| Notice { to, reply: Reply::PeerLeft, last: true }));
            }
        } else {
            self.leave(member, true, now, notices);
        }
    }

    /// Frees the place of `member`. An empty room and a door without its owner close; a room whose
    /// host may come back is kept, unless the host left `for_good`.
    pub(crate) fn leave(&mut self, member: Member, for_good: bool, now: Instant, notices: &mut Vec<Notice>) {
        match self.places.remove(&member) {
            Some(Place::In(key)) => self.leave_room(member, key, for_good, now, notices),
            Some(Place::OwnsDoor(room)) => {
                for guest in self.doors.shut(room) {
                    self.places.remove(&guest);
                    notices.push(Notice::last(guest, Refusal::UnknownRoom));
                }
                self.numbers.put_back(room.0, Use::Door, now);
            }
            Some(Place::RingsAt(room)) => self.doors.stop_ringing(room, member),
            None => {}
        }
    }

    fn leave_room(&mut self, member: Member, key: Key, for_good: bool, now: Instant, notices: &mut Vec<Notice>) {
        let Some(open) = self.open.get_mut(&key) else { return };
        match &mut open.pending {
            Some(pending) if open.host == Some(member) && !for_good => {
                open.host = None;
                pending.away = Some(now);
                self.away.insert((now, key));
                let until = pending.until;
                self.postpone(key, until);
                return self.close_longest_away(now, notices);
            }
            Some(pending) if open.guest == Some(member) && pending.away.is_some() => {
                open.guest = None;
                return self.wait_again(key);
            }
            _ => {}
        }
        let other = open.other(member);
        if open.host == Some(member) {
            (open.host, open.pending) = (None, None);
        } else {
            open.guest = None;
        }
        match other {
            Some(to) => notices.push(Notice::new(to, Reply::PeerLeft)),
            None => drop(self.remove(key, now)),
        }
    }

    /// Closes every room whose time is over, and sends away guests who rang for too long.
    pub(crate) fn expire(&mut self, now: Instant, notices: &mut Vec<Notice>) {
        while let Some(&(deadline, key)) = self.deadlines.first()
            && deadline <= now
        {
            self.deadlines.pop_first();
            let seated = self.remove(key, now).into_iter().flat_map(|open| open.seated());
            notices.extend(seated.map(|to| Notice::last(to, Refusal::Expired)));
        }
        while let Some(guest) = self.doors.take_overdue(now) {
            self.places.remove(&guest);
            notices.push(Notice::last(guest, Refusal::Busy));
        }
    }

    /// Returns the next time at which [`Rooms::expire`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let room = self.deadlines.first().map(|&(deadline, _)| deadline);
        room.into_iter().chain(self.doors.next_deadline()).min()
    }

    /// Returns the number of open rooms and doors.
    pub(crate) fn len(&self) -> usize {
        self.open.len() + self.doors.len()
    }

    /// Lets a room wait for another guest, if its host has not learned of the one that left.
    fn wait_again(&mut self, key: Key) {
        let Some(open) = self.open.get_mut(&key) else { return };
        open.joined = false;
        if let Some(pending) = &mut open.pending {
            pending.first_words = None;
            let until = pending.until;
            self.postpone(key, until);
        }
    }

    fn postpone(&mut self, key: Key, deadline: Instant) {
        let Some(open) = self.open.get_mut(&key) else { return };
        self.deadlines.remove(&(open.deadline, key));
        open.deadline = deadline;
        self.deadlines.insert((deadline, key));
    }

    /// Closes rooms without their host, the longest away first, down to the bound.
    fn close_longest_away(&mut self, now: Instant, notices: &mut Vec<Notice>) {
        while self.away.len() > most_away(self.terms.max_rooms)
            && let Some(&(_, key)) = self.away.first()
        {
            let seated = self.remove(key, now).into_iter().flat_map(|open| open.seated());
            notices.extend(seated.map(|to| Notice::last(to, Refusal::UnknownRoom)));
        }
    }

    fn is_new(&self, member: Member) -> Result<(), Refusal> {
        if self.places.contains_key(&member) { Err(Refusal::Malformed) } else { Ok(()) }
    }

    fn has_space(&self) -> Result<(), Refusal> {
        if self.len() < self.terms.max_rooms as usize { Ok(()) } else { Err(Refusal::ServerFull) }
    }

    fn seat(&mut self, key: Key, open: Open) {
        self.places.extend(open.seated().map(|member| (member, Place::In(key))));
        self.deadlines.insert((open.deadline, key));
        self.open.insert(key, open);
    }

    fn remove(&mut self, key: Key, now: Instant) -> Option<Open> {
        let open = self.open.remove(&key)?;
        self.deadlines.remove(&(open.deadline, key));
        if let Some(since) = open.pending.as_ref().and_then(|pending| pending.away) {
            self.away.remove(&(since, key));
        }
        for member in open.seated() {
            self.places.remove(&member);
        }
        if let Some(Room(number)) = key.number() {
            self.numbers.put_back(number, Use::Room, now);
        }
        Some(open)
    }
}

/// The minimum time between two knocks that are passed on, so that a stranger cannot fill the
/// queues of the room's members.
const KNOCK_GAP: Duration = Duration::from_secs(1);

/// The longest body kept for a host that is away, in bytes: many times a handshake's first message.
const FIRST_WORDS: usize = 1024;

/// Returns the maximum number of rooms without their host: a quarter of all.
fn most_away(max_rooms: u32) -> usize {
    (max_rooms / 4).max(1) as usize
}

struct Open {
    host: Option<Member>,
    guest: Option<Member>,
    joined: bool,
    deadline: Instant,
    knocked: Option<Instant>,
    /// Present until the host has relayed a body to its guest.
    pending: Option<Pending>,
}

/// The state that lets a host come back.
struct Pending {
    ticket: Ticket,
    /// The deadline of the wait for a guest.
    until: Instant,
    /// The time since when the host is away.
    away: Option<Instant>,
    /// The guest's first body, kept as long as the host may not have received it.
    first_words: Option<Body>,
}

impl Pending {
    /// Tells whether `shown` is this room's ticket, in constant time.
    fn is_for(&self, Ticket(shown): &Ticket) -> bool {
        self.ticket.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }
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

#[cfg(test)]
#[path = "rooms_tests.rs"]
mod tests;
