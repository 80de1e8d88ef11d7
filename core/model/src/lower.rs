//! Lowers layers to steps: removes flattening, and moves maxima before ReLUs.

use tacit_compute::Convolution;

use crate::graph::{Model, Op, Shape};
use crate::plan::{Ceiling, StepOp};
use crate::refusal::Refusal;

/// The steps of a model, with its weights still real.
pub(crate) struct Lowered<'a> {
    pub(crate) input: Shape,
    pub(crate) steps: Vec<LowStep<'a>>,
}

pub(crate) struct LowStep<'a> {
    pub(crate) name: &'a str,
    /// The node that it comes from.
    pub(crate) node: usize,
    /// The value of the model that equals its output; `None` for a maximum that was moved before a
    /// ReLU.
    pub(crate) value: Option<usize>,
    /// Value 0 is the picture, value i + 1 the output of step i.
    pub(crate) inputs: Vec<usize>,
    pub(crate) input: Shape,
    pub(crate) output: Shape,
    pub(crate) op: LowOp<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum LowOp<'a> {
    Linear { shape: Convolution, weights: &'a [f32], bias: &'a [f32] },
    Max { size: usize, stride: usize },
    Relu { ceiling: Option<f32> },
    Average { size: usize, stride: usize },
    Add,
}

impl LowOp<'_> {
    /// A step of this kind, whose widths and truncation are not known yet.
    pub(crate) fn shape(&self) -> StepOp {
        match *self {
            Self::Linear { shape, .. } => StepOp::Linear { shape, truncate: 0 },
            Self::Max { size, stride } => StepOp::Max { size, stride, width: u32::BITS },
            Self::Relu { ceiling } => {
                let width = u32::BITS;
                StepOp::Relu { width, ceiling: ceiling.map(|_| Ceiling { value: 1, width }) }
            }
            Self::Average { size, stride } => StepOp::Average { size, stride, multiplier: 1, truncate: 0 },
            Self::Add => StepOp::Add,
        }
    }
}

impl<'a> Lowered<'a> {
    /// The steps of a model without batch normalisation.
    pub(crate) fn new(model: &'a Model) -> Result<Self, Refusal> {
        let shapes = model.shapes()?;
        let mut lowered = Self { input: model.input, steps: Vec::new() };
        // For each value of the model: its value among the steps, and a ReLU still to be applied to
        // it.
        let (mut values, mut waiting) = (vec![0], vec![None::<usize>]);
        for (i, node) in model.nodes.iter().enumerate() {
            let (before, output) = (node.inputs[0], shapes[i + 1]);
            let input = shapes[before];
            let inputs: Vec<_> = node.inputs.iter().map(|&input| values[input]).collect();
            let mut step = |name: &'a str, node, value, inputs, input, output, op| {
                lowered.steps.push(LowStep { name, node, value, inputs, input, output, op });
                lowered.steps.len()
            };
            let mut wait = None;
            let value = match &node.op {
                Op::Flatten => values[before],
                Op::Relu { .. } if feeds_only_a_maximum(model, i + 1) => {
                    wait = Some(i);
                    values[before]
                }
                &Op::MaxPool { size, stride } => {
                    let op = LowOp::Max { size, stride };
                    let relu = waiting[before];
                    let done = relu.is_none().then_some(i + 1);
                    let max = step(&node.name, i, done, inputs, input, output, op);
                    match relu {
                        Some(relu) => {
                            let node = &model.nodes[relu];
                            let Op::Relu { ceiling } = node.op else { unreachable!("only ReLUs wait") };
                            let op = LowOp::Relu { ceiling };
                            step(&node.name, relu, Some(i + 1), vec![max], output, output, op)
                        }
                        None => max,
                    }
                }
                op => {
                    let op = lower(op, &node.name, input)?;
                    step(&node.name, i, Some(i + 1), inputs, input, output, op)
                }
            };
            values.push(value);
            waiting.push(wait);
        }
        Ok(lowered)
    }

    /// The shape of a value.
    pub(crate) fn shape(&self, value: usize) -> Shape {
        value.checked_sub(1).map_or(self.input, |step| self.steps[step].output)
    }

    /// For each value, the first value that must have the same scale.
    pub(crate) fn classes(&self) -> Vec<usize> {
        let mut classes = vec![0];
        for (i, step) in self.steps.iter().enumerate() {
            let class = match step.op {
                LowOp::Linear { .. } => i + 1,
                _ => step.inputs.iter().map(|&input| classes[input]).min().expect("a step has inputs"),
            };
            if let LowOp::Add = step.op {
                let merged = [0, 1].map(|i| classes[step.inputs[i]]);
                classes.iter_mut().filter(|c| merged.contains(c)).for_each(|c| *c = class);
            }
            classes.push(class);
        }
        classes
    }
}

fn lower<'a>(op: &'a Op, name: &str, input: Shape) -> Result<LowOp<'a>, Refusal> {
    Ok(match op {
        Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. } => {
            let shape = op.linear(input).expect("a checked model");
            LowOp::Linear { shape, weights, bias }
        }
        Op::Relu { ceiling } => LowOp::Relu { ceiling: *ceiling },
        Op::AveragePool { size, stride } => LowOp::Average { size: *size, stride: *stride },
        Op::Add => LowOp::Add,
        Op::BatchNorm { .. } | Op::MaxPool { .. } | Op::Flatten => {
            let change = "Fold it into the layer before it.";
            return Err(Refusal::new(name, "This layer is not one that can be run.", change));
        }
    })
}

fn feeds_only_a_maximum(model: &Model, value: usize) -> bool {
    let mut users = model.nodes.iter().filter(|node| node.inputs.contains(&value));
    users.next().is_some_and(|node| matches!(node.op, Op::MaxPool { .. })) && users.next().is_none()
}
