//! One picture's values at every step of a plan: in real numbers, and in whole numbers in the
//! clear.
//!
//! A trace shows what quantisation changes, step by step. It needs no second party; the lens of a
//! rehearsal compares it with what the protocol gives.

use tacit_compute::Cpu;

use crate::equalise::equalise;
use crate::faithful::Probes;
use crate::float::Evaluator;
use crate::fold::fold;
use crate::graph::Model;
use crate::lower::{LowOp, Lowered};
use crate::plain;
use crate::plan::Plan;
use crate::pool::pool;
use crate::quantise::{self, Proven, prove};
use crate::refusal::Refusal;
use crate::weights::Weights;

/// The plan of a model, its weights, and the values of one picture at every step.
pub struct Trace {
    /// The plan.
    pub plan: Plan,
    /// The weights that belong to the plan.
    pub weights: Weights,
    /// The whole number that stands for 1, for each value: the picture, then the output of every
    /// step.
    pub units: Vec<f64>,
    /// The largest absolute value that is proven for all pictures, for each value.
    pub sizes: Vec<u64>,
    /// The picture and the output of every step in real numbers.
    pub reals: Vec<Vec<f32>>,
    /// The output of every step in whole numbers, by the [oracle](crate::plain).
    pub wholes: Vec<Vec<i32>>,
}

/// Traces a picture. `fraction_bits` gives every value between the layers this many bits behind the
/// point, from 0 to 30; with `None` they are those of [`quantise`](crate::quantise::quantise).
///
/// # Errors
/// The [`Refusal`] of a model that cannot be run with these bits.
///
/// # Panics
/// When the picture has another number of bytes than the model takes.
pub fn trace(model: &Model, picture: &[u8], fraction_bits: Option<i32>) -> Result<Trace, Refusal> {
    let mut model = model.duplicate();
    fold(&mut model)?;
    equalise(&mut model)?;
    let lowered = Lowered::new(&model)?;
    quantise::check(&lowered)?;
    let seen = Probes::new(&model)?.seen;
    let proven = prove(&model, &lowered, &seen, fraction_bits.map(|bits| bits.clamp(0, 30)))?;
    let reals = reals(&model, &lowered, picture)?;
    let Proven { plan, weights, units, sizes } = proven;
    let wholes = plain::outputs(&plan, &weights, &Cpu, picture);
    Ok(Trace { plan, weights, units, sizes, reals, wholes })
}

/// The picture and every step's output in real numbers.
pub(crate) fn reals(model: &Model, lowered: &Lowered<'_>, picture: &[u8]) -> Result<Vec<Vec<f32>>, Refusal> {
    let values = Evaluator::new(model)?.values(picture);
    let mut reals = vec![values[0].clone()];
    for step in &lowered.steps {
        let real = match (step.value, step.op) {
            (Some(value), _) => values[value].clone(),
            // A maximum before the ReLU that the model has it behind.
            (None, LowOp::Max { size, stride }) => {
                let x = &reals[step.inputs[0]];
                pool(step.input, size, stride, |window| window.map(|i| x[i]).fold(f32::NEG_INFINITY, f32::max))
            }
            (None, _) => unreachable!("only maxima change places"),
        };
        reals.push(real);
    }
    Ok(reals)
}
