//! A model: layers of real numbers, and which feeds which.
//!
//! Value 0 is the picture and value i + 1 the output of node i; a node's inputs are values before it, so the graph has no
//! circles. The last node gives the logits, one for each label. Pictures are bytes, channel by channel; the byte p
//! stands for p/255.

use tacit_compute::Convolution;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The most nodes of a model, and steps of a plan.
pub const MAX_NODES: usize = 64;
/// The most numbers in a picture or in a node's output.
pub const MAX_VALUES: usize = 1 << 20;
/// The most weights of a model, biases included.
pub const MAX_WEIGHTS: usize = 1 << 22;
/// The most numbers in the patches of a convolution, laid out as a matrix.
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

    /// What windows of `size` × `size`, `stride` apart, leave of it; `None` where none fits.
    #[must_use]
    pub fn pooled(&self, size: usize, stride: usize) -> Option<Self> {
        let steps = |n: usize| n.checked_sub(size)?.checked_div(stride).map(|n| n + 1);
        (size > 0).then_some(Self::new(self.channels, steps(self.height)?, steps(self.width)?))
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}×{}", self.channels, self.height, self.width)
    }
}

/// A model with its weights. Secret: neither `Debug` nor `Clone`; the weights are wiped when dropped.
pub struct Model {
    /// What it is called.
    pub name: String,
    /// The shape of a picture.
    pub input: Shape,
    /// What each logit stands for.
    pub labels: Vec<String>,
    /// The layers.
    pub nodes: Vec<Node>,
}

/// A layer and where its inputs come from.
pub struct Node {
    /// What it is called, for messages to people.
    pub name: String,
    /// What it does.
    pub op: Op,
    /// The values it takes: 0 is the picture, i + 1 the output of node i.
    pub inputs: Vec<usize>,
}

/// What a layer does. Weights are secret: neither `Debug` nor `Clone`, wiped when dropped.
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

