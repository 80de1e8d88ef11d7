//! The check of a model: shapes fit, weights have the right count, and all numbers are finite.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use tacit_compute::Convolution;

use crate::graph::{
    MAX_LABELS, MAX_NAME, MAX_NODES, MAX_PATCHES, MAX_PIXELS, MAX_VALUES, MAX_WEIGHTS, Model, Op, Shape,
};

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
    #[error("a name must have 1 to {MAX_NAME} bytes, something to see in it and no control characters")]
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
    /// A parameter that is infinite or not a number.
    #[error("one of its {0} is infinite or not a number")]
    Number(&'static str),
    /// A ceiling that is not a number above zero.
    #[error("its ceiling is {0}, and must be a number above zero")]
    Ceiling(String),
    /// Weights that would all be zero in a file.
    #[error("its weights are too small for a file; make them larger")]
    TooSmall,
    /// A value that nothing uses.
    #[error("nothing uses its output")]
    Unused,
}
impl Model {
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
        if !self.input.is_valid() || self.input.len() > MAX_PIXELS {
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
    /// The shape of the output.
    ///
    /// # Errors
    /// When the layer does not take inputs of these shapes or has other parameters than they ask
    /// for.
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
                let unusable = ceiling.filter(|c| !(c.is_finite() && *c > 0.0));
                match unusable {
                    Some(ceiling) => return Err(Why::Ceiling(ceiling.to_string())),
                    None => Some(input),
                }
            }
            Self::MaxPool { size, stride } | Self::AveragePool { size, stride } => input.pooled(*size, *stride),
            Self::Flatten => Some(input.flat()),
            Self::Add => inputs.iter().all(|&other| other == input).then_some(input),
        };
        let output = output.ok_or(Why::Shape(input))?;
        if output.is_valid() { Ok(output) } else { Err(Why::TooMany("numbers")) }
    }

    /// A linear layer as a convolution on an input of this shape. The convolution of a dense layer
    /// has pictures of one pixel. `None` for other layers, and where it does not fit or exceeds a
    /// limit.
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
/// A product of a matrix and a vector as a convolution.
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
    name.len() <= MAX_NAME && name.chars().any(is_visible) && !name.chars().any(char::is_control)
}

/// Whether a character leaves a mark: not a space of any width, and nothing that only joins, splits
/// or directs what is beside it.
fn is_visible(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, SpaceSeparator, Unassigned};
    // The empty pattern of Braille is a symbol.
    let is_blank = matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        Control | Format | LineSeparator | ParagraphSeparator | SpaceSeparator | Unassigned
    ) || c == '\u{2800}';
    !is_blank && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn counted(what: &'static str, numbers: &[f32], expected: usize) -> Result<(), Why> {
    if numbers.len() != expected {
        return Err(Why::Count { what, expected, found: numbers.len() });
    }
    if numbers.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Why::Number(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_something_to_see_in_it() {
        let blank = [
            "",
            " ",
            "\u{A0}",
            "\u{3000}",
            "\u{200B}",
            "\u{FEFF}",
            "\u{200D}",
            "\u{2060}",
            "\u{AD}",
            "\u{202E}",
            "\u{2066}\u{2069}",
            "\u{2800}",
            "\u{3164}",
            "\u{FE0F}",
            "\u{E0041}",
            "\u{180E} \u{2003}",
        ];
        for name in blank {
            assert!(!is_name(name), "{name:?}");
        }
        for name in
            ["0", "T-shirt", "🐱", "é", "\u{202E}tac", "שלום", "a b", "\u{200F}א", "❤\u{FE0F}", &"x".repeat(MAX_NAME)]
        {
            assert!(is_name(name), "{name:?}");
        }
        for name in ["a\nb", "\u{1B}[2J", "a\u{85}", &"x".repeat(MAX_NAME + 1)] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
