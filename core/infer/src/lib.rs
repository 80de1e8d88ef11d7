//! Inference between two parties: a plan of `tacit-model`, run on shares.
//!
//! The model owner has the weights, the client has the picture. [`prepare`](prepare::prepare) is
//! the offline phase: it makes the correlated randomness that a plan takes. [`run`](run::run) is
//! the online phase, from the picture to the answer. [`cost`] declares the bytes and rounds of
//! both, exactly as the ledger counts them. [`lens`] compares the protocol with the oracles, layer
//! by layer, in a rehearsal.
//!
//! Protocols are `async` functions over a `Session`: no transport, no clock, no threads.

pub mod cost;
mod demand;
pub mod forms;
#[cfg(feature = "ideal")]
pub mod ideal;
pub mod lens;
pub mod prepare;
pub mod run;
mod supply;

pub use prepare::{Owned, Prepared};
pub use run::{Answer, Task, Told};
