//! One pairing: what two people and their programs have said so far, and what that leads to.

use std::sync::Arc;

use tacit_jobs::{self as jobs, Agreement, Command, Event, Job, Outcome, Pairing, Picture, Report};
use tacit_session::{Code, Fault, Party, Stage};

use super::{Act, Input, Screen};

/// Something said or done by both persons, each in their own time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Both {
    pub(crate) me: bool,
    pub(crate) peer: bool,
}

/// What can be handed to a guest, as text. The link and the code are secrets until they are used.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct InviteText {
    pub(crate) link: String,
    pub(crate) code: String,
}

/// How the two browsers reach each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Route {
    /// Directly, or through a relay.
    pub(crate) direct: bool,
    /// Once the browser has measured it.
    pub(crate) rtt_ms: Option<f64>,
}

/// Work of machines that can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) stage: Stage,
    pub(crate) done: u64,
    pub(crate) total: u64,
    /// Of the whole piece of work, so far.
    pub(crate) rounds: u64,
}

impl Work {
    /// From 0 to 1.
    pub(crate) fn fraction(self) -> f64 {
        if self.total == 0 { 0.0 } else { (self.done as f64 / self.total as f64).clamp(0.0, 1.0) }
    }
}

/// The stock of prepared rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Stock {
    /// What is being prepared now.
    pub(crate) work: Option<Work>,
    pub(crate) ready: u32,
    pub(crate) target: u32,
    /// Time that preparing has taken so far.
    pub(crate) ms: f64,
    since: Option<f64>,
}

/// A result, what was agreed on before it, and its times.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) agreement: Option<Agreement>,
    pub(crate) online_ms: f64,
    pub(crate) offline_ms: f64,
}

/// Pictures that were put in, for their owner to see beside what was said of each. Wiped when the last one that shows them is
/// gone.
#[derive(Clone, Default)]
pub(crate) struct Checked(Arc<[Picture]>);

impl Checked {
    fn copies(pictures: &[Picture]) -> Self {
        Self(pictures.iter().filter_map(|p| Picture::new(p.shape(), p.pixels().to_vec()).ok()).collect())
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Picture> {
        self.0.get(index)
    }
}

/// They never change: those of another round are others.
impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Who this person is in a picture check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Has the model.
    Owner,
    /// Has the picture.
    Holder,
}

/// What follows a result, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Next {
    #[default]
    Unknown,
    /// The same again.
    Same,
    /// Something else, which one has to look at first.
    Other,
}

