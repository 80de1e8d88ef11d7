//! Everything that one party sees of one run of a protocol, to be held against what a simulator
//! makes up.

use std::cell::RefCell;
use std::rc::Rc;

use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Direction, Entry, Party, Session, Stage, Tag};

use crate::flatness::{Histogram, uniform_bits};

/// What one party sees of one run of a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View<Answer> {
    /// Whose view it is.
    pub party: Party,
    /// What is computed; the same for all inputs.
    pub about: &'static str,
    /// What crossed, in the order in which this party's program sent and received it.
    pub messages: Vec<Seen>,
    /// What the party's program said at the end.
    pub answer: Answer,
}

/// One message of a [`View`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// During which stage.
    pub stage: Stage,
    /// What it is.
    pub tag: Tag,
    /// Which way it went.
    pub direction: Direction,
    /// The message without its header.
    pub body: Vec<u8>,
    /// How many of the body's bits, from the lowest bit of the first byte on, mean something. Those
    /// after them are zero.
    pub bits: usize,
}

impl Seen {
    /// The bits that mean something.
    pub fn meaningful(&self) -> impl Iterator<Item = bool> {
        self.body.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).take(self.bits)
    }
}

impl Histogram {
    /// Adds the bits of a message that mean something, if they are [uniform bits](uniform_bits);
    /// else nothing.
    pub fn add(&mut self, seen: &Seen) {
        if uniform_bits(seen.tag) {
            self.add_bits(&seen.body, seen.bits);
        }
    }
}

/// Runs the program of `party` against the other party's program, in lockstep. Returns the
/// program's answer and all messages that it sent or received.
pub fn watch<Answer, T>(
    party: Party,
    program: impl AsyncFnOnce(Session<QueueLink>) -> Answer,
    other: impl AsyncFnOnce(Session<QueueLink>) -> T,
) -> (Answer, Vec<Seen>) {
    let seen: Rc<RefCell<Vec<Seen>>> = Rc::default();
    let sink = Rc::clone(&seen);
    let program = async move |mut s: Session<QueueLink>| {
        s.ledger_mut().observe(move |entry, body| {
            let Entry { stage, tag, direction, bits, .. } = entry;
            sink.borrow_mut().push(Seen { stage, tag, direction, body: body.to_vec(), bits });
        });
        program(s).await
    };
    let answer = match party {
        Party::Alice => lockstep::run(program, other).0,
        Party::Bob => lockstep::run(other, program).1,
    };
    (answer, seen.take())
}
