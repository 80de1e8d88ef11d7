//! What the lessons show: small protocols between Alice and Bob, with numbers that one can follow, and what crossed.
//!
//! Both parties live in one program here, over the queues of [`tacit_session::lockstep`]: the messages are real, the
//! distance is not. Each lesson runs its protocol, and says what each party held and what went over the wire. Nothing
//! here draws.
//!
//! | lesson | module |
//! |---|---|
//! | a number in two halves that say nothing | [`shares`] |
//! | a product of two shared numbers | [`triple`] |
//! | a number in pieces, of which a few are enough | [`shamir`] |
//! | sums under encryption | [`paillier`] |
//!
//! Where Tacit has no dealer, a lesson may have one, and says so: what it deals, the page itself drew.

mod clock;
mod message;
pub mod paillier;
pub mod shamir;
pub mod shares;
pub mod triple;
mod wire;

pub use clock::Clock;
pub use wire::{Crossed, run, run_with};
