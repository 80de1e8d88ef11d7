//! The life of a pairing: prepare in the background, agree, take inputs, run, and again.
//!
//! One loop waits for three things at once: the person's commands, the other program's messages on
//! the control lane, and the protocol at work on the other lane. Persons may take their time;
//! machines may not, which is why [`Event::machines_at_work`] tells a host program with a clock
//! when silence means trouble.

use std::rc::Rc;

use futures::stream::{Stream, StreamExt};
use futures::{FutureExt, TryFutureExt, select_biased};
use tacit_compute::Processor;
use tacit_record::Watch;
use tacit_session::{Code, Cost, Fault, Lane, Link, Party, Session, lanes};
use tacit_symmetric::Prg;

use crate::progress::Progress;
use crate::protocol::{self, Ended, Offer, Protocol, Running, Stock, Subject};
use crate::talk::{Number, Stop, Talk, VERSION};
use crate::{Agreement, Command, Event, Input, Job, Machine, ModelFile, Outcome, Pairing, Reveal, machine};

/// Runs one party of a pairing until it ends, and returns why it ended (as [`Event::Ended`] said
/// before).
///
/// `seed` is this party's only randomness, fresh from the system's generator; `processor` is where
/// it computes. When this side ends the session, the function tells the other side and returns once
/// that side has closed the link, so that the last word arrives; a host program that cannot wait
/// drops the future.
pub async fn run<L: Link + 'static>(
    link: L,
    pairing: Pairing,
    seed: [u8; 32],
    processor: Rc<Processor>,
    commands: impl Stream<Item = Command>,
    emit: impl Fn(Event) + 'static,
) -> Fault {
    let (control, protocol, pump) = lanes(link);
    let mut commands = Box::pin(commands.fuse());
    let mut pump = Box::pin(pump.run().fuse());
    let mut driver = Driver::new(control, protocol, pairing, Prg::from_seed(seed), processor, Rc::new(emit));
    let mut step = driver.greet().await;
    let end = loop {
        if let Err(end) = step {
            break end;
        }
        if let Err(end) = driver.go_on().await {
            break end;
        }
        step = select_biased! {
            // What has arrived finds its lane before anything else is decided.
            _ = pump => Ok(()),
            done = driver.work.finished().fuse() => driver.on_done(done),
            talk = driver.control.recv::<Talk>(()).fuse() => match talk {
                Ok(talk) => driver.on_talk(talk).await,
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
    // What follows is no part of the pairing any more.
    if let Some(watch) = &driver.watch {
        watch.close();
    }
    let (fault, stop) = match end {
        End::Here(fault) => (fault.clone(), Stop::from_fault(&fault)),
        End::There(stop) => (stop.into_fault(), None),
    };
    (driver.emit)(Event::Ended { fault: fault.clone() });
    if let Some(stop) = stop
        && driver.control.send(&Talk::Stop(stop)).await.is_ok()
    {
        // Stay until the other side has read it and closes the link, or says a last word at the
        // same time.
        loop {
            select_biased! {
                _ = pump => {}
                talk = driver.control.recv::<Talk>(()).fuse() => if !talk.is_ok_and(|t| !matches!(t, Talk::Stop(_))) { break },
            }
        }
    }
    fault
}

/// The most proposals of a pairing: more than any two people change their minds, and a bound on
/// what a peer has this side look at.
const MOST_PROPOSALS: u32 = 4096;

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

/// What was done, with the machine given back.
type Finished<L> = Result<Ended<L, Done>, Fault>;

enum Done {
    Prepared(Stock),
    Ran(Outcome),
}

/// What the protocol side is doing.
enum Work<L> {
    /// The other program has not said hello yet, or it is over.
    Nothing,
    /// Free for the next thing.
    Idle(Box<Machine<L>>),
    /// At work.
    Busy(Running<L, Done>),
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

/// What is proposed for the coming round.
struct Proposal<L> {
    job: Rc<dyn Protocol<L>>,
    offer: Offer<L>,
    /// Whether this person has been shown the job, and the agreement. The other side may finish a
    /// round, and propose or accept the next, a moment sooner.
    job_shown: bool,
    agreement: Option<Agreement>,
}

/// One round, from agreement to both inputs.
#[derive(Default)]
struct Round {
    accepted_here: bool,
    accepted_there: bool,
    ready_here: bool,
    ready_there: bool,
    /// What this person has put in, where the job asks for something.
    input: Option<Input>,
}

struct Driver<L: Link + 'static> {
    control: Session<Lane<L>>,
    work: Work<Lane<L>>,
    /// The machine, until the other program has said hello, and which jobs it knows.
    waiting: Option<Box<Machine<Lane<L>>>>,
    /// Whether the other program has said hello.
    greeted: bool,
    pairing: Pairing,
    jobs: Vec<Rc<dyn Protocol<Lane<L>>>>,
    /// The identifiers of the jobs that the other program knows.
    known_there: Vec<String>,
    words_same_here: bool,
    words_same_there: bool,
    /// The number of the coming round, from 1.
    number: u32,
    /// The number of the last proposal, whether it was taken or not.
    last: Option<Number>,
    /// What is agreed on next; nothing until the host's program has said it.
    proposal: Option<Proposal<Lane<L>>>,
    round: Round,
    /// Whether a round runs whose result is not out: what comes next is shown after it.
    running: bool,
    /// Whether what the first proposal lets us prepare was begun.
    started: bool,
    progress: Rc<Progress>,
    /// Tells of every message, where the host program asked for it.
    watch: Option<Watch>,
    emit: Emit,
}

impl<L: Link + 'static> Driver<L> {
    fn new(
        control: Lane<L>,
        protocol: Lane<L>,
        pairing: Pairing,
        rng: Prg,
        processor: Rc<Processor>,
        emit: Emit,
    ) -> Self {
        let watch = pairing.record.then(|| {
            let emit = Rc::clone(&emit);
            Watch::new(move |crossing| emit(Event::Crossed { crossing }))
        });
        let progress = Rc::new(Progress::new(Rc::clone(&emit), watch.clone()));
        let mut machine = Machine::new(Session::new(pairing.seat, protocol), rng, processor);
        machine.observe(&progress, watch.clone());
        let mut control = Session::new(pairing.seat, control);
        if let Some(watch) = watch.clone() {
            control.ledger_mut().observe(move |entry, body| watch.crossed(entry, body));
        }
        Self {
            control,
            work: Work::Nothing,
            waiting: Some(Box::new(machine)),
            greeted: false,
            pairing,
            jobs: protocol::all(pairing.seat),
            known_there: Vec::new(),
            words_same_here: !pairing.confirm_words,
            words_same_there: !pairing.confirm_words,
            number: 1,
            last: None,
            proposal: None,
            round: Round::default(),
            running: false,
            started: false,
            progress,
            watch,
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

    /// The number of the next proposal from here.
    fn next_number(&self) -> Number {
        let count = self.last.map_or(0, |last| last.count);
        Number { count: count.saturating_add(1), by_alice: self.pairing.seat == Party::Alice }
    }

    /// The job called `id`, where this program knows it.
    fn job(&self, id: &str) -> Option<Rc<dyn Protocol<Lane<L>>>> {
        self.jobs.iter().find(|job| job.id() == id).cloned()
    }

    /// Takes a proposal, from here or from there, in the place of the last one.
    fn adopt(&mut self, number: Number, job: Rc<dyn Protocol<Lane<L>>>, offer: Offer<Lane<L>>) {
        let job_shown = self.proposal.as_ref().is_some_and(|old| old.job_shown && old.offer.job == offer.job);
        self.round = Round::default();
        self.last = Some(number);
        self.proposal = Some(Proposal { job, offer, job_shown, agreement: None });
        self.show();
    }

    /// Refuses a proposal of a job that one of the two programs does not know. Whatever was
    /// proposed before stays, under the new number, and is accepted anew.
    fn refuse(&mut self, number: Number, why: String) {
        self.round = Round::default();
        self.last = Some(number);
        (self.emit)(Event::Refused { fault: Fault::new(Code::VersionsDiffer, why) });
        if !self.running {
            self.show_agreement();
        }
    }

    /// The agreement on the coming round of `subject`.
    fn agreement(&self, subject: &dyn Subject<Lane<L>>) -> Agreement {
        let setup = if self.number == 1 { machine::setup_cost() } else { Cost::default() };
        subject.agreement(self.number, setup)
    }

    /// Shows what is proposed, as far as it was not shown and nothing runs.
    fn show(&mut self) {
        let Some(proposal) = self.proposal.as_mut().filter(|_| !self.running) else { return };
        if !std::mem::replace(&mut proposal.job_shown, true) {
            (self.emit)(Event::Offered { job: proposal.offer.job });
        }
        if proposal.agreement.is_none()
            && let Some(subject) = proposal.offer.subject.clone()
        {
            let agreement = self.agreement(&*subject);
            if let Some(proposal) = &mut self.proposal {
                proposal.agreement = Some(agreement);
            }
            self.show_agreement();
        }
    }

    /// Shows what is to be accepted, and how far that is.
    fn show_agreement(&self) {
        let Some(agreement) = self.proposal.as_ref().and_then(|proposal| proposal.agreement.clone()) else { return };
        let hash = agreement.hash();
        (self.emit)(Event::Proposed { agreement: Box::new(agreement), hash });
        if self.round.accepted_there {
            (self.emit)(Event::PeerAccepted);
        }
    }

    /// Proposes `job` to both, in the roles that it names.
    async fn propose(&mut self, job: Job) -> Result<(), End> {
        let number = self.next_number();
        let id = job.id();
        let protocol = self.job(id).ok_or_else(|| Fault::internal("a job that is not registered"))?;
        let offer = protocol.offer(job);
        let read = Rc::clone(&protocol).read(&offer, self.pairing.seat)?;
        self.control.send(&Talk::Propose { number, job: id.into(), offer }).await?;
        if self.known_there.iter().any(|known| known == id) {
            self.adopt(number, protocol, read);
        } else {
            self.refuse(number, format!("the other program does not know the job “{id}”"));
        }
        Ok(())
    }

    async fn on_talk(&mut self, talk: Talk) -> Result<(), End> {
        if self.waiting.is_some() {
            return self.on_greeting(talk).await;
        }
        match talk {
            Talk::WordsSame if !self.words_same_there => {
                (self.emit)(Event::PeerConfirmedWords);
                self.advance(|d| d.words_same_there = true);
            }
            Talk::Propose { number, job, offer } if !self.round.accepted_there => {
                self.on_proposal(number, &job, &offer)?;
            }
            Talk::Accept { proposal, hash } => self.on_acceptance(proposal, hash)?,
            Talk::Ready if self.agreed() && !self.round.ready_there => {
                self.round.ready_there = true;
                (self.emit)(Event::PeerReady);
            }
            Talk::Stop(stop) => return Err(End::There(stop)),
            _ => return Err(Fault::peer("spoke out of turn").into()),
        }
        Ok(())
    }

    /// Says hello, and which jobs this program knows.
    async fn greet(&mut self) -> Result<(), End> {
        self.control.send(&Talk::Hello { version: VERSION }).await?;
        let jobs = self.jobs.iter().map(|job| job.id().to_owned()).collect();
        self.control.send(&Talk::Knows { jobs }).await?;
        Ok(())
    }

    async fn on_greeting(&mut self, talk: Talk) -> Result<(), End> {
        match talk {
            Talk::Hello { version: VERSION } if !self.greeted => self.greeted = true,
            Talk::Hello { version } if !self.greeted => {
                return Err(Fault::new(Code::VersionsDiffer, format!("here {VERSION}, there {version}")).into());
            }
            Talk::Knows { jobs } if self.greeted => {
                self.known_there = jobs;
                self.work = self.waiting.take().map_or(Work::Nothing, Work::Idle);
                (self.emit)(Event::PeerPresent);
                if self.pairing.seat == Party::Alice {
                    self.propose(self.pairing.job).await?;
                }
            }
            Talk::Stop(stop) => return Err(End::There(stop)),
            _ => return Err(Fault::peer("spoke before saying hello").into()),
        }
        Ok(())
    }

    fn on_proposal(&mut self, number: Number, job: &str, offer: &[u8]) -> Result<(), End> {
        let theirs = number.by_alice == (self.pairing.seat == Party::Bob);
        let begins = self.last.is_some() || (self.pairing.seat == Party::Bob && number.count == 1);
        if !theirs || !begins || number.count > self.next_number().count.min(MOST_PROPOSALS) {
            return Err(Fault::peer("a proposal out of turn").into());
        }
        if self.last.is_some_and(|last| number < last) {
            // Ours came at the same time and counts.
            return Ok(());
        }
        let Some(protocol) = self.job(job) else {
            let why = format!("this program does not know the job “{job}” that the other one proposes");
            self.refuse(number, why);
            return Ok(());
        };
        let offer = Rc::clone(&protocol).read(offer, self.pairing.seat.other())?;
        self.adopt(number, protocol, offer);
        Ok(())
    }

    fn on_acceptance(&mut self, number: Number, hash: [u8; 32]) -> Result<(), End> {
        let (Some(last), Some(proposal)) = (self.last, &self.proposal) else {
            return Err(Fault::peer("accepted nothing").into());
        };
        if number < last {
            // They had not heard yet that there is another one.
            return Ok(());
        }
        let Some(subject) = proposal.offer.subject.as_ref().filter(|_| number == last) else {
            return Err(Fault::peer("accepted what was not proposed").into());
        };
        if self.round.accepted_there {
            return Err(Fault::peer("accepted twice").into());
        }
        if hash != self.agreement(&**subject).hash() {
            return Err(Fault::new(Code::VersionsDiffer, "accepted another agreement").into());
        }
        if proposal.agreement.is_some() {
            (self.emit)(Event::PeerAccepted);
        }
        self.advance(|d| d.round.accepted_there = true);
        Ok(())
    }

    /// Obeys the person. A command that has no place here (a second click) is passed over.
    async fn on_command(&mut self, command: Command) -> Result<(), End> {
        match command {
            Command::ConfirmWords if !self.words_same_here => {
                self.control.send(&Talk::WordsSame).await?;
                self.advance(|d| d.words_same_here = true);
            }
            Command::Offer { job } if self.may_propose() => self.propose(job).await?,
            Command::Model { model, reveal } if self.may_propose() => self.on_model(&model, reveal).await?,
            Command::Accept { hash } if !self.round.accepted_here && !self.running => self.on_accept(hash).await?,
            Command::Input { input } if self.agreed() && !self.round.ready_here => self.on_input(input).await?,
            Command::WordsDiffer => return Err(Fault::from(Code::WordsDiffer).into()),
            Command::Decline => return Err(Fault::from(Code::Declined).into()),
            Command::Cancel => return Err(Fault::from(Code::Cancelled).into()),
            Command::LimitReached => return Err(Fault::from(Code::LimitReached).into()),
            Command::Stalled => return Err(Fault::from(Code::Stalled).into()),
            Command::ConfirmWords
            | Command::Offer { .. }
            | Command::Model { .. }
            | Command::Accept { .. }
            | Command::Input { .. } => {}
        }
        Ok(())
    }

    /// Accepts the agreement that the person saw. The other side may have proposed another one
    /// since: that is shown again.
    async fn on_accept(&mut self, seen: [u8; 32]) -> Result<(), End> {
        let (Some(number), Some(Proposal { agreement: Some(agreement), .. })) = (self.last, &self.proposal) else {
            return Ok(());
        };
        let hash = agreement.hash();
        if hash != seen {
            self.show_agreement();
            return Ok(());
        }
        self.control.send(&Talk::Accept { proposal: number, hash }).await?;
        self.advance(|d| d.round.accepted_here = true);
        Ok(())
    }

    /// Something else may be proposed until this person has accepted, and not while a round runs.
    fn may_propose(&self) -> bool {
        let is_few = self.next_number().count <= MOST_PROPOSALS;
        self.last.is_some() && is_few && !self.round.accepted_here && !self.running
    }

    async fn on_model(&mut self, model: &ModelFile, reveal: Reveal) -> Result<(), End> {
        let Some(Proposal { job, offer, .. }) = &self.proposal else { return Ok(()) };
        match job.take_model(offer.job, model, reveal) {
            Ok(true) => self.propose(offer.job).await?,
            Ok(false) => {}
            Err(fault) => (self.emit)(Event::Refused { fault }),
        }
        Ok(())
    }

    async fn on_input(&mut self, input: Input) -> Result<(), End> {
        let Some(subject) = self.proposal.as_ref().and_then(|proposal| proposal.offer.subject.as_ref()) else {
            return Ok(());
        };
        match subject.accepts(&input) {
            Ok(true) => {
                self.round.input = Some(input);
                self.ready().await?;
            }
            Ok(false) => {}
            Err(fault) => (self.emit)(Event::Refused { fault }),
        }
        Ok(())
    }

    /// Tells the other side that everything which this person puts in is there.
    async fn ready(&mut self) -> Result<(), End> {
        self.control.send(&Talk::Ready).await?;
        self.round.ready_here = true;
        Ok(())
    }

    fn on_done(&mut self, finished: Finished<Lane<L>>) -> Result<(), End> {
        let (machine, done) = finished?;
        let spent = machine.spent_offline();
        self.work = Work::Idle(machine);
        match done {
            Done::Prepared(Stock { ready, target }) => (self.emit)(Event::Stock { ready, target, spent }),
            Done::Ran(outcome) => {
                self.running = false;
                (self.emit)(Event::Finished { outcome });
                self.show();
            }
        }
        Ok(())
    }

    /// Does what follows by itself. Both sides decide alike, by what they have agreed on: the first
    /// proposal lets them set up, an agreement lets them prepare what it needs, and both inputs let
    /// them run.
    async fn go_on(&mut self) -> Result<(), End> {
        // Who is asked for nothing is ready at once.
        if self.agreed() && !self.round.ready_here && self.subject().is_some_and(|subject| !subject.asks_for_input()) {
            self.ready().await?;
        }
        self.work = match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Idle(machine) => self.next_work(machine),
            other => other,
        };
        Ok(())
    }

    fn subject(&self) -> Option<Rc<dyn Subject<Lane<L>>>> {
        self.proposal.as_ref().and_then(|proposal| proposal.offer.subject.clone())
    }

    /// What a free machine does next.
    fn next_work(&mut self, machine: Box<Machine<Lane<L>>>) -> Work<Lane<L>> {
        let Some(proposal) = &self.proposal else { return Work::Idle(machine) };
        if !self.started {
            // Whatever is agreed on later, the transfers that the first proposal needs will be
            // needed.
            self.started = true;
            return self.prepare(Rc::clone(&proposal.job).warm_up(machine));
        }
        match self.subject().filter(|_| self.agreed()) {
            Some(subject) if subject.is_prepared() => self.run(machine, subject),
            Some(subject) => self.prepare(subject.prepare(machine)),
            None => Work::Idle(machine),
        }
    }

    fn prepare(&self, work: protocol::Work<Lane<L>, Stock>) -> Work<Lane<L>> {
        self.progress.begin(work.plan);
        Work::Busy(Box::pin(work.done.map_ok(|(machine, stock)| (machine, Done::Prepared(stock)))))
    }

    /// Runs, if both inputs are in.
    fn run(&mut self, machine: Box<Machine<Lane<L>>>, subject: Rc<dyn Subject<Lane<L>>>) -> Work<Lane<L>> {
        if !(self.round.ready_here && self.round.ready_there) {
            return Work::Idle(machine);
        }
        let Round { input, .. } = std::mem::take(&mut self.round);
        let round = self.number;
        self.number += 1;
        if let Some(proposal) = &mut self.proposal {
            // On the same terms, until somebody proposes something else.
            proposal.agreement = None;
        }
        self.running = true;
        (self.emit)(Event::Started);
        let before = machine.spent_online();
        let emit = Rc::clone(&self.emit);
        let work = subject.run(machine, input, Box::new(move |index| emit(Event::Layer { index })));
        self.progress.begin(work.plan);
        Work::Busy(Box::pin(work.done.map_ok(move |(machine, answer)| {
            let online = machine.spent_online() - before;
            let outcome = Outcome { round, answer, online, offline: machine.spent_offline() };
            (machine, Done::Ran(outcome))
        })))
    }
}
