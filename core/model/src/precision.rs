//! Precision: the number of bits of each value and of each layer's weights.
//!
//! 32 bits are few. If a linear layer's output is at most B, its inputs have f bits behind the
//! point and its weights w bits, with f + w + log2 B ≤ 30 or so. Rounding adds errors to the
//! output, of variance about
//!
//! ```text
//! ‖weights‖²·4^−f/6  +  ‖inputs − their mean‖²·4^−w/12
//! ```
//!
//! (the mean drops out, because the errors of a filter's weights add up to nearly zero), so f and w
//! share the bits such that this variance is least. Values that are added share their f, and a
//! value with several consumers takes the least f that one of them asks for. If the logits are then
//! more precise than needed, all values get fewer bits, because narrower comparisons are cheaper.

use tacit_rlwe::{Packing, params::WORD_32};

use crate::graph::Model;
use crate::lower::{LowOp, Lowered};
use crate::range::{self, Range};

/// Before a truncation by t bits, |x| + 2^t stays below 2 to this power.
pub(crate) const HEADROOM: u32 = 30;
/// The bits behind the point of the picture: 1 is the byte 255, nearly 2^8.
pub(crate) const PICTURE: i32 = 8;
/// The most bits behind the point of a value.
pub(crate) const MOST: i32 = 12;
/// The most bits behind the point of a weight.
pub(crate) const MOST_WEIGHT_BITS: i32 = 24;
/// The fewest bits behind the point that a choice begins with.
const FEWEST: i32 = 6;
/// The bits of a weight that are enough.
const WEIGHT_BITS: i32 = 14;
/// The error of the logits that is small enough, relative to their size.
const TARGET: f64 = 1.0 / 4096.0;

/// The facts about a model that do not depend on ceilings.
pub(crate) struct Facts<'a> {
    pub(crate) lowered: &'a Lowered<'a>,
    /// For each value, the first value that shares its scale.
    pub(crate) classes: Vec<usize>,
    /// The size of each value.
    sizes: Vec<Size>,
    /// The layer of each step; `None` if the step is not linear.
    layers: Vec<Option<Layer>>,
}

/// The facts about a layer's weights.
struct Layer {
    /// ‖weights‖² of an output, the mean of all.
    square: f64,
    /// The largest weight.
    largest: f64,
    /// The most bits behind the point of a weight with which products under encryption are right.
    most: i32,
}

/// A choice of bits for all values and weights.
pub(crate) struct Choice {
    /// The bits behind the point of each value.
    pub(crate) values: Vec<i32>,
    /// The bits behind the point of the weights of each step.
    pub(crate) weights: Vec<i32>,
    /// The root mean square of the logits' error with this choice.
    pub(crate) error: f64,
}

/// Statistics of a model's values over some pictures.
pub(crate) struct Seen {
    pictures: f64,
    /// For each value, sums of the mean and of the mean square.
    sums: Vec<[f64; 2]>,
}

impl Seen {
    pub(crate) fn new(model: &Model) -> Self {
        Self { pictures: 0.0, sums: vec![[0.0; 2]; model.nodes.len() + 1] }
    }

    /// Adds the values of a picture.
    pub(crate) fn add(&mut self, values: &[Vec<f32>]) {
        self.pictures += 1.0;
        for ([sum, squares], value) in self.sums.iter_mut().zip(values) {
            let mean = |f: fn(f64) -> f64| value.iter().map(|&x| f(x.into())).sum::<f64>() / value.len() as f64;
            *sum += mean(|x| x);
            *squares += mean(|x| x * x);
        }
    }

    fn size(&self, value: usize) -> Size {
        let [mean, square] = self.sums[value].map(|sum| sum / self.pictures.max(1.0));
        Size { typical: square.sqrt(), spread: (square - mean * mean).max(0.0).sqrt() }
    }
}

