//! How far a secure run may be from the oracle: one unit for each truncation and each sum of a
//! linear layer, carried through the layers.
//!
//! A truncation of x by t bits gives ⌊x/2^t⌋ or ⌈x/2^t⌉ in a secure run, and the nearer of the two
//! in the oracle: at most one unit apart, this way or that, as the parties' random shares fall. The
//! sum that a linear layer truncates is itself at most one unit off, where shares of a product
//! under encryption are rounded. Everything else is exact. So with a unit as standard deviation for
//! each, and as if they were independent, the variances of a value's numbers are
//!
//! - after a linear layer (Σw²·v + 1)/4^t + 1, where v are those of its inputs, and without the
//!   last 1 where nothing is truncated;
//! - after a ReLU, with a ceiling or without, and after a maximum at most those before it;
//! - after a mean of n numbers n·m²·v/4^t + 1, where m is its multiplier;
//! - after a sum those of its two inputs together.
//!
//! Two labels are tied for a picture when the oracle's logits of the two are within [`DEVIATIONS`]
//! standard deviations of their difference, whose variance is Σ(w_i − w_j)²·v + 2, as both logits
//! see the same inputs of the last layer. The worst case, in which all of them conspire, would be
//! no yardstick: it allows whole logits. That this one is not too strict either, real scores show:
//! they have to be within as many deviations of the oracle's ([`Slack::logits`]).

use tacit_model::{Plan, StepOp, Weights};

/// Chance passes this about once in half a thousand million times.
const DEVIATIONS: f64 = 6.0;

/// By how much a secure run may differ from the oracle.
pub(crate) struct Slack {
    /// For each logit.
    logits: Vec<f64>,
    /// For the difference of each pair of logits.
    pairs: Vec<Vec<f64>>,
}

impl Slack {
    pub(crate) fn new(plan: &Plan, weights: &Weights) -> Self {
        // The variance of each number of each value; the picture is exact.
        let mut values = vec![vec![0.0; plan.input.len()]];
        let mut layers = weights.layers.iter();
        let mut last = None;
        for (i, step) in plan.steps.iter().enumerate() {
            let input = &values[step.inputs[0]];
            // All numbers of a channel see the largest of their inputs' channel.
            let channels: Vec<f64> =
                input.chunks(step.input.area()).map(|channel| channel.iter().copied().fold(0.0, f64::max)).collect();
            let each = |channels: Vec<f64>| -> Vec<f64> {
                channels.into_iter().flat_map(|v| std::iter::repeat_n(v, step.output.area())).collect()
            };
            let output = match step.op {
                StepOp::Linear { shape, truncate } => {
                    let layer = layers.next().expect("weights for every layer");
                    let [height, width] = shape.kernel;
                    let rows = || layer.weights.chunks_exact(shape.patch());
                    let sum = |row: &mut dyn Iterator<Item = f64>| -> f64 {
                        channels.iter().map(|v| v * row.take(height * width).map(|w| w * w).sum::<f64>()).sum()
                    };
                    if i + 1 == plan.steps.len() && truncate == 0 && shape.positions() == 1 {
                        let difference = |a: &[i32], b: &[i32]| {
                            sum(&mut a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b))) + 2.0
                        };
                        last = Some(rows().map(|a| rows().map(|b| difference(a, b)).collect()).collect());
                    }
                    let one = |row: &[i32]| truncated(sum(&mut row.iter().map(|&w| f64::from(w))) + 1.0, truncate);
                    each(rows().map(one).collect())
                }
                StepOp::Max { .. } => each(channels),
                StepOp::Relu { .. } => input.clone(),
                StepOp::Average { size, multiplier, truncate, .. } => {
                    let factor = (size * size) as f64 * f64::from(multiplier).powi(2);
                    each(channels.into_iter().map(|v| truncated(factor * v, truncate)).collect())
                }
                StepOp::Add => input.iter().zip(&values[step.inputs[1]]).map(|(x, y)| x + y).collect(),
            };
            values.push(output);
        }
        let logits = values.pop().expect("a plan has steps");
        let pairs: Vec<Vec<f64>> =
            last.unwrap_or_else(|| logits.iter().map(|x| logits.iter().map(|y| x + y).collect()).collect());
        let slack = |variances: Vec<f64>| variances.into_iter().map(|v| DEVIATIONS * v.sqrt()).collect();
        Self { logits: slack(logits), pairs: pairs.into_iter().map(slack).collect() }
    }

    /// Whether a run may say `other` where the oracle says `label`.
    pub(crate) fn is_tie(&self, logits: &[i32], label: usize, other: usize) -> bool {
        f64::from(logits[label].abs_diff(logits[other])) <= self.pairs[label][other]
    }

    /// By how much each logit may differ.
    pub(crate) fn logits(&self) -> &[f64] {
        &self.logits
    }
}

fn truncated(variance: f64, bits: u32) -> f64 {
    if bits == 0 { variance } else { variance / f64::from(bits).exp2().powi(2) + 1.0 }
}
