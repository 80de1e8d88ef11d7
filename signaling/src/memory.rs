//! The in-memory store of one instance: a lock around [`Rooms`], and one bounded outgoing queue per
//! member.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tacit_signaling_messages::{Body, Refusal, Reply};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::hub::{Ask, Post, new_ticket};
use crate::rooms::{Arrival, Member, Notice, Rooms, Terms};

/// Rooms in memory, and the queues of all their members.
pub(crate) struct Memory {
    state: Mutex<State>,
    /// Signals that a deadline was added that may be sooner than the one [`Memory::keep_time`]
    /// sleeps for.
    rescheduled: Notify,
}

struct State {
    rooms: Rooms,
    queues: HashMap<Member, mpsc::Sender<Post>>,
}

impl Memory {
    pub(crate) fn new(terms: Terms) -> Self {
        let state = State { rooms: Rooms::new(terms), queues: HashMap::new() };
        Memory { state: Mutex::new(state), rescheduled: Notify::new() }
    }

    pub(crate) fn enter(&self, member: Member, ask: &Ask, queue: mpsc::Sender<Post>) -> Result<Reply, Refusal> {
        let verb = |rooms: &mut Rooms, now, notices: &mut Vec<Notice>| match ask {
            Ask::Create => {
                let ticket = new_ticket()?;
                let room = rooms.create(member, ticket.clone(), now)?;
                Ok(Reply::Created { room, ticket: Some(ticket) })
            }
            Ask::Resume(room, ticket) => rooms.resume(member, *room, ticket, now, notices).map(|()| Reply::Resumed),
            Ask::Open(wanted) => {
                rooms.open_door(member, *wanted, now).map(|room| Reply::Created { room, ticket: None })
            }
            Ask::Join(room) => rooms.join(member, *room, new_ticket, now, notices).map(|arrival| match arrival {
                Arrival::Seated { away } => Reply::Joined { ice: Vec::new(), away },
                Arrival::Ringing => Reply::Ringing,
            }),
            Ask::Answer(ticket) => {
                rooms.answer(member, ticket, now, notices).map(|()| Reply::PeerJoined { ice: Vec::new() })
            }
        };
        self.with(verb, Some((member, queue)))
    }

    pub(crate) fn relay(&self, member: Member, body: Body) -> Result<(), Refusal> {
        self.with(|rooms, _, notices| rooms.relay(member, body, notices), None)
    }

    pub(crate) fn close(&self, member: Member) {
        self.with(|rooms, now, notices| rooms.close(member, now, notices), None);
    }

    pub(crate) fn leave(&self, member: Member, for_good: bool) {
        self.with(|rooms, now, notices| rooms.leave(member, for_good, now, notices), None);
        self.lock().queues.remove(&member);
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

    /// Returns the number of open rooms and doors.
    pub(crate) fn open(&self) -> usize {
        self.lock().rooms.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock cannot leave a change half done that would matter more than going
        // on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one operation and delivers its notices under one lock, so that all members see one
    /// order.
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
                    // Guests who arrive faster than the owner reads their calls must not cost the
                    // owner the door.
                    self.rooms.turn_away(ticket, &mut more);
                } else if last || !matches!(sent, Some(Ok(()))) {
                    // Without a queue the socket ends once it has sent what was waiting; a socket
                    // that is too slow ends likewise.
                    self.queues.remove(&to);
                    self.rooms.leave(to, false, now, &mut more);
                }
            }
            notices = more;
        }
    }
}
