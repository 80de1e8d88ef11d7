//! The engine: extensions in both directions over one pairing, and the stock of random transfers
//! they give.

use tacit_ring::Bits;
use tacit_session::{Cost, Fault, Link, Session, Stage};
use tacit_symmetric::{Block, Blocks, Prg};

use crate::extension::{RandomCotReceiver, RandomCotSender};
use crate::product::{self, ReceiverProducts, ReceiverWords, SenderProducts, SenderWords};
use crate::soft_spoken::{self, FIELD_BITS, SoftSpokenReceiver, SoftSpokenSender};
use crate::{base, random};

/// Everything that oblivious transfers need between two parties, for as long as they are paired.
///
/// After a fault, such as a failed check, the sender's half and `Δ` are wiped, and the engine makes
/// no more transfers.
pub struct Engine<S = SoftSpokenSender, R = SoftSpokenReceiver> {
    sender: Option<S>,
    receiver: R,
    /// Transfers made so far in each direction: no tweak of the hash is used twice.
    sent: u64,
    received: u64,
}

impl Engine {
    /// Base transfers in both directions, counted under [`Stage::BaseOt`]. Once per pairing.
    ///
    /// *Cost*: [`setup_cost`](Self::setup_cost).
    ///
    /// # Errors
    /// `Link` and `PeerBroke` faults.
    pub async fn setup<L: Link>(s: &mut Session<L>, rng: &mut Prg) -> Result<Self, Fault> {
        Self::setup_with(s, rng, FIELD_BITS).await
    }

    /// [`setup`](Self::setup) with another `k`: 1, 2, 4 or 8, the same on both sides.
    ///
    /// # Errors
    /// `Link` and `PeerBroke` faults.
    ///
    /// # Panics
    /// If `k` is not one of these values.
    pub async fn setup_with<L: Link>(s: &mut Session<L>, rng: &mut Prg, k: usize) -> Result<Self, Fault> {
        s.enter(Stage::BaseOt);
        let choices = soft_spoken::base_choices(rng.block());
        let (sender, receiver) = base::both(s, rng, choices).await?;
        // He who sends base transfers receives extended ones.
        Ok(Self::new(SoftSpokenSender::new(k, receiver), SoftSpokenReceiver::new(k, &sender)))
    }

    /// The cost of [`setup`](Self::setup) and of the trees, all of it counted under
    /// [`Stage::BaseOt`].
    ///
    /// The trees travel with the first extension and share its round, so this is what the ledger
    /// shows after that.
    #[must_use]
    pub fn setup_cost() -> Cost {
        Self::setup_cost_with(FIELD_BITS)
    }

    /// [`setup_cost`](Self::setup_cost) for another `k`.
    #[must_use]
    pub fn setup_cost_with(k: usize) -> Cost {
        base::cost() + Cost { rounds: 0, ..Cost::exchange(soft_spoken::trees_bytes(k)) }
    }

    /// The cost of [`extend`](Self::extend) under [`Stage::Extend`]: one round if both directions
    /// grow.
    ///
    /// If only one does, its message travels with whatever comes next: then there is no round of
    /// its own.
    #[must_use]
    pub fn extend_cost(as_sender: usize, as_receiver: usize) -> Cost {
        Self::extend_cost_with(FIELD_BITS, as_sender, as_receiver)
    }

    /// [`extend_cost`](Self::extend_cost) for another `k`.
    #[must_use]
    pub fn extend_cost_with(k: usize, as_sender: usize, as_receiver: usize) -> Cost {
        let bytes = |n| soft_spoken::extend_bytes(k, n) as u64;
        let rounds = u64::from(as_sender > 0 && as_receiver > 0);
        Cost { sent: bytes(as_receiver), received: bytes(as_sender), rounds }
    }
}

impl<S: RandomCotSender, R: RandomCotReceiver> Engine<S, R> {
    /// An engine over any extension.
    #[must_use]
    pub fn new(sender: S, receiver: R) -> Self {
        Self { sender: Some(sender), receiver, sent: 0, received: 0 }
    }

    /// New random transfers: as many in each direction as said. The peer says the same with the
    /// roles swapped.
    ///
    /// It travels as one message of 4 bytes a transfer, so stock up in portions of up to a million;
    /// who wants many portions [begins](Self::begin) the next ones before he
    /// [finishes](Self::finish) one. Transfers are returned only after the check of their message
    /// has passed.
    ///
    /// *Cost*: [`extend_cost`](Self::extend_cost).
    ///
    /// # Errors
    /// `Link` faults; `PeerBroke` if a check fails. After that the engine is unusable and the
    /// pairing must end.
    pub async fn extend<L: Link>(
        &mut self,
        s: &mut Session<L>,
        as_sender: usize,
        as_receiver: usize,
    ) -> Result<Pool, Fault> {
        let begun = self.begin(s, as_receiver).await?;
        self.finish(s, begun, as_sender).await
    }

