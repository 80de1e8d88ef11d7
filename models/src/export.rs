//! From what was trained to a model that Tacit runs.

use tacit_model::fold::fold;
use tacit_model::{Model, Node, Op, Refusal, Shape};

use crate::block::{Activation, Block, EPSILON};
use crate::data::SIDE;
use crate::net::Net;
use crate::recipe::Recipe;

/// The model, its batch normalisations folded into the layers before them.
pub(crate) fn model(net: &Net, recipe: &Recipe) -> Result<Model, Refusal> {
    let mut nodes = Vec::new();
    let mut push = |name: &str, op: Op| {
        let input = nodes.len();
        nodes.push(Node::new(name, op, &[input]));
    };
    let (mut flat, mut convolutions, mut dense) = (false, 0, 0);
    for block in &net.blocks {
        let geometry = &block.geometry;
        let whole = geometry.padding == 0 && geometry.kernel == geometry.side;
        let (weights, bias) = (weights(block), bias(block));
        let name = if whole {
            if !std::mem::replace(&mut flat, true) {
                push("flatten", Op::Flatten);
            }
            dense += 1;
            format!("dense {dense}")
        } else {
            convolutions += 1;
            format!("convolution {convolutions}")
        };
        push(&name, linear(block, whole, weights, bias));
        if let Activation::Relu { ceiling } = block.activation {
            let (scale, shift) = normalisation(block);
            push(&format!("normalisation of {name}"), Op::BatchNorm { scale, shift });
            push(&format!("ReLU of {name}"), Op::Relu { ceiling });
        }
    }
    let mut model = Model {
        name: recipe.name.into(),
        input: Shape::new(1, SIDE, SIDE),
        labels: recipe.labels.iter().map(ToString::to_string).collect(),
        nodes,
    };
    fold(&mut model)?;
    Ok(model)
}

fn linear(block: &Block, whole: bool, weights: Vec<f32>, bias: Vec<f32>) -> Op {
    let geometry = &block.geometry;
    if whole {
        return Op::Dense { outputs: geometry.filters, weights, bias };
    }
    Op::Convolution {
        filters: geometry.filters,
        kernel: [geometry.kernel; 2],
        stride: geometry.stride,
        padding: geometry.padding,
        weights,
        bias,
    }
}

/// The weights with the channel before row and column, as they are laid out everywhere but in the trainer.
fn weights(block: &Block) -> Vec<f32> {
    let (channels, patch) = (block.geometry.channels, block.geometry.patch());
    let filters = block.weights.value.chunks_exact(patch);
    filters.flat_map(|filter| (0..channels).flat_map(move |c| filter[c..].iter().step_by(channels).copied())).collect()
}

fn bias(block: &Block) -> Vec<f32> {
    match block.activation {
        Activation::Bias => block.shift.value.clone(),
        Activation::Relu { .. } => vec![0.0; block.geometry.filters],
    }
}

fn normalisation(block: &Block) -> (Vec<f32>, Vec<f32>) {
    let scale: Vec<f32> =
        block.scale.value.iter().zip(&block.variance).map(|(a, v)| a / (v + EPSILON).sqrt()).collect();
    let shift = block.shift.value.iter().zip(&block.mean).zip(&scale).map(|((b, mean), a)| b - a * mean).collect();
    (scale, shift)
}
