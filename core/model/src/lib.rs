//! Neural networks as data: a model, its file, the public plan that both parties know, and the
//! oracles that evaluate it in the clear.
//!
//! A [`Model`] is its owner's secret: layers and their weights as real numbers.
//! [`quantise`](quantise::quantise) turns it into a [`Plan`], which both parties know, and
//! [`Weights`], which only the owner knows. A plan uses whole numbers modulo 2^32 throughout, and
//! the range of every value is proven. [`float`] evaluates the model in real numbers. [`plain`]
//! evaluates the plan in whole numbers in the clear; secure runs are tested against it.
//!
//! All functions are pure: no I/O, no clock, no threads, and no session with a peer. `tacit-infer`
//! runs a plan between two parties.

#[doc(hidden)]
pub mod bench;
pub mod calibrate;
mod check;
pub mod equalise;
mod faithful;
pub mod file;
pub mod float;
pub mod fold;
pub mod graph;
mod kind;
pub mod load;
mod lower;
pub mod plain;
pub mod plan;
mod pool;
mod precision;
pub mod quantise;
mod range;
mod read;
mod refusal;
pub mod trace;
mod weights;
mod wire;

pub use check::{Invalid, Why};
pub use graph::{Model, Node, Op, Shape};
pub use plan::{Ceiling, Plan, Step, StepOp};
pub use quantise::Refusal;
pub use weights::{LinearWeights, Weights};
