//! The life of a pairing: prepare in the background, agree, take inputs, run, and again.
//!
//! One loop waits for three things at once: the person's commands, the other program's messages on the control
//! lane, and the protocol at work on the other lane. Persons may take their time; machines may not, which is why
//! [`Event::machines_at_work`] tells a host program with a clock when silence means trouble.

use std::pin::Pin;
use std::rc::Rc;

use futures::stream::{Stream, StreamExt};
use futures::{FutureExt, select_biased};
use tacit_session::{Code, Fault, Lane, Link, Session, lanes};
use tacit_symmetric::Prg;

use crate::millionaires::{self, Millionaires};
use crate::progress::Progress;
use crate::talk::{Stop, Talk, VERSION};
use crate::{Agreement, Amount, Answer, Command, Event, Input, Outcome, Pairing};

/// Runs one party of a pairing until it ends, and returns why it ended (as [`Event::Ended`] said before).
///
/// `seed` is this party's only randomness, fresh from the system's generator. When this side ends the session, the
/// function tells the other side and returns once that side has closed the link, so that the last word arrives; a host
/// program that cannot wait drops the future.
pub async fn run<L: Link + 'static>(
    link: L,
    pairing: Pairing,
    seed: [u8; 32],
    commands: impl Stream<Item = Command>,
    emit: impl Fn(Event) + 'static,
) -> Fault {
    let (control, protocol, pump) = lanes(link);
    let mut commands = Box::pin(commands.fuse());
    let mut pump = Box::pin(pump.run().fuse());
    let mut driver = Driver::new(control, protocol, pairing, Prg::from_seed(seed), Rc::new(emit));
    let mut step = driver.control.send(&Talk::Hello { version: VERSION }).await.map_err(End::Here);
    let end = loop {
        if let Err(end) = step {
            break end;
        }
        driver.start_work();
        step = select_biased! {
            // What has arrived finds its lane before anything else is decided.
            _ = pump => Ok(()),
            done = driver.work.finished().fuse() => driver.on_done(done),
            talk = driver.control.recv::<Talk>(()).fuse() => match talk {
                Ok(talk) => driver.on_talk(talk),
                Err(fault) => Err(End::Here(fault)),
            },
            command = commands.next() => match command {
                Some(command) => driver.on_command(command).await,
                None => Err(End::Here(Code::Cancelled.into())),
            },
        };
    };
    // What was prepared and what was at work is dropped, and so wiped, before anybody is told.
    driver.work = Work::Nothing;
    driver.round = Round::default();
    let (fault, stop) = match end {
        End::Here(fault) => (fault.clone(), Stop::from_fault(&fault)),
        End::There(stop) => (stop.into_fault(), None),
    };
    (driver.emit)(Event::Ended { fault: fault.clone() });
    if let Some(stop) = stop
        && driver.control.send(&Talk::Stop(stop)).await.is_ok()
    {
        // Stay until the other side has read it and closes the link, or says a last word at the same time.
        loop {
            select_biased! {
                _ = pump => {}
                talk = driver.control.recv::<Talk>(()).fuse() => if !talk.is_ok_and(|t| !matches!(t, Talk::Stop(_))) { break },
            }
        }
    }
    fault
}

type Emit = Rc<dyn Fn(Event)>;

/// Who ended it.
enum End {
    Here(Fault),
    There(Stop),
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        End::Here(fault)
    }
}

/// What was done, with the job given back.
type Finished<L> = Result<(Box<Millionaires<L>>, Done), Fault>;

enum Done {
    Prepared,
    Compared(Outcome),
}

/// What the protocol side is doing.
enum Work<L> {
    /// The other program has not said hello yet, or it is over.
    Nothing,
    /// Free for the next thing.
    Idle(Box<Millionaires<L>>),
    /// At work.
    Busy(Pin<Box<dyn Future<Output = Finished<L>>>>),
}

impl<L> Work<L> {
    /// The end of what is at work; waits for ever when nothing is. Cancel-safe.
    async fn finished(&mut self) -> Finished<L> {
        match self {
            Work::Busy(work) => work.await,
            Work::Nothing | Work::Idle(_) => futures::future::pending().await,
        }
    }
}

/// One round, from agreement to both inputs.
#[derive(Default)]
struct Round {
    accepted_here: bool,
    accepted_there: bool,
    input: Option<Amount>,
    ready_there: bool,
}

struct Driver<L: Link + 'static> {
    control: Session<Lane<L>>,
    work: Work<Lane<L>>,
    /// The job, until the other program has said hello.
    waiting: Option<Box<Millionaires<Lane<L>>>>,
    pairing: Pairing,
    words_same_here: bool,
    words_same_there: bool,
    /// What is agreed on next, and how far that is.
    agreement: Agreement,
    round: Round,
    /// Whether this person has seen `agreement`. The other side may finish a round, and accept the next, a moment sooner.
    proposed: bool,
    progress: Rc<Progress>,
    emit: Emit,
}

