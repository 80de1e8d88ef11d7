//! The lens: the error that quantisation and the protocol add to each layer's output for a picture.
//!
//! For rehearsals only: one person has the model and the picture, and this program plays both
//! parties. It opens every layer's output; between two people only the agreed answer is opened.
//!
//! *Computes*: each layer's output three times: in real numbers, in whole numbers by the
//! [oracle](tacit_model::plain), and by the protocol itself, on material that the two parties
//! prepare ([`crate::prepare`]) as two people do. *From*: the three are [`tacit_model::float`],
//! [`tacit_model::plain`] and [`crate::run`]. *Security*: none; one person has both inputs.
//! *Deviations*: none.

use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use tacit_compute::Cpu;
use tacit_model::trace::{Trace, trace};
use tacit_model::{Model, Plan, Refusal, Weights, plain};
use tacit_ot::Engine;
use tacit_rlwe::Context;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Fault, Party, Session};
use tacit_share::open::{self, To};
use tacit_symmetric::Prg;

use crate::prepare::{self, Owned, Tools};
use crate::run::{Running, Side, Task, Told};

/// The three evaluations of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    /// One entry for each step of the plan.
    pub layers: Vec<LayerLens>,
    /// The index of the largest logit in real numbers.
    pub float: usize,
    /// The index of the largest logit in whole numbers, in the clear.
    pub fixed: usize,
    /// The index of the largest logit by the protocol.
    pub secure: usize,
}

/// The three evaluations of one layer's output, compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerLens {
    /// The layer's name, as in the plan.
    pub name: String,
    /// The number of outputs.
    pub numbers: usize,
    /// The real number that the whole number 1 stands for.
    pub unit: f64,
    /// The largest absolute value of a real number.
    pub largest: f64,
    /// Whole numbers in the clear against real numbers, in real units: the error of quantisation
    /// that has accumulated up to this layer.
    pub rounding: Gap,
    /// The protocol against whole numbers in the clear, in real units: the error of truncations
    /// that has accumulated up to this layer.
    pub truncation: Gap,
    /// The largest difference between the protocol's output and the oracle's output on the same
    /// inputs: the error of this layer alone. At most one if the layer truncates, rarely one if it
    /// multiplies and does not truncate, and zero otherwise.
    pub off: u32,
    /// The bits that the layer truncates by. Before truncation its numbers are larger by this
    /// factor and are proven to stay below 2^30.
    pub truncates: u32,
    /// The largest absolute value among the whole numbers.
    pub seen: u64,
    /// The bound on it that is proven for all pictures.
    pub proven: u64,
}

/// The distance of two lists of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The largest difference.
    pub largest: f64,
    /// The mean of the absolute differences.
    pub mean: f64,
}

impl Gap {
    fn new(pairs: impl ExactSizeIterator<Item = (f64, f64)>) -> Self {
        let n = pairs.len().max(1) as f64;
        let (largest, sum) = pairs.fold((0f64, 0.0), |(largest, sum), (x, y)| {
            let difference = (x - y).abs();
            (largest.max(difference), sum + difference)
        });
        Self { largest, mean: sum / n }
    }
}

/// Evaluates a picture in all three ways. `fraction_bits` gives every value between the layers this
/// many bits behind the point, from 0 to 30, to show what too few or too many break; with `None`
/// the bits are those of [`quantise`](tacit_model::quantise::quantise).
///
/// For a rehearsal only: see the [module](self).
///
/// # Errors
/// The [`Refusal`] of a model that cannot be run with these bits.
///
/// # Panics
/// When the picture has another number of bytes than the model takes.
pub fn lens(model: &Model, picture: &[u8], fraction_bits: Option<i32>, seed: [u8; 32]) -> Result<Lens, Refusal> {
    let trace = trace(model, picture, fraction_bits)?;
    let Trace { plan, weights, units, sizes, reals: real, wholes: fixed } = &trace;
    let secure = secure(plan, weights, picture, seed);
    let pixels = picture.iter().map(|&pixel| pixel.into()).collect();
    let before: Vec<&Vec<i32>> = std::iter::once(&pixels).chain(&secure).collect();
    let mut linear = weights.layers.iter();
    let layers = plan.steps.iter().enumerate().map(|(i, step)| {
        let (unit, real, fixed, secure) = (units[i + 1], &real[i + 1], &fixed[i], &secure[i]);
        let inputs: Vec<_> = step.inputs.iter().map(|&input| &before[input][..]).collect();
        let alone = plain::output(step, &mut linear, &inputs, &Cpu).now_or_never().expect("kernels answer at once");
        let reals = |whole: &i32| f64::from(*whole) / unit;
        LayerLens {
            name: step.name.clone(),
            numbers: fixed.len(),
            unit: 1.0 / unit,
            largest: real.iter().map(|x| f64::from(x.abs())).fold(0.0, f64::max),
            rounding: Gap::new(real.iter().zip(fixed).map(|(x, y)| (f64::from(*x), reals(y)))),
            truncation: Gap::new(fixed.iter().zip(secure).map(|(x, y)| (reals(x), reals(y)))),
            off: alone.iter().zip(secure).map(|(x, y)| x.abs_diff(*y)).max().unwrap_or(0),
            truncates: step.truncates(),
            seen: fixed.iter().chain(secure).map(|x| x.unsigned_abs().into()).max().unwrap_or(0),
            proven: sizes[i + 1],
        }
    });
    let layers = layers.collect();
    let largest = |logits: &[f32]| {
        let beats = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
        (0..logits.len()).fold(0, beats)
    };
    let last = plan.steps.len() - 1;
    let (fixed, secure) = (plain::top(&fixed[last]), plain::top(&secure[last]));
    Ok(Lens { layers, float: largest(&real[last + 1]), fixed, secure })
}

/// Every step's output by the protocol: both parties run it and open every output to each other.
fn secure(plan: &Plan, weights: &Weights, picture: &[u8], seed: [u8; 32]) -> Vec<Vec<i32>> {
    let context = Context::shared();
    let owned = Owned::new(context, &Cpu, plan, weights);
    let tools = Tools { context, compute: &Cpu };
    let task = Task { batch: 1, told: Told::Scores, to: To::Both };
    let party = async |mut s: Session<QueueLink>| -> Result<Vec<Vec<i32>>, Fault> {
        let (model, side) = match s.party() {
            Party::Alice => (Some(&owned), Side::Owner(&owned.clear)),
            Party::Bob => (None, Side::Client(picture)),
        };
        let rng = &mut Prg::from_seed(seed).fork(&[s.party() as u8]);
        let mut engine = Engine::setup(&mut s, rng).await?;
        let prepared = prepare::prepare(&mut s, &tools, &mut engine, plan, model, task, rng).await?;
        let mut running = Running::begin(&mut s, prepared, plan, side);
        let mut outputs = Vec::new();
        for index in 0..plan.steps.len() {
            running.step(&mut s, &tools, index).await?;
            let opened = open::reveal_words_to(&mut s, To::Both, running.value()).await?;
            let opened = opened.expect("opened to both");
            outputs.push(opened.iter().map(|x| x.cast_signed()).collect());
        }
        Ok(outputs)
    };
    let (alice, _) = lockstep::run(party, party);
    alice.expect("two programs that follow the protocol meet no fault")
}
