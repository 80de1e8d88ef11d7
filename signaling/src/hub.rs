//! Where sockets and rooms meet: a lock around [`Rooms`], and one bounded outgoing queue per member.
//!
//! This is all that a socket knows of rooms, and so the seam for a store that several instances share: six verbs on
//! a [`Seat`] or to get one, and leaving when it is dropped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use tacit_signaling_messages::{Body, Refusal, Reply, Room, Ticket};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::metrics::Counts;
use crate::rooms::{Arrival, Member, Notice, Rooms, Terms};

/// What waits in a member's queue.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) reply: Reply,
    /// The socket closes after this.
    pub(crate) last: bool,
}

/// The rooms of this instance and the queues of everybody in them.
pub(crate) struct Hub {
    state: Mutex<State>,
    next_member: AtomicU64,
    counts: Counts,
    /// A deadline was added, and may be sooner than the one [`Hub::keep_time`] sleeps for.
    rescheduled: Notify,
}

struct State {
    rooms: Rooms,
    queues: HashMap<Member, mpsc::Sender<Post>>,
}

impl Hub {
    pub(crate) fn new(terms: Terms) -> Arc<Self> {
        let state = State { rooms: Rooms::new(terms), queues: HashMap::new() };
        Arc::new(Hub {
            state: Mutex::new(state),
            next_member: AtomicU64::new(0),
            counts: Counts::default(),
            rescheduled: Notify::new(),
        })
    }

    /// Opens a room; `queue` gets what its host must hear.
    ///
    /// # Errors
    /// [`Refusal::ServerFull`].
    pub(crate) fn create(self: &Arc<Self>, queue: mpsc::Sender<Post>) -> Result<(Seat, Room), Refusal> {
        let seat = self.seat();
        let room = self.with(|rooms, now, _| rooms.create(seat.member, now), Some((seat.member, queue)));
        Counts::one(if room.is_ok() { &self.counts.rooms } else { &self.counts.refusals });
        Ok((seat, room?))
    }

    /// Opens a door, at the `wanted` number if that is free; `queue` gets what its owner must hear.
    ///
    /// # Errors
    /// [`Refusal::ServerFull`].
    pub(crate) fn open(
        self: &Arc<Self>,
        wanted: Option<Room>,
        queue: mpsc::Sender<Post>,
    ) -> Result<(Seat, Room), Refusal> {
        let seat = self.seat();
        let member = seat.member;
        let room = self.with(|rooms, now, _| rooms.open_door(member, wanted, now), Some((member, queue)));
        Counts::one(if room.is_ok() { &self.counts.rooms } else { &self.counts.refusals });
        Ok((seat, room?))
    }

    /// Takes the second seat of `room`, or rings there; `queue` gets what the guest must hear.
    ///
    /// # Errors
    /// [`Refusal::UnknownRoom`], [`Refusal::RoomFull`] or [`Refusal::Busy`].
    pub(crate) fn join(self: &Arc<Self>, room: Room, queue: mpsc::Sender<Post>) -> Result<(Seat, Arrival), Refusal> {
        let seat = self.seat();
        let member = seat.member;
        let verb = |rooms: &mut Rooms, now, notices: &mut _| rooms.join(member, room, new_ticket, now, notices);
        let joined = self.with(verb, Some((member, queue)));
        match joined {
            Ok(Arrival::Seated) => Counts::one(&self.counts.introductions),
            Ok(Arrival::Ringing) => {}
            Err(_) => Counts::one(&self.counts.refusals),
        }
        Ok((seat, joined?))
    }

    /// Takes the first seat opposite the guest who rang with this ticket; `queue` gets what its owner must hear.
    ///
    /// # Errors
    /// [`Refusal::UnknownRoom`] or [`Refusal::ServerFull`].
    pub(crate) fn answer(self: &Arc<Self>, ticket: &Ticket, queue: mpsc::Sender<Post>) -> Result<Seat, Refusal> {
        let seat = self.seat();
        let member = seat.member;
        let answered =
            self.with(|rooms, now, notices| rooms.answer(member, ticket, now, notices), Some((member, queue)));
        Counts::one(if answered.is_ok() { &self.counts.introductions } else { &self.counts.refusals });
        answered.map(|()| seat)
    }

