//! Rooms that several instances share, in Redis.
//!
//! Every operation is one run of `rooms.lua` in Redis, which runs one script at a time: its
//! decisions hold for all instances, and its notices go to the instance that holds the member's
//! socket, over one channel per instance.
//!
//! Every instance sends heartbeats. An instance that is silent for too long has left, with all its
//! members; the others detect it during their own heartbeats. An instance that loses Redis, or
//! learns that it has been silent for too long, cannot know what it missed: it sends all its
//! members away as if it were shutting down, and rejoins under a new name.

mod line;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use redis::RedisResult;
use redis::aio::PubSubStream;
use tacit_signaling_messages::{Body, Refusal, Reply, Room, Ticket};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

use crate::hub::{Ask, Post, new_ticket};
use crate::rooms::{Member, Terms};
use line::{Answer, Line, Lines};

/// The shared rooms as one instance sees them.
pub(crate) struct Shared {
    lines: Lines,
    silence: Duration,
    between_beats: Duration,
    state: Mutex<State>,
    lost: Notify,
    errands: mpsc::UnboundedSender<Errand>,
    /// Taken by [`Shared::keep_time`], which runs once.
    desk: Mutex<Option<Desk>>,
    open: AtomicUsize,
}

struct State {
    /// `None` while Redis cannot be reached, and after the end.
    line: Option<Line>,
    queues: HashMap<Member, mpsc::Sender<Post>>,
}

struct Desk {
    posts: PubSubStream,
    errands: mpsc::UnboundedReceiver<Errand>,
}

/// An operation queued by a caller that cannot wait for Redis.
struct Errand {
    line: Line,
    what: What,
}

enum What {
    Leave(Member, bool),
    TurnAway(Ticket),
}

/// The delay before Redis is tried again.
const PAUSE: Duration = Duration::from_millis(500);

impl Shared {
    /// Joins the instances that share the Redis at this address; `silence` is how long an instance
    /// may be silent.
    ///
    /// # Errors
    /// The error of Redis or of the connection to it.
    pub(crate) async fn connect(redis: redis::ConnectionInfo, terms: Terms, silence: Duration) -> RedisResult<Self> {
        let lines = Lines::new(redis, terms, silence)?;
        let (line, posts) = lines.arrive().await?;
        let (errands, received) = mpsc::unbounded_channel();
        // Deadlines are detected by a heartbeat, so the rooms' times bound the interval between
        // heartbeats as well.
        let soonest = silence.min(terms.waiting).min(terms.lifetime).min(terms.ringing);
        Ok(Shared {
            lines,
            silence,
            between_beats: (soonest / 3).max(Duration::from_millis(20)),
            state: Mutex::new(State { line: Some(line), queues: HashMap::new() }),
            lost: Notify::new(),
            errands,
            desk: Mutex::new(Some(Desk { posts, errands: received })),
            open: AtomicUsize::new(0),
        })
    }

    pub(crate) async fn enter(&self, member: Member, ask: &Ask, queue: mpsc::Sender<Post>) -> Result<Reply, Refusal> {
        let Ticket(ticket) = match ask {
            Ask::Create | Ask::Join(_) => new_ticket()?,
            Ask::Resume(_, ticket) => ticket.clone(),
            Ask::Open(_) | Ask::Answer(_) => Ticket(String::new()),
        };
        let (verb, argument) = match ask {
            Ask::Create => ("create", String::new()),
            Ask::Resume(Room(number), _) => ("resume", number.to_string()),
            Ask::Open(wanted) => ("open", wanted.map(|Room(number)| number.to_string()).unwrap_or_default()),
            Ask::Join(Room(number)) => ("join", number.to_string()),
            Ask::Answer(Ticket(ticket)) => ("answer", ticket.clone()),
        };
        let line = {
            let mut state = self.lock();
            let line = state.line.clone().ok_or(Refusal::ShuttingDown)?;
            state.queues.insert(member, queue);
            line
        };
        let entered = match self.lines.call(&line, verb, member, &argument, &ticket).await {
            Ok(Answer::Done(value)) => reply(ask, &value, &ticket).ok_or(Refusal::ShuttingDown),
            Ok(Answer::Ringing) => Ok(Reply::Ringing),
            Ok(Answer::Refused(reason)) => Err(reason),
            Ok(Answer::Again) => Err(Refusal::ShuttingDown),
            Err(lost) => {
                self.lose(&line, &lost);
                Err(Refusal::ShuttingDown)
            }
        };
        if entered.is_err() {
            self.lock().queues.remove(&member);
        }
        entered
    }

