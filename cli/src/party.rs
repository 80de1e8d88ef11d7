//! One party: a meeting and, once there are words, the pairing that it leads to, with everything that happens in one queue.

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

/// How long machines may be silent. A connection that broke is tried again for 30 s meanwhile, so this is a little longer.
const PATIENCE: Duration = Duration::from_secs(40);

/// How long the last words to the peer may take at most.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// What a party hears.
pub(crate) enum Heard {
    /// From its meeting.
    Met(tacit_meet::Event),
    /// From its pairing.
    Told(tacit_jobs::Event),
    /// The pairing has ended, and the other side has heard the last word.
    Gone,
}

/// A party at work. Dropping it ends it at once; [`Party::leave`] says goodbye.
pub(crate) struct Party {
    meeting: Meeting,
    commands: UnboundedSender<Command>,
    heard: UnboundedReceiver<Heard>,
    /// Heard, and not taken yet.
    kept: VecDeque<Heard>,
    paired: Rc<Cell<bool>>,
}

impl Party {
    /// Begins. `meet` starts the meeting with what it needs: who takes the channel, and who hears what happens.
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
                // Whoever does not listen any more has left.
                let _ = tell.unbounded_send(Heard::Met(event));
            })
        };
        Self { meeting: meet(open, on), commands, heard, kept: VecDeque::new(), paired }
    }

    /// Tells this party's own program something.
    pub(crate) fn tell(&self, command: Command) {
        // After the end nobody listens any more, and that is fine.
        let _ = self.commands.unbounded_send(command);
    }

    /// At a door: lets the guest in that has proved that it holds the link.
    pub(crate) fn admit(&self) {
        self.meeting.admit();
    }

    /// What happens next, with the end as a fault.
    ///
    /// # Errors
    /// Why it is over.
    pub(crate) async fn next(&mut self) -> Result<Heard, Fault> {
        match self.kept.pop_front() {
            Some(heard) => Ok(heard),
            None => self.hear().await,
        }
    }

    /// Does something that takes its time, and listens meanwhile: when it is all over, there is nothing to wait for.
    ///
    /// # Errors
    /// What it says, or why it is over.
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

    /// Says goodbye and waits until that has arrived, but not for ever. Gives what was heard until
    /// then and not taken.
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
    // When the machines showed themselves, while they are at work. The other program's hello is their business, too.
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
