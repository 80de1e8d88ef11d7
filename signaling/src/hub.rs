//! Where sockets and rooms meet: a lock around [`Rooms`], and one bounded outgoing queue per member.
//!
//! This is all that a socket knows of rooms, and so the seam for a store that several instances share: four verbs on
//! a [`Seat`] or to get one, and leaving when it is dropped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tacit_signaling_messages::{Body, Refusal, Reply, Room};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::metrics::Counts;
use crate::rooms::{Member, Notice, Rooms, Terms};

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

    /// Takes the second seat of `room`; `queue` gets what the guest must hear.
    ///
    /// # Errors
    /// [`Refusal::UnknownRoom`] or [`Refusal::RoomFull`].
    pub(crate) fn join(self: &Arc<Self>, room: Room, queue: mpsc::Sender<Post>) -> Result<Seat, Refusal> {
        let seat = self.seat();
        let member = seat.member;
        let joined = self.with(|rooms, now, notices| rooms.join(member, room, now, notices), Some((member, queue)));
        Counts::one(if joined.is_ok() { &self.counts.introductions } else { &self.counts.refusals });
        joined.map(|()| seat)
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
                let sent = self.queues.get(&to).is_some_and(|queue| queue.try_send(Post { reply, last }).is_ok());
                if last || !sent {
                    // Without a queue the socket ends once it has said what was waiting; one too slow ends likewise.
                    self.queues.remove(&to);
                    self.rooms.leave(to, now, &mut more);
                }
            }
            notices = more;
        }
    }
}

/// A seat in a room. Dropping it leaves the room.
pub(crate) struct Seat {
    hub: Arc<Hub>,
    member: Member,
}

impl Seat {
    /// Hands `body` to the other seat.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] while nobody has joined.
    pub(crate) fn relay(&self, body: Body) -> Result<(), Refusal> {
        self.hub.with(|rooms, _, notices| rooms.relay(self.member, body, notices), None)?;
        Counts::one(&self.hub.counts.bodies);
        Ok(())
    }

    /// Closes the room for both.
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
