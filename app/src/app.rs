//! What the page knows and what it does next: one state machine, free of any browser, so that it is tested natively.
//!
//! Everything that happens is an [`Input`]: a person pressed something, the meeting or the worker said something.
//! [`Model::update`] takes it in and answers with [`Act`]s, which `driver` carries out.

use tacit_jobs::{self as jobs, Agreement, Amount, Command, Event, Job, Order, Outcome, Pairing, Stamped};
use tacit_session::{Code, Fault, Party, Stage};

/// Which screen is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Home,
    Join,
    Invite,
    Meet,
    Agree,
    Amount,
    Run,
    Result,
    Failure,
}

impl Screen {
    /// The name in `main[data-screen]`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Meet => "meet",
            Self::Agree => "agree",
            Self::Amount => "amount",
            Self::Run => "run",
            Self::Result => "result",
            Self::Failure => "failure",
        }
    }

    /// The page's title on this screen.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Home => "Tacit · Find out together, say nothing",
            Self::Join => "Type the code · Tacit",
            Self::Invite => "Invite · Tacit",
            Self::Meet => "Meet · Tacit",
            Self::Agree => "Agree · Tacit",
            Self::Amount => "Your amount · Tacit",
            Self::Run => "Comparing · Tacit",
            Self::Result => "The answer · Tacit",
            Self::Failure => "Stopped · Tacit",
        }
    }

    /// Whether leaving now would break something off that two people began.
    pub(crate) fn is_under_way(self) -> bool {
        matches!(self, Self::Agree | Self::Amount | Self::Run | Self::Result)
    }
}

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
}

impl Work {
    /// From 0 to 1.
    pub(crate) fn fraction(self) -> f64 {
        if self.total == 0 { 0.0 } else { (self.done as f64 / self.total as f64).clamp(0.0, 1.0) }
    }
}

/// The stock of prepared comparisons.
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

/// A result with its times.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) online_ms: f64,
    pub(crate) offline_ms: f64,
}

/// Everything about one pairing.
#[derive(Clone, PartialEq)]
pub(crate) struct Session {
    /// The host is Alice, the guest Bob.
    pub(crate) seat: Party,
    pub(crate) invite: Option<InviteText>,
    /// How often a third person was turned away.
    pub(crate) knocks: u32,
    /// Whether the other person is there.
    pub(crate) met: bool,
    pub(crate) route: Option<Route>,
    pub(crate) reconnecting: bool,
    pub(crate) words: Option<[&'static str; 3]>,
    /// Whether both must confirm the words: after a typed code.
    pub(crate) must_confirm: bool,
    pub(crate) confirmed: Both,
    /// What is to be accepted, or was accepted last.
    pub(crate) agreement: Option<Agreement>,
    pub(crate) accepted: Both,
    /// Whose input is in.
    pub(crate) ready: Both,
    pub(crate) stock: Stock,
    /// The comparison that runs.
    pub(crate) work: Option<Work>,
    started: Option<f64>,
    pub(crate) answer: Option<Answer>,
}

impl Session {
    fn new(seat: Party) -> Self {
        Self {
            seat,
            invite: None,
            knocks: 0,
            met: false,
            route: None,
            reconnecting: false,
            words: None,
            must_confirm: false,
            confirmed: Both::default(),
            agreement: None,
            accepted: Both::default(),
            ready: Both::default(),
            stock: Stock::default(),
            work: None,
            started: None,
            answer: None,
        }
    }
}

/// Everything the page shows.
#[derive(Clone, PartialEq)]
pub(crate) struct Model {
    pub(crate) screen: Screen,
    /// The pairing, from the first click to leaving or failing.
    pub(crate) session: Option<Session>,
    /// Why the last pairing failed, and on which seat.
    pub(crate) failure: Option<(Fault, Party)>,
    /// A friendly line on the home screen.
    pub(crate) notice: Option<&'static str>,
    /// What a screen reader is told.
    pub(crate) said: String,
}

/// Something that happened.
pub(crate) enum Input {
    /// Show the home screen.
    GoHome,
    /// Ask for a code.
    GoJoin,
    /// Make an invite.
    Start,
    /// Take an invite, whose text was found to be whole.
    Join,
    /// “They are the same.”
    ConfirmWords,
    /// “They differ.”
    WordsDiffer,
    Accept,
    Decline,
    /// This person's amount. It only passes through.
    Compare(Amount),
    Leave,
    /// From the meeting.
    Invited(InviteText),
    PeerArrived,
    Knocked,
    Words {
        words: [&'static str; 3],
        confirm: bool,
    },
    Connected(Route),
    Reconnecting,
    /// The meeting or the worker failed.
    Failed(Fault),
    /// From the worker.
    Worker(Box<Stamped>),
}

/// Something to be done outside.
pub(crate) enum Act {
    /// Open a room and wait there.
    Host,
    /// Enter the room of the invite that the driver holds.
    Join,
    /// Tell the worker how the pairing begins.
    Pair(Pairing),
    Command(Command),
    /// The pairing is over: let last words reach the peer, then end the worker and the connection.
    Retire,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self { screen: Screen::Home, session: None, failure: None, notice: None, said: String::new() }
    }

