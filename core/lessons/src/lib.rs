//! The protocols of the lessons: small ones between Alice and Bob, with numbers that a reader can
//! follow, and the messages that crossed.
//!
//! Each lesson's protocol is a function for each party over any [`Link`](tacit_session::Link), and
//! [`party`] defines a party's task and its report: its output, and the messages it sent. The page
//! lets two programs play a protocol over a connection. Where there is no connection, and where
//! thousands of runs are needed, one program plays both parties over the queues of
//! [`tacit_session::lockstep`]. This crate displays nothing.
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
//! Tacit has no dealer, but a lesson may have one and says so: the page deals the triple of a
//! product and the points of a line, to each party its own share.

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
