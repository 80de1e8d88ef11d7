//! The plan: the part of a model that both parties know. It has the steps, their shapes and the
//! widths of their numbers.
//!
//! Numbers are whole, modulo 2^32. A value stands for a real number times a scale. The plan names
//! only the scale of the logits ([`Plan::fraction`]). Widths and truncations follow from the
//! weights, rounded up to powers of two; a plan reveals nothing else about the weights.

use tacit_compute::Convolution;

pub use crate::wire::{MAX_BYTES, Malformed};

use crate::check::{is_bounded, is_name};
use crate::graph::{MAX_LABELS, MAX_NODES, MAX_PIXELS, Shape};
use crate::load::{self, Load};

/// The most bits of a truncation, and of the logits' fraction;
/// `tacit_share::truncate` takes no more.
pub const MAX_TRUNCATE: u32 = 29;
/// The largest multiplier of an average.
pub const MAX_MULTIPLIER: u32 = 1 << 30;

/// A model without its weights.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The model's name.
    pub model: String,
    /// The label of each logit.
    pub labels: Vec<String>,
    /// The shape of a picture: bytes 0..=255, channel by channel.
    pub input: Shape,
    /// The steps; the last one gives the logits.
    pub steps: Vec<Step>,
    /// A logit is its number divided by 2^fraction.
    pub fraction: u32,
    /// See [`Plan::logits_width`].
    pub(crate) logits_width: u32,
}

/// A step and where its inputs come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The layer's name.
    pub name: String,
    /// The values that it takes: 0 is the picture, i + 1 the output of step i.
    pub inputs: Vec<usize>,
    /// The shape of each of its inputs: their own shape, or the same numbers as a vector.
    pub input: Shape,
    /// The shape of its output.
    pub output: Shape,
    /// The operation.
    pub op: StepOp,
}

/// The operation of a step.
///
/// A width b states that the number that is compared with zero lies in −2^(b−1)..2^(b−1), so its
/// shares may be reduced modulo 2^b first. A truncation by t states that the number x before it has
/// |x| + 2^t < 2^30. Both hold for all pictures, whichever way truncations round, and also if sums of
/// a linear layer are one off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepOp {
    /// The weights times the input, plus the bias, truncated.
    Linear {
        /// The layer. A dense layer is a convolution of pictures of one pixel.
        shape: Convolution,
        /// The bits to truncate by; 0 means no truncation.
        truncate: u32,
    },
    /// The largest of each window of `size` × `size`.
    Max {
        /// Height and width of a window.
        size: usize,
        /// Distance from one window to the next.
        stride: usize,
        /// The width of the difference of two numbers in a window, of either sign.
        width: u32,
    },
    /// max(x, 0), or min(max(x, 0), ceiling).
    Relu {
        /// The width of x.
        width: u32,
        /// The ceiling, if there is one.
        ceiling: Option<Ceiling>,
    },
    /// The sum of each window of `size` × `size`, times the multiplier, truncated.
    Average {
        /// Height and width of a window.
        size: usize,
        /// Distance from one window to the next.
        stride: usize,
        /// The multiplier, at least 1.
        multiplier: u32,
        /// The bits to truncate by; 0 means no truncation.
        truncate: u32,
    },
    /// The sum of two values of one shape.
    Add,
}

/// The ceiling of a ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ceiling {
    /// The value, greater than zero.
    pub value: u32,
    /// The width of x − value, where x is the input of the ReLU.
    pub width: u32,
}

impl Plan {
    /// The width of a difference of two logits, of either sign; at most 32.
    #[must_use]
    pub fn logits_width(&self) -> u32 {
        self.logits_width
    }

    /// The number of logits.
    #[must_use]
    pub fn logits(&self) -> usize {
        self.labels.len()
    }

    /// The shape of a value: 0 is the picture, i + 1 the output of step i.
    #[must_use]
    pub fn shape(&self, value: usize) -> Option<Shape> {
        value.checked_sub(1).map_or(Some(self.input), |step| Some(self.steps.get(step)?.output))
    }
}

impl Plan {
    /// Whether the plan is well-formed: consistent step by step, and within the limits.
    ///
    /// Does not prove the widths, because a proof needs the weights.
    #[must_use]
    pub fn is_runnable(&self) -> bool {
        let named = is_name(&self.model) && self.labels.iter().all(|label| is_name(label));
        let counted = (1..=MAX_LABELS).contains(&self.labels.len()) && (1..=MAX_NODES).contains(&self.steps.len());
        let scaled = self.fraction <= MAX_TRUNCATE && is_width(self.logits_width);
        let shown = self.input.is_valid() && self.input.len() <= MAX_PIXELS;
        named && counted && scaled && shown && self.is_connected() && self.load(1).is_some_and(Load::is_bearable)
    }