/// Everything about one pairing.
#[derive(Clone, PartialEq)]
pub(crate) struct Session {
    /// The host is Alice, the guest Bob.
    pub(crate) seat: Party,
    /// What it is about, and whether both know.
    pub(crate) job: Job,
    offered: bool,
    /// The number of the code that this person typed, until somebody is there.
    pub(super) typed: Option<u32>,
    pub(crate) invite: Option<InviteText>,
    /// How often a third person was turned away.
    pub(crate) knocks: u32,
    /// Whether this person came to somebody who serves many, and waits for a place.
    pub(crate) rings: bool,
    /// Whether the host is out of the server's reach, so that the two cannot meet yet.
    pub(crate) away: bool,
    /// Whether the other person is there.
    pub(crate) met: bool,
    pub(crate) route: Option<Route>,
    pub(crate) reconnecting: bool,
    pub(crate) words: Option<[&'static str; 3]>,
    /// Whether both must confirm the words: after a typed code.
    pub(crate) must_confirm: bool,
    pub(crate) confirmed: Both,
    /// Whether this person's model is being looked at by their own program.
    pub(crate) model_is_sent: bool,
    /// Why what this person put in was not taken.
    pub(crate) refusal: Option<Fault>,
    /// Whether this person has asked to change places and waits for both programs to do so.
    turns: bool,
    /// What is to be accepted, or was accepted last.
    pub(crate) agreement: Option<Agreement>,
    /// Its hash.
    hash: [u8; 32],
    /// Whether it became another one while this person was looking at it.
    pub(crate) has_changed: bool,
    /// Why a proposal came to nothing: which program does not know which job.
    pub(crate) unknown_job: Option<String>,
    pub(crate) accepted: Both,
    /// Whether what is to be accepted has been in sight for long enough: a peer could otherwise
    /// change it just before the click.
    pub(crate) settled: bool,
    /// How often it became another one.
    changes: u32,
    /// Whether there was anything to accept in this pairing.
    saw_terms: bool,
    /// Whose input is in.
    pub(crate) ready: Both,
    pub(crate) stock: Stock,
    /// Where this person's program computes.
    pub(crate) processor: Option<Report>,
    /// The protocol that runs, and the layer of the model to which it has come.
    pub(crate) work: Option<Work>,
    pub(crate) layer: Option<usize>,
    started: Option<f64>,
    /// What this person put in, where there were several to be told apart.
    pub(crate) checked: Checked,
    pub(crate) answer: Option<Answer>,
    /// Why there will be no other round, while the answer of the last one is being read.
    pub(crate) over: Option<Fault>,
}

/// Where an input takes a session.
pub(super) enum Step {
    Stay,
    /// Tell a screen reader.
    Say(&'static str),
    /// Show another screen, and tell a screen reader (nothing, where the heading says it all).
    Go(Screen, &'static str),
    Fail(Fault),
}

impl Session {
    pub(super) fn new(seat: Party, job: Job) -> Self {
        Self {
            seat,
            job,
            offered: false,
            typed: None,
            invite: None,
            knocks: 0,
            rings: false,
            away: false,
            met: false,
            route: None,
            reconnecting: false,
            words: None,
            must_confirm: false,
            confirmed: Both::default(),
            model_is_sent: false,
            refusal: None,
            turns: false,
            agreement: None,
            hash: [0; 32],
            has_changed: false,
            unknown_job: None,
            accepted: Both::default(),
            settled: true,
            changes: 0,
            saw_terms: false,
            ready: Both::default(),
            stock: Stock::default(),
            processor: None,
            work: None,
            layer: None,
            started: None,
            checked: Checked::default(),
            answer: None,
            over: None,
        }
    }

    /// Whether both inputs are in and the answer is not out.
    pub(crate) fn runs(&self) -> bool {
        self.started.is_some()
    }

    /// Who this person is in a picture check; nobody in a comparison.
    pub(crate) fn role(&self) -> Option<Role> {
        match self.job {
            Job::Millionaires => None,
            Job::Classify { owner } => Some(if owner == self.seat { Role::Owner } else { Role::Holder }),
        }
    }

    /// How many pictures the coming round takes.
    pub(crate) fn takes(&self) -> usize {
        let model = self.agreement.as_ref().and_then(|agreement| agreement.model.as_ref());
        model.map_or(0, |model| model.reveal.pictures.into())
    }

    /// What follows the last result.
    pub(crate) fn next(&self) -> Next {
        let Some(answer) = &self.answer else { return Next::Unknown };
        let Some(agreement) = &self.agreement else { return Next::Other };
        if agreement.round <= answer.outcome.round {
            return Next::Unknown;
        }
        // A warm round costs less; everything else has to be the same.
        let terms = |a: &Agreement| (a.job, a.model.clone(), a.alice.clone(), a.bob.clone(), a.security.clone());
        if answer.agreement.as_ref().map(terms) == Some(terms(agreement)) { Next::Same } else { Next::Other }
    }

    pub(super) fn update(&mut self, screen: Screen, input: Input) -> (Step, Vec<Act>) {
        let tell = |command| vec![Act::Command(command)];
        match input {
            Input::Invited(invite) => {
                self.invite = Some(invite);
                (Step::Say("Your invite is ready."), Vec::new())
            }
            // Who serves many hears a guest's proof before there is a place, so a guest that rang
            // goes on waiting.
            Input::PeerArrived => (self.meet(screen), Vec::new()),
            Input::Ringing => {
                self.rings = true;
                (
                    Step::Say("The other side serves others first. It is your turn as soon as there is a place."),
                    Vec::new(),
                )
            }
            Input::Away(away) => {
                self.away = away;
                let said = match (away, self.seat) {
                    (false, _) => "Connected again.",
                    (true, Party::Alice) => "The server is out of reach. Trying to get it back.",
                    (true, Party::Bob) => "The other person’s connection dropped.",
                };
                (Step::Say(said), Vec::new())
            }
            Input::Knocked => {
                self.knocks += 1;
                (Step::Say("A third person tried to come in and was turned away."), Vec::new())
            }
            Input::Words { words, confirm } => {
                self.words = Some(words);
                self.must_confirm = confirm;
                let pairing = Pairing { seat: self.seat, confirm_words: confirm, job: self.job, record: true };
                (self.meet(screen), vec![Act::Pair(pairing)])
            }
            Input::Connected(route) => {
                let again = std::mem::take(&mut self.reconnecting);
                self.route = Some(route);
                (if again { Step::Say("Connected again.") } else { Step::Stay }, Vec::new())
            }
            Input::Reconnecting => {
                self.reconnecting = true;
                (Step::Say("The connection dropped. Trying to get it back."), Vec::new())
            }
            Input::ConfirmWords if self.must_confirm && !self.confirmed.me => {
                self.confirmed.me = true;
                (self.confirm(waiting(self.confirmed.peer)), tell(Command::ConfirmWords))
            }
            Input::WordsDiffer => (Step::Fail(Code::WordsDiffer.into()), tell(Command::WordsDiffer)),
            Input::ChooseModel if self.role() == Some(Role::Owner) && self.may_change(screen) => {
                self.refusal = None;
                (Step::Go(Screen::Model, ""), Vec::new())
            }
            Input::Model { model, reveal } if screen == Screen::Model && self.awaits_model() => {
                self.model_is_sent = true;
                self.refusal = None;
                (Step::Say("Your program is looking at the model."), tell(Command::Model { model, reveal }))
            }
            Input::ChangePlaces if self.may_change(screen) && !self.turns => {
                let Job::Classify { owner } = self.job else { return (Step::Stay, Vec::new()) };
                self.turns = true;
                (Step::Stay, tell(Command::Offer { job: Job::Classify { owner: owner.other() } }))
            }
            Input::GoOn if matches!(screen, Screen::Model | Screen::Result) => {
                (self.due().map_or(Step::Stay, |screen| Step::Go(screen, "")), Vec::new())
            }
            Input::Accept if self.settled && !self.accepted.me && self.agreement.is_some() => {
                self.accepted.me = true;
                (Step::Say(waiting(self.accepted.peer)), tell(Command::Accept { hash: self.hash }))
            }
            Input::Settled(changes) => {
                self.settled |= changes == self.changes;
                (Step::Stay, Vec::new())
            }
            Input::Decline => (Step::Fail(Code::Declined.into()), tell(Command::Decline)),
            Input::Compare(amount) if screen == Screen::Amount && !self.ready.me => {
                (self.put_in(), tell(Command::Input { input: jobs::Input::Amount(amount) }))
            }
            Input::Check(pictures) if screen == Screen::Picture && !self.ready.me => {
                self.checked = if self.takes() > 1 { Checked::copies(&pictures) } else { Checked::default() };
                (self.put_in(), tell(Command::Input { input: jobs::Input::Pictures(pictures) }))
            }
            Input::Worker(stamped) => {
                let changes = self.changes;
                let step = self.hear(screen, stamped.at, stamped.event);
                (step, if self.changes == changes { Vec::new() } else { vec![Act::Settle(self.changes)] })
            }
            _ => (Step::Stay, Vec::new()),
        }
    }

    /// The other person is there.
    fn meet(&mut self, screen: Screen) -> Step {
        self.met = true;
        match screen {
            Screen::Invite => Step::Go(Screen::Meet, "The other person is here."),
            _ => Step::Stay,
        }
    }

    fn put_in(&mut self) -> Step {
        self.ready.me = true;
        self.refusal = None;
        Step::Go(Screen::Run, waiting(self.ready.peer))
    }

    /// Whether the words need no look any more: both compared them, or the secret was a whole link.
    fn words_are_known(&self) -> bool {
        !self.must_confirm || self.confirmed == Both { me: true, peer: true }
    }

    /// Whether this person may still ask for other terms of the coming round.
    fn may_change(&self, screen: Screen) -> bool {
        match screen {
            Screen::Model => true,
            Screen::Agree => !self.accepted.me,
            Screen::Result => !self.accepted.me && self.next() != Next::Unknown,
            _ => false,
        }
    }

    fn awaits_model(&self) -> bool {
        self.role() == Some(Role::Owner) && !self.model_is_sent
    }

    /// The screen on which the coming round is decided, once there is something to decide.
    fn due(&self) -> Option<Screen> {
        if !self.words_are_known() {
            None
        } else if self.agreement.is_some() {
            Some(Screen::Agree)
        } else {
            (self.offered && self.role().is_some()).then_some(Screen::Model)
        }
    }

    /// One of the two has confirmed the words; after the second it goes on, if there is something already.
    fn confirm(&self, said: &'static str) -> Step {
        self.due().map_or(Step::Say(said), |screen| Step::Go(screen, ""))
    }

    fn hear(&mut self, screen: Screen, at: f64, event: Event) -> Step {
        match event {
            Event::PeerPresent => self.meet(screen),
            Event::PeerConfirmedWords => {
                self.confirmed.peer = true;
                self.confirm("The other person says that the words are the same.")
            }
            Event::Offered { job } => self.offer(screen, job),
            // Without anything else to do, an unknown job is the end.
            Event::Refused { fault } if fault.code == Code::VersionsDiffer && !self.offered => Step::Fail(fault),
            Event::Refused { fault } if fault.code == Code::VersionsDiffer => {
                self.unknown_job = fault.detail;
                Step::Say("What one of you proposed is not known to the other’s page. The terms are as before.")
            }
            Event::Refused { fault } => {
                self.model_is_sent = false;
                self.refusal = Some(fault);
                if screen == Screen::Run && self.role() == Some(Role::Holder) {
                    self.ready.me = false;
                    return Step::Go(Screen::Picture, "");
                }
                Step::Stay
            }
            Event::Proposed { agreement, hash } => self.propose(screen, *agreement, hash),
            Event::PeerAccepted => {
                self.accepted.peer = true;
                Step::Say(match (screen, self.role()) {
                    (Screen::Result, None) => "The other person wants to compare again.",
                    (Screen::Result, Some(_)) => "The other person wants another check.",
                    _ => "The other person accepted.",
                })
            }
            Event::Agreed => {
                self.accepted = Both { me: true, peer: true };
                self.has_changed = false;
                self.unknown_job = None;
                self.work = None;
                self.checked = Checked::default();
                let role = self.role();
                // A model is in already.
                self.ready = Both { me: role == Some(Role::Owner), peer: role == Some(Role::Holder) };
                let screen = match role {
                    None => Screen::Amount,
                    Some(Role::Holder) => Screen::Picture,
                    Some(Role::Owner) => Screen::Run,
                };
                Step::Go(screen, "You both accepted.")
            }
            Event::PeerReady => {
                self.ready.peer = true;
                match self.role() {
                    None => Step::Say("The other person has put in their amount."),
                    Some(Role::Owner) => Step::Say("The other person has put in their picture."),
                    // A model was there from the beginning.
                    Some(Role::Holder) => Step::Stay,
                }
            }
            Event::Progress { stage, done, total, rounds } => {
                let work = Some(Work { stage, done, total, rounds });
                if stage.is_offline() {
                    self.stock.work = work;
                    self.stock.since.get_or_insert(at);
                } else {
                    self.work = work;
                }
                Step::Stay
            }
            // The worker keeps the record.
            Event::Crossed { .. } => Step::Stay,
            Event::Processor { report } => {
                // That another one is measured to be faster is no news; that it was lost is.
                let lost = self.processor.as_ref().is_some_and(|old| !old.uses.is_empty()) && report.uses.is_empty();
                self.processor = Some(report);
                if lost { Step::Say("The graphics processor failed. The processor goes on.") } else { Step::Stay }
            }
            Event::Layer { index } => {
                self.layer = Some(index);
                Step::Stay
            }
            Event::Stock { ready, target, .. } => {
                let since = self.stock.since.take();
                self.stock.ms += since.map_or(0.0, |since| (at - since).max(0.0));
                self.stock.work = None;
                self.stock.ready = ready;
                self.stock.target = target;
                Step::Stay
            }
            Event::Started => {
                self.started = Some(at);
                self.layer = None;
                // Material is spent as soon as it is touched.
                self.stock.ready = self.stock.ready.saturating_sub(1);
                self.ready = Both { me: true, peer: true };
                Step::Go(Screen::Run, "")
            }
            Event::Finished { outcome } => {
                let online_ms = self.started.take().map_or(0.0, |started| at - started);
                let agreement = self.agreement.clone();
                self.answer = Some(Answer { outcome, agreement, online_ms, offline_ms: self.stock.ms });
                self.work = None;
                Step::Go(Screen::Result, "")
            }
            Event::Ended { fault } => Step::Fail(fault),
        }
    }

    /// What the coming round is about: the first one, or another one than before.
    fn offer(&mut self, screen: Screen, job: Job) -> Step {
        if job != self.job {
            // What is in stock is for something else.
            self.stock = Stock { ms: self.stock.ms, ..Stock::default() };
        }
        let mine = std::mem::take(&mut self.turns);
        let again = std::mem::replace(&mut self.offered, true);
        self.job = job;
        self.model_is_sent = false;
        self.refusal = None;
        self.agreement = None;
        self.has_changed = false;
        self.unknown_job = None;
        self.accepted = Both::default();
        self.ready = Both::default();
        let said = if again && !mine { "The other person wants to change places." } else { "" };
        match (screen, self.due()) {
            // They may still be reading the answer.
            (Screen::Result, _) if !mine => Step::Say(said),
            (_, Some(screen)) => Step::Go(screen, said),
            (_, None) => Step::Stay,
        }
    }

    fn propose(&mut self, screen: Screen, agreement: Agreement, hash: [u8; 32]) -> Step {
        self.has_changed = screen == Screen::Agree && self.unknown_job.is_none();
        let is_first = !self.saw_terms;
        self.saw_terms = true;
        self.job = agreement.job;
        self.offered = true;
        self.model_is_sent = false;
        self.refusal = None;
        self.agreement = Some(agreement);
        self.hash = hash;
        self.accepted = Both::default();
        self.ready = Both::default();
        // The same again is no change.
        if !is_first && (screen != Screen::Result || self.next() != Next::Same) {
            self.settled = false;
            self.changes += 1;
        }
        match (screen, self.due()) {
            // After a result, the next round is offered there.
            (Screen::Result, _) => Step::Stay,
            (Screen::Agree, _) => Step::Say("They changed the terms. Look again."),
            (_, Some(screen)) => Step::Go(screen, ""),
            // The worker proposes as soon as it has company. The words come first.
            (_, None) => Step::Stay,
        }
    }
}

/// What is said after this person did their part.
fn waiting(peer_is_done: bool) -> &'static str {
    if peer_is_done { "You are both ready." } else { "Waiting for the other person." }
}
