//! The clients of one served model: a limit, a queue, and threads that they are spread over.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tacit_jobs::{Command, Event, Job, ModelFile, Reveal};
use tacit_meet::{Config, DoorInvite, Ticket, answer};
use tacit_session::{Code, Fault, Party as Seat};
use tokio::sync::{Notify, mpsc};
use tokio::task::LocalSet;

use super::budget::{Account, Budget, Spent};
use super::counts::Counts;
use crate::party::{Heard, Party};

/// What is served, and how much of it.
pub(crate) struct Terms {
    /// The model file.
    pub(crate) model: Vec<u8>,
    pub(crate) reveal: Reveal,
    /// Clients at once.
    pub(crate) clients: usize,
    /// Threads to compute on.
    pub(crate) threads: usize,
    /// Rounds that one client may have.
    pub(crate) rounds: u32,
    /// Bits of answers that one client may get.
    pub(crate) bits_per_client: u64,
    /// Bits of answers that all clients together may get.
    pub(crate) bits_in_all: u64,
    /// How long a client may do nothing.
    pub(crate) idle: Duration,
    /// How long a client may stay, whatever it does.
    pub(crate) stay: Duration,
}

/// What this program does here, and never anything else.
const JOB: Job = Job::Classify { owner: Seat::Alice };

/// Clients that may wait at once.
const MOST_WAITING: usize = 1024;

/// Everything that clients share.
struct Shared {
    config: Config,
    invite: DoorInvite,
    terms: Terms,
    counts: Arc<Counts>,
    budget: Arc<Budget>,
    /// Told of every round that begins to be answered.
    tell: Box<dyn Fn(Answering) + Send + Sync>,
    lobby: Mutex<Lobby>,
    /// A client has come or left, or this house closes.
    changed: Notify,
    next_number: AtomicU64,
}

/// A round that this side has begun to answer.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "event", rename = "answering")]
pub(crate) struct Answering {
    /// The client's number.
    client: u64,
    /// Bits that the round opens.
    bits: u64,
    /// Bits opened to this client so far, the round's included.
    of_client: u64,
    /// Bits opened to all clients so far.
    in_all: u64,
}

#[derive(Default)]
struct Lobby {
    waiting: VecDeque<Ticket>,
    inside: usize,
    closing: bool,
}

/// A thread that computes for some clients.
struct Workroom {
    clients: Arc<AtomicUsize>,
    calls: mpsc::UnboundedSender<Ticket>,
}

/// The clients' house. [`House::close`] lets rounds finish; otherwise its threads end with the program.
pub(crate) struct House(Arc<Shared>);

impl House {
    /// Nobody in it yet. Inside of a tokio runtime with several threads.
    pub(crate) fn open(
        config: Config,
        invite: DoorInvite,
        terms: Terms,
        tell: impl Fn(Answering) + Send + Sync + 'static,
    ) -> Self {
        let Terms { threads, bits_in_all, .. } = terms;
        let shared = Arc::new(Shared {
            config,
            invite,
            terms,
            counts: Arc::default(),
            budget: Arc::new(Budget::new(bits_in_all)),
            tell: Box::new(tell),
            lobby: Mutex::default(),
            changed: Notify::new(),
            next_number: AtomicU64::new(1),
        });
        let workrooms = (0..threads).map(|_| workroom(&shared)).collect();
        drop(tokio::spawn(usher(Arc::clone(&shared), workrooms)));
        Self(shared)
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.0.counts
    }

    /// Somebody rings. They come in as soon as there is a place.
    pub(crate) fn call(&self, ticket: Ticket) {
        {
            let mut lobby = self.0.lobby();
            // The server lets fewer ring; one that does not is not believed.
            if lobby.waiting.len() >= MOST_WAITING {
                return;
            }
            lobby.waiting.push_back(ticket);
        }
        self.0.tell();
    }