    /// Whether every step takes earlier values, every value is used, and the logits fit the labels.
    fn is_connected(&self) -> bool {
        let mut used = vec![false; self.steps.len() + 1];
        for (i, step) in self.steps.iter().enumerate() {
            let takes = if matches!(step.op, StepOp::Add) { 2 } else { 1 };
            let known = step.inputs.iter().all(|&input| {
                let shape = self.shape(input).filter(|_| input <= i);
                shape.is_some_and(|shape| step.input == shape || step.input == shape.flat())
            });
            // An input is flattened only if its shape changes.
            let first = step.inputs.first().and_then(|&input| self.shape(input));
            let flat = first != Some(step.input);
            let plain = !flat && step.inputs.iter().all(|&input| self.shape(input) == first);
            let known = known && (plain || step.input == step.input.flat());
            if step.inputs.len() != takes || !known || !step.is_consistent() {
                return false;
            }
            for &input in &step.inputs {
                used[input] = true;
            }
        }
        let logits = self.steps.last().is_some_and(|last| last.output.len() == self.labels.len());
        logits && used.iter().rev().skip(1).all(|&used| used)
    }

    /// Whether a run of `batch` pictures keeps within the limits of [`load`]; with `ranked`,
    /// together with the ranks of their logits.
    #[must_use]
    pub fn affords(&self, batch: usize, ranked: bool) -> bool {
        let ranks = if ranked { load::ranks(self.logits(), batch) } else { Load::default() };
        self.load(batch).is_some_and(|load| load.plus(ranks).is_bearable())
    }

    /// The load of the steps for `batch` pictures; `None` if a layer fits into no ciphertext.
    fn load(&self, batch: usize) -> Option<Load> {
        let steps = self.steps.iter().map(|step| load::of_step(&step.op, step.input, step.output));
        steps.sum::<Option<Load>>().map(|load| load.plus(load::picture(self.input)).times(batch))
    }
}

impl StepOp {
    /// The shape of the output; `None` if the input does not fit or the output exceeds a limit.
    #[must_use]
    pub(crate) fn output(&self, input: Shape) -> Option<Shape> {
        let output = match *self {
            Self::Linear { shape, .. } => {
                let takes = Shape::new(shape.channels, shape.height, shape.width);
                if takes != input || !is_bounded(&shape) {
                    return None;
                }
                let [height, width] = shape.output();
                Shape::new(shape.filters, height, width)
            }
            Self::Max { size, stride, .. } | Self::Average { size, stride, .. } => input.pooled(size, stride)?,
            Self::Relu { .. } | Self::Add => input,
        };
        output.is_valid().then_some(output)
    }
}

fn is_width(width: u32) -> bool {
    (2..=32).contains(&width)
}

impl Step {
    /// Whether its shapes fit together and its numbers are in range.
    fn is_consistent(&self) -> bool {
        let numbers = match self.op {
            StepOp::Linear { truncate, .. } => truncate <= MAX_TRUNCATE,
            StepOp::Max { width, .. } => is_width(width),
            StepOp::Relu { width, ceiling } => {
                let usable = |c: Ceiling| is_width(c.width) && (1..1 << 31).contains(&c.value);
                is_width(width) && ceiling.is_none_or(usable)
            }
            StepOp::Average { multiplier, truncate, .. } => {
                (1..=MAX_MULTIPLIER).contains(&multiplier) && truncate <= MAX_TRUNCATE
            }
            StepOp::Add => true,
        };
        numbers && is_name(&self.name) && self.input.is_valid() && self.op.output(self.input) == Some(self.output)
    }

    /// The number of comparisons for one picture.
    #[must_use]
    pub fn comparisons(&self) -> usize {
        load::comparisons(&self.op, self.output)
    }

