//! The life of a pairing: prepare in the background, agree, take inputs, run, and again.
//!
//! One loop waits for three things at once: the person's commands, the other program's messages on the control
//! lane, and the protocol at work on the other lane. Persons may take their time; machines may not, which is why
//! [`Event::machines_at_work`] tells a host program with a clock when silence means trouble.

use std::pin::Pin;
use std::rc::Rc;

use futures::stream::{Stream, StreamExt};
use futures::{FutureExt, select_biased};
use tacit_compute::Processor;
use tacit_record::Watch;
use tacit_session::{Code, Fault, Lane, Link, Party, Session, Stage, lanes};
use tacit_symmetric::Prg;

use crate::classify::{self, Check, open_model};
use crate::progress::Progress;
use crate::round::{Given, History, Mine, Proposal, Round, Subject};
use crate::talk::{ModelOffer, Number, Stop, Talk, VERSION};
use crate::{Command, Event, Input, Job, Machine, ModelFile, Outcome, Pairing, Reveal, machine, millionaires};

/// Runs one party of a pairing until it ends, and returns why it ended (as [`Event::Ended`] said before).
///
/// `seed` is this party's only randomness, fresh from the system's generator; `processor` is where it computes. When this side
/// ends the session, the function tells the other side and returns once that side has closed the link, so that the last word
/// arrives; a host program that cannot wait drops the future.
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
    let mut step = driver.control.send(&Talk::Hello { version: VERSION }).await.map_err(End::Here);
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
type Finished<L> = Result<(Box<Machine<L>>, Done), Fault>;

enum Done {
    /// Something was prepared; for so many rounds, of so many that are kept.
    Prepared {
        ready: u32,
        target: u32,
    },
    Ran(Outcome),
}

