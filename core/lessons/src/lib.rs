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
//! | sums under encryption | [`paillier`] |
//! | a number in pieces, of which a few are enough | [`shamir`] |
//! | one of two boxes | [`transfer`] |
//! | who is richer, gate by gate | [`richer`] |
//! | what the answers give away | [`answers`] |
//! | what is noticed and what is not | [`faults`] |
//! | what secure means | [`ideal`] |
//!
//! Where Tacit has no dealer, a lesson may have one, and says so: what it deals, the page itself drew.

pub mod answers;
mod clock;
pub mod faults;
pub mod ideal;
mod message;
pub mod paillier;
pub mod richer;
pub mod shamir;
pub mod shares;
pub mod transfer;
pub mod triple;
mod wire;

pub use clock::Clock;
pub use wire::{Crossed, run, run_with};
