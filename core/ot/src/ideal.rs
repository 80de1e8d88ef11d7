//! The ideal functionality of random correlated transfers: a dealer.
//!
//! It has no place between two people. Tests run the same suite on it and on the real protocol, and
//! test the layers above without curves. Both parties are honest here: neither can choose its own
//! outputs, and nothing is checked. Only tests and lessons link it: a test looks for [`MARK`] in
//! every program.

use tacit_ring::Bits;
use tacit_session::{Fault, Link, Session};
use tacit_symmetric::{Block, Blocks, Prg};

use crate::extension::{RandomCotReceiver, RandomCotSender};

/// The label under which a dealer draws everything that it deals. A program that holds a dealer
/// holds these bytes.
pub const MARK: &[u8] = b"dealt by an ideal functionality, which has no place between two people";

/// The sender's end.
pub struct IdealSender(Dealer);

/// The receiver's end.
pub struct IdealReceiver(Dealer);

/// Both ends of one dealing. They stay in step as long as both extend by the same numbers.
#[must_use]
pub fn deal(seed: [u8; 32]) -> (IdealSender, IdealReceiver) {
    (IdealSender(Dealer::new(seed)), IdealReceiver(Dealer::new(seed)))
}

struct Dealer {
    prg: Prg,
    delta: Block,
}

impl Dealer {
    fn new(seed: [u8; 32]) -> Self {
        let mut prg = Prg::from_seed(seed).fork(MARK);
        let delta = prg.block();
        Self { prg, delta }
    }

    fn deal(&mut self, n: usize) -> (Bits, Blocks) {
        let mut words = vec![0; n.div_ceil(64)];
        self.prg.fill_u64s(&mut words);
        let mut halves = vec![0; 2 * n];
        self.prg.fill_u64s(&mut halves);
        let (pairs, _) = halves.as_chunks::<2>();
        (Bits::from_words(words, n), pairs.iter().map(|&pair| Block::new(pair)).collect::<Vec<_>>().into())
    }
}

impl RandomCotSender for IdealSender {
    fn delta(&self) -> Block {
        self.0.delta
    }

    async fn extend<L: Link>(&mut self, _: &mut Session<L>, n: usize) -> Result<Blocks, Fault> {
        let (_, q) = self.0.deal(n);
        Ok(q)
    }
}

impl RandomCotReceiver for IdealReceiver {
    async fn extend<L: Link>(&mut self, _: &mut Session<L>, n: usize) -> Result<(Bits, Blocks), Fault> {
        let (c, mut t) = self.0.deal(n);
        for (i, t) in t.iter_mut().enumerate() {
            *t ^= self.0.delta.when(u64::from(c.get(i)));
        }
        Ok((c, t))
    }
}
