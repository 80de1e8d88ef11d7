//! What two people do together: agreement, events, and the jobs themselves.
//!
//! A host program (the page's worker, later the terminal) calls [`pairing::run`] with a link, feeds it the person's
//! [`Command`]s and renders the [`Event`]s that come out. Nothing else goes in or out.

mod agreement;
mod amount;
mod command;
mod event;
pub mod millionaires;
pub mod pairing;
mod progress;
mod talk;

pub use agreement::{Agreement, Job, Terms};
pub use amount::{Amount, AmountError};
pub use command::{Command, Pairing};
pub use event::{Event, Order, Outcome, Stamped};
