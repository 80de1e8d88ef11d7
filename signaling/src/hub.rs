//! The interface between sockets and rooms.
//!
//! A socket knows no more of rooms than this, wherever they are stored: how to get a [`Seat`], what
//! to do with it, and that dropping it leaves the room. Notices for a member arrive through the
//! queue that it passes in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE64URL_NOPAD;
use tacit_signaling_messages::{Body, Refusal, Reply, Room, Ticket};
use tokio::sync::mpsc;

use crate::memory::Memory;
use crate::metrics::Counts;
use crate::rooms::Member;
use crate::shared::Shared;

/// An entry in a member's queue.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) reply: Reply,
    /// The socket closes after this.
    pub(crate) last: bool,
}

/// The seat that a member asks for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// The first seat of a new room.
    Create,
    /// The first seat of this room again, with the ticket that came with it.
    Resume(Room, Ticket),
    /// A door, with this number if it is free.
    Open(Option<Room>),
    /// The second seat of this room, or a place to ring at this door.
    Join(Room),
    /// The first seat opposite the guest who rang with this ticket.
    Answer(Ticket),
}

/// The store that holds the rooms.
pub(crate) enum Store {
    /// In this process, for this instance alone.
    Memory(Memory),
    /// In Redis, visible to other instances.
    Shared(Shared),
}

/// All members that have a seat through this instance.
pub(crate) struct Hub {
    store: Store,
    next_member: AtomicU64,
    counts: Counts,
}

impl Hub {
    pub(crate) fn new(store: Store) -> Arc<Self> {
        Arc::new(Hub { store, next_member: AtomicU64::new(0), counts: Counts::default() })
    }

    /// Grants a seat and returns it with the reply for the member; `queue` receives the member's
    /// later notices.
    ///
    /// # Errors
    /// [`Refusal::ServerFull`], [`Refusal::UnknownRoom`], [`Refusal::RoomFull`] or
    /// [`Refusal::Busy`]; and [`Refusal::ShuttingDown`] while the shared store of the rooms cannot
    /// be reached.
    pub(crate) async fn enter(self: &Arc<Self>, ask: Ask, queue: mpsc::Sender<Post>) -> Result<(Seat, Reply), Refusal> {
        let member = Member(self.next_member.fetch_add(1, Ordering::Relaxed));
        let seat = Seat { hub: self.clone(), member, for_good: false };
        let entered = match &self.store {
            Store::Memory(rooms) => rooms.enter(seat.member, &ask, queue),
            // Boxed, so that the futures of sockets whose rooms are in memory do not carry the
            // space for it.
            Store::Shared(rooms) => Box::pin(rooms.enter(seat.member, &ask, queue)).await,
        };
        match &entered {
            Ok(Reply::Created { .. }) => Counts::one(&self.counts.rooms),
            Ok(Reply::Joined { .. } | Reply::PeerJoined { .. }) => Counts::one(&self.counts.introductions),
            Ok(_) => {}
            Err(_) => Counts::one(&self.counts.refusals),
        }
        Ok((seat, entered?))
    }

    /// Closes rooms when their time is over, and receives notices from other instances; runs until
    /// dropped.
    pub(crate) async fn keep_time(&self) {
        match &self.store {
            Store::Memory(rooms) => rooms.keep_time().await,
            Store::Shared(rooms) => rooms.keep_time().await,
        }
    }

    /// Tells other instances that all members of this instance have left.
    pub(crate) async fn end(&self) {
        match &self.store {
            Store::Memory(_) => {}
            Store::Shared(rooms) => rooms.end().await,
        }
    }

    /// Returns the operator's metrics; `tasks` is the number of open connections and sockets.
    pub(crate) fn metrics(&self, tasks: usize) -> String {
        let open = match &self.store {
            Store::Memory(rooms) => rooms.open(),
            Store::Shared(rooms) => rooms.open(),
        };
        self.counts.text(open, tasks)
    }
}

/// A seat in a room, a door, or a place to ring at one. Dropping it leaves.
pub(crate) struct Seat {
    hub: Arc<Hub>,
    member: Member,
    /// Set if a member who leaves this seat does not return.
    for_good: bool,
}

impl Seat {
    /// Leaves the seat for good: the member does not return.
    pub(crate) fn give_up(mut self) {
        self.for_good = true;
    }

    /// Relays `body` to the other seat.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] while nobody has joined, and at a door.
    pub(crate) async fn relay(&self, body: Body) -> Result<(), Refusal> {
        match &self.hub.store {
            Store::Memory(rooms) => rooms.relay(self.member, body)?,
            Store::Shared(rooms) => Box::pin(rooms.relay(self.member, body)).await?,
        }
        Counts::one(&self.hub.counts.bodies);
        Ok(())
    }

    /// Closes the room for both members, or closes the door.
    pub(crate) async fn close(&self) {
        match &self.hub.store {
            Store::Memory(rooms) => rooms.close(self.member),
            Store::Shared(rooms) => Box::pin(rooms.close(self.member)).await,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        match &self.hub.store {
            Store::Memory(rooms) => rooms.leave(self.member, self.for_good),
            Store::Shared(rooms) => rooms.leave(self.member, self.for_good),
        }
    }
}

/// Makes a ticket that cannot be guessed.
pub(crate) fn new_ticket() -> Result<Ticket, Refusal> {
    // A system without randomness cannot admit anybody.
    random_name().map(Ticket).ok_or(Refusal::ServerFull)
}

/// Returns 128 random bits as text.
pub(crate) fn random_name() -> Option<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).ok()?;
    Some(BASE64URL_NOPAD.encode(&bits))
}
