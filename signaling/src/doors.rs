//! Doors and the guests who ring at them. `rooms` keeps members' places and sends their notices.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use tacit_signaling_messages::{Room, Ticket};

use crate::rooms::Member;

/// All doors of this instance.
#[derive(Default)]
pub(crate) struct Doors {
    open: HashMap<Room, Door>,
    tickets: HashMap<Ticket, Room>,
    /// The deadline of each ringing guest, soonest first.
    deadlines: BTreeSet<(Instant, Member, Room)>,
}

/// A number that many guests may join.
pub(crate) struct Door {
    owner: Member,
    rings: Vec<Ring>,
}

struct Ring {
    guest: Member,
    ticket: Ticket,
    deadline: Instant,
}

impl Door {
    /// Returns the number of guests that ring at this door.
    pub(crate) fn ringing(&self) -> usize {
        self.rings.len()
    }
}

impl Doors {
    pub(crate) fn at(&self, room: Room) -> Option<&Door> {
        self.open.get(&room)
    }

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn open(&mut self, room: Room, owner: Member) {
        self.open.insert(room, Door { owner, rings: Vec::new() });
    }

    /// Lets `guest` ring until `deadline`. Returns the door's owner, who must be notified.
    pub(crate) fn ring(&mut self, room: Room, guest: Member, ticket: Ticket, deadline: Instant) -> Option<Member> {
        let door = self.open.get_mut(&room)?;
        self.tickets.insert(ticket.clone(), room);
        self.deadlines.insert((deadline, guest, room));
        door.rings.push(Ring { guest, ticket, deadline });
        Some(door.owner)
    }

    /// Tells whether a guest rings with this ticket and its deadline has not passed.
    pub(crate) fn rings(&self, ticket: &Ticket, now: Instant) -> bool {
        let door = self.tickets.get(ticket).and_then(|room| self.open.get(room));
        door.is_some_and(|door| door.rings.iter().any(|ring| ring.ticket == *ticket && ring.deadline > now))
    }

    /// Removes and returns the guest who rings with this ticket.
    pub(crate) fn take(&mut self, ticket: &Ticket) -> Option<Member> {
        let room = *self.tickets.get(ticket)?;
        self.end(room, |ring| ring.ticket == *ticket)
    }

    /// Removes and returns a guest whose deadline has passed.
    pub(crate) fn take_overdue(&mut self, now: Instant) -> Option<Member> {
        let &(_, guest, room) = self.deadlines.first().filter(|(deadline, ..)| *deadline <= now)?;
        self.end(room, |ring| ring.guest == guest)
    }

    pub(crate) fn stop_ringing(&mut self, room: Room, guest: Member) {
        self.end(room, |ring| ring.guest == guest);
    }

    /// Removes the door. Returns the guests that rang there.
    pub(crate) fn shut(&mut self, room: Room) -> Vec<Member> {
        let rings = self.open.remove(&room).map(|door| door.rings).unwrap_or_default();
        for ring in &rings {
            self.tickets.remove(&ring.ticket);
            self.deadlines.remove(&(ring.deadline, ring.guest, room));
        }
        rings.into_iter().map(|ring| ring.guest).collect()
    }

    /// Returns the earliest deadline of a ringing guest.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(deadline, ..)| deadline)
    }

    fn end(&mut self, room: Room, which: impl Fn(&Ring) -> bool) -> Option<Member> {
        let rings = &mut self.open.get_mut(&room)?.rings;
        let ring = rings.remove(rings.iter().position(which)?);
        self.tickets.remove(&ring.ticket);
        self.deadlines.remove(&(ring.deadline, ring.guest, room));
        Some(ring.guest)
    }

    /// Checks that the three tables are consistent, for tests.
    #[cfg(test)]
    pub(crate) fn check(&self) -> HashMap<Member, Room> {
        let mut guests = HashMap::new();
        for (room, door) in &self.open {
            for ring in &door.rings {
                assert_eq!(self.tickets.get(&ring.ticket), Some(room));
                assert!(self.deadlines.contains(&(ring.deadline, ring.guest, *room)));
                assert!(guests.insert(ring.guest, *room).is_none());
            }
        }
        assert_eq!((guests.len(), guests.len()), (self.tickets.len(), self.deadlines.len()));
        guests
    }
}
