//! The clients of one served model: a limit, a queue, and the threads that they are spread over.
//!
//! A caller first proves that it has the link. Until then it is a stranger: it has ten seconds and
//! takes no client's place. There are at most [`MOST_STRANGERS`] at once, and a further one
//! displaces the oldest. So a caller that sends nothing holds up nobody: a client needs a fraction
//! of a second to prove itself, and can do so until [`MOST_STRANGERS`] others have called in the
//! meantime. A caller that has proved itself takes a place, or waits for one in turn.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// The served model, and the limits of its service.
pub(crate) struct Terms {
    /// The model file.
    pub(crate) model: Vec<u8>,
    pub(crate) reveal: Reveal,
    /// The maximum number of clients at once.
    pub(crate) clients: usize,
    /// The number of threads to compute on.
    pub(crate) threads: usize,
    /// The maximum number of rounds per client.
    pub(crate) rounds: u32,
    /// The maximum bits of answers per client.
    pub(crate) bits_per_client: u64,
    /// The maximum bits of answers for all clients together.
    pub(crate) bits_in_all: u64,
    /// The maximum idle time of a client.
    pub(crate) idle: Duration,
    /// The maximum time that a client may stay.
    pub(crate) stay: Duration,
}

/// The only job that this program runs here.
const JOB: Job = Job::Classify { owner: Seat::Alice };

/// The maximum number of clients that wait for a place.
const MOST_WAITING: usize = 1024;

/// The maximum number of callers that have not proved yet that they have the link.
const MOST_STRANGERS: usize = 64;

/// The state that all clients share.
struct Shared {
    config: Config,
    invite: DoorInvite,
    terms: Terms,
    counts: Arc<Counts>,
    budget: Arc<Budget>,
    /// Called for every round that begins to be answered.
    tell: Box<dyn Fn(Answering) + Send + Sync>,
    lobby: Mutex<Lobby>,
    /// Notified when a client has come or left, or the house closes.
    changed: Notify,
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
    /// The number of calls so far; each caller gets its number.
    calls: u64,
    /// Callers that have not proved themselves, the oldest first.
    strangers: VecDeque<u64>,
    /// Callers that have proved themselves and wait for a place.
    waiting: VecDeque<u64>,
    inside: usize,
    closing: bool,
}

/// A thread that computes for some clients.
struct Workroom {
    clients: Arc<AtomicUsize>,
    calls: mpsc::UnboundedSender<(u64, Ticket)>,
}

/// The threads that serve clients. [`House::close`] lets rounds finish; otherwise its threads end
/// with the program.
pub(crate) struct House {
    shared: Arc<Shared>,
    workrooms: Vec<Workroom>,
}

impl House {
    /// Opens an empty house. Call it inside a tokio runtime with several threads.
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
        });
        let workrooms = (0..threads).map(|_| workroom(&shared)).collect();
        Self { shared, workrooms }
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.shared.counts
    }

    /// Takes a call. The thread with the fewest clients handles it.
    pub(crate) fn call(&self, ticket: Ticket) {
        let all: usize = self.workrooms.iter().map(|room| room.clients.load(Ordering::Relaxed)).sum();
        // The server allows fewer calls; one that does not is not trusted.
        if all >= self.shared.terms.clients + MOST_WAITING + 2 * MOST_STRANGERS {
            return;
        }
        let Some(number) = self.shared.receive() else { return };
        if let Some(workroom) = self.workrooms.iter().min_by_key(|room| room.clients.load(Ordering::Relaxed)) {
            workroom.clients.fetch_add(1, Ordering::Relaxed);
            // Its thread lives as long as this house.
            let _ = workroom.calls.send((number, ticket));
        }
    }

    /// Admits no more clients, and waits until those inside have left, which they are asked to do
    /// after their round.
    pub(crate) async fn close(self) {
        self.shared.change(|lobby| lobby.closing = true);
        loop {
            let changed = self.shared.changed.notified();
            if self.shared.lobby().inside == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Shared {
    fn lobby(&self) -> MutexGuard<'_, Lobby> {
        // Numbers and queues are consistent after every line.
        self.lobby.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change and wakes the tasks that wait for one. All of them began to wait before they
    /// checked the state.
    fn change<T>(&self, change: impl FnOnce(&mut Lobby) -> T) -> T {
        let mut lobby = self.lobby();
        let result = change(&mut lobby);
        self.counts.inside.store(lobby.inside as u64, Ordering::Relaxed);
        self.counts.waiting.store(lobby.waiting.len() as u64, Ordering::Relaxed);
        self.counts.strangers.store(lobby.strangers.len() as u64, Ordering::Relaxed);
        drop(lobby);
        self.changed.notify_waiters();
        result
    }

    /// Counts the bits of an answer that has begun.
    fn count(&self, number: u64, account: &mut Account, event: &Event) {
        let Some(bits) = account.hear(event) else { return };
        let in_all = self.counts.bits.fetch_add(bits, Ordering::Relaxed) + bits;
        let of_client = account.opened();
        tracing::info!(client = number, bits, of_client, in_all, "answering");
        (self.tell)(Answering { client: number, bits, of_client, in_all });
    }

    /// Admits a stranger and displaces the oldest if necessary.
    fn receive(&self) -> Option<u64> {
        self.change(|lobby| {
            if lobby.closing {
                return None;
            }
            if lobby.strangers.len() >= MOST_STRANGERS {
                lobby.strangers.pop_front();
            }
            lobby.calls += 1;
            lobby.strangers.push_back(lobby.calls);
            Some(lobby.calls)
        })
    }

    /// Waits until the condition holds.
    async fn until(&self, is: impl Fn(&Lobby) -> bool) {
        loop {
            let changed = self.changed.notified();
            if is(&self.lobby()) {
                return;
            }
            changed.await;
        }
    }

    /// Waits until this house closes.
    async fn closing(&self) {
        self.until(|lobby| lobby.closing).await;
    }
}

impl Lobby {
    /// Tells whether a stranger may still prove itself.
    fn hears(&self, number: u64) -> bool {
        !self.closing && self.strangers.contains(&number)
    }
}

/// Starts a thread for some of the clients.
fn workroom(shared: &Arc<Shared>) -> Workroom {
    let (calls, mut called) = mpsc::unbounded_channel();
    let clients = Arc::new(AtomicUsize::new(0));
    let (shared, inside) = (Arc::clone(shared), Arc::clone(&clients));
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        runtime.block_on(async {
            let clients = LocalSet::new();
            let coming = async {
                while let Some((number, ticket)) = called.recv().await {
                    let (shared, inside) = (Arc::clone(&shared), Arc::clone(&inside));
                    drop(tokio::task::spawn_local(async move {
                        attend(&shared, number, ticket).await;
                        inside.fetch_sub(1, Ordering::Relaxed);
                    }));
                }
            };
            clients.run_until(coming).await;
            // No more calls arrive. The clients inside finish their rounds.
            clients.await;
        });
    });
    Workroom { clients, calls }
}