    /// Takes in what happened; what is to be done about it.
    pub(crate) fn update(&mut self, input: Input) -> Vec<Act> {
        match input {
            Input::GoHome => self.leave(None),
            Input::GoJoin => {
                let acts = self.leave(None);
                self.screen = Screen::Join;
                acts
            }
            Input::Start => self.begin(Party::Alice),
            Input::Join => self.begin(Party::Bob),
            Input::Leave => self.leave_politely(),
            Input::Failed(fault) => self.fail(fault),
            input => match self.session.as_mut() {
                Some(session) => {
                    let (step, acts) = session.update(self.screen, input);
                    match step {
                        Step::Stay => acts,
                        Step::Say(text) => {
                            self.said = text.into();
                            acts
                        }
                        Step::Go(screen, text) => {
                            self.screen = screen;
                            self.said = text.into();
                            acts
                        }
                        Step::Fail(fault) => acts.into_iter().chain(self.fail(fault)).collect(),
                    }
                }
                // A late word from a pairing that is over.
                None => Vec::new(),
            },
        }
    }

    /// Whether machines compare right now, so that leaving asks first.
    pub(crate) fn job_runs(&self) -> bool {
        self.session.as_ref().is_some_and(Session::runs)
    }

    fn begin(&mut self, seat: Party) -> Vec<Act> {
        let mut acts = self.leave(None);
        self.session = Some(Session::new(seat));
        let (screen, act) = match seat {
            Party::Alice => (Screen::Invite, Act::Host),
            Party::Bob => (Screen::Meet, Act::Join),
        };
        self.screen = screen;
        acts.push(act);
        acts
    }

    fn leave_politely(&mut self) -> Vec<Act> {
        let Some(session) = &self.session else { return self.leave(None) };
        let notice =
            if session.met { "You left. The other person was told." } else { "You left. The invite no longer works." };
        let mut acts = vec![Act::Command(Command::Cancel)];
        acts.extend(self.leave(Some(notice)));
        acts
    }

    fn leave(&mut self, notice: Option<&'static str>) -> Vec<Act> {
        self.screen = Screen::Home;
        self.failure = None;
        self.notice = notice;
        self.said = notice.unwrap_or_default().into();
        self.session.take().map(|_| Act::Retire).into_iter().collect()
    }

    /// The first failure of a pairing is the one that is shown.
    fn fail(&mut self, fault: Fault) -> Vec<Act> {
        let Some(session) = &self.session else {
            // Before any pairing: a link that is no invite, a browser that cannot.
            if self.failure.is_none() {
                self.show_failure(fault, Party::Bob);
            }
            return Vec::new();
        };
        if fault.code == Code::Cancelled {
            return self.leave(Some("You stopped. The other person was told."));
        }
        let seat = session.seat;
        self.session = None;
        self.show_failure(fault, seat);
        vec![Act::Retire]
    }

