//! Rooms that several instances share, in Redis.
//!
//! Every verb is one run of `rooms.lua` in Redis, which runs one at a time: what it decides is decided for all instances,
//! and what it has to tell goes to the instance that holds the member's socket, over one channel for each instance.
//!
//! An instance beats. One that is silent for too long has left, with all its members; the others find out while they
//! beat. An instance that loses Redis, or learns that it has been silent for too long, cannot know what it missed: it
//! sends all its members away as if it were shutting down, and takes part again under a new name.

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

/// The rooms as one instance sees them.
pub(crate) struct Shared {
    lines: Lines,
    silence: Duration,
    between_beats: Duration,
    state: Mutex<State>,
    lost: Notify,
    errands: mpsc::UnboundedSender<Errand>,
    /// For [`Shared::keep_time`], which runs once.
    desk: Mutex<Option<Desk>>,
    open: AtomicUsize,
}

struct State {
    /// None while Redis cannot be reached, and after the end.
    line: Option<Line>,
    queues: HashMap<Member, mpsc::Sender<Post>>,
}

struct Desk {
    posts: PubSubStream,
    errands: mpsc::UnboundedReceiver<Errand>,
}

/// What somebody who cannot wait wants done.
struct Errand {
    line: Line,
    what: What,
}

enum What {
    Leave(Member, bool),
    TurnAway(Ticket),
}

/// How long to wait before Redis is tried again.
const PAUSE: Duration = Duration::from_millis(500);

impl Shared {
    /// Takes part, by the Redis at this address; `silence` is how long an instance may be silent.
    ///
    /// # Errors
    /// What Redis, or the way there, says.
    pub(crate) async fn connect(redis: redis::ConnectionInfo, terms: Terms, silence: Duration) -> RedisResult<Self> {
        let lines = Lines::new(redis, terms, silence)?;
        let (line, posts) = lines.arrive().await?;
        let (errands, received) = mpsc::unbounded_channel();
        // What is due is noticed by a beat, so that the times of rooms bound the time between beats as well.
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
        // Whoever has no queue has heard last words, and no place any more.
        if state.queues.remove(&member).is_some() {
            self.send(&state, What::Leave(member, for_good));
        }
    }

    /// How many rooms and doors were open at the last beat, of all instances together.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Beats, delivers what comes, runs errands, and finds Redis again; runs until dropped.
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
                // An old notification of a loss that was seen otherwise.
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
            // The others need not wait until our old name has been silent for long enough. If this fails, they will.
            drop(self.lines.depart(&again.as_if(&line)).await);
            self.lock().line = Some(again);
        }
    }

    /// Lets everybody leave, and takes part no more.
    pub(crate) async fn end(&self) {
        let line = self.lock().line.take();
        if let Some(line) = line {
            drop(self.lines.depart(&line).await);
        }
    }

    /// Asks for something that needs a seat; nothing comes of it if that was lost.
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

    /// Delivers what comes until nothing more does, not even our own beats.
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
            // Guests who come faster than their calls can be read must not cost the owner the door.
            Err(TrySendError::Full(Post { reply: Reply::Called { ticket }, .. })) => {
                self.send(&state, What::TurnAway(ticket));
            }
            sent => {
                // Without a queue the socket ends once it has said what was waiting; one too slow ends likewise.
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
            // What was asked under a name of before has been done by departing.
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
            // It fails only if nobody keeps time any more, and then all leave at once.
            drop(self.errands.send(Errand { line, what }));
        }
    }

    /// Redis did not answer, or knows us no more: nobody here can be sure of their seat.
    fn lose(&self, line: &Line, why: &str) {
        let mut state = self.lock();
        if state.line.as_ref().is_none_or(|current| current.instance != line.instance) {
            return;
        }
        state.line = None;
        tracing::warn!(why, members = state.queues.len(), "lost the shared rooms");
        for (_, queue) in state.queues.drain() {
            let reply = Reply::Refused { reason: Refusal::ShuttingDown };
            // Whoever has much to read ends without it.
            drop(queue.try_send(Post { reply, last: true }));
        }
        self.lost.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What to tell whoever got what they asked for.
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

/// `<member> <1 for last> <reply>`
fn parse(bytes: &[u8]) -> Option<(Member, Post)> {
    let mut parts = std::str::from_utf8(bytes).ok()?.splitn(3, ' ');
    let member = Member(parts.next()?.parse().ok()?);
    let last = parts.next()? == "1";
    Some((member, Post { reply: serde_json::from_str(parts.next()?).ok()?, last }))
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
