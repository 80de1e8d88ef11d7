//! What crossed between the two parties, in order.

use std::cell::RefCell;
use std::rc::Rc;

use tacit_session::lockstep::{self, QueueLink, Tamper};
use tacit_session::{HEADER, Party, Session, Tag};

/// One message as it went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// Who sent it.
    pub from: Party,
    /// What it was.
    pub tag: Option<Tag>,
    /// All of it, header included.
    pub frame: Vec<u8>,
}

impl Crossed {
    /// What it carries, without the header.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.frame.get(HEADER..).unwrap_or_default()
    }

    /// The numbers that it carries, if it is a message of numbers.
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        let (numbers, _) = self.body().as_chunks();
        numbers.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect()
    }
}

/// Runs both parties to the end; what each came to, and what crossed.
///
/// # Panics
/// When both wait for each other for ever.
pub fn run<A, B>(
    alice: impl AsyncFnOnce(Session<QueueLink>) -> A,
    bob: impl AsyncFnOnce(Session<QueueLink>) -> B,
) -> (A, B, Vec<Crossed>) {
    run_with(|_, _, frame| vec![frame], alice, bob)
}

/// Like [`run`], with everything that is sent going through `tamper`: (sender, how many it sent before, frame) → what
/// arrives. What crossed is what arrived.
///
/// # Panics
/// When both wait for each other for ever.
pub fn run_with<A, B>(
    mut tamper: impl FnMut(Party, usize, Vec<u8>) -> Vec<Vec<u8>> + 'static,
    alice: impl AsyncFnOnce(Session<QueueLink>) -> A,
    bob: impl AsyncFnOnce(Session<QueueLink>) -> B,
) -> (A, B, Vec<Crossed>) {
    let crossed: Rc<RefCell<Vec<Crossed>>> = Rc::default();
    let sink = Rc::clone(&crossed);
    let tamper: Tamper = Rc::new(RefCell::new(move |from, index, frame| {
        let arriving = tamper(from, index, frame);
        let read = |frame: &Vec<u8>| {
            let tag = frame.first().and_then(|byte| Tag::from_byte(*byte));
            Crossed { from, tag, frame: frame.clone() }
        };
        sink.borrow_mut().extend(arriving.iter().map(read));
        arriving
    }));
    let (alice, bob) = lockstep::run_with(&tamper, alice, bob);
    (alice, bob, crossed.take())
}
