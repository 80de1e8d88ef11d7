//! The only handle a protocol gets.

use crate::ledger::{Direction, Entry};
use crate::message::{Chain, HEADER};
use crate::{Fault, Ledger, Link, Message, Party, Stage};

/// One party's end of a computation: who it is, the link, the stage, and the ledger.
///
/// Randomness is no part of it: protocols take it as an argument, so tests are deterministic.
pub struct Session<L> {
    party: Party,
    link: L,
    stage: Stage,
    ledger: Ledger,
    sent: Chain,
    received: Chain,
}

impl<L: Link> Session<L> {
    /// A session over a fresh link.
    #[must_use]
    pub fn new(party: Party, link: L) -> Self {
        Self { party, link, stage: Stage::Talk, ledger: Ledger::default(), sent: Chain::new(), received: Chain::new() }
    }

    /// Which party this is.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// `x` for Alice, nothing for Bob: only one of them may add a public constant to a shared
    /// value.
    #[must_use]
    pub fn lead<T: Default>(&self, x: T) -> T {
        match self.party {
            Party::Alice => x,
            Party::Bob => T::default(),
        }
    }

    /// Counts what follows under `stage`.
    pub fn enter(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// A piece of work begins: the last word of the one before does not make the first message of
    /// this one a round.
    pub fn begin(&mut self) {
        self.ledger.settle();
    }

    /// What crossed so far.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What crossed so far, to attach an observer.
    pub fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Sends one message. It counts as soon as it is handed over, before the transport has taken
    /// it.
    ///
    /// # Errors
    /// The link's.
    pub async fn send<M: Message>(&mut self, message: &M) -> Result<(), Fault> {
        let frame = self.sent.seal(message);
        self.record(Direction::Sent, message, &frame);
        Ok(self.link.send(frame).await?)
    }

    /// Receives one message of the expected kind and shape.
    ///
    /// # Errors
    /// The link's; [`Code::PeerBroke`](crate::Code::PeerBroke) when anything else arrives.
    pub async fn recv<M: Message>(&mut self, shape: M::Shape) -> Result<M, Fault> {
        let frame = self.link.recv().await?;
        let message = self.received.open(&frame, shape)?;
        self.record(Direction::Received, &message, &frame);
        Ok(message)
    }

    fn record<M: Message>(&mut self, direction: Direction, message: &M, frame: &[u8]) {
        let body = frame.get(HEADER..).unwrap_or_default();
        let bits = message.bits().unwrap_or(8 * body.len());
        let (stage, bytes) = (self.stage, frame.len());
        self.ledger.record(Entry { stage, tag: M::TAG, direction, bytes, bits, begins_round: false }, body);
    }

    /// Both speak at once: one round.
    ///
    /// # Errors
    /// Those of [`send`](Self::send) and [`recv`](Self::recv).
    pub async fn exchange<M: Message>(&mut self, mine: &M, shape: M::Shape) -> Result<M, Fault> {
        self.send(mine).await?;
        self.recv(shape).await
    }
}
