//! Quantisation: from real numbers to whole numbers, with a proof that they fit into 32 bits.
//!
//! *Computes*: a [`Plan`] and its [`Weights`]. A value x becomes the whole number nearest to x·2^f;
//! the bytes of a picture stay as they are. Estimates decide how many bits each number gets. Every
//! range is then proven by interval arithmetic on the quantised weights, channel by channel: for
//! all pictures, whichever way truncations round, and also if sums of a linear layer are one off. A
//! model is refused if a range cannot be proven, or if its answers in whole numbers differ from
//! those in real numbers. Before that, filters of very different size are equalised
//! ([`equalise`](mod@crate::equalise)), because the weights of a layer share one scale.
//!
//! ```
//! use tacit_compute::Cpu;
//! use tacit_model::{bench, calibrate::calibrate, plain, quantise::quantise};
//!
//! let mut model = bench::m1(1);
//! let pictures = bench::pictures(model.input, 4, 1);
//! calibrate(&mut model, pictures.iter().map(Vec::as_slice), 2.0)?;
//! let (plan, weights) = quantise(&model)?;
//! let logits = plain::logits(&plan, &weights, &Cpu, &pictures[0]);
//! println!("{}", plan.labels[plain::top(&logits)]);
//! # Ok::<(), tacit_model::Refusal>(())
//! ```

use tacit_compute::Convolution;
use tacit_rlwe::{Packing, params::WORD_32};
use zeroize::Zeroizing;

use crate::equalise::equalise;
use crate::faithful::{self, Probes};
use crate::fold::fold;
use crate::graph::Model;
use crate::load;
use crate::lower::{LowOp, LowStep, Lowered};
use crate::plan::{Ceiling, MAX_TRUNCATE, Plan, Step, StepOp};
use crate::precision::{Choice, Facts, HEADROOM, MOST, MOST_WEIGHT_BITS, PICTURE, Seen};
use crate::range::{self, Range};
pub use crate::refusal::Refusal;
use crate::weights::{LinearWeights, Weights};

/// The least that the largest weight of a layer may become.
const LEAST_WEIGHT: u32 = 16;
/// The least that a typical input of a layer may become.
const LEAST_INPUT: f64 = 4.0;
/// The least that a ceiling that is reached may become, with the most bits behind the point that a
/// value may have.
const LEAST_CEILING: f64 = 16.0;

const WIDE: &str = "Its numbers may become larger than 32 bits hold.";
const WIDE_LOGITS: &str = "Differences of logits may be larger than 32 bits hold.";

/// The plan of a model, and the weights for it.
///
/// # Errors
/// A [`Refusal`] that names the layer and says what to change.
pub fn quantise(model: &Model) -> Result<(Plan, Weights), Refusal> {
    let mut model = model.duplicate();
    fold(&mut model)?;
    equalise(&mut model)?;
    let lowered = Lowered::new(&model)?;
    check(&lowered)?;
    let probes = Probes::new(&model)?;
    let proven = prove(&model, &lowered, &probes.seen, None)?;
    faithful::check(&model, &lowered, &proven, &probes)?;
    Ok((proven.plan, proven.weights))
}

/// A plan, its weights, and facts about each value that the plan does not reveal, the picture
/// first.
pub(crate) struct Proven {
    pub(crate) plan: Plan,
    pub(crate) weights: Weights,
    /// The whole number that stands for 1.
    pub(crate) units: Vec<f64>,
    /// The bound on the absolute value of every number.
    pub(crate) sizes: Vec<u64>,
}

/// The plan of a model without batch normalisation, with its proven bounds. With `fraction`, all
/// values have this many bits behind the point.
pub(crate) fn prove(
    model: &Model,
    lowered: &Lowered<'_>,
    seen: &Seen,
    fraction: Option<i32>,
) -> Result<Proven, Refusal> {
    let facts = Facts::new(lowered, seen);
    let ceilings = facts.ceilings();
    let choice = fraction.map_or_else(|| facts.choose(&ceilings), |bits| facts.force(&ceilings, bits));
    let mut proof = Proof::new(model, &facts, choice);
    for (i, step) in lowered.steps.iter().enumerate() {
        proof.step(i, step)?;
    }
    proof.finish()
}