/// The size of a value's numbers.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Root mean square.
    typical: f64,
    /// Root mean square of the difference from the mean.
    spread: f64,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(lowered: &'a Lowered<'a>, seen: &Seen) -> Self {
        // The input of a ReLU is never the input of a linear layer.
        let steps = lowered.steps.iter().map(|step| step.value.map(|value| seen.size(value)).unwrap_or_default());
        let sizes = std::iter::once(seen.size(0)).chain(steps).collect();
        let layers = lowered.steps.iter().map(|step| match step.op {
            LowOp::Linear { shape, weights, .. } => Some(Layer::new(&shape, weights)),
            _ => None,
        });
        Self { lowered, classes: lowered.classes(), sizes, layers: layers.collect() }
    }

    /// Root mean square of a value over some pictures.
    pub(crate) fn typical(&self, value: usize) -> f64 {
        self.sizes[value].typical
    }

    /// The error of the logits that is small enough.
    pub(crate) fn target(&self) -> f64 {
        self.sizes[self.lowered.steps.len()].typical * TARGET
    }

    /// The ceilings of the model, for each step.
    pub(crate) fn ceilings(&self) -> Vec<Option<f64>> {
        let ceiling = |op: &LowOp<'_>| if let LowOp::Relu { ceiling } = *op { ceiling.map(f64::from) } else { None };
        self.lowered.steps.iter().map(|step| ceiling(&step.op)).collect()
    }

    /// The cheapest choice that is precise enough, or else the most precise.
    pub(crate) fn choose(&self, ceilings: &[Option<f64>]) -> Choice {
        let room = self.room(ceilings);
        let mut best: Option<Choice> = None;
        for most in FEWEST..=MOST {
            let choice = self.share(&room, most);
            if choice.error <= self.target() {
                return choice;
            }
            if best.as_ref().is_none_or(|best| choice.error < best.error) {
                best = Some(choice);
            }
        }
        best.expect("there is a least number of bits")
    }

    /// A choice that gives every value `bits` bits behind the point, and the weights the rest.
    pub(crate) fn force(&self, ceilings: &[Option<f64>], bits: i32) -> Choice {
        let room = self.room(ceilings);
        let values: Vec<i32> = self.classes.iter().map(|&class| if class == 0 { PICTURE } else { bits }).collect();
        self.with(&room, values)
    }

    /// For each linear step, the bits that its inputs and weights may have together.
    fn room(&self, ceilings: &[Option<f64>]) -> Vec<i32> {
        let mut values = vec![vec![Range { lo: 0.0, hi: 1.0 }; self.lowered.input.channels]];
        let mut room = Vec::new();
        for (i, step) in self.lowered.steps.iter().enumerate() {
            let from =
                |k: usize| range::spread(&values[step.inputs[k]], self.lowered.shape(step.inputs[k]), step.input);
            let x = from(0);
            let mut bits = 0;
            let out = match step.op {
                LowOp::Linear { shape, weights, bias } => {
                    let bias: Vec<f64> = bias.iter().map(|&b| b.into()).collect();
                    let out = range::linear(&shape, weights, &bias, &x);
                    let all = range::overall(&out);
                    let mut largest = all.lo.abs().max(all.hi.abs());
                    if i + 1 == self.lowered.steps.len() {
                        // Without truncation it may be twice as large, and so may differences.
                        let difference = range::linear_difference(&shape, weights, &bias, &x, &out);
                        largest = largest.max(difference) / 2.0;
                    }
                    // A little is left for rounding.
                    bits = (f64::from(HEADROOM) + 0.96f64.log2() - largest.log2()).floor().min(60.0) as i32;
                    out
                }
                LowOp::Relu { .. } => x.iter().map(|x| x.clamp(ceilings[i])).collect(),
                LowOp::Max { .. } | LowOp::Average { .. } => x,
                LowOp::Add => x.iter().zip(from(1)).map(|(x, y)| x.plus(y)).collect(),
            };
            values.push(out);
            room.push(bits);
        }
        room
    }

    /// Shares the room between values and weights, with at most `most` bits for a value.
    fn share(&self, room: &[i32], most: i32) -> Choice {
        let steps = &self.lowered.steps;
        let linear = || self.layers.iter().enumerate().filter_map(|(i, layer)| Some((i, layer.as_ref()?)));
        // 1. The bits that consumers ask of each class of values.
        let mut asked = vec![most; steps.len() + 1];
        asked[0] = PICTURE;
        for (i, layer) in linear() {
            let class = self.classes[steps[i].inputs[0]];
            let least = |x: &i32, y: &i32| self.added(i, layer, room, *x).total_cmp(&self.added(i, layer, room, *y));
            let wish = (0..=most).min_by(least).expect("a range with numbers");
            if class != 0 {
                asked[class] = asked[class].min(wish);
            }
        }
        // 2. No value gets more bits than its layer's inputs and weights have together.
        loop {
            let weights = |i: usize, layer: &Layer| layer.bits(room[i] - asked[self.classes[steps[i].inputs[0]]]);
            let too_many = linear().find_map(|(i, layer)| {
                let has = asked[self.classes[steps[i].inputs[0]]] + weights(i, layer);
                let class = self.classes[i + 1];
                (class != 0 && i + 1 != steps.len() && asked[class] > has).then_some((class, has))
            });
            let Some((class, has)) = too_many else { break };
            asked[class] = has;
        }
        // 3. The weights get the rest.
        self.with(room, self.classes.iter().map(|&class| asked[class]).collect())
    }

    /// The choice with these bits for each value, in which the weights get the rest of the room.
    fn with(&self, room: &[i32], mut values: Vec<i32>) -> Choice {
        let steps = &self.lowered.steps;
        let mut weights = vec![0; steps.len()];
        for (i, layer) in self.layers.iter().enumerate().filter_map(|(i, layer)| Some((i, layer.as_ref()?))) {
            weights[i] = layer.bits(room[i] - values[steps[i].inputs[0]]);
        }
        if let Some(last) = steps.len().checked_sub(1).filter(|&last| self.layers[last].is_some()) {
            values[last + 1] = values[steps[last].inputs[0]] + weights[last];
        }
        let error = self.error(&values, &weights);
        Choice { values, weights, error }
    }

    /// The variance that a layer's input and weights add to its output.
    fn added(&self, i: usize, layer: &Layer, room: &[i32], bits: i32) -> f64 {
        let input = self.lowered.steps[i].inputs[0];
        layer.square * 4f64.powi(-bits) / 6.0 + self.weights_error(i, input, layer.bits(room[i] - bits))
    }

    fn weights_error(&self, i: usize, input: usize, bits: i32) -> f64 {
        let LowOp::Linear { shape, .. } = self.lowered.steps[i].op else { return 0.0 };
        shape.patch() as f64 * self.sizes[input].spread.powi(2) * 4f64.powi(-bits) / 12.0
    }

    /// Root mean square of the logits' error, as if errors were independent.
    fn error(&self, values: &[i32], weights: &[i32]) -> f64 {
        let mut variance = vec![0.0];
        for (i, step) in self.lowered.steps.iter().enumerate() {
            let x = variance[step.inputs[0]];
            variance.push(match (&step.op, &self.layers[i]) {
                (LowOp::Linear { .. }, Some(layer)) => {
                    let rounding =
                        if i + 1 == self.lowered.steps.len() { 0.0 } else { 4f64.powi(-values[i + 1]) / 6.0 };
                    layer.square * x + self.weights_error(i, step.inputs[0], weights[i]) + rounding
                }
                // About half of the error is in numbers that become zero.
                (LowOp::Relu { .. }, _) => x / 2.0,
                (LowOp::Average { size, .. }, _) => x / (size * size) as f64 + 4f64.powi(-values[i + 1]) / 6.0,
                (LowOp::Add, _) => x + variance[step.inputs[1]],
                _ => x,
            });
        }
        variance.last().copied().unwrap_or(0.0).sqrt()
    }
}

impl Layer {
    fn new(shape: &tacit_compute::Convolution, weights: &[f32]) -> Self {
        let square = weights.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / shape.filters as f64;
        let largest = weights.iter().map(|w| w.abs()).fold(0.0, f32::max).into();
        // Rounding moves a weight by one unit at most, and a picture's unit is 255 and not 256.
        let allowed = Packing::convolution(shape).map_or(0, |packing| packing.most_weight(&WORD_32));
        let allowed = f64::from(allowed) / 1.01 - 1.0;
        let most = (allowed.max(1.0) / f64::max(largest, f64::MIN_POSITIVE)).log2().floor();
        let most = most.clamp(-20.0, MOST_WEIGHT_BITS.into()) as i32;
        Self { square, largest, most }
    }

    /// The bits behind the point of the weights if there is room for `room` bits.
    fn bits(&self, room: i32) -> i32 {
        let enough = WEIGHT_BITS - self.largest.max(1e-6).log2().ceil() as i32;
        room.min(enough).min(self.most)
    }
}
