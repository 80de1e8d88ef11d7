//! Calibration: gives ReLUs ceilings where ranges would be too wide to be proven.
//!
//! The worst case of interval arithmetic grows with every layer, far beyond the values of any
//! picture. A ReLU with a ceiling bounds it, and costs one more comparison per number, so
//! calibration adds as few ceilings as possible.

use crate::equalise::equalise;
use crate::float::Evaluator;
use crate::fold::fold;
use crate::graph::{Model, Op};
use crate::lower::{LowOp, Lowered};
use crate::precision::{Facts, Seen};
use crate::refusal::Refusal;

/// Gives ReLUs ceilings until the logits are precise enough, and says which. Folds batch
/// normalisation and equalises filters first, for a channel that may reach a ceiling keeps its
/// size.
///
/// A ceiling is 4, 5, 6 or 7 times a power of two: the least that is at least `margin` times the
/// largest value of the pictures; 2 is a good margin. Existing ceilings are kept.
///
/// # Errors
/// A [`Refusal`] where the model is not one that can be run.
///
/// # Panics
/// When a picture has another number of bytes than the model takes.
pub fn calibrate<'a>(
    model: &mut Model,
    pictures: impl IntoIterator<Item = &'a [u8]>,
    margin: f32,
) -> Result<Vec<String>, Refusal> {
    fold(model)?;
    equalise(model)?;
    let mut seen = Seen::new(model);
    let mut largest = vec![0f32; model.nodes.len() + 1];
    let evaluator = Evaluator::new(model)?;
    for picture in pictures {
        let values = evaluator.values(picture);
        seen.add(&values);
        for (largest, value) in largest.iter_mut().zip(&values) {
            *largest = value.iter().copied().fold(*largest, f32::max);
        }
    }
    let lowered = Lowered::new(model)?;
    let facts = Facts::new(&lowered, &seen);
    let ceiling = |node: usize| up(f64::from(largest[node + 1] * margin));
    let mut ceilings = facts.ceilings();
    let mut chosen = Vec::new();
    loop {
        let error = facts.choose(&ceilings).error;
        if error <= facts.target() {
            break;
        }
        // Of those that are enough the cheapest, or else the one that helps most.
        let free = lowered.steps.iter().enumerate().filter(|(i, step)| {
            matches!(step.op, LowOp::Relu { .. }) && ceilings[*i].is_none() && largest[step.node + 1] > 0.0
        });
        let tried = free.map(|(i, step)| {
            let mut ceilings = ceilings.clone();
            ceilings[i] = Some(ceiling(step.node));
            let error = facts.choose(&ceilings).error;
            let enough = error <= facts.target();
            (if enough { (0, step.output.len() as f64) } else { (1, error) }, i, error)
        });
        let best = tried.min_by(|x, y| x.0.0.cmp(&y.0.0).then(x.0.1.total_cmp(&y.0.1)));
        // One that hardly helps is not worth its comparisons.
        let Some((_, i, _)) = best.filter(|best| best.2 < 0.9 * error) else { break };
        ceilings[i] = Some(ceiling(lowered.steps[i].node));
        chosen.push(i);
    }
    let chosen: Vec<_> = chosen.into_iter().map(|i| (lowered.steps[i].node, ceilings[i])).collect();
    for &(node, value) in &chosen {
        if let Op::Relu { ceiling } = &mut model.nodes[node].op {
            *ceiling = value.map(|value| value as f32);
        }
    }
    Ok(chosen.into_iter().map(|(node, _)| model.nodes[node].name.clone()).collect())
}

/// The least of 4, 5, 6 and 7 times powers of two that is not below `x`.
fn up(x: f64) -> f64 {
    let unit = (x.log2().floor() - 2.0).exp2();
    (x / unit).ceil() * unit
}
