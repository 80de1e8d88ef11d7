//! Folds batch normalisation into the linear layer before it: a·(W·x + b) + c = (a·W)·x + (a·b +
//! c).

use crate::graph::{Model, Op};
use crate::refusal::Refusal;

/// Folds every batch normalisation into the convolution or dense layer before it. The model
/// computes the same function, up to rounding.
///
/// # Errors
/// A [`Refusal`] if there is no such layer, or if another node uses its output too. The model is
/// then still valid, and part of it may be folded.
pub fn fold(model: &mut Model) -> Result<(), Refusal> {
    model.shapes()?;
    while let Some(at) = model.nodes.iter().position(|node| matches!(node.op, Op::BatchNorm { .. })) {
        let value = model.nodes[at].inputs[0];
        let refuse = |why| {
            let change = "Put it right behind a convolution or a dense layer, with nothing else in between.";
            Refusal::new(&model.nodes[at].name, why, change)
        };
        let uses = model.nodes.iter().flat_map(|node| &node.inputs).filter(|&&input| input == value).count();
        if uses != 1 {
            return Err(refuse("Something else uses what this batch normalisation is applied to."));
        }
        let linear = |op: &Op| matches!(op, Op::Convolution { .. } | Op::Dense { .. });
        let Some(before) = value.checked_sub(1).filter(|&before| linear(&model.nodes[before].op)) else {
            return Err(refuse("This batch normalisation does not follow a linear layer."));
        };
        let node = model.nodes.remove(at);
        if let (
            Op::BatchNorm { scale, shift },
            Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. },
        ) = (&node.op, &mut model.nodes[before].op)
        {
            let row = weights.len() / bias.len();
            for ((row, bias), (&a, &c)) in weights.chunks_exact_mut(row).zip(bias).zip(scale.iter().zip(shift)) {
                row.iter_mut().for_each(|w| *w *= a);
                *bias = (f64::from(a) * f64::from(*bias) + f64::from(c)) as f32;
            }
        }
        // The output of the node that is gone was value `at` + 1.
        for input in model.nodes.iter_mut().flat_map(|node| &mut node.inputs) {
            match *input {
                i if i == at + 1 => *input = value,
                i if i > at + 1 => *input -= 1,
                _ => {}
            }
        }
    }
    // Products may have become infinite.
    model.shapes()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench;
    use crate::float::Evaluator;
    use crate::graph::{Node, Shape};

    fn model(ops: Vec<(&str, Op, &[usize])>) -> Model {
        Model {
            name: "folded".into(),
            input: Shape::new(1, 4, 4),
            labels: vec!["a".into(), "b".into(), "c".into()],
            nodes: ops.into_iter().map(|(name, op, inputs)| Node::new(name, op, inputs)).collect(),
        }
    }

    fn norm(scale: &[f32], shift: &[f32]) -> Op {
        Op::BatchNorm { scale: scale.to_vec(), shift: shift.to_vec() }
    }

    #[test]
    fn folding_changes_nothing() {
        let conv = bench::convolution(1, 2, 3, 1, 1);
        let dense = bench::dense(2, 32, 3);
        let mut model = model(vec![
            ("conv", conv, &[0]),
            ("norm 1", norm(&[0.5, -2.0], &[0.25, 1.0]), &[1]),
            ("norm 2", norm(&[3.0, 1.5], &[-0.5, 0.0]), &[2]),
            ("relu", Op::Relu { ceiling: None }, &[3]),
            ("skip", Op::Add, &[3, 4]),
            ("flat", Op::Flatten, &[5]),
            ("dense", dense, &[6]),
            ("norm 3", norm(&[1.0, 2.0, -3.0], &[0.0, 1.0, 2.0]), &[7]),
        ]);
        let picture: Vec<u8> = (0..16).map(|i| i * 15).collect();
        let before = Evaluator::new(&model).unwrap().logits(&picture);
        fold(&mut model).unwrap();
        assert_eq!(model.nodes.len(), 5);
        let after = Evaluator::new(&model).unwrap().logits(&picture);
        for (x, y) in before.iter().zip(&after) {
            assert!((x - y).abs() < 1e-4, "{before:?} {after:?}");
        }
    }

    #[test]
    fn what_cannot_be_folded_is_refused_by_name() {
        let dense = || bench::dense(2, 16, 3);
        let first =
            vec![("norm", norm(&[1.0], &[0.0]), &[0][..]), ("flat", Op::Flatten, &[1]), ("dense", dense(), &[2])];
        let shared = vec![
            ("flat", Op::Flatten, &[0][..]),
            ("dense", dense(), &[1]),
            ("norm", norm(&[1.0; 3], &[0.0; 3]), &[2]),
            ("skip", Op::Add, &[2, 3]),
        ];
        for ops in [first, shared] {
            assert_eq!(fold(&mut model(ops)).unwrap_err().layer, "norm");
        }
    }
}
