//! What both parties know of a model: the steps, their shapes, and how wide the numbers get.
//!
//! Numbers are whole, modulo 2^32. A value stands for a real number times a scale that the plan need not tell, except for
//! the logits' ([`Plan::fraction`]). The widths and truncations follow from the weights, rounded up to powers of two; that
//! is all that a plan says about them.

use tacit_compute::Convolution;

use crate::Shape;

/// A model without its weights.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// What the model is called.
    pub model: String,
    /// What each logit stands for.
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
    /// What the layer is called.
    pub name: String,
    /// The values it takes: 0 is the picture, i + 1 the output of step i.
    pub inputs: Vec<usize>,
    /// The shape of each of its inputs: the one that they have, or that as a vector.
    pub input: Shape,
    /// The shape of its output.
    pub output: Shape,
    /// What it does.
    pub op: StepOp,
}

/// What a step does.
///
/// A width b says: the number that is compared with zero lies in −2^(b−1)..2^(b−1), so shares of it may be reduced modulo
/// 2^b before. A truncation by t says: the number x before it has |x| + 2^t < 2^30. Both hold for all pictures and
/// whichever way truncations round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepOp {
    /// The owner's weights times the input, plus the bias, truncated.
    Linear {
        /// The layer; a product of a matrix and a vector has pictures of one pixel.
        shape: Convolution,
        /// Bits to truncate by; 0 is none.
        truncate: u32,
    },
    /// The largest of each window of `size` × `size`.
    Max {
        /// Height and width of a window.
        size: usize,
        /// Steps from one window to the next.
        stride: usize,
        /// Of the difference of two numbers in a window, either way round.
        width: u32,
    },
    /// max(x, 0), or min(max(x, 0), ceiling).
    Relu {
        /// Of x.
        width: u32,
        /// The ceiling, if there is one.
        ceiling: Option<Ceiling>,
    },
    /// The sum of each window of `size` × `size`, times the multiplier, truncated.
    Average {
        /// Height and width of a window.
        size: usize,
        /// Steps from one window to the next.
        stride: usize,
        /// At least 1.
        multiplier: u32,
        /// Bits to truncate by; 0 is none.
        truncate: u32,
    },
    /// The sum of two values of one shape.
    Add,
}

/// What a ReLU does not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ceiling {
    /// The ceiling, a number greater than zero.
    pub value: u32,
    /// Of x − value, where x is what goes into the ReLU.
    pub width: u32,
}

impl Plan {
    /// The width of a difference of two logits, either way round; at most 32.
    #[must_use]
    pub fn logits_width(&self) -> u32 {
        self.logits_width
    }

    /// How many logits there are.
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

impl Step {
    /// How many comparisons it takes.
    #[must_use]
    pub fn comparisons(&self) -> usize {
        let n = self.output.len();
        match self.op {
            StepOp::Max { size, .. } => n * (size * size - 1),
            StepOp::Relu { ceiling, .. } => n * if ceiling.is_some() { 2 } else { 1 },
            StepOp::Linear { .. } | StepOp::Average { .. } | StepOp::Add => 0,
        }
    }
}
