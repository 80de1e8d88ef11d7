//! Neural networks for two parties: what a model is, what both may know of it, and what it says.
//!
//! A [`Model`] is its owner's secret: layers and their weights as real numbers. [`quantise`](quantise::quantise) makes
//! of it a [`Plan`], which both parties know, and [`Weights`], which only the owner does. The plan is whole numbers
//! modulo 2^32 throughout, with ranges that were proven and not hoped for; [`plain`] runs it in the clear and is the
//! oracle that secure runs are held to.
//!
//! All is pure functions on data: no I/O, no clock, no threads.

pub mod graph;
pub mod plan;
mod weights;

pub use graph::{Model, Node, Op, Shape};
pub use plan::{Plan, Step, StepOp};
pub use weights::{LinearWeights, Weights};