/// Checks everything that depends on the shapes alone.
pub(crate) fn check(lowered: &Lowered<'_>) -> Result<(), Refusal> {
    let mut load = load::picture(lowered.input);
    for step in &lowered.steps {
        let part = load::of_step(&step.op.shape(), step.input, step.output).ok_or_else(|| {
            let why = "Its kernel covers so much of the picture that no ciphertext holds it.";
            Refusal::new(step.name, why, "Make the kernel or the picture smaller.")
        })?;
        load = load.plus(part);
        if !load.is_bearable() {
            let why = "Up to this layer there is more work than two browsers should do for one picture.";
            return Err(Refusal::new(step.name, why, "Make the picture or the layers smaller."));
        }
    }
    let ends = lowered.classes().last().is_some_and(|&class| class != 0);
    let last = lowered.steps.last().map_or("the model", |step| step.name);
    let refusal = || Refusal::new(last, "The logits are the picture itself.", "End with a dense layer.");
    if ends { Ok(()) } else { Err(refusal()) }
}

/// The part of the plan that is proven so far.
struct Proof<'a> {
    facts: &'a Facts<'a>,
    choice: Choice,
    plan: Plan,
    weights: Weights,
    /// The range of each value, channel by channel.
    ranges: Vec<Vec<Range<i128>>>,
    /// The largest difference of two logits.
    difference: i128,
}

impl<'a> Proof<'a> {
    fn new(model: &Model, facts: &'a Facts<'a>, choice: Choice) -> Self {
        let plan = Plan {
            model: model.name.clone(),
            labels: model.labels.clone(),
            input: model.input,
            steps: Vec::new(),
            fraction: 0,
            logits_width: 0,
        };
        let picture = vec![Range { lo: 0, hi: 255 }; model.input.channels];
        let weights = Weights { layers: Vec::new() };
        Self { facts, choice, plan, weights, ranges: vec![picture], difference: 0 }
    }

    /// The whole number that stands for 1 in a value.
    fn unit(&self, value: usize) -> f64 {
        if self.facts.classes[value] == 0 { 255.0 } else { 2f64.powi(self.choice.values[value]) }
    }

    fn is_last(&self, i: usize) -> bool {
        i + 1 == self.facts.lowered.steps.len()
    }

    fn step(&mut self, i: usize, step: &LowStep<'_>) -> Result<(), Refusal> {
        let lowered = self.facts.lowered;
        let from = |k: usize| range::spread(&self.ranges[step.inputs[k]], lowered.shape(step.inputs[k]), step.input);
        let smaller = self.smaller(i, "the weights before it");
        let wide = || Refusal::new(step.name, WIDE, &smaller[..]);
        let width = |range: Range<i128>| Some(range.width()).filter(|&width| width <= 32).ok_or_else(wide);
        let x = from(0);
        let (op, out) = match step.op {
            LowOp::Linear { shape, weights, bias } => self.linear(i, step, &shape, weights, bias, &x)?,
            LowOp::Max { size, stride } => {
                let difference = range::overall(&x.iter().map(|x| x.difference()).collect::<Vec<_>>());
                (StepOp::Max { size, stride, width: width(difference)? }, x)
            }
            LowOp::Relu { ceiling } => {
                let all = range::overall(&x);
                let whole = |ceiling: f32| (f64::from(ceiling) * self.unit(i + 1)).round().max(1.0) as i128;
                // A ceiling that is never reached is left out.
                let ceiling = ceiling.filter(|&ceiling| whole(ceiling) < all.hi);
                if ceiling.is_some_and(|ceiling| f64::from(ceiling) * f64::from(MOST).exp2() < LEAST_CEILING) {
                    let why = "Its ceiling is too small: 32 bits hold hardly a number between it and zero.";
                    return Err(Refusal::new(step.name, why, "Make the ceiling larger."));
                }
                let ceiling = ceiling.map(whole);
                let out = x.iter().map(|x| x.clamp(ceiling)).collect();
                let ceiling = match ceiling {
                    Some(value) => {
                        let width = width(Range { lo: all.lo - value, hi: all.hi - value })?;
                        Some(Ceiling { value: u32::try_from(value).map_err(|_| wide())?, width })
                    }
                    None => None,
                };
                (StepOp::Relu { width: width(all)?, ceiling }, out)
            }
            LowOp::Average { size, stride } => {
                let sum: Vec<_> = x.iter().map(|x| x.times((size * size) as i128)).collect();
                let (multiplier, truncate) = mean(size * size, range::overall(&sum).size()).ok_or_else(wide)?;
                let out = sum.iter().map(|x| x.times(multiplier.into()).truncated(truncate)).collect();
                (StepOp::Average { size, stride, multiplier, truncate }, out)
            }
            LowOp::Add => {
                let out: Vec<_> = x.iter().zip(from(1)).map(|(x, y)| x.plus(y)).collect();
                width(range::overall(&out))?;
                (StepOp::Add, out)
            }
        };
        let LowStep { name, ref inputs, input, output, .. } = *step;
        self.plan.steps.push(Step { name: name.into(), inputs: inputs.clone(), input, output, op });
        self.ranges.push(out);
        Ok(())
    }