/// Handles one caller, from the door to goodbye.
async fn attend(shared: &Shared, number: u64, ticket: Ticket) {
    let config = shared.config.clone();
    let mut party = Party::start(Seat::Alice, JOB, |open, on| answer(config, &shared.invite, ticket, open, on));
    let proved = tokio::select! {
        proved = prove(&mut party) => proved,
        () = shared.until(|lobby| !lobby.hears(number)) => false,
    };
    let waits = shared.change(|lobby| {
        let is_heard = lobby.hears(number);
        lobby.strangers.retain(|&stranger| stranger != number);
        let waits = proved && is_heard && lobby.waiting.len() < MOST_WAITING;
        if waits {
            lobby.waiting.push_back(number);
        }
        waits
    });
    if waits && admitted(shared, &mut party, number).await {
        serve(shared, party, number).await;
        shared.change(|lobby| lobby.inside -= 1);
    }
}

/// Waits for a stranger to prove that it has the link; tells whether it did. Its meeting ends if
/// that takes too long.
async fn prove(party: &mut Party) -> bool {
    loop {
        match party.next().await {
            Ok(Heard::Met(tacit_meet::Event::Proved)) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// Waits for a place in turn; tells whether the client got one before it, its meeting or this house
/// gave up.
async fn admitted(shared: &Shared, party: &mut Party, number: u64) -> bool {
    let is_next = |lobby: &Lobby| lobby.waiting.front() == Some(&number) && lobby.inside < shared.terms.clients;
    let lost = async { while party.next().await.is_ok() {} };
    let stays = tokio::select! {
        () = shared.until(|lobby| lobby.closing || is_next(lobby)) => true,
        () = lost => false,
    };
    let is_in = shared.change(|lobby| {
        let is_in = stays && !lobby.closing && is_next(lobby);
        lobby.waiting.retain(|&waiting| waiting != number);
        lobby.inside += usize::from(is_in);
        is_in
    });
    if is_in {
        party.admit();
    }
    is_in
}

/// Serves one client until it has left.
async fn serve(shared: &Shared, mut party: Party, number: u64) {
    let counts = &shared.counts;
    counts.clients.fetch_add(1, Ordering::Relaxed);
    tracing::info!(client = number, "came");
    let mut account = shared.budget.account(shared.terms.bits_per_client);
    let end = rounds(shared, &mut party, number, &mut account).await;
    // Events that arrived in the meantime count, too.
    for heard in party.leave().await {
        if let Heard::Told(event) = heard {
            shared.count(number, &mut account, &event);
        }
    }
    drop(account);
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

/// Runs rounds as long as the client wants and its limits allow.
async fn rounds(shared: &Shared, party: &mut Party, number: u64, account: &mut Account) -> Result<&'static str, Fault> {
    let terms = &shared.terms;
    let (mut done, mut began) = (0, None::<Instant>);
    let until = tokio::time::Instant::now() + terms.stay;
    loop {
        let heard = tokio::select! {
            // Rounds that this client has begun count, even if the event was not handled before
            // this house began to close.
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
            Event::Proposed { agreement, .. } => {
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
