//! One party: a meeting and, once it has its words, the pairing that follows, with all events in
//! one queue.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use tacit_jobs::{Command, Job, Pairing, Processor, pairing};
use tacit_meet::{Channel, ChannelLink, Meeting};
use tacit_session::{Fault, Party as Seat};

/// The maximum silence of the other machine. A broken connection is retried for 30 s, so this is a
/// little longer.
const PATIENCE: Duration = Duration::from_secs(40);

/// The maximum time for the last message to the peer.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// An event of a party.
pub(crate) enum Heard {
    /// From its meeting.
    Met(tacit_meet::Event),
    /// From its pairing.
    Told(tacit_jobs::Event),
    /// The pairing has ended, and the other side has received the last message.
    Gone,
}

/// A running party. Dropping it ends it at once; [`Party::leave`] says goodbye.
pub(crate) struct Party {
    meeting: Meeting,
    commands: UnboundedSender<Command>,
    heard: UnboundedReceiver<Heard>,
    /// Events that were received and not taken yet.
    kept: VecDeque<Heard>,
    paired: Rc<Cell<bool>>,
}

impl Party {
    /// Starts a party. `meet` starts the meeting, given the callbacks for the channel and for
    /// events.
    pub(crate) fn start(
        seat: Seat,
        job: Job,
        meet: impl FnOnce(Box<dyn FnOnce(Channel)>, Box<dyn FnMut(tacit_meet::Event)>) -> Meeting,
    ) -> Self {
        let (tell, heard) = unbounded();
        let (commands, receiver) = unbounded();
        let link = Rc::new(RefCell::new(None));
        let paired = Rc::new(Cell::new(false));
        let open = {
            let link = Rc::clone(&link);
            Box::new(move |channel| {
                link.replace(Some(ChannelLink::new(channel)));
            })
        };
        let on = {
            let (commands, paired) = (commands.clone(), Rc::clone(&paired));
            let mut receiver = Some(receiver);
            Box::new(move |event| {
                if let tacit_meet::Event::Words { confirm, .. } = event
                    && let (Some(link), Some(receiver)) = (link.take(), receiver.take())
                {
                    paired.set(true);
                    let pairing = Pairing { seat, confirm_words: confirm, job, record: false };
                    pair(link, pairing, receiver, commands.clone(), tell.clone());
                }
                // Sending fails only if the receiver has left.
                let _ = tell.unbounded_send(Heard::Met(event));
            })
        };
        Self { meeting: meet(open, on), commands, heard, kept: VecDeque::new(), paired }
    }

    /// Sends a command to this party's pairing.
    pub(crate) fn tell(&self, command: Command) {
        // Sending fails only after the end.
        let _ = self.commands.unbounded_send(command);
    }

    /// At a door: admits the guest that has proved that it holds the link.
    pub(crate) fn admit(&self) {
        self.meeting.admit();
    }

    /// Returns the next event; the end is a fault.
    ///
    /// # Errors
    /// The reason for the end.
    pub(crate) async fn next(&mut self) -> Result<Heard, Fault> {
        match self.kept.pop_front() {
            Some(heard) => Ok(heard),
            None => self.hear().await,
        }
    }

    /// Runs a task that takes time and watches for the end, at which it stops waiting.
    ///
    /// # Errors
    /// The task's fault, or the reason for the end.
    pub(crate) async fn meanwhile<T>(&mut self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = work.as_mut() => return done,
                heard = self.hear() => self.kept.push_back(heard?),
            }
        }
    }

    async fn hear(&mut self) -> Result<Heard, Fault> {
        match self.heard.next().await {
            Some(Heard::Met(tacit_meet::Event::Failed(fault)) | Heard::Told(tacit_jobs::Event::Ended { fault })) => {
                Err(fault)
            }
            Some(heard) => Ok(heard),
            None => Err(Fault::internal("a meeting that ended without saying why")),
        }
    }

    /// Says goodbye and waits for a bounded time until it has arrived. Returns the events that were
    /// received until then and not taken.
    pub(crate) async fn leave(self) -> VecDeque<Heard> {
        let Self { meeting, commands, mut heard, mut kept, paired } = self;
        let _ = commands.unbounded_send(Command::Cancel);
        if paired.get() {
            let farewell = async {
                while let Some(next) = heard.next().await.filter(|heard| !matches!(heard, Heard::Gone)) {
                    kept.push_back(next);
                }
            };
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
        }
        meeting.close();
        kept
    }
}

/// Runs the pairing in a task of its own.
fn pair(
    link: ChannelLink,
    pairing: Pairing,
    receiver: UnboundedReceiver<Command>,
    commands: UnboundedSender<Command>,
    tell: UnboundedSender<Heard>,
) {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the machine has a random number generator");
    // The last sign of life of the machines, while they are at work. The other program's hello is
    // part of it.
    let seen = Rc::new(Cell::new(Some(Instant::now())));
    let emit = {
        let (seen, tell) = (Rc::clone(&seen), tell.clone());
        move |event: tacit_jobs::Event| {
            match event.machines_at_work() {
                Some(true) => seen.set(Some(Instant::now())),
                Some(false) => seen.set(None),
                None => {}
            }
            let _ = tell.unbounded_send(Heard::Told(event));
        }
    };
    let watch = tokio::task::spawn_local(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if seen.get().is_some_and(|seen| seen.elapsed() > PATIENCE) {
                seen.set(None);
                let _ = commands.unbounded_send(Command::Stalled);
            }
        }
    });
    drop(tokio::task::spawn_local(async move {
        pairing::run(link, pairing, seed, Rc::new(Processor::cpu()), receiver, emit).await;
        watch.abort();
        let _ = tell.unbounded_send(Heard::Gone);
    }));
}