/// What the protocol side is doing.
enum Work<L> {
    /// The other program has not said hello yet, or it is over.
    Nothing,
    /// Free for the next thing.
    Idle(Box<Machine<L>>),
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

struct Driver<L: Link + 'static> {
    control: Session<Lane<L>>,
    work: Work<Lane<L>>,
    /// The machine, until the other program has said hello.
    waiting: Option<Box<Machine<Lane<L>>>>,
    pairing: Pairing,
    words_same_here: bool,
    words_same_there: bool,
    history: History,
    /// What is agreed on next; nothing until the host's program has said it.
    proposal: Option<Proposal>,
    round: Round,
    /// This person's model, once one was chosen.
    mine: Option<Mine>,
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
            pairing,
            words_same_here: !pairing.confirm_words,
            words_same_there: !pairing.confirm_words,
            history: History::new(),
            proposal: None,
            round: Round::default(),
            mine: None,
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
        let count = self.proposal.as_ref().map_or(0, |proposal| proposal.number.count);
        Number { count: count.saturating_add(1), by_alice: self.pairing.seat == Party::Alice }
    }

    /// Takes a proposal, from here or from there, in the place of the last one.
    fn adopt(&mut self, number: Number, job: Job, subject: Option<Subject>) {
        let job_shown = self.proposal.as_ref().is_some_and(|old| old.job_shown && old.job == job);
        self.round = Round::default();
        self.proposal = Some(Proposal { number, job, subject, job_shown, agreement: None });
        self.show();
    }

    /// Shows what is proposed, as far as it was not shown and nothing runs.
    fn show(&mut self) {
        let Some(proposal) = self.proposal.as_mut().filter(|_| !self.running) else { return };
        if !proposal.job_shown {
            proposal.job_shown = true;
            (self.emit)(Event::Offered { job: proposal.job });
        }
        if let (None, Some(subject)) = (&proposal.agreement, &proposal.subject) {
            proposal.agreement = Some(subject.agreement(self.history, self.pairing.seat));
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

    /// Proposes something to both.
    async fn propose(&mut self, job: Job, mine: Option<Mine>) -> Result<(), End> {
        let number = self.next_number();
        let (model, subject) = match (job, mine) {
            (Job::Classify { .. }, Some(Mine { check, .. })) => {
                let plan = check.plan.encode();
                (Some(ModelOffer { reveal: check.reveal, plan }), Some(Subject::Classify(check)))
            }
            (Job::Classify { .. }, None) => (None, None),
            (Job::Millionaires, _) => (None, Some(Subject::Millionaires)),
        };
        self.control.send(&Talk::Propose { number, job, model }).await?;
        self.adopt(number, job, subject);
        Ok(())
    }

    /// This person's model, if that is what the job is about.
    fn own_model(&self, job: Job) -> Option<Mine> {
        let owns = job == Job::Classify { owner: self.pairing.seat };
        self.mine.clone().filter(|_| owns)
    }

    async fn on_talk(&mut self, talk: Talk) -> Result<(), End> {
        if let Some(machine) = self.waiting.take() {
            return match talk {
                Talk::Hello { version: VERSION } => {
                    self.work = Work::Idle(machine);
                    (self.emit)(Event::PeerPresent);
                    if self.pairing.seat == Party::Alice {
                        self.propose(self.pairing.job, None).await?;
                    }
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
            Talk::Propose { number, job, model } if !self.round.accepted_there => {
                self.on_proposal(number, job, model)?;
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

    fn on_proposal(&mut self, number: Number, job: Job, model: Option<ModelOffer>) -> Result<(), End> {
        let theirs = number.by_alice == (self.pairing.seat == Party::Bob);
        let begins = self.proposal.is_some() || (self.pairing.seat == Party::Bob && number.count == 1);
        if !theirs || !begins || number.count > self.next_number().count.min(MOST_PROPOSALS) {
            return Err(Fault::peer("a proposal out of turn").into());
        }
        if self.proposal.as_ref().is_some_and(|proposal| number < proposal.number) {
            // Ours came at the same time and counts.
            return Ok(());
        }
        let subject = match (job, model) {
            (Job::Millionaires, None) => Some(Subject::Millionaires),
            (Job::Classify { .. }, None) => None,
            (Job::Classify { owner }, Some(ModelOffer { reveal, plan })) if owner != self.pairing.seat => {
                let plan = tacit_nn::Plan::decode(&plan).map_err(|_| Fault::peer("a plan that is none"))?;
                let check = Check { plan: Rc::new(plan), owner, reveal };
                check.is_affordable().map_err(|_| Fault::peer("a proposal beyond what the model allows"))?;
                Some(Subject::Classify(check))
            }
            _ => return Err(Fault::peer("a model that is not theirs to propose").into()),
        };
        self.adopt(number, job, subject);
        Ok(())
    }

    fn on_acceptance(&mut self, number: Number, hash: [u8; 32]) -> Result<(), End> {
        let Some(proposal) = &self.proposal else { return Err(Fault::peer("accepted nothing").into()) };
        if number < proposal.number {
            // They had not heard yet that there is another one.
            return Ok(());
        }
        let Some(subject) = proposal.subject.as_ref().filter(|_| number == proposal.number) else {
            return Err(Fault::peer("accepted what was not proposed").into());
        };
        if self.round.accepted_there {
            return Err(Fault::peer("accepted twice").into());
        }
        if hash != subject.agreement(self.history, self.pairing.seat).hash() {
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
            Command::Offer { job } if self.may_propose() => self.propose(job, self.own_model(job)).await?,
            Command::Model { model, reveal } if self.may_propose() => self.on_model(&model, reveal).await?,
            Command::Accept { hash } if !self.round.accepted_here && !self.running => self.on_accept(hash).await?,
            Command::Input { input } if self.agreed() && self.round.input.is_none() => self.on_input(input).await?,
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
        let Some(Proposal { number, agreement: Some(agreement), .. }) = &self.proposal else { return Ok(()) };
        let hash = agreement.hash();
        if hash != seen {
            self.show_agreement();
            return Ok(());
        }
        self.control.send(&Talk::Accept { proposal: *number, hash }).await?;
        self.advance(|d| d.round.accepted_here = true);
        Ok(())
    }

    /// Something else may be proposed until this person has accepted, and not while a round runs.
    fn may_propose(&self) -> bool {
        let is_few = self.next_number().count <= MOST_PROPOSALS;
        self.proposal.is_some() && is_few && !self.round.accepted_here && !self.running
    }

    async fn on_model(&mut self, model: &ModelFile, reveal: Reveal) -> Result<(), End> {
        let owner = self.pairing.seat;
        let job = Job::Classify { owner };
        if self.proposal.as_ref().is_none_or(|proposal| proposal.job != job) {
            return Ok(());
        }
        let opened = open_model(&model.0).and_then(|(plan, model)| {
            let check = Check { plan: Rc::new(plan), owner, reveal };
            check.is_affordable()?;
            Ok(Mine { model: Rc::new(model), check })
        });
        match opened {
            Ok(mine) => {
                self.mine = Some(mine.clone());
                self.propose(job, Some(mine)).await
            }
            Err(fault) => {
                (self.emit)(Event::Refused { fault });
                Ok(())
            }
        }
    }

    async fn on_input(&mut self, input: Input) -> Result<(), End> {
        let subject = self.proposal.as_ref().and_then(|proposal| proposal.subject.as_ref());
        let given = match (subject, input) {
            (Some(Subject::Millionaires), Input::Amount(amount)) => Given::Amount(amount),
            (Some(Subject::Classify(check)), Input::Pictures(pictures)) if check.owner != self.pairing.seat => {
                if let Err(fault) = check.takes(&pictures) {
                    (self.emit)(Event::Refused { fault });
                    return Ok(());
                }
                Given::Pictures(pictures)
            }
            _ => return Ok(()),
        };
        self.control.send(&Talk::Ready).await?;
        self.round.input = Some(given);
        Ok(())
    }

    fn on_done(&mut self, finished: Finished<Lane<L>>) -> Result<(), End> {
        let (machine, done) = finished?;
        let spent = machine.spent_offline();
        self.work = Work::Idle(machine);
        match done {
            Done::Prepared { ready, target } => (self.emit)(Event::Stock { ready, target, spent }),
            Done::Ran(outcome) => {
                self.running = false;
                (self.emit)(Event::Finished { outcome });
                self.show();
            }
        }
        Ok(())
    }

    /// Does what follows by itself. Both sides decide alike, by what they have agreed on: the first proposal lets them set up, an
    /// agreement lets them prepare what it needs, and both inputs let them run.
    async fn go_on(&mut self) -> Result<(), End> {
        // The owner of a model has nothing more to put in.
        if self.agreed()
            && self.round.input.is_none()
            && let Some(Subject::Classify(check)) = self.proposal.as_ref().and_then(|p| p.subject.as_ref())
            && check.owner == self.pairing.seat
        {
            self.control.send(&Talk::Ready).await?;
            self.round.input = Some(Given::Model);
        }
        self.work = match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Idle(machine) => self.next_work(machine),
            other => other,
        };
        Ok(())
    }

    /// What a free machine does next.
    fn next_work(&mut self, mut machine: Box<Machine<Lane<L>>>) -> Work<Lane<L>> {
        let Some(proposal) = &self.proposal else { return Work::Idle(machine) };
        let Some(subject) = proposal.subject.clone().filter(|_| self.started && self.agreed()) else {
            return if self.started { Work::Idle(machine) } else { self.start(machine, proposal.job) };
        };
        let is_prepared = match &subject {
            Subject::Millionaires => millionaires::missing(machine.comparisons()) == 0,
            Subject::Classify(_) => machine.has_check(),
        };
        if is_prepared {
            return self.run(machine, subject);
        }
        let party = self.pairing.seat;
        match subject {
            Subject::Millionaires => {
                self.progress.begin(machine.stock_plan());
                Work::Busy(Box::pin(async move {
                    machine.stock_comparisons().await?;
                    let ready = machine.comparisons();
                    Ok((machine, Done::Prepared { ready, target: millionaires::STOCK }))
                }))
            }
            Subject::Classify(check) => {
                let costs = check.prepare_cost(party);
                self.progress.begin(classify::plan(costs));
                let model = self.model_for(&check);
                Work::Busy(Box::pin(async move {
                    machine.prepare_pictures(&check, model.as_deref()).await?;
                    Ok((machine, Done::Prepared { ready: 1, target: 1 }))
                }))
            }
        }
    }

    /// What the very first proposal lets both do at once: whatever is agreed on later, transfers will be needed.
    fn start(&mut self, mut machine: Box<Machine<Lane<L>>>, job: Job) -> Work<Lane<L>> {
        self.started = true;
        if job == Job::Millionaires {
            self.progress.begin(machine.stock_plan());
            return Work::Busy(Box::pin(async move {
                machine.stock_comparisons().await?;
                let ready = machine.comparisons();
                Ok((machine, Done::Prepared { ready, target: millionaires::STOCK }))
            }));
        }
        self.progress.begin(vec![(Stage::BaseOt, machine::base_cost())]);
        Work::Busy(Box::pin(async move {
            machine.set_up().await?;
            // No picture yet, but this part of the preparation is over.
            Ok((machine, Done::Prepared { ready: 0, target: 1 }))
        }))
    }

    /// This person's model, where it is the one that was agreed on.
    fn model_for(&self, check: &Check) -> Option<Rc<tacit_nn::Owned>> {
        let mine = self.mine.as_ref().filter(|mine| mine.check.owner == check.owner);
        mine.map(|mine| Rc::clone(&mine.model))
    }

    /// Runs, if both inputs are in.
    fn run(&mut self, mut machine: Box<Machine<Lane<L>>>, subject: Subject) -> Work<Lane<L>> {
        if !self.round.ready_there || self.round.input.is_none() {
            return Work::Idle(machine);
        }
        let Some(given) = std::mem::take(&mut self.round).input else { return Work::Idle(machine) };
        let round = self.history.round;
        self.history.began(&subject);
        if let Some(proposal) = &mut self.proposal {
            // On the same terms, until somebody proposes something else.
            proposal.agreement = None;
        }
        self.running = true;
        (self.emit)(Event::Started);
        let before = machine.spent_online();
        let model = match &subject {
            Subject::Classify(check) => self.model_for(check),
            Subject::Millionaires => None,
        };
        self.progress.begin(match &subject {
            Subject::Millionaires => millionaires::compare_plan(),
            Subject::Classify(check) => classify::plan(check.run_cost(self.pairing.seat)),
        });
        let emit = Rc::clone(&self.emit);
        Work::Busy(Box::pin(async move {
            let answer = match (subject, &given) {
                (Subject::Millionaires, Given::Amount(amount)) => machine.compare(amount).await?,
                (Subject::Classify(check), Given::Pictures(_) | Given::Model) => {
                    let pictures = if let Given::Pictures(pictures) = &given { Some(&pictures[..]) } else { None };
                    let at = |index| emit(Event::Layer { index });
                    machine.check_pictures(&check, model.as_deref(), pictures, at).await?
                }
                _ => return Err(Fault::internal("an input to another job")),
            };
            let online = machine.spent_online() - before;
            let outcome = Outcome { round, answer, online, offline: machine.spent_offline() };
            Ok((machine, Done::Ran(outcome)))
        }))
    }
}