    /// Lets nobody in any more, and waits until everybody inside has left, which they are asked to after their round.
    pub(crate) async fn close(self) {
        {
            let mut lobby = self.0.lobby();
            lobby.closing = true;
            lobby.waiting.clear();
        }
        self.0.tell();
        loop {
            let changed = self.0.changed.notified();
            if self.0.lobby().inside == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Shared {
    fn lobby(&self) -> MutexGuard<'_, Lobby> {
        // Numbers and a queue are whole after every line.
        self.lobby.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self) -> Option<Ticket> {
        let mut lobby = self.lobby();
        if lobby.closing || lobby.inside >= self.terms.clients {
            return None;
        }
        let ticket = lobby.waiting.pop_front()?;
        lobby.inside += 1;
        Some(ticket)
    }

    fn left(&self) {
        self.lobby().inside -= 1;
        self.tell();
    }

    /// Counts what a client has begun to get.
    fn count(&self, number: u64, account: &mut Account, event: &Event) {
        let Some(bits) = account.hear(event) else { return };
        let in_all = self.counts.bits.fetch_add(bits, Ordering::Relaxed) + bits;
        let of_client = account.opened();
        tracing::info!(client = number, bits, of_client, in_all, "answering");
        (self.tell)(Answering { client: number, bits, of_client, in_all });
    }

    /// Wakes whoever waits for a change. All of them began to wait before they looked.
    fn tell(&self) {
        self.changed.notify_waiters();
    }

    /// Ready when this house closes.
    async fn closing(&self) {
        loop {
            let changed = self.changed.notified();
            if self.lobby().closing {
                return;
            }
            changed.await;
        }
    }
}

/// Shows whoever comes in to the thread with the fewest clients.
async fn usher(shared: Arc<Shared>, workrooms: Vec<Workroom>) {
    loop {
        let changed = shared.changed.notified();
        while let Some(ticket) = shared.admit() {
            let fewest = workrooms.iter().min_by_key(|workroom| workroom.clients.load(Ordering::Relaxed));
            if let Some(workroom) = fewest {
                workroom.clients.fetch_add(1, Ordering::Relaxed);
                // Its thread lives as long as this task.
                let _ = workroom.calls.send(ticket);
            }
        }
        shared.counts.waiting.store(shared.lobby().waiting.len() as u64, Ordering::Relaxed);
        if shared.lobby().closing {
            return;
        }
        changed.await;
    }
}

/// A thread for some of the clients.
fn workroom(shared: &Arc<Shared>) -> Workroom {
    let (calls, mut called) = mpsc::unbounded_channel();
    let clients = Arc::new(AtomicUsize::new(0));
    let (shared, inside) = (Arc::clone(shared), Arc::clone(&clients));
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        runtime.block_on(async {
            let clients = LocalSet::new();
            let coming = async {
                while let Some(ticket) = called.recv().await {
                    let (shared, inside) = (Arc::clone(&shared), Arc::clone(&inside));
                    drop(tokio::task::spawn_local(async move {
                        attend(&shared, ticket).await;
                        inside.fetch_sub(1, Ordering::Relaxed);
                        shared.left();
                    }));
                }
            };
            clients.run_until(coming).await;
            // Nobody comes any more. Those who are inside finish their rounds.
            clients.await;
        });
    });
    Workroom { clients, calls }
}

/// One client, from the door to goodbye.
async fn attend(shared: &Arc<Shared>, ticket: Ticket) {
    let number = shared.next_number.fetch_add(1, Ordering::Relaxed);
    let counts = &shared.counts;
    counts.inside.fetch_add(1, Ordering::Relaxed);
    counts.clients.fetch_add(1, Ordering::Relaxed);
    tracing::info!(client = number, "came");
    let config = shared.config.clone();
    let mut party = Party::start(Seat::Alice, JOB, |open, on| answer(config, &shared.invite, ticket, open, on));
    let mut account = shared.budget.account(shared.terms.bits_per_client);
    let end = rounds(shared, &mut party, number, &mut account).await;
    // What has happened meanwhile counts, too.
    for heard in party.leave().await {
        if let Heard::Told(event) = heard {
            shared.count(number, &mut account, &event);
        }
    }
    drop(account);
    counts.inside.fetch_sub(1, Ordering::Relaxed);
    match end {
        Ok(why) => tracing::info!(client = number, "{why}"),
        Err(fault) => {
            if fault.code != Code::PeerLeft && fault.code != Code::PeerCancelled {
                counts.faults.fetch_add(1, Ordering::Relaxed);
            }
            tracing::info!(client = number, code = fault.code.as_str(), "left");
        }
    }
}

/// Round after round, as long as the client likes and is let.
async fn rounds(shared: &Shared, party: &mut Party, number: u64, account: &mut Account) -> Result<&'static str, Fault> {
    let terms = &shared.terms;
    let (mut done, mut began) = (0, None::<Instant>);
    let until = tokio::time::Instant::now() + terms.stay;
    loop {
        let heard = tokio::select! {
            // What this client has begun counts, even if it was not heard yet when this house began to close.
            biased;
            heard = tokio::time::timeout(terms.idle, party.next()) => match heard {
                Ok(heard) => heard?,
                Err(_) => return Ok("was idle for too long"),
            },
            () = tokio::time::sleep_until(until) => return Ok("has had as much time as one may"),
            () = shared.closing(), if began.is_none() => return Ok("was asked to leave"),
        };
        let Heard::Told(event) = heard else { continue };
        shared.count(number, account, &event);
        match event {
            Event::Offered { job } if job != JOB => {
                party.tell(Command::Decline);
                return Ok("wanted something else");
            }
            Event::Offered { .. } => {
                party.tell(Command::Model { model: ModelFile(terms.model.clone()), reveal: terms.reveal });
            }
            Event::Proposed { agreement } => {
                let bits = agreement.security.opened(Seat::Bob).of_round;
                let refusal = match account.promise(bits) {
                    _ if done >= terms.rounds => "has had as many rounds as one may",
                    Err(Spent::Client) => "has had as many bits as one may",
                    Err(Spent::All) => {
                        tracing::warn!(limit = terms.bits_in_all, "all bits are opened; nobody is answered any more");
                        "comes when all bits are opened"
                    }
                    Ok(()) => {
                        party.tell(Command::Accept { hash: agreement.hash() });
                        continue;
                    }
                };
                shared.counts.refused.fetch_add(1, Ordering::Relaxed);
                party.tell(Command::LimitReached);
                return Ok(refusal);
            }
            Event::Started => began = Some(Instant::now()),
            Event::Finished { .. } => {
                done += 1;
                shared.counts.rounds.fetch_add(1, Ordering::Relaxed);
                let ms = began.take().map_or(0, |began| began.elapsed().as_millis());
                tracing::info!(client = number, round = done, ms, bits = account.opened(), "answered");
            }
            Event::Refused { fault } => return Err(fault),
            _ => {}
        }
    }
}