    /// Closes rooms when their time is over; runs until dropped.
    pub(crate) async fn keep_time(&self) {
        loop {
            let next = self.lock().rooms.next_deadline();
            let due = async {
                match next {
                    Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => self.with(Rooms::expire, None),
                () = self.rescheduled.notified() => {}
            }
        }
    }

    /// What an operator may watch; `tasks` are the connections and sockets that are open.
    pub(crate) fn metrics(&self, tasks: usize) -> String {
        let open = self.lock().rooms.len();
        self.counts.text(open, tasks)
    }

    fn seat(self: &Arc<Self>) -> Seat {
        Seat { hub: self.clone(), member: Member(self.next_member.fetch_add(1, Ordering::Relaxed)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half way through a change that matters more than going on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one verb and delivers what it has to tell, under one lock, so that everybody hears in one order.
    fn with<T>(
        &self,
        verb: impl FnOnce(&mut Rooms, std::time::Instant, &mut Vec<Notice>) -> T,
        newcomer: Option<(Member, mpsc::Sender<Post>)>,
    ) -> T {
        let mut state = self.lock();
        let now = Instant::now().into_std();
        let before = state.rooms.next_deadline();
        let arrival = newcomer.is_some();
        state.queues.extend(newcomer);
        let mut notices = Vec::new();
        let answer = verb(&mut state.rooms, now, &mut notices);
        state.deliver(notices, now);
        let after = state.rooms.next_deadline();
        if after.is_some() && after != before {
            self.rescheduled.notify_one();
        }
        if arrival {
            tracing::debug!(open = state.rooms.len(), "somebody asked for a seat");
        }
        answer
    }
}

impl State {
    fn deliver(&mut self, mut notices: Vec<Notice>, now: std::time::Instant) {
        while !notices.is_empty() {
            let mut more = Vec::new();
            for Notice { to, reply, last } in notices {
                let queue = self.queues.get(&to);
                let sent = queue.map(|queue| queue.try_send(Post { reply, last }));
                if let Some(Err(TrySendError::Full(Post { reply: Reply::Called { ticket }, .. }))) = &sent {
                    // Guests who come faster than their calls can be read must not cost the owner the door.
                    self.rooms.turn_away(ticket, &mut more);
                } else if last || !matches!(sent, Some(Ok(()))) {
                    // Without a queue the socket ends once it has said what was waiting; one too slow ends likewise.
                    self.queues.remove(&to);
                    self.rooms.leave(to, now, &mut more);
                }
            }
            notices = more;
        }
    }
}

/// 128 bits that nobody can guess.
fn new_ticket() -> Result<Ticket, Refusal> {
    let mut bits = [0; 16];
    // A system without randomness has no place for anybody.
    getrandom::fill(&mut bits).map_err(|_| Refusal::ServerFull)?;
    Ok(Ticket(BASE64URL_NOPAD.encode(&bits)))
}

/// A seat in a room, a door, or a place before one. Dropping it leaves.
pub(crate) struct Seat {
    hub: Arc<Hub>,
    member: Member,
}

impl Seat {
    /// Hands `body` to the other seat.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] while nobody has joined, and at a door.
    pub(crate) fn relay(&self, body: Body) -> Result<(), Refusal> {
        self.hub.with(|rooms, _, notices| rooms.relay(self.member, body, notices), None)?;
        Counts::one(&self.hub.counts.bodies);
        Ok(())
    }

    /// Closes the room for both, or the door.
    pub(crate) fn close(&self) {
        self.hub.with(|rooms, now, notices| rooms.close(self.member, now, notices), None);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let member = self.member;
        self.hub.with(|rooms, now, notices| rooms.leave(member, now, notices), None);
        self.hub.lock().queues.remove(&member);
    }
}
