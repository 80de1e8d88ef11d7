//! A model: a graph of layers with real weights.
//!
//! Value 0 is the picture and value i + 1 the output of node i. A node takes only earlier values,
//! so the graph has no cycles. The last node gives the logits, one for each label. Pictures are
//! bytes, channel by channel; the byte p stands for p/255.

use zeroize::{Zeroize, ZeroizeOnDrop};

pub use crate::check::{Invalid, Why, dense};

/// The most nodes of a model, and steps of a plan.
pub const MAX_NODES: usize = 64;
/// The most pixels of all channels of a picture.
pub const MAX_PIXELS: usize = 1 << 18;
/// The most numbers in a node's output.
pub const MAX_VALUES: usize = 1 << 20;
/// The most weights of a model, biases included.
pub const MAX_WEIGHTS: usize = 1 << 22;
/// The most numbers in the patches of a convolution, laid out as a matrix, and in all windows of a
/// pool.
pub const MAX_PATCHES: usize = 1 << 26;
/// The most bytes of a name.
pub const MAX_NAME: usize = 64;
/// The most labels.
pub const MAX_LABELS: usize = 256;

/// The shape of a value. A vector of n numbers is n × 1 × 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Height.
    pub height: usize,
    /// Width.
    pub width: usize,
}

impl Shape {
    /// A picture of some channels.
    #[must_use]
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// A vector of `n` numbers.
    #[must_use]
    pub const fn vector(n: usize) -> Self {
        Self::new(n, 1, 1)
    }

    /// How many numbers.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.channels * self.area()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers in one channel.
    #[must_use]
    pub const fn area(&self) -> usize {
        self.height * self.width
    }

    /// The same numbers as a vector.
    #[must_use]
    pub const fn flat(&self) -> Self {
        Self::vector(self.len())
    }

    /// Whether there is a number, and at most [`MAX_VALUES`].
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let len = self.channels.checked_mul(self.height).and_then(|n| n.checked_mul(self.width));
        len.is_some_and(|n| (1..=MAX_VALUES).contains(&n))
    }

    /// The shape after pooling windows of `size` × `size`, `stride` apart; `None` if no window
    /// fits, or if all windows together have more than [`MAX_PATCHES`] numbers.
    #[must_use]
    pub fn pooled(&self, size: usize, stride: usize) -> Option<Self> {
        let steps = |n: usize| n.checked_sub(size)?.checked_div(stride).map(|n| n + 1);
        let pooled = Self::new(self.channels, steps(self.height)?, steps(self.width)?);
        // 64 bits hold it: a window is no larger than the picture, and there are no more windows
        // than numbers.
        let read = pooled.len() as u64 * (size as u64).pow(2);
        (1..=MAX_PATCHES as u64).contains(&read).then_some(pooled)
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}×{}", self.channels, self.height, self.width)
    }
}

/// A model with its weights. Secret: neither `Debug` nor `Clone`, and its weights are wiped on
/// drop.
pub struct Model {
    /// The model's name.
    pub name: String,
    /// The shape of a picture.
    pub input: Shape,
    /// The label of each logit.
    pub labels: Vec<String>,
    /// The layers.
    pub nodes: Vec<Node>,
}

/// A layer and where its inputs come from.
pub struct Node {
    /// The layer's name, for messages to people.
    pub name: String,
    /// The operation.
    pub op: Op,
    /// The values that it takes: 0 is the picture, i + 1 the output of node i.
    pub inputs: Vec<usize>,
}

/// The operation of a layer. Weights are secret: neither `Debug` nor `Clone`, and wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub enum Op {
    /// A convolution, laid out as [`tacit_compute::Convolution`] says.
    Convolution {
        /// Channels of the output.
        filters: usize,
        /// Height and width of the kernel.
        kernel: [usize; 2],
        /// Steps from one output to the next.
        stride: usize,
        /// Rows and columns of zeros on each side.
        padding: usize,
        /// filters × channels × kernel height × kernel width.
        weights: Vec<f32>,
        /// One per filter.
        bias: Vec<f32>,
    },
    /// A product of a matrix and a vector.
    Dense {
        /// Rows of the matrix.
        outputs: usize,
        /// The matrix, by rows.
        weights: Vec<f32>,
        /// One per output.
        bias: Vec<f32>,
    },
    /// scale·x + shift with one of each per channel: batch normalisation once training is over.
    BatchNorm {
        /// One per channel.
        scale: Vec<f32>,
        /// One per channel.
        shift: Vec<f32>,
    },
    /// max(x, 0), or min(max(x, 0), ceiling).
    Relu {
        /// Greater than zero.
        ceiling: Option<f32>,
    },
    /// The largest of each window of `size` × `size`.
    MaxPool {
        /// Height and width of a window.
        size: usize,
        /// Steps from one window to the next.
        stride: usize,
    },
    /// The mean of each window of `size` × `size`.
    AveragePool {
        /// Height and width of a window.
        size: usize,
        /// Steps from one window to the next.
        stride: usize,
    },
    /// The same numbers as a vector.
    Flatten,
    /// The sum of two values of one shape.
    Add,
}
impl Node {
    /// A layer.
    #[must_use]
    pub fn new(name: &str, op: Op, inputs: &[usize]) -> Self {
        Self { name: name.into(), op, inputs: inputs.to_vec() }
    }
}

impl Model {
    /// Another model of the same weights. Named, because copying a secret should be seen.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let Self { name, input, labels, nodes } = self;
        let node = |node: &Node| Node { name: node.name.clone(), op: node.op.duplicate(), inputs: node.inputs.clone() };
        Self { name: name.clone(), input: *input, labels: labels.clone(), nodes: nodes.iter().map(node).collect() }
    }
}

impl Op {
    /// How many parameters there are.
    #[must_use]
    pub fn parameters(&self) -> usize {
        match self {
            Self::Convolution { weights, bias, .. } | Self::Dense { weights, bias, .. } => weights.len() + bias.len(),
            Self::BatchNorm { scale, shift } => scale.len() + shift.len(),
            _ => 0,
        }
    }

    /// Another layer of the same weights.
    fn duplicate(&self) -> Self {
        match self {
            Self::Convolution { filters, kernel, stride, padding, weights, bias } => Self::Convolution {
                filters: *filters,
                kernel: *kernel,
                stride: *stride,
                padding: *padding,
                weights: weights.clone(),
                bias: bias.clone(),
            },
            Self::Dense { outputs, weights, bias } => {
                Self::Dense { outputs: *outputs, weights: weights.clone(), bias: bias.clone() }
            }
            Self::BatchNorm { scale, shift } => Self::BatchNorm { scale: scale.clone(), shift: shift.clone() },
            &Self::Relu { ceiling } => Self::Relu { ceiling },
            &Self::MaxPool { size, stride } => Self::MaxPool { size, stride },
            &Self::AveragePool { size, stride } => Self::AveragePool { size, stride },
            Self::Flatten => Self::Flatten,
            Self::Add => Self::Add,
        }
    }
}
