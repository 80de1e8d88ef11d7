//! Where sockets and rooms meet.
//!
//! This is all that a socket knows of rooms, wherever they are kept: how to get a [`Seat`], what to do with it, and that
//! dropping it leaves. What a member must be told comes through the queue that it brings.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE64URL_NOPAD;
use tacit_signaling_messages::{Body, Refusal, Reply, Room, Ticket};
use tokio::sync::mpsc;

use crate::memory::Memory;
use crate::metrics::Counts;
use crate::rooms::Member;
use crate::shared::Shared;

/// What waits in a member's queue.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) reply: Reply,
    /// The socket closes after this.
    pub(crate) last: bool,
}

/// Which seat somebody wants.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// The first of a new room.
    Create,
    /// The first of this room, again, with the ticket that came with it.
    Resume(Room, Ticket),
    /// A door, with this number if it is free.
    Open(Option<Room>),
    /// The second of this room, or a place before this door.
    Join(Room),
    /// The first, opposite the guest who rang with this ticket.
    Answer(Ticket),
}

/// Where the rooms are kept.
pub(crate) enum Store {
    /// Here, for this instance alone.
    Memory(Memory),
    /// Where other instances see them too.
    Shared(Shared),
}

/// Everybody who has a seat by this instance.
pub(crate) struct Hub {
    store: Store,
    next_member: AtomicU64,
    counts: Counts,
}

impl Hub {
    pub(crate) fn new(store: Store) -> Arc<Self> {
        Arc::new(Hub { store, next_member: AtomicU64::new(0), counts: Counts::default() })
    }

    /// Gives a seat, and what to tell whoever asked for it; `queue` gets what they must hear later.
    ///
    /// # Errors
    /// [`Refusal::ServerFull`], [`Refusal::UnknownRoom`], [`Refusal::RoomFull`] or [`Refusal::Busy`]; and
    /// [`Refusal::ShuttingDown`] while the place where the rooms are shared cannot be reached.
    pub(crate) async fn enter(self: &Arc<Self>, ask: Ask, queue: mpsc::Sender<Post>) -> Result<(Seat, Reply), Refusal> {
        let member = Member(self.next_member.fetch_add(1, Ordering::Relaxed));
        let seat = Seat { hub: self.clone(), member, for_good: false };
        let entered = match &self.store {
            Store::Memory(rooms) => rooms.enter(seat.member, &ask, queue),
            // In a box, so that sockets whose rooms are here do not carry the space for it.
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

    /// Closes rooms when their time is over, and hears from other instances; runs until dropped.
    pub(crate) async fn keep_time(&self) {
        match &self.store {
            Store::Memory(rooms) => rooms.keep_time().await,
            Store::Shared(rooms) => rooms.keep_time().await,
        }
    }

    /// Tells other instances that everybody here has left.
    pub(crate) async fn end(&self) {
        match &self.store {
            Store::Memory(_) => {}
            Store::Shared(rooms) => rooms.end().await,
        }
    }

    /// What an operator may watch; `tasks` are the connections and sockets that are open.
    pub(crate) fn metrics(&self, tasks: usize) -> String {
        let open = match &self.store {
            Store::Memory(rooms) => rooms.open(),
            Store::Shared(rooms) => rooms.open(),
        };
        self.counts.text(open, tasks)
    }
}

/// A seat in a room, a door, or a place before one. Dropping it leaves.
pub(crate) struct Seat {
    hub: Arc<Hub>,
    member: Member,
    /// Whether who leaves it does not come back.
    for_good: bool,
}

impl Seat {
    /// Leaves, not to come back.
    pub(crate) fn give_up(mut self) {
        self.for_good = true;
    }

    /// Hands `body` to the other seat.
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

    /// Closes the room for both, or the door.
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

/// A ticket that nobody can guess.
pub(crate) fn new_ticket() -> Result<Ticket, Refusal> {
    // A system without randomness has no place for anybody.
    random_name().map(Ticket).ok_or(Refusal::ServerFull)
}

/// 128 random bits as text.
pub(crate) fn random_name() -> Option<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).ok()?;
    Some(BASE64URL_NOPAD.encode(&bits))
}
