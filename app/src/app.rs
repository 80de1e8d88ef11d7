//! What the page knows and what it does next: one state machine, free of any browser, so that it is tested natively.
//!
//! Everything that happens is an [`Input`]: a person pressed something, the meeting or the worker said something.
//! [`Model::update`] takes it in and answers with [`Act`]s, which `driver` carries out. What happens within a pairing
//! is `session`'s.

use tacit_jobs::{Amount, Command, Job, ModelFile, Order, Pairing, Picture, Reveal, Stamped};
use tacit_record::Slice;
use tacit_session::{Code, Fault, Party};

mod screen;
mod session;

pub(crate) use screen::Screen;
use session::Step;
pub(crate) use session::{Answer, Both, Checked, InviteText, Next, Role, Route, Session, Stock, Work};

/// Everything the page shows.
#[derive(Clone, PartialEq)]
pub(crate) struct Model {
    pub(crate) screen: Screen,
    /// The pairing, from the first click to leaving or failing.
    pub(crate) session: Option<Session>,
    /// Why the last pairing failed.
    pub(crate) failure: Option<Failed>,
    /// A friendly line on the home screen.
    pub(crate) notice: Option<&'static str>,
    /// What a screen reader is told.
    pub(crate) said: String,
    /// The numbers of typed codes under which this page has met somebody. Whoever that was had one
    /// guess at the code's words, which are the same if it is typed again: so each is typed once.
    used: Vec<u32>,
}

/// A pairing that failed, and what it takes to begin the same again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failed {
    pub(crate) fault: Fault,
    pub(crate) seat: Party,
    pub(crate) job: Job,
}

/// Something that happened.
pub(crate) enum Input {
    /// Show the home screen.
    GoHome,
    /// Ask for a code.
    GoJoin,
    /// Make an invite to do this.
    Start(Job),
    /// Take an invite, whose text was found to be whole.
    Join {
        /// The number of a code that was typed; a link has none.
        typed: Option<u32>,
    },
    /// “They are the same.”
    ConfirmWords,
    /// “They differ.”
    WordsDiffer,
    /// The owner would rather take another model.
    ChooseModel,
    /// The model's owner has chosen. It only passes through.
    Model {
        model: ModelFile,
        reveal: Reveal,
    },
    /// Whoever has the model should have the picture, and the other way round.
    ChangePlaces,
    /// To where the coming round stands, from a result or from a model that was kept after all.
    GoOn,
    Accept,
    /// So many changes of the terms have been in sight for long enough to be accepted.
    Settled(u32),
    Decline,
    /// This person's amount. It only passes through.
    Compare(Amount),
    /// This person's pictures.
    Check(Vec<Picture>),
    Leave,
    /// From the meeting.
    Invited(InviteText),
    PeerArrived,
    /// Whether the host is out of the server's reach.
    Away(bool),
    Knocked,
    /// Whoever this person comes to serves others first.
    Ringing,
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

/// What a worker was asked for, to be shown as it is.
pub(crate) enum Shown {
    /// The amount that was typed last, or what is wrong with it in words.
    Understood(Result<Amount, String>),
    /// What crossed.
    Wire(Slice),
    /// In a rehearsal, a picture on its way through a model: packed, as only a rehearsal reads it.
    Lens(Vec<u8>),
    /// In a rehearsal, how many messages wait until they are let through.
    Waiting(usize),
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
    /// The terms have changed under this person's eyes, for so many times: say [`Input::Settled`]
    /// in a second.
    Settle(u32),
    /// The pairing is over: let last words reach the peer, then end the worker and the connection.
    Retire,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self { screen: Screen::Home, session: None, failure: None, notice: None, said: String::new(), used: Vec::new() }
    }

    /// Whether a typed code with this number was used on this page, so that another one is needed.
    pub(crate) fn has_used(&self, number: u32) -> bool {
        self.used.contains(&number)
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
            Input::Start(job) => self.begin(Party::Alice, job),
            // What it is about, the host's program will say.
            Input::Join { typed } => {
                let acts = self.begin(Party::Bob, Job::default());
                if let Some(session) = &mut self.session {
                    session.typed = typed;
                }
                acts
            }
            Input::Leave => self.leave_politely(),
            Input::Failed(fault) => self.fail(fault),
            input => match self.session.as_mut() {
                Some(session) => {
                    if matches!(input, Input::PeerArrived) {
                        self.used.extend(session.typed.take());
                    }
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

    /// Whether machines compute on inputs right now, so that leaving asks first.
    pub(crate) fn job_runs(&self) -> bool {
        self.session.as_ref().is_some_and(Session::runs)
    }

    fn begin(&mut self, seat: Party, job: Job) -> Vec<Act> {
        let mut acts = self.leave(None);
        self.session = Some(Session::new(seat, job));
        let (screen, act) = match seat {
            Party::Alice => (Screen::Invite, Act::Host),
            Party::Bob => (Screen::Meet, Act::Join),
        };
        self.screen = screen;
        acts.push(act);
        acts
    }

    fn leave_politely(&mut self) -> Vec<Act> {
        let Some(session) = self.session.as_ref().filter(|session| session.over.is_none()) else {
            return self.leave(None);
        };
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
                self.show_failure(Failed { fault, seat: Party::Bob, job: Job::default() });
            }
            return Vec::new();
        };
        if session.over.is_some() {
            return Vec::new();
        }
        if fault.code == Code::Cancelled {
            return self.leave(Some("You stopped. The other person was told."));
        }
        // An answer that is being read stays: only the next round is off.
        if self.screen == Screen::Result && session.answer.is_some() && ends_quietly(fault.code) {
            self.said = fault.code.headline().into();
            if let Some(session) = &mut self.session {
                session.over = Some(fault);
                (session.met, session.route) = (false, None);
            }
            return vec![Act::Retire];
        }
        let (seat, job) = (session.seat, session.job);
        self.session = None;
        self.show_failure(Failed { fault, seat, job });
        vec![Act::Retire]
    }

    fn show_failure(&mut self, failed: Failed) {
        self.screen = Screen::Failure;
        // The heading of the card takes the focus and is read.
        self.said.clear();
        self.failure = Some(failed);
    }
}

/// Whether a session may end so without anything being wrong with what came before.
fn ends_quietly(code: Code) -> bool {
    matches!(
        code,
        Code::PeerLeft
            | Code::PeerCancelled
            | Code::PeerDeclined
            | Code::LimitReached
            | Code::ConnectionLost
            | Code::Stalled
    )
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
