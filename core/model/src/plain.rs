//! The oracle in whole numbers: evaluates a plan and its weights in the clear, modulo 2^32.
//!
//! A secure run gives the same numbers except in two places. Its truncations may round either way,
//! while the oracle rounds to the nearest. Of its sums of linear layers, about one in 200 is one
//! unit off.

use futures::FutureExt as _;
use tacit_compute::{Compute, Convolution, Kernels, Resident};

use crate::graph::Shape;
use crate::plan::{Plan, Step, StepOp};
use crate::pool::pool;
use crate::weights::{LinearWeights, Weights};

/// The logits of a picture, times 2^[`Plan::fraction`].
///
/// # Panics
/// When the picture or the weights do not belong to the plan.
#[must_use]
pub fn logits(plan: &Plan, weights: &Weights, kernels: &impl Kernels, pixels: &[u8]) -> Vec<i32> {
    outputs(plan, weights, kernels, pixels).pop().expect("a plan has steps")
}

/// The outputs of all steps.
///
/// # Panics
/// When the picture or the weights do not belong to the plan.
#[must_use]
pub fn outputs(plan: &Plan, weights: &Weights, kernels: &impl Kernels, pixels: &[u8]) -> Vec<Vec<i32>> {
    assert_eq!(pixels.len(), plan.input.len(), "a picture of another shape");
    outputs_of_all(plan, weights, kernels, pixels).now_or_never().expect("kernels answer at once")
}

/// The logits of concatenated pictures. `compute` chooses the back end for the products.
///
/// # Panics
/// When `pixels` is not a whole number of pictures, or the weights do not belong to the plan.
pub async fn logits_of_all(plan: &Plan, weights: &Weights, compute: &impl Compute, pixels: &[u8]) -> Vec<Vec<i32>> {
    let last = outputs_of_all(plan, weights, compute, pixels).await.pop().expect("a plan has steps");
    last.chunks_exact(plan.logits()).map(<[i32]>::to_vec).collect()
}

/// The outputs of all steps, concatenated over the pictures.
async fn outputs_of_all(plan: &Plan, weights: &Weights, compute: &impl Compute, pixels: &[u8]) -> Vec<Vec<i32>> {
    assert!(pixels.len().is_multiple_of(plan.input.len()), "a whole number of pictures");
    let mut values = vec![pixels.iter().map(|&p| p.into()).collect::<Vec<i32>>()];
    let mut layers = weights.layers.iter();
    for step in &plan.steps {
        let inputs: Vec<_> = step.inputs.iter().map(|&i| &values[i][..]).collect();
        let output = output(step, &mut layers, &inputs, compute).await;
        values.push(output);
    }
    assert!(layers.next().is_none(), "weights of another plan");
    values.split_off(1)
}

/// The output of one step for these inputs, which are concatenated over the pictures. A linear step
/// takes the next of the `layers`.
///
/// # Panics
/// When the step, the layers and the inputs do not belong together.
pub async fn output(
    step: &Step,
    layers: &mut std::slice::Iter<'_, LinearWeights>,
    inputs: &[&[i32]],
    compute: &impl Compute,
) -> Vec<i32> {
    if let StepOp::Linear { shape, truncate } = step.op {
        return linear(&shape, truncate, layers.next().expect("weights for every layer"), inputs[0], compute).await;
    }
    let pictures = (0..inputs[0].len() / step.input.len()).map(|i| i * step.input.len());
    let of_picture =
        |at: usize| -> Vec<&[i32]> { inputs.iter().map(|input| &input[at..at + step.input.len()]).collect() };
    pictures.flat_map(|at| apply(step, &of_picture(at))).collect()
}

/// A linear step: the weights times the input, plus the bias, truncated.
async fn linear(
    shape: &Convolution,
    truncate: u32,
    layer: &LinearWeights,
    x: &[i32],
    compute: &impl Compute,
) -> Vec<i32> {
    let input: Vec<u32> = x.iter().map(|x| x.cast_unsigned()).collect();
    let mut out = vec![0; input.len() / shape.inputs() * shape.outputs()];
    compute.convolve_all(shape, &Resident::new(layer.words()), &input, &mut out).await;
    let rows = out.chunks_exact(shape.positions()).zip(layer.bias.iter().cycle());
    let sums = rows.flat_map(|(row, &bias)| row.iter().map(move |x| x.wrapping_add(bias).cast_signed()));
    sums.map(|x| round(x, truncate)).collect()
}

/// A step without weights, for one picture.
fn apply(step: &Step, inputs: &[&[i32]]) -> Vec<i32> {
    let x = inputs[0];
    match step.op {
        StepOp::Linear { .. } => panic!("a step with weights"),
        StepOp::Max { size, stride, .. } => {
            pool(step.input, size, stride, |window| window.map(|i| x[i]).max().expect("a window has numbers"))
        }
        StepOp::Relu { ceiling, .. } => {
            let ceiling = ceiling.map_or(i32::MAX, |ceiling| ceiling.value.cast_signed());
            x.iter().map(|&x| x.clamp(0, ceiling)).collect()
        }
        StepOp::Average { size, stride, multiplier, truncate } => {
            average(step.input, x, size, stride, multiplier, truncate)
        }
        StepOp::Add => x.iter().zip(inputs[1]).map(|(x, y)| x.wrapping_add(*y)).collect(),
    }
}

fn average(shape: Shape, x: &[i32], size: usize, stride: usize, multiplier: u32, truncate: u32) -> Vec<i32> {
    let mean = |window: &mut dyn Iterator<Item = usize>| {
        let sum = window.fold(0i32, |sum, i| sum.wrapping_add(x[i]));
        round(sum.wrapping_mul(multiplier.cast_signed()), truncate)
    };
    pool(shape, size, stride, mean)
}

/// x/2^bits, rounded to the nearest; halves are rounded up.
fn round(x: i32, bits: u32) -> i32 {
    let half = (1i64 << bits) >> 1;
    // Fits into 32 bits, because x does.
    ((i64::from(x) + half) >> bits) as i32
}

/// The index of the largest logit; the first one if several are equal.
///
/// # Panics
/// When there are no logits.
#[must_use]
pub fn top(logits: &[i32]) -> usize {
    let largest = logits.iter().max().expect("at least one logit");
    logits.iter().position(|x| x == largest).expect("it is one of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_by_hand() {
        let cases = [(5, 1, 3), (-5, 1, -2), (6, 2, 2), (5, 2, 1), (-6, 2, -1), (-7, 2, -2), (7, 0, 7), (-7, 0, -7)];
        for (x, bits, rounded) in cases {
            assert_eq!(round(x, bits), rounded, "{x} by {bits}");
        }
        assert_eq!(round(i32::MAX, 1), 1 << 30);
        assert_eq!(round(i32::MIN, 30), -2);
    }

    #[test]
    fn the_first_of_the_largest() {
        assert_eq!(top(&[3, 7, 7, -1]), 1);
        assert_eq!(top(&[-3]), 0);
    }
}