    fn linear(
        &mut self,
        i: usize,
        step: &LowStep<'_>,
        shape: &Convolution,
        weights: &[f32],
        bias: &[f32],
        x: &[Range<i128>],
    ) -> Result<(StepOp, Vec<Range<i128>>), Refusal> {
        let input = step.inputs[0];
        let typical = self.facts.typical(input);
        if typical > 0.0 && typical * self.unit(input) < LEAST_INPUT {
            let coarse = "Its inputs would be too coarse for 32 bits to hold its sums.";
            return Err(self.no_room(i, step, coarse, x));
        }
        // Happens only with a given `fraction`; `choose` prevents it.
        let has =
            self.choice.weights[i] + if self.facts.classes[input] == 0 { PICTURE } else { self.choice.values[input] };
        if !self.is_last(i) && self.facts.classes[i + 1] != 0 && has < self.choice.values[i + 1] {
            let why = "Its sums have fewer bits behind the point than its output is to have.";
            return Err(Refusal::new(step.name, why, "Ask for fewer."));
        }
        let most = Packing::convolution(shape).expect("checked before").most_weight(&WORD_32);
        // The estimates are nearly right; if bits are missing, the weights get fewer.
        loop {
            let bits = self.choice.weights[i];
            let before = if self.facts.classes[input] == 0 { PICTURE } else { self.choice.values[input] };
            if self.is_last(i) {
                self.choice.values[i + 1] = before + bits;
            }
            let after = if self.facts.classes[i + 1] == 0 { PICTURE } else { self.choice.values[i + 1] };
            let truncate = before + bits - after;
            let scale = |truncate| 2f64.powi(truncate) * self.unit(i + 1);
            let whole = Zeroizing::new(rounded(weights, shape.patch(), scale(truncate) / self.unit(input)));
            let bias = Zeroizing::new(
                bias.iter().map(|&b| (f64::from(b) * scale(truncate)).round() as i128).collect::<Vec<_>>(),
            );
            let largest = whole.iter().map(|w| w.unsigned_abs()).max().unwrap_or(0);
            let coarse = largest < LEAST_WEIGHT && weights.iter().any(|&w| w != 0.0);
            if coarse || truncate < 0 || bits < -20 {
                let coarse = "Its weights would be too coarse for 32 bits to hold its sums.";
                return Err(self.no_room(i, step, if bits < -20 { WIDE } else { coarse }, x));
            }
            let exact = range::linear(shape, &whole, &bias, x);
            let out: Vec<_> = exact.iter().map(|x| x.one_off()).collect();
            let fits = if self.is_last(i) {
                // Each of the two may be one off.
                self.difference = range::linear_difference(shape, &whole, &bias, x, &exact) + 2;
                self.fits_last(i, &out, self.difference)
            } else {
                truncate <= MAX_TRUNCATE.cast_signed() && range::overall(&out).size() + (1 << truncate) < 1 << HEADROOM
            };
            if largest <= most && fits {
                if self.is_last(i) && self.choice.values[i + 1] < 0 {
                    return Err(self.no_room(i, step, WIDE_LOGITS, x));
                }
                let truncate = truncate.cast_unsigned();
                let bias = bias.iter().map(|&b| b as u32).collect();
                self.weights.layers.push(LinearWeights { weights: whole.to_vec(), bias });
                let out = out.iter().map(|x| x.truncated(truncate)).collect();
                return Ok((StepOp::Linear { shape: *shape, truncate }, out));
            }
            self.choice.weights[i] -= 1;
        }
    }

