//! Neural networks for two parties: what a model is, what both may know of it, and what it says.
//!
//! A [`Model`] is its owner's secret: layers and their weights as real numbers. [`quantise`](quantise::quantise) makes
//! of it a [`Plan`], which both parties know, and [`Weights`], which only the owner does. The plan is whole numbers
//! modulo 2^32 throughout, with ranges that were proven and not hoped for; [`plain`] runs it in the clear and is the
//! oracle that secure runs are held to.
//!
//! All is pure functions on data: no I/O, no clock, no threads.

#[doc(hidden)]
pub mod bench;
pub mod calibrate;
mod check;
pub mod cost;
mod demand;
pub mod equalise;
mod faithful;
pub mod file;
pub mod float;
pub mod fold;
pub mod forms;
pub mod graph;
#[cfg(feature = "ideal")]
pub mod ideal;
mod kind;
pub mod lens;
pub mod load;
mod lower;
pub mod plain;
pub mod plan;
mod pool;
mod precision;
pub mod prepare;
pub mod quantise;
mod range;
mod read;
mod refusal;
pub mod run;
mod supply;
pub mod trace;
mod weights;
mod wire;

pub use graph::{Model, Node, Op, Shape};
pub use plan::{Ceiling, Plan, Step, StepOp};
pub use prepare::{Owned, Prepared};
pub use quantise::Refusal;
pub use run::{Answer, Task, Told};
pub use weights::{LinearWeights, Weights};
