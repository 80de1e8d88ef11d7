//! The interface of OT extension: random correlated transfers, any number at a time.
//!
//! The sender has `Δ`, fixed for the pairing. Each transfer gives her a block `q`, and the receiver
//! a random bit `c` and the block `t = q ⊕ c·Δ`. A second extension is one new file that implements
//! these two traits.
//!
//! A sender outputs rows only after checking that the relation holds. When a check fails, the
//! sender must be dropped, and `Δ` with it; the [`Engine`](crate::Engine) does that.

use tacit_ring::Bits;
use tacit_session::{Fault, Link, Session};
use tacit_symmetric::{Block, Blocks};

/// The side that knows `Δ`.
#[expect(async_fn_in_trait, reason = "single-threaded by design: no caller wants a Send bound")]
pub trait RandomCotSender {
    /// The correlation of all transfers.
    fn delta(&self) -> Block;

    /// The `q` of `n` new transfers. Only receives (but see [`RandomCotReceiver::extend`]).
    ///
    /// # Errors
    /// `Link` faults; `PeerBroke` if a check fails.
    async fn extend<L: Link>(&mut self, s: &mut Session<L>, n: usize) -> Result<Blocks, Fault>;
}

/// The side that gets random choice bits.
#[expect(async_fn_in_trait, reason = "single-threaded by design: no caller wants a Send bound")]
pub trait RandomCotReceiver {
    /// The `c` and the `t` of `n` new transfers. Only sends: a party that extends as receiver first
    /// and as sender then does both directions in one round.
    ///
    /// # Errors
    /// `Link` faults.
    async fn extend<L: Link>(&mut self, s: &mut Session<L>, n: usize) -> Result<(Bits, Blocks), Fault>;
}