    /// The reason why 32 bits do not hold a linear layer whose inputs have these ranges. If no
    /// other reason applies, it is `otherwise`.
    fn no_room(&self, i: usize, step: &LowStep<'_>, otherwise: &str, x: &[Range<i128>]) -> Refusal {
        let LowOp::Linear { shape, weights, bias } = step.op else { unreachable!("only linear layers have weights") };
        let input = step.inputs[0];
        let unit = self.unit(input);
        let real: Vec<_> = x.iter().map(|x| Range { lo: x.lo as f64 / unit, hi: x.hi as f64 / unit }).collect();
        let sums = range::overall(&range::linear(&shape, weights, &vec![0.0; shape.filters], &real));
        let sums = sums.lo.abs().max(sums.hi.abs());
        let largest = |numbers: &[f32]| f64::from(numbers.iter().map(|x| x.abs()).fold(0.0, f32::max));
        // The least bits that inputs and weights take.
        let is_picture = self.facts.classes[input] == 0;
        let for_input = match self.facts.typical(input) {
            _ if is_picture => f64::from(PICTURE),
            0.0 => 0.0,
            typical => (LEAST_INPUT / typical).log2(),
        };
        let for_weights = match largest(weights) {
            0.0 => 0.0,
            weight => (f64::from(LEAST_WEIGHT) / weight).log2(),
        };
        let refuse = |why: &str, change: &str| Refusal::new(step.name, why, change);
        if for_weights > f64::from(MOST_WEIGHT_BITS) {
            refuse("Its weights are too small for 32 bits.", "Make them larger.")
        } else if !is_picture && for_input > f64::from(MOST) {
            refuse("Its inputs are too small for 32 bits.", "Make the weights before it larger.")
        } else if largest(bias) > sums && for_input + for_weights + sums.log2() < f64::from(HEADROOM) {
            let why = "Its bias is too large: beside it, 32 bits hold too little of what its weights add up to.";
            refuse(why, "Make the bias smaller.")
        } else {
            let whose = match (otherwise, is_picture) {
                (WIDE | WIDE_LOGITS, _) => "its weights",
                (_, true) => "the picture",
                (_, false) => "the weights before it",
            };
            refuse(otherwise, &self.smaller(i, whose))
        }
    }

    /// Advice to the owner that makes the numbers of a step smaller: a change to the ReLU before
    /// it, or to `else_`.
    fn smaller(&self, i: usize, else_: &str) -> String {
        let steps = &self.facts.lowered.steps;
        let before = |i: usize| steps[i].inputs[0].checked_sub(1);
        let ends = |i: &usize| matches!(steps[*i].op, LowOp::Linear { .. } | LowOp::Relu { .. });
        match std::iter::successors(before(i), |&i| before(i)).find(ends).map(|i| &steps[i].op) {
            Some(LowOp::Relu { ceiling: None }) => {
                format!("Give the ReLU before it a ceiling, or make {else_} smaller.")
            }
            Some(LowOp::Relu { .. }) => format!("Lower the ceiling of the ReLU before it, or make {else_} smaller."),
            _ => format!("Make {else_} smaller."),
        }
    }

