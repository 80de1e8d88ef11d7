//! The handle that protocols use to communicate.

use crate::ledger::{Direction, Entry};
use crate::message::{Chain, HEADER};
use crate::{Fault, Ledger, Link, Message, Party, Stage};

/// One party's end of a computation: its role, link, stage and ledger.
///
/// Randomness is not part of it: protocols take it as an argument, so that tests are deterministic.
pub struct Session<L> {
    party: Party,
    link: L,
    stage: Stage,
    ledger: Ledger,
    sent: Chain,
    received: Chain,
}

impl<L: Link> Session<L> {
    /// Starts a session over a new link.
    #[must_use]
    pub fn new(party: Party, link: L) -> Self {
        Self { party, link, stage: Stage::Talk, ledger: Ledger::default(), sent: Chain::new(), received: Chain::new() }
    }

    /// The party on this side.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// Returns `x` for Alice and zero for Bob, because only one of the parties may add a public
    /// constant to a shared value.
    #[must_use]
    pub fn lead<T: Default>(&self, x: T) -> T {
        match self.party {
            Party::Alice => x,
            Party::Bob => T::default(),
        }
    }

    /// Counts all later traffic under `stage`.
    pub fn enter(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// Starts a cost phase: a send still pending from the previous phase is not counted as a round
    /// here.
    pub fn begin(&mut self) {
        self.ledger.settle();
    }

    /// The traffic so far.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The traffic so far; mutable, to attach an observer.
    pub fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Sends one message. The ledger counts it when it is handed over, before the transport has
    /// accepted it.
    ///
    /// # Errors
    /// `Link` faults.
    pub async fn send<M: Message>(&mut self, message: &M) -> Result<(), Fault> {
        let frame = self.sent.seal(message);
        self.record(Direction::Sent, message, &frame);
        Ok(self.link.send(frame).await?)
    }

    /// Receives one message of the expected tag and shape.
    ///
    /// # Errors
    /// `Link` faults; [`Code::PeerBroke`](crate::Code::PeerBroke) if the tag, check or body is not
    /// as expected.
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

    /// Sends and receives one message of the same type: both parties send at once, in one round.
    ///
    /// # Errors
    /// Those of [`send`](Self::send) and [`recv`](Self::recv).
    pub async fn exchange<M: Message>(&mut self, mine: &M, shape: M::Shape) -> Result<M, Fault> {
        self.send(mine).await?;
        self.recv(shape).await
    }
}