    /// The first half of [`extend`](Self::extend), as receiver: only speaks.
    ///
    /// # Errors
    /// `Link` faults.
    pub async fn begin<L: Link>(&mut self, s: &mut Session<L>, as_receiver: usize) -> Result<Begun, Fault> {
        s.enter(Stage::Extend);
        if self.sender.is_none() {
            return Err(gone());
        }
        let (choices, t) = self.receiver.extend(s, as_receiver).await?;
        // The hash takes the correlation away; meanwhile the message travels.
        let chosen = random::receive(s.party().other(), self.received, &t);
        self.received += as_receiver as u64;
        Ok(Begun { choices, chosen })
    }

    /// The second half of [`extend`](Self::extend), as sender: only listens. First begun is first
    /// finished.
    ///
    /// # Errors
    /// Those of [`extend`](Self::extend).
    pub async fn finish<L: Link>(&mut self, s: &mut Session<L>, begun: Begun, as_sender: usize) -> Result<Pool, Fault> {
        s.enter(Stage::Extend);
        // On a fault, or if this future is dropped, the sender is dropped and wiped.
        let mut sender = self.sender.take().ok_or_else(gone)?;
        let q = sender.extend(s, as_sender).await?;
        let pairs = random::send(s.party(), self.sent, sender.delta(), &q);
        self.sender = Some(sender);
        self.sent += as_sender as u64;
        let Begun { choices, chosen } = begun;
        Ok(Pool { pairs, choices, chosen, sent: 0, received: 0 })
    }
}

/// The engine has failed before.
fn gone() -> Fault {
    Fault::internal("oblivious transfers failed before")
}

/// An extension of which this party has done its part as receiver.
pub struct Begun {
    choices: Bits,
    chosen: Blocks,
}

/// Random transfers not yet spent. Both parties take from the front, in the same order.
pub struct Pool {
    pairs: [Blocks; 2],
    choices: Bits,
    chosen: Blocks,
    sent: usize,
    received: usize,
}

impl Pool {
    /// The number of unused transfers with this party as sender.
    #[must_use]
    pub fn left_as_sender(&self) -> usize {
        self.pairs[0].len() - self.sent
    }

    /// The number of unused transfers with this party as receiver.
    #[must_use]
    pub fn left_as_receiver(&self) -> usize {
        self.chosen.len() - self.received
    }

    /// Spends `n` transfers as sender: both messages of each.
    ///
    /// # Panics
    /// When fewer are left.
    #[must_use]
    pub fn sender_messages(&mut self, n: usize) -> [Blocks; 2] {
        let messages = self.pairs.each_mut().map(|messages| spend(messages, self.sent, n));
        self.sent += n;
        messages
    }

    /// Spends `n` transfers as receiver: the choices, and the messages that they name.
    ///
    /// # Panics
    /// When fewer are left.
    #[must_use]
    pub fn receiver_messages(&mut self, n: usize) -> (Bits, Blocks) {
        let messages = spend(&mut self.chosen, self.received, n);
        let choices = self.choices.slice(self.received..self.received + n);
        self.received += n;
        (choices, messages)
    }

    /// Spends `n` transfers as sender: `c·u = v + w` with the peer's
    /// [`receiver_words`](Self::receiver_words).
    ///
    /// # Panics
    /// When fewer are left.
    #[must_use]
    pub fn sender_words(&mut self, n: usize) -> SenderWords {
        let [m0, m1] = self.sender_messages(n);
        SenderWords::new(&m0, &m1)
    }

    /// Spends `n` transfers as receiver: `c·u = v + w` with the peer's
    /// [`sender_words`](Self::sender_words).
    ///
    /// # Panics
    /// When fewer are left.
    #[must_use]
    pub fn receiver_words(&mut self, n: usize) -> ReceiverWords {
        let (choices, messages) = self.receiver_messages(n);
        ReceiverWords::new(choices, &messages)
    }

    /// Spends `n` transfers as sender: `s·δ_j = u_j ⊕ v_j` with the peer's
    /// [`receiver_products`](Self::receiver_products).
    ///
    /// # Panics
    /// When fewer are left.
    #[must_use]
    pub fn sender_products<const W: usize>(&mut self, n: usize) -> SenderProducts<W> {
        let [m0, m1] = self.sender_messages(n);
        product::send(&m0, &m1)
    }

    /// Spends `n` transfers as receiver: `s·δ_j = u_j ⊕ v_j` with the peer's
    /// [`sender_products`](Self::sender_products).
    ///
    /// # Panics
    /// When fewer are left.
    #[must_use]
    pub fn receiver_products<const W: usize>(&mut self, n: usize) -> ReceiverProducts<W> {
        let (choices, messages) = self.receiver_messages(n);
        product::receive(choices, &messages)
    }
}

/// Takes `n` blocks from `at` on, and leaves nothing there.
fn spend(blocks: &mut Blocks, at: usize, n: usize) -> Blocks {
    let spent = &mut blocks[at..at + n];
    let taken = spent.to_vec().into();
    spent.fill(Block::ZERO);
    taken
}
