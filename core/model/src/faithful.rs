//! The check that a model answers the same in whole numbers as in real numbers.
//!
//! Ranges are proven, but precision is estimated ([`crate::precision`]), and an estimate may be
//! wrong, for example for layers with a few large weights among many small ones. So every model is
//! evaluated both ways on a few synthetic pictures. It is refused if the error that rounding adds
//! to the logits is not small compared with their change from picture to picture. A logit is taken
//! relative to the mean of its picture, because only differences between labels matter. The check
//! costs a few runs in the clear, and is deterministic on machines of one kind.

use tacit_compute::Cpu;

use crate::float::Evaluator;
use crate::graph::{Invalid, Model, Shape};
use crate::lower::{LowOp, Lowered};
use crate::plain;
use crate::precision::Seen;
use crate::quantise::Proven;
use crate::refusal::Refusal;
use crate::trace::reals;

/// The most that rounding may change, relative to the change from picture to picture.
const MOST: f64 = 1.0 / 16.0;

/// Synthetic pictures, and the logits of a model for them.
pub(crate) struct Probes {
    pictures: [Vec<u8>; 4],
    logits: Vec<Vec<f64>>,
    /// The typical size of values, from the noise and the chessboard.
    pub(crate) seen: Seen,
}

impl Probes {
    pub(crate) fn new(model: &Model) -> Result<Self, Invalid> {
        let evaluator = Evaluator::new(model)?;
        let pictures = pictures(model.input);
        let mut seen = Seen::new(model);
        let mut logits = Vec::new();
        for (i, picture) in pictures.iter().enumerate() {
            let mut values = evaluator.values(picture);
            if i < 2 {
                seen.add(&values);
            }
            let last = values.pop().expect("a checked model has nodes");
            logits.push(last.into_iter().map(f64::from).collect());
        }
        Ok(Self { pictures, logits, seen })
    }
}

/// Noise, a chessboard, a black picture, and one that is half white.
fn pictures(shape: Shape) -> [Vec<u8>; 4] {
    let Shape { channels, height, width } = shape;
    let places = || (0..channels).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
    // The high byte of a multiplicative congruential generator.
    let noise = places().scan(1u32, |state, _| {
        *state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        Some((*state >> 24) as u8)
    });
    let black_or = |white| if white { 255 } else { 0 };
    let board = places().map(|(c, y, x)| black_or((c + y / 8 + x / 8) % 2 == 0));
    let half = (0..shape.len()).map(|i| black_or(i < shape.len() / 2));
    [noise.collect(), board.collect(), vec![0; shape.len()], half.collect()]
}

/// Refuses a model whose answers in whole numbers differ from those in real numbers, or that gives
/// every picture the same answer.
pub(crate) fn check(model: &Model, lowered: &Lowered<'_>, proven: &Proven, probes: &Probes) -> Result<(), Refusal> {
    if let Some(layer) = blind(lowered) {
        let why = "All its weights are zero, or too small to be told from zero, so every picture gets the same answer.";
        return Err(Refusal::new(layer, why, "Make them larger."));
    }
    let Proven { plan, weights, .. } = proven;
    let unit = f64::from(plan.fraction).exp2();
    let whole = probes.pictures.iter().map(|picture| {
        let logits = plain::logits(plan, weights, &Cpu, picture);
        logits.into_iter().map(|logit| f64::from(logit) / unit).collect()
    });
    let whole: Vec<Vec<f64>> = whole.collect();
    let [real, whole] = [&probes.logits, &whole].map(|logits| logits.iter().map(|x| centred(x)).collect::<Vec<_>>());
    if coarseness(&real, &whole) <= MOST {
        return Ok(());
    }
    let layer = first_coarse(model, lowered, proven, probes)?;
    let why = "Rounded to whole numbers of 32 bits, the model would give other answers than it does.";
    Err(Refusal::new(layer, why, "Bring its weights, and those of the layers before it, closer to each other in size."))
}

/// The linear layer with only zero weights after which nothing depends on the picture, if there is
/// one.
fn blind<'a>(lowered: &Lowered<'a>) -> Option<&'a str> {
    let (mut sees, mut blind) = (vec![true], None);
    for step in &lowered.steps {
        let before = step.inputs.iter().any(|&input| sees[input]);
        let now = match step.op {
            LowOp::Linear { weights, .. } => before && weights.iter().any(|&weight| weight != 0.0),
            _ => before,
        };
        if before && !now {
            blind = Some(step.name);
        }
        sees.push(now);
    }
    blind.filter(|_| sees.last() == Some(&false))
}

/// The first step whose whole numbers differ too much from its real numbers; the last step if no
/// single one does.
fn first_coarse<'a>(
    model: &Model,
    lowered: &Lowered<'a>,
    proven: &Proven,
    probes: &Probes,
) -> Result<&'a str, Refusal> {
    let Proven { plan, weights, units, .. } = proven;
    let (mut real, mut whole) = (vec![Vec::new(); plan.steps.len()], vec![Vec::new(); plan.steps.len()]);
    for picture in &probes.pictures {
        let values = reals(model, lowered, picture)?;
        let outputs = plain::outputs(plan, weights, &Cpu, picture);
        for (i, (values, outputs)) in values[1..].iter().zip(outputs).enumerate() {
            real[i].push(values.iter().map(|&x| x.into()).collect::<Vec<f64>>());
            whole[i].push(outputs.iter().map(|&x| f64::from(x) / units[i + 1]).collect::<Vec<f64>>());
        }
    }
    let coarse = (0..lowered.steps.len()).find(|&i| coarseness(&real[i], &whole[i]) > MOST);
    let last = lowered.steps.len() - 1;
    Ok(lowered.steps[coarse.unwrap_or(last)].name)
}

/// The numbers less their mean.
fn centred(x: &[f64]) -> Vec<f64> {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    x.iter().map(|x| x - mean).collect()
}

/// The distance of whole numbers from real numbers, relative to the change of real numbers from
/// picture to picture; 0 if nothing changes. Each list holds one list of numbers for each picture.
fn coarseness(real: &[Vec<f64>], whole: &[Vec<f64>]) -> f64 {
    let pictures = real.len() as f64;
    let (mut error, mut change) = (0.0, 0.0);
    for i in 0..real[0].len() {
        let mean = real.iter().map(|x| x[i]).sum::<f64>() / pictures;
        change += real.iter().map(|x| (x[i] - mean).powi(2)).sum::<f64>();
        error += real.iter().zip(whole).map(|(x, y)| (x[i] - y[i]).powi(2)).sum::<f64>();
    }
    if change > 0.0 { (error / change).sqrt() } else { 0.0 }
}