/// A model that is none, and the node to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{node}: {why}")]
pub struct Invalid {
    /// The node's name, or what else of the model it is.
    pub node: String,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// There are no nodes, no labels or no numbers in the picture.
    #[error("there is nothing in it")]
    Empty,
    /// More than a limit of this module allows.
    #[error("it has more {0} than the limit allows")]
    TooMany(&'static str),
    /// A name that is empty, too long or cannot be shown.
    #[error("a name must have 1 to {MAX_NAME} bytes and no control characters")]
    Name,
    /// An input that is not a value before the node.
    #[error("its input {0} is not a value before it")]
    Input(usize),
    /// A number of inputs that the layer does not take.
    #[error("it takes {expected} inputs and has {found}")]
    Inputs {
        /// What it takes.
        expected: usize,
        /// What it has.
        found: usize,
    },
    /// An input of a shape that the layer does not take.
    #[error("it does not fit an input of shape {0}")]
    Shape(Shape),
    /// A number of parameters that the shapes do not ask for.
    #[error("it needs {expected} {what} and has {found}")]
    Count {
        /// Which parameters.
        what: &'static str,
        /// How many the shapes ask for.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A parameter that is infinite or not a number, or a ceiling that is not above zero.
    #[error("one of its {0} is not a usable number")]
    Number(&'static str),
    /// A value that nothing uses.
    #[error("nothing uses its output")]
    Unused,
}

impl Op {
    /// The shape of the output.
    ///
    /// # Errors
    /// When the layer does not take inputs of these shapes or has other parameters than they ask for.
    pub fn output(&self, inputs: &[Shape]) -> Result<Shape, Why> {
        let expected = if matches!(self, Self::Add) { 2 } else { 1 };
        let (&[input] | &[input, _]) = inputs else { return Err(Why::Inputs { expected, found: inputs.len() }) };
        if inputs.len() != expected {
            return Err(Why::Inputs { expected, found: inputs.len() });
        }
        let output = match self {
            Self::Convolution { weights, bias, .. } | Self::Dense { weights, bias, .. } => {
                let shape = self.linear(input).ok_or(Why::Shape(input))?;
                counted("weights", weights, shape.weights())?;
                counted("biases", bias, shape.filters)?;
                let [height, width] = shape.output();
                Some(Shape::new(shape.filters, height, width))
            }
            Self::BatchNorm { scale, shift } => {
                counted("scales", scale, input.channels)?;
                counted("shifts", shift, input.channels)?;
                Some(input)
            }
            Self::Relu { ceiling } => {
                let usable = ceiling.is_none_or(|c| c.is_finite() && c > 0.0);
                if usable { Some(input) } else { return Err(Why::Number("ceilings")) }
            }
            Self::MaxPool { size, stride } | Self::AveragePool { size, stride } => input.pooled(*size, *stride),
            Self::Flatten => Some(input.flat()),
            Self::Add => inputs.iter().all(|&other| other == input).then_some(input),
        };
        let output = output.ok_or(Why::Shape(input))?;
        if output.is_valid() { Ok(output) } else { Err(Why::TooMany("numbers")) }
    }

    /// The convolution that a linear layer is on an input of this shape; of a dense one, with pictures of one pixel.
    /// `None` for other layers, and where it does not fit or exceeds a limit.
    #[must_use]
    pub fn linear(&self, input: Shape) -> Option<Convolution> {
        let Shape { channels, height, width } = input;
        let shape = match *self {
            Self::Convolution { filters, kernel, stride, padding, .. } => {
                Convolution { channels, height, width, filters, kernel, stride, padding }
            }
            Self::Dense { outputs, .. } if input == input.flat() => dense(channels, outputs),
            _ => return None,
        };
        is_bounded(&shape).then_some(shape)
    }
}

/// The convolution that a product of a matrix and a vector is.
#[must_use]
pub fn dense(inputs: usize, outputs: usize) -> Convolution {
    Convolution { channels: inputs, height: 1, width: 1, filters: outputs, kernel: [1, 1], stride: 1, padding: 0 }
}

/// Whether a convolution is valid and within the limits, without overflow whatever its numbers are.
#[must_use]
pub(crate) fn is_bounded(shape: &Convolution) -> bool {
    let Convolution { channels, height, width, filters, kernel: [kh, kw], stride, padding } = *shape;
    let sides = [channels, height, width, filters, kh, kw, stride, padding];
    if sides.iter().any(|&n| n > MAX_VALUES) || padding >= kh.max(kw) || !shape.is_valid() {
        return false;
    }
    // 64 bits hold products of three such numbers.
    let [channels, kh, kw, filters] = [channels, kh, kw, filters].map(|n| n as u64);
    let [out_h, out_w] = shape.output().map(|n| n as u64);
    let Some(patch) = Some(channels * kh * kw).filter(|&n| n <= MAX_WEIGHTS as u64) else { return false };
    let Some(positions) = Some(out_h * out_w).filter(|&n| n <= MAX_VALUES as u64) else { return false };
    Shape::new(shape.channels, height, width).is_valid()
        && filters * patch <= MAX_WEIGHTS as u64
        && filters * positions <= MAX_VALUES as u64
        && patch * positions <= MAX_PATCHES as u64
}

/// Whether a name can be shown.
#[must_use]
pub(crate) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn counted(what: &'static str, numbers: &[f32], expected: usize) -> Result<(), Why> {
    if numbers.len() != expected {
        return Err(Why::Count { what, expected, found: numbers.len() });
    }
    if numbers.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Why::Number(what)) }
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

    /// Checks the whole model; the shapes of its values, the picture first.
    ///
    /// # Errors
    /// [`Invalid`], which names the node.
    pub fn shapes(&self) -> Result<Vec<Shape>, Invalid> {
        let whole = |why| Invalid { node: "the model".into(), why };
        if !is_name(&self.name) || !self.labels.iter().all(|label| is_name(label)) {
            return Err(whole(Why::Name));
        }
        if self.nodes.is_empty() || self.labels.is_empty() {
            return Err(whole(Why::Empty));
        }
        if self.nodes.len() > MAX_NODES {
            return Err(whole(Why::TooMany("nodes")));
        }
        if self.labels.len() > MAX_LABELS {
            return Err(whole(Why::TooMany("labels")));
        }
        if !self.input.is_valid() {
            return Err(Invalid { node: "the picture".into(), why: Why::Shape(self.input) });
        }
        let (mut shapes, mut used, mut weights) = (vec![self.input], vec![false; self.nodes.len() + 1], 0);
        for node in &self.nodes {
            let blame = |why| Invalid { node: node.name.clone(), why };
            if !is_name(&node.name) {
                return Err(blame(Why::Name));
            }
            let mut inputs = Vec::new();
            for &input in &node.inputs {
                inputs.push(*shapes.get(input).ok_or_else(|| blame(Why::Input(input)))?);
                used[input] = true;
            }
            shapes.push(node.op.output(&inputs).map_err(blame)?);
            weights += node.op.parameters();
            if weights > MAX_WEIGHTS {
                return Err(blame(Why::TooMany("weights")));
            }
        }
        if let Some(node) = self.nodes.iter().zip(&used[1..]).rev().skip(1).find(|(_, used)| !**used) {
            return Err(Invalid { node: node.0.name.clone(), why: Why::Unused });
        }
        let logits = *shapes.last().expect("the picture at least");
        if logits != Shape::vector(self.labels.len()) {
            let why = Why::Count { what: "labels", expected: logits.len(), found: self.labels.len() };
            return Err(whole(why));
        }
        Ok(shapes)
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