    /// Whether logits, untruncated, and their differences fit into 32 bits.
    fn fits_last(&self, i: usize, out: &[Range<i128>], difference: i128) -> bool {
        // More bits behind the point do not make logits better.
        let scaled = self.choice.values[i + 1] <= MAX_TRUNCATE.cast_signed();
        scaled && range::overall(out).size().max(difference) < 1 << 31
    }

    fn finish(mut self) -> Result<Proven, Refusal> {
        let (last, name) = match self.plan.steps.last() {
            Some(step) => (step.output, step.name.clone()),
            None => return Err(Refusal::new("the model", "It has no layers.", "End with a dense layer.")),
        };
        if !matches!(self.plan.steps.last().map(|step| step.op), Some(StepOp::Linear { .. })) {
            let logits = range::spread(self.ranges.last().expect("the picture at least"), last, last.flat());
            self.difference = range::largest_difference(&logits);
        }
        let width = Range { lo: -self.difference, hi: self.difference }.width();
        let fraction = u32::try_from(*self.choice.values.last().expect("the picture at least"));
        let (Ok(fraction), true) = (fraction, width <= 32) else {
            let change = self.smaller(self.plan.steps.len() - 1, "the weights before it");
            return Err(Refusal::new(&name, WIDE_LOGITS, change));
        };
        self.plan.fraction = fraction;
        self.plan.logits_width = width;
        if self.plan.is_runnable() {
            let units = (0..self.ranges.len()).map(|value| self.unit(value)).collect();
            // At most 32 bits, because the ranges are proven.
            let sizes = self.ranges.iter().map(|ranges| range::overall(ranges).size() as u64).collect();
            Ok(Proven { plan: self.plan, weights: self.weights, units, sizes })
        } else {
            let why = "The plan would exceed a limit of what may be asked of a peer.";
            Err(Refusal::new(&name, why, "Make the picture or the layers smaller."))
        }
    }
}

/// The weights of each filter times `scale`, rounded so that the errors of a filter add up to
/// nearly zero. Then the mean of the inputs adds no error.
fn rounded(weights: &[f32], patch: usize, scale: f64) -> Vec<i32> {
    let mut whole = Vec::with_capacity(weights.len());
    for filter in weights.chunks_exact(patch) {
        let start = whole.len();
        // A weight that does not fit becomes the largest word, and is refused later.
        whole.extend(filter.iter().map(|&w| (f64::from(w) * scale).round() as i32));
        let filter_whole = &mut whole[start..];
        let errors = filter.iter().zip(filter_whole.iter()).map(|(&w, &n)| f64::from(w) * scale - f64::from(n));
        let mut errors: Vec<_> = errors.enumerate().collect();
        let sum: f64 = errors.iter().map(|(_, error)| error).sum();
        // The weights with the largest errors of this sign are rounded the other way.
        errors.sort_by(|x, y| (y.1 * sum.signum()).total_cmp(&(x.1 * sum.signum())));
        for (i, _) in errors.into_iter().take(sum.abs().round() as usize) {
            filter_whole[i] = filter_whole[i].saturating_add(sum.signum() as i32);
        }
    }
    whole
}

/// The multiplier and the bits of truncation that turn a sum of `n` numbers into their mean; `None`
/// if sums of this size leave too little room.
fn mean(n: usize, sum: i128) -> Option<(u32, u32)> {
    if n.is_power_of_two() {
        let bits = n.trailing_zeros();
        return (bits == 0 || sum + (1 << bits) < 1 << HEADROOM).then_some((1, bits));
    }
    let multiplier = |bits: u32| ((1u64 << bits) + n as u64 / 2) / n as u64;
    let fits = |bits: &u32| sum * i128::from(multiplier(*bits)) + (1 << bits) < 1 << HEADROOM;
    let bits = (0..=24).rev().find(fits)?;
    // A reciprocal needs at least five bits.
    let multiplier = u32::try_from(multiplier(bits)).ok()?;
    (multiplier >= 32).then_some((multiplier, bits))
}