    /// The bits that it truncates by; 0 if it does not truncate.
    #[must_use]
    pub fn truncates(&self) -> u32 {
        match self.op {
            StepOp::Linear { truncate, .. } | StepOp::Average { truncate, .. } => truncate,
            StepOp::Max { .. } | StepOp::Relu { .. } | StepOp::Add => 0,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::graph::dense;

    /// A plan with a step of every kind.
    pub(crate) fn sample() -> Plan {
        let mut plan = Plan {
            model: "sample".into(),
            labels: vec!["cat".into(), "dög".into()],
            input: Shape::new(1, 8, 8),
            steps: Vec::new(),
            fraction: 12,
            logits_width: 20,
        };
        let mut step = |name: &str, inputs: &[usize], input, op: StepOp| {
            let output = op.output(input).unwrap();
            plan.steps.push(Step { name: name.into(), inputs: inputs.to_vec(), input, output, op });
            output
        };
        let shape = |channels, filters| Convolution {
            channels,
            height: 8,
            width: 8,
            filters,
            kernel: [3, 3],
            stride: 1,
            padding: 1,
        };
        let x = step("conv", &[0], Shape::new(1, 8, 8), StepOp::Linear { shape: shape(1, 2), truncate: 9 });
        let ceiling = Some(Ceiling { value: 1 << 12, width: 15 });
        step("relu", &[1], x, StepOp::Relu { width: 14, ceiling });
        step("again", &[2], x, StepOp::Linear { shape: shape(2, 2), truncate: 10 });
        step("skip", &[3, 1], x, StepOp::Add);
        let x = step("max", &[4], x, StepOp::Max { size: 2, stride: 2, width: 16 });
        step("relu 2", &[5], x, StepOp::Relu { width: 15, ceiling: None });
        let x = step("mean", &[6], x, StepOp::Average { size: 3, stride: 1, multiplier: 114, truncate: 10 });
        step("dense", &[7], x.flat(), StepOp::Linear { shape: dense(8, 2), truncate: 0 });
        plan
    }

    fn refused(change: impl Fn(&mut Plan)) {
        let mut plan = sample();
        change(&mut plan);
        assert!(!plan.is_runnable(), "{plan:?}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        refused(|plan| plan.steps[1].inputs = vec![2]);
        refused(|plan| plan.steps[1].inputs = vec![0]);
        refused(|plan| plan.steps[3].inputs = vec![3]);
        refused(|plan| plan.steps[3].inputs = vec![3, 0]);
        refused(|plan| plan.steps[4].output = Shape::new(2, 4, 5));
        refused(|plan| plan.steps.truncate(7));
        refused(|plan| plan.steps.clear());
        refused(|plan| plan.labels.clear());
        refused(|plan| plan.labels[0] = "\u{7}".into());
        refused(|plan| plan.model = "x".repeat(65));
        refused(|plan| plan.fraction = 30);
        refused(|plan| plan.logits_width = 33);
        refused(|plan| plan.steps[0].name.clear());
        refused(|plan| plan.steps[1].op = StepOp::Relu { width: 1, ceiling: None });
        refused(|plan| {
            plan.steps[1].op = StepOp::Relu { width: 9, ceiling: Some(Ceiling { value: 1 << 31, width: 9 }) };
        });
        refused(|plan| plan.steps[7].op = StepOp::Linear { shape: dense(8, 2), truncate: 30 });
        refused(|plan| plan.steps[6].op = StepOp::Average { size: 3, stride: 1, multiplier: 1, truncate: 30 });
        refused(|plan| {
            plan.steps[6].op = StepOp::Average { size: 3, stride: 1, multiplier: (1 << 30) + 1, truncate: 1 }
        });
        refused(|plan| plan.steps[6].op = StepOp::Average { size: 3, stride: 1, multiplier: 0, truncate: 1 });
        refused(|plan| plan.steps[6].op = StepOp::Average { size: 3, stride: 0, multiplier: 1, truncate: 1 });
    }

    /// One layer that would have the client make a million ciphertexts.
    #[test]
    fn what_costs_too_much_is_refused() {
        let plan = |height, kernel: usize, padding| {
            let shape =
                Convolution { channels: 1, height, width: height, filters: 1, kernel: [kernel; 2], stride: 1, padding };
            let input = Shape::new(1, height, height);
            let linear = StepOp::Linear { shape, truncate: 0 };
            let mut plan = sample();
            let output = linear.output(input).unwrap();
            let size = output.height;
            let pool = StepOp::Max { size, stride: 1, width: 20 };
            plan.input = input;
            plan.labels.truncate(1);
            plan.steps = vec![
                Step { name: "wide".into(), inputs: vec![0], input, output, op: linear },
                Step { name: "pool".into(), inputs: vec![1], input: output, output: Shape::vector(1), op: pool },
            ];
            plan
        };
        assert!(plan(64, 9, 4).is_runnable());
        assert!(plan(64, 9, 4).affords(4, true) && !plan(64, 9, 4).affords(usize::MAX, true));
        assert!(!plan(128, 64, 0).is_runnable());
        assert!(!plan(80, 65, 0).is_runnable(), "a kernel that no polynomial holds");
    }

    #[test]
    fn comparisons_are_counted() {
        let counts: Vec<_> = sample().steps.iter().map(Step::comparisons).collect();
        assert_eq!(counts, [0, 256, 0, 0, 96, 32, 0, 0]);
    }
}