    pub(crate) async fn relay(&self, member: Member, body: Body) -> Result<(), Refusal> {
        let reply = serde_json::to_string(&Reply::Relay { body }).map_err(|_| Refusal::Malformed)?;
        match self.act(member, "relay", &reply).await {
            Some(Answer::Refused(reason)) => Err(reason),
            _ => Ok(()),
        }
    }

    pub(crate) async fn close(&self, member: Member) {
        self.act(member, "close", "").await;
        self.lock().queues.remove(&member);
    }

    pub(crate) fn leave(&self, member: Member, for_good: bool) {
        let mut state = self.lock();
        // A member without a queue has received its last reply and has no place any more.
        if state.queues.remove(&member).is_some() {
            self.send(&state, What::Leave(member, for_good));
        }
    }

    /// Returns the number of rooms and doors open at the last heartbeat, of all instances together.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Sends heartbeats, delivers notices, runs queued operations, and reconnects to Redis; runs
    /// until dropped.
    pub(crate) async fn keep_time(&self) {
        let desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Desk { mut posts, mut errands }) = desk else { return std::future::pending().await };
        loop {
            let Some(line) = self.lock().line.clone() else { return std::future::pending().await };
            tokio::select! {
                () = self.hear(&mut posts) => self.lose(&line, "the channel ended"),
                lost = self.beat(&line) => self.lose(&line, &lost),
                lost = self.run(&line, &mut errands) => self.lose(&line, &lost),
                () = self.lost.notified() => {}
            }
            if self.lock().line.is_some() {
                // A leftover notification of a loss that was detected otherwise.
                continue;
            }
            let (again, heard) = loop {
                match self.lines.arrive().await {
                    Ok(arrived) => break arrived,
                    Err(_) => sleep(PAUSE).await,
                }
            };
            posts = heard;
            tracing::info!("rooms are shared again");
            // Without this the other instances wait until our old name has been silent for too
            // long. If it fails, they do.
            drop(self.lines.depart(&again.as_if(&line)).await);
            self.lock().line = Some(again);
        }
    }

    /// Lets all members of this instance leave, and stops taking part.
    pub(crate) async fn end(&self) {
        let line = self.lock().line.take();
        if let Some(line) = line {
            drop(self.lines.depart(&line).await);
        }
    }

    /// Runs an operation that needs a seat; returns `None` if the seat was lost.
    async fn act(&self, member: Member, verb: &str, argument: &str) -> Option<Answer> {
        let line = {
            let state = self.lock();
            state.line.clone().filter(|_| state.queues.contains_key(&member))?
        };
        match self.lines.call(&line, verb, member, argument, "").await {
            Ok(answer) => Some(answer),
            Err(lost) => {
                self.lose(&line, &lost);
                None
            }
        }
    }

    /// Delivers notices until nothing arrives any more, not even our own heartbeats.
    async fn hear(&self, posts: &mut PubSubStream) {
        while let Ok(Some(message)) = timeout(self.silence, posts.next()).await {
            if message.get_payload_bytes().is_empty() {
                continue;
            }
            match parse(message.get_payload_bytes()) {
                Some((member, post)) => self.deliver(member, post),
                None => tracing::warn!("something on our channel is not for us"),
            }
        }
    }

    fn deliver(&self, member: Member, post: Post) {
        let last = post.last;
        let mut state = self.lock();
        let Some(queue) = state.queues.get(&member) else { return };
        match queue.try_send(post) {
            Ok(()) if !last => {}
            // Guests who arrive faster than the owner reads their calls must not cost the owner the
            // door.
            Err(TrySendError::Full(Post { reply: Reply::Called { ticket }, .. })) => {
                self.send(&state, What::TurnAway(ticket));
            }
            sent => {
                // Without a queue the socket ends once it has sent what was waiting; a socket that
                // is too slow ends likewise.
                state.queues.remove(&member);
                if sent.is_err() && !last {
                    self.send(&state, What::Leave(member, false));
                }
            }
        }
    }

    async fn beat(&self, line: &Line) -> String {
        loop {
            match self.lines.call(line, "beat", Member(0), "", "").await {
                Ok(Answer::Again) => {}
                Ok(Answer::Done(open)) => {
                    self.open.store(open.parse().unwrap_or_default(), Ordering::Relaxed);
                    sleep(self.between_beats).await;
                }
                Ok(Answer::Ringing | Answer::Refused(_)) => sleep(self.between_beats).await,
                Err(lost) => return lost,
            }
        }
    }

    async fn run(&self, line: &Line, errands: &mut mpsc::UnboundedReceiver<Errand>) -> String {
        while let Some(Errand { line: from, what }) = errands.recv().await {
            // Departing has already done what was queued under a former name.
            if from.instance != line.instance {
                continue;
            }
            let done = match what {
                What::Leave(member, for_good) => {
                    let argument = if for_good { "for-good" } else { "" };
                    self.lines.call(line, "leave", member, argument, "").await
                }
                What::TurnAway(Ticket(ticket)) => self.lines.call(line, "turn-away", Member(0), &ticket, "").await,
            };
            if let Err(lost) = done {
                return lost;
            }
        }
        std::future::pending().await
    }

    fn send(&self, state: &State, what: What) {
        if let Some(line) = state.line.clone() {
            // Sending fails only if `keep_time` has ended, and then all members leave at once.
            drop(self.errands.send(Errand { line, what }));
        }
    }

    /// Drops all members after Redis failed to answer or no longer knows this instance: no seat is
    /// certain.
    fn lose(&self, line: &Line, why: &str) {
        let mut state = self.lock();
        if state.line.as_ref().is_none_or(|current| current.instance != line.instance) {
            return;
        }
        state.line = None;
        tracing::warn!(why, members = state.queues.len(), "lost the shared rooms");
        for (_, queue) in state.queues.drain() {
            let reply = Reply::Refused { reason: Refusal::ShuttingDown };
            // A member whose queue is full ends without this reply.
            drop(queue.try_send(Post { reply, last: true }));
        }
        self.lost.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the reply to a granted request.
fn reply(ask: &Ask, value: &str, ticket: &str) -> Option<Reply> {
    let room = || value.parse().ok().map(Room);
    Some(match ask {
        Ask::Create => Reply::Created { room: room()?, ticket: Some(Ticket(ticket.to_owned())) },
        Ask::Open(_) => Reply::Created { room: room()?, ticket: None },
        Ask::Resume(..) => Reply::Resumed,
        Ask::Join(_) => Reply::Joined { ice: Vec::new(), away: value == "away" },
        Ask::Answer(_) => Reply::PeerJoined { ice: Vec::new() },
    })
}

/// Parses `<member> <1 for last> <reply>`.
fn parse(bytes: &[u8]) -> Option<(Member, Post)> {
    let mut parts = std::str::from_utf8(bytes).ok()?.splitn(3, ' ');
    let member = Member(parts.next()?.parse().ok()?);
    let last = parts.next()? == "1";
    Some((member, Post { reply: serde_json::from_str(parts.next()?).ok()?, last }))
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