impl<L: Link + 'static> Driver<L> {
    fn new(control: Lane<L>, protocol: Lane<L>, pairing: Pairing, rng: Prg, emit: Emit) -> Self {
        let progress = Rc::new(Progress::new(Rc::clone(&emit)));
        let mut session = Session::new(pairing.seat, protocol);
        let observer = Rc::clone(&progress);
        session.ledger_mut().observe(move |entry| observer.record(entry));
        Self {
            control: Session::new(pairing.seat, control),
            work: Work::Nothing,
            waiting: Some(Box::new(Millionaires::new(session, rng))),
            pairing,
            words_same_here: !pairing.confirm_words,
            words_same_there: !pairing.confirm_words,
            agreement: millionaires::agreement(pairing.seat, 1),
            round: Round::default(),
            proposed: false,
            progress,
            emit,
        }
    }

    /// Whether an input may be given: promise 4.
    fn agreed(&self) -> bool {
        let words = self.words_same_here && self.words_same_there;
        words && self.round.accepted_here && self.round.accepted_there
    }

    /// Makes a change, and says so if an input may be given because of it.
    fn advance(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.agreed();
        change(self);
        if !before && self.agreed() {
            (self.emit)(Event::Agreed);
        }
    }

    /// Shows what is agreed on next.
    fn propose(&mut self) {
        self.proposed = true;
        (self.emit)(Event::Proposed { agreement: self.agreement.clone() });
        if self.round.accepted_there {
            (self.emit)(Event::PeerAccepted);
        }
    }

    fn on_talk(&mut self, talk: Talk) -> Result<(), End> {
        if let Some(job) = self.waiting.take() {
            return match talk {
                Talk::Hello { version: VERSION } => {
                    self.work = Work::Idle(job);
                    (self.emit)(Event::PeerPresent);
                    self.propose();
                    Ok(())
                }
                Talk::Hello { version } => {
                    Err(Fault::new(Code::VersionsDiffer, format!("here {VERSION}, there {version}")).into())
                }
                Talk::Stop(stop) => Err(End::There(stop)),
                _ => Err(Fault::peer("spoke before saying hello").into()),
            };
        }
        match talk {
            Talk::WordsSame if !self.words_same_there => {
                (self.emit)(Event::PeerConfirmedWords);
                self.advance(|d| d.words_same_there = true);
            }
            Talk::Accept { hash } if !self.round.accepted_there => {
                if hash != self.agreement.hash() {
                    return Err(Fault::new(Code::VersionsDiffer, "accepted another agreement").into());
                }
                if self.proposed {
                    (self.emit)(Event::PeerAccepted);
                }
                self.advance(|d| d.round.accepted_there = true);
            }
            Talk::Ready if self.agreed() && !self.round.ready_there => {
                self.round.ready_there = true;
                (self.emit)(Event::PeerReady);
            }
            Talk::Stop(stop) => return Err(End::There(stop)),
            _ => return Err(Fault::peer("spoke out of turn").into()),
        }
        Ok(())
    }

    /// Obeys the person. A command that has no place here (a second click) is passed over.
    async fn on_command(&mut self, command: Command) -> Result<(), End> {
        match command {
            Command::ConfirmWords if !self.words_same_here => {
                self.control.send(&Talk::WordsSame).await?;
                self.advance(|d| d.words_same_here = true);
            }
            Command::Accept if self.proposed && !self.round.accepted_here => {
                self.control.send(&Talk::Accept { hash: self.agreement.hash() }).await?;
                self.advance(|d| d.round.accepted_here = true);
            }
            Command::Input { input: Input::Amount(amount) } if self.agreed() && self.round.input.is_none() => {
                self.control.send(&Talk::Ready).await?;
                self.round.input = Some(amount);
            }
            Command::WordsDiffer => return Err(Fault::from(Code::WordsDiffer).into()),
            Command::Decline => return Err(Fault::from(Code::Declined).into()),
            Command::Cancel => return Err(Fault::from(Code::Cancelled).into()),
            Command::Stalled => return Err(Fault::from(Code::Stalled).into()),
            Command::ConfirmWords
            | Command::Accept
            | Command::Input { .. }
            | Command::Offer { .. }
            | Command::Model { .. } => {}
        }
        Ok(())
    }

    fn on_done(&mut self, finished: Finished<Lane<L>>) -> Result<(), End> {
        let (job, done) = finished?;
        let (ready, spent) = (job.ready(), job.spent_offline());
        self.work = Work::Idle(job);
        match done {
            Done::Prepared => (self.emit)(Event::Stock { ready, target: millionaires::STOCK, spent }),
            Done::Compared(outcome) => {
                (self.emit)(Event::Finished { outcome });
                self.propose();
            }
        }
        Ok(())
    }

    /// Starts what can be started. Both sides decide alike: a stock that is low is filled up as soon as a round
    /// is over, before any input to the next one can be there.
    fn start_work(&mut self) {
        let Work::Idle(job) = &self.work else { return };
        let compare = self.round.ready_there && self.round.input.is_some() && job.ready() > 0;
        if !compare && !job.is_low() {
            return;
        }
        let Work::Idle(mut job) = std::mem::replace(&mut self.work, Work::Nothing) else { return };
        if !compare {
            self.progress.begin(job.prepare_plan());
            self.work = Work::Busy(Box::pin(async move {
                job.prepare().await?;
                Ok((job, Done::Prepared))
            }));
            return;
        }
        let Some(amount) = std::mem::take(&mut self.round).input else { return };
        let round = self.agreement.round;
        self.agreement = millionaires::agreement(self.pairing.seat, round + 1);
        self.proposed = false;
        (self.emit)(Event::Started);
        self.progress.begin(millionaires::compare_plan());
        self.work = Work::Busy(Box::pin(async move {
            let before = job.spent_online();
            let order = job.compare(&amount).await?;
            let online = job.spent_online() - before;
            let outcome = Outcome { round, answer: Answer::Order(order), online, offline: job.spent_offline() };
            Ok((job, Done::Compared(outcome)))
        }));
    }
}
