//! One party of a lesson: its task and its report.
//!
//! A [`Run`] is a lesson's protocol with its numbers: a [`Task`] for each party, which contains
//! that party's input and the public values, and nothing of the other's input. Each party
//! [plays](play) its task over a link of its own and makes a [`Report`]; the lesson's result is
//! computed from both reports. Where there is no link, or where thousands of runs are needed, one
//! program plays both parties in lockstep, by the same code.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tacit_session::{Code, Fault, Link, Party, Session, lockstep};
use tacit_symmetric::Prg;

use crate::faults::{Harm, Harmed};
use crate::wire::{self, Crossed, Noted, Sent};
use crate::{answers, faults, paillier, richer, shamir, shares, transfer, triple};

/// The task of a party.
#[derive(Serialize, Deserialize)]
pub enum Task {
    /// See [`shares::scaling`].
    Scale(shares::Part),
    /// See [`triple::multiplying`].
    Multiply(triple::Part),
    /// See [`shamir::meeting`].
    Meet(shamir::Part),
    /// See [`transfer::transferring`].
    Transfer(transfer::Part),
    /// See [`richer::comparing`] and [`faults::harming`].
    Compare(Harm, richer::Part),
    /// See [`answers::searching`].
    Search(answers::Part),
    /// See [`faults::bending`].
    Open(faults::Part),
    /// See [`paillier::adding`].
    Toy(paillier::ToyPart),
    /// See [`paillier::predicting`].
    Predict(paillier::Part),
}

/// The output of a party.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Held {
    /// Of [`Task::Scale`].
    Scale(shares::Held),
    /// Of [`Task::Multiply`]: its share, and the opened product.
    Multiply(triple::Product, u64),
    /// Of [`Task::Meet`]: its own share, and the secret.
    Meet((u64, u64), u64),
    /// Of [`Task::Transfer`].
    Transfer(transfer::Held),
    /// Of [`Task::Compare`]: `x < y` and `x = y` of each pair.
    Compare(Vec<[bool; 2]>),
    /// Of [`Task::Search`].
    Search(Vec<answers::Question>),
    /// Of [`Task::Open`]: the value that it reads.
    Open(u64),
    /// Of [`Task::Toy`].
    Toy(paillier::Held),
    /// Of [`Task::Predict`], which reports all its results while it runs.
    Predict,
}

/// A party's report on a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The party's output, or the fault that ended the run.
    pub held: Result<Held, Fault>,
    /// The messages it sent.
    pub sent: Vec<Sent>,
    /// The number of messages it received.
    pub heard: usize,
}

impl Report {
    /// True if both parties succeeded and every sent message was received: only then may the same
    /// link serve another run.
    #[must_use]
    pub fn are_settled(reports: &[Self; 2]) -> bool {
        let [alice, bob] = reports;
        alice.held.is_ok() && bob.held.is_ok() && alice.sent.len() == bob.heard && bob.sent.len() == alice.heard
    }

    /// True if the run failed and neither party caused a fault: the connection was lost.
    #[must_use]
    pub fn are_cut_off(reports: &[Self; 2]) -> bool {
        let code = |report: &Self| report.held.as_ref().err().map(|fault| fault.code);
        let is_fine = |code| matches!(code, None | Some(Code::PeerLeft | Code::ConnectionLost));
        reports.iter().any(|report| report.held.is_err()) && reports.iter().all(|report| is_fine(code(report)))
    }

    /// The outputs of both parties, and the messages that crossed.
    ///
    /// # Errors
    /// The original fault: of two faults, the one that is not a reaction to the other.
    pub(crate) fn both([alice, bob]: [Self; 2]) -> Result<([Held; 2], Vec<Crossed>), Fault> {
        let crossed = wire::merge([alice.sent, bob.sent]);
        match (alice.held, bob.held) {
            (Ok(alice), Ok(bob)) => Ok(([alice, bob], crossed)),
            (Err(fault), Err(left)) if left.code == Code::PeerLeft => Err(fault),
            (_, Err(fault)) | (Err(fault), _) => Err(fault),
        }
    }
}