    fn show_failure(&mut self, fault: Fault, seat: Party) {
        self.screen = Screen::Failure;
        // The heading of the card takes the focus and is read.
        self.said.clear();
        self.failure = Some((fault, seat));
    }
}

/// Where an input takes a session.
enum Step {
    Stay,
    /// Tell a screen reader.
    Say(&'static str),
    /// Show another screen, and tell a screen reader (nothing, where the heading says it all).
    Go(Screen, &'static str),
    Fail(Fault),
}

impl Session {
    /// Whether both inputs are in and the answer is not out.
    pub(crate) fn runs(&self) -> bool {
        self.started.is_some()
    }

    fn update(&mut self, screen: Screen, input: Input) -> (Step, Vec<Act>) {
        let tell = |command| vec![Act::Command(command)];
        match input {
            Input::Invited(invite) => {
                self.invite = Some(invite);
                (Step::Say("Your invite is ready."), Vec::new())
            }
            Input::PeerArrived => (self.meet(screen), Vec::new()),
            Input::Knocked => {
                self.knocks += 1;
                (Step::Say("A third person tried to come in and was turned away."), Vec::new())
            }
            Input::Words { words, confirm } => {
                self.words = Some(words);
                self.must_confirm = confirm;
                let pairing = Pairing { seat: self.seat, confirm_words: confirm, job: Job::Millionaires };
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
            Input::Accept if self.agreement.is_some() && !self.accepted.me => {
                self.accepted.me = true;
                (Step::Say(waiting(self.accepted.peer)), tell(Command::Accept))
            }
            Input::Decline => (Step::Fail(Code::Declined.into()), tell(Command::Decline)),
            Input::Compare(amount) if screen == Screen::Amount && !self.ready.me => {
                self.ready.me = true;
                (Step::Go(Screen::Run, waiting(self.ready.peer)), tell(Command::Input { input: jobs::Input::Amount(amount) }))
            }
            Input::Worker(stamped) => (self.hear(screen, stamped.at, stamped.event), Vec::new()),
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

    /// Whether the words need no look any more: both compared them, or the secret was a whole link.
    fn words_are_known(&self) -> bool {
        !self.must_confirm || self.confirmed == Both { me: true, peer: true }
    }

    /// One of the two has confirmed the words; after the second the agreement is shown, if it is there already.
    fn confirm(&self, said: &'static str) -> Step {
        if self.words_are_known() && self.agreement.is_some() { Step::Go(Screen::Agree, "") } else { Step::Say(said) }
    }

    fn hear(&mut self, screen: Screen, at: f64, event: Event) -> Step {
        match event {
            Event::PeerPresent => self.meet(screen),
            Event::PeerConfirmedWords => {
                self.confirmed.peer = true;
                self.confirm("The other person says that the words are the same.")
            }
            Event::Proposed { agreement } => {
                self.agreement = Some(agreement);
                self.accepted = Both::default();
                self.ready = Both::default();
                match screen {
                    // After a result, the next round is offered there.
                    Screen::Result => Step::Stay,
                    // The worker proposes as soon as it has company. The words come first.
                    _ if !self.words_are_known() => Step::Stay,
                    _ => Step::Go(Screen::Agree, ""),
                }
            }
            Event::PeerAccepted => {
                self.accepted.peer = true;
                Step::Say(match screen {
                    Screen::Result => "The other person wants to compare again.",
                    _ => "The other person accepted.",
                })
            }
            Event::Agreed => {
                self.accepted = Both { me: true, peer: true };
                self.work = None;
                Step::Go(Screen::Amount, "You both accepted.")
            }
            Event::PeerReady => {
                self.ready.peer = true;
                Step::Say("The other person has put in their amount.")
            }
            Event::Progress { stage, done, total } => {
                let work = Some(Work { stage, done, total });
                if stage.is_offline() {
                    self.stock.work = work;
                    self.stock.since.get_or_insert(at);
                } else {
                    self.work = work;
                }
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
                self.ready = Both { me: true, peer: true };
                Step::Go(Screen::Run, "")
            }
            Event::Finished { outcome } => {
                let online_ms = self.started.take().map_or(0.0, |started| at - started);
                self.answer = Some(Answer { outcome, online_ms, offline_ms: self.stock.ms });
                self.work = None;
                Step::Go(Screen::Result, "")
            }
            Event::Offered { .. } | Event::Refused { .. } | Event::Layer { .. } => Step::Stay,
            Event::Ended { fault } => Step::Fail(fault),
        }
    }
}

/// What is said after this person did their part.
fn waiting(peer_is_done: bool) -> &'static str {
    if peer_is_done { "You are both ready." } else { "Waiting for the other person." }
}

/// The sign between Alice's name and Bob's, and so the same on both screens.
pub(crate) fn sign(order: Order, seat: Party) -> char {
    match (order, seat) {
        (Order::Equal, _) => '=',
        (Order::You, Party::Alice) | (Order::They, Party::Bob) => '>',
        (Order::They, Party::Alice) | (Order::You, Party::Bob) => '<',
    }
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
