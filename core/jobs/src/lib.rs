//! What two people do together: agreement, events, and the jobs themselves.
//!
//! A host program (the worker of the page, or the terminal) calls [`pairing::run`] with a link, feeds
//! it the person's [`Command`]s and renders the [`Event`]s that come out. Nothing else goes in or
//! out.

mod agreement;
mod amount;
pub mod classify;
mod command;
pub mod compare;
mod event;
pub mod handover;
pub mod machine;
pub mod pairing;
mod picture;
mod progress;
mod protocol;
pub mod rehearsal;
mod security;
mod talk;
mod transcript;

pub use agreement::{Agreement, Audience, Detail, Job, MOST_PICTURES, ModelCard, Reveal, Terms};
pub use amount::{Amount, AmountError, Thousands};
pub use command::{Command, Input, ModelFile, Pairing};
pub use event::{Answer, Event, Order, Outcome, Prediction, Stamped};
pub use machine::Machine;
pub use picture::{MOST_PIXELS, NoPicture, Picture};
pub use security::{Guarantee, Opened, Part, Security};
pub use tacit_compute::{Force, Operation, Processor, Report};
pub use transcript::Transcript;

/// Every job's own sentences about its messages, for [`tacit_record::says`].
pub const EXPLAIN: [tacit_record::Explain; 2] = [compare::explain, classify::explain];
