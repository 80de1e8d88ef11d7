//! What the lessons show: small protocols between Alice and Bob, with numbers that one can follow,
//! and what crossed.
//!
//! Each lesson's protocol is a function for each party over any [`Link`](tacit_session::Link), and
//! [`party`] says what a party is asked for and what it reports: its numbers, and what it sent. So
//! the page has two programs play it over a connection; where it cannot, and where thousands of
//! runs are wanted, both play in one, over the queues of [`tacit_session::lockstep`]. Nothing here
//! draws.
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
//! Where Tacit has no dealer, a lesson may have one, and says so: the triple of a product and the
//! points of a line come from the page, to each party its own.

pub mod answers;
mod clock;
pub mod faults;
pub mod ideal;
mod message;
pub mod paillier;
pub mod party;
pub mod richer;
pub mod shamir;
pub mod shares;
pub mod transfer;
pub mod triple;
mod wire;

pub use clock::Clock;
pub use wire::{Crossed, Sent};