/// A report belongs to another task.
pub(crate) fn strange() -> Fault {
    Fault::internal("a report on another task")
}

/// The host program's clock, and its listener for finished steps.
#[derive(Clone, Copy)]
pub struct Aside<'a> {
    /// The host program's clock, in milliseconds.
    pub clock: &'a dyn Fn() -> f64,
    /// Called for each step when it is done.
    pub tell: &'a dyn Fn(paillier::Done),
}

impl Aside<'static> {
    /// No listener, and a clock that stands still.
    pub const SILENT: Self = Self { clock: &|| 0.0, tell: &|_| {} };
}

/// Plays one party's task to its end.
pub async fn play<L: Link + 'static>(party: Party, link: L, task: Task, prg: &mut Prg, aside: Aside<'_>) -> Report {
    play_over(party, Rc::new(Noted::new(link)), task, prg, aside).await
}

async fn play_over(party: Party, noted: Rc<Noted>, task: Task, prg: &mut Prg, aside: Aside<'_>) -> Report {
    let harm = if let Task::Compare(harm, _) = &task { *harm } else { Harm::None };
    let mut s = Session::new(party, Harmed::new(Rc::clone(&noted), harm));
    let held = match task {
        Task::Scale(part) => shares::play(&mut s, part).await.map(Held::Scale),
        Task::Multiply(part) => {
            triple::play(&mut s, part).await.map(|(product, opened)| Held::Multiply(product, opened))
        }
        Task::Meet(part) => shamir::play(&mut s, part).await.map(|(mine, secret)| Held::Meet(mine, secret)),
        Task::Transfer(part) => transfer::play(&mut s, part, prg).await.map(Held::Transfer),
        Task::Compare(_, part) => richer::play(&mut s, &part, prg).await.map(Held::Compare),
        Task::Search(part) => answers::play(&mut s, part, prg).await.map(Held::Search),
        Task::Open(part) => faults::play(&mut s, part).await.map(Held::Open),
        Task::Toy(part) => paillier::play_toy(&mut s, part).await.map(Held::Toy),
        Task::Predict(part) => paillier::play(&mut s, part, prg, aside).await.map(|()| Held::Predict),
    };
    let (sent, heard) = noted.take();
    Report { held, sent, heard }
}

/// Plays both tasks in this program, in lockstep; returns Alice's report and Bob's.
///
/// # Panics
/// When both wait for each other for ever.
pub fn play_both([hers, his]: [Task; 2], [a, b]: &mut [Prg; 2], aside: Aside<'_>) -> [Report; 2] {
    let (alice, bob) = lockstep::queues();
    let (alice, bob) = lockstep::join(play(Party::Alice, alice, hers, a, aside), play(Party::Bob, bob, his, b, aside));
    [alice, bob]
}

/// A protocol with its inputs, which can be played over any link.
pub struct Run<T> {
    /// Alice's task, and Bob's.
    pub tasks: [Task; 2],
    /// Computes the result from both reports; its errors are the parties' faults.
    pub read: Read<T>,
}

/// A function that computes a result from both reports.
pub type Read<T> = Box<dyn FnOnce([Report; 2]) -> Result<T, Fault>>;

impl<T: 'static> Run<T> {
    /// The same run with its result mapped by `f`.
    #[must_use]
    pub fn map<U>(self, f: impl FnOnce(T) -> U + 'static) -> Run<U> {
        let Self { tasks, read } = self;
        Run { tasks, read: Box::new(|reports| read(reports).map(f)) }
    }

    /// Plays it in this program.
    ///
    /// # Errors
    /// The fault of either party.
    pub fn in_lockstep(self, prgs: &mut [Prg; 2]) -> Result<T, Fault> {
        (self.read)(play_both(self.tasks, prgs, Aside::SILENT))
    }

    /// Plays a run that uses no randomness, in lockstep.
    pub(crate) fn undrawn(self) -> Result<T, Fault> {
        self.in_lockstep(&mut [Prg::from_seed([0; 32]), Prg::from_seed([1; 32])])
    }
}
