//! Filters of one size: cross-layer equalisation.
//!
//! *Computes*: a model of the same function in which no channel between two layers has a filter
//! that is much smaller than the weights that read the channel, or much larger. All weights of a
//! layer share one scale, as whole numbers of a run ([`crate::quantise`]) and in a file
//! ([`crate::file`]). So a filter of 10^-4 times the largest weight keeps one digit or none, even
//! where weights of 10^4 read its output, and it counts as much as every other. *From*: Nagel et
//! al., *Data-Free Quantization Through Weight Equalization and Bias Correction*, 2019, section
//! 4.1.
//!
//! A ReLU, a maximum, a mean and a sum commute with a positive factor. So a filter and its bias may
//! be multiplied by s, if all weights that read the channel are divided by s. For s = √(c/r), where
//! r is the largest weight of the filter and c the largest that reads it, both become √(c·r). That
//! makes the error of the next layer least: its part by rounding the filter falls with s as c/s,
//! and its part by rounding what reads the channel grows as r·s. What is small after that counts
//! little: an error is measured by the largest of the layer. A bias that is larger than r takes its
//! place where the filter grows, since what is nearly constant would grow with it.
//!
//! Factors are powers of two, so that real numbers stay exact and the model says the same to the
//! last bit. All this happens before numbers become whole, and neither plan nor protocol know of
//! it: there is no truncation by channel.
//!
//! Three kinds of channels keep their size: the picture's, the logits', which are compared with
//! each other, and those that may reach the ceiling of a ReLU, which is one number for all its
//! channels. A channel that is proven to stay below a ceiling is only kept below it. Where a layer
//! stays too coarse all the same, [`quantise`](crate::quantise::quantise) finds that out and
//! refuses the model.
//!
//! *Deviations*: nothing is touched where every wanted factor is below 8; the model then stays as
//! its owner made it.

use crate::graph::{Invalid, Model, Op, Shape};
use crate::range;

/// The binary logarithm of the least factor for which a model is equalised.
const WORTH: f64 = 3.0;
/// The largest exponent: two of them are still an exponent of a number of 64 bits.
const MOST: i32 = 400;
/// The most rounds in which factors are found: each depends on those of the layers around it.
const ROUNDS: usize = 100;

/// Equalises a model. It stays as it is where a factor would lead out of the range of its numbers.
///
/// # Errors
/// [`Invalid`] when it is no model.
pub fn equalise(model: &mut Model) -> Result<(), Invalid> {
    if let Some(factors) = Factors::of(model)? {
        let mut equal = model.duplicate();
        if factors.apply(&mut equal) {
            *model = equal;
        }
    }
    Ok(())
}

/// The first layer with a filter whose largest weight is below what `least` says for the layer's
/// weights, although the filter counts as much as others: weights that are so much larger read what
/// it gives.
pub(crate) fn first_coarse(model: &Model, least: impl Fn(&[f32]) -> f64) -> Result<Option<&str>, Invalid> {
    let Some(factors) = Factors::of(model)? else { return Ok(None) };
    let is_coarse = |layer: &Layer, op: &Op| {
        let (Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. }) = op else { return false };
        let least = least(weights);
        weights.chunks_exact(weights.len() / bias.len()).enumerate().any(|(output, filter)| {
            let largest = f64::from(filter.iter().map(|weight| weight.abs()).fold(0.0, f32::max));
            largest > 0.0 && largest < least && f64::from(factors.exponent(layer.output.at(output))) >= WORTH
        })
    };
    let mut nodes = factors.layers.iter().zip(&model.nodes);
    let coarse = nodes.find(|(layer, node)| layer.as_ref().is_some_and(|layer| is_coarse(layer, &node.op)));
    Ok(coarse.map(|(_, node)| &node.name[..]))
}

/// Where the channels of a value are among all channels. Flattening makes a channel of every
/// number; those of one channel before have one factor.
#[derive(Clone, Copy)]
struct Place {
    first: usize,
    each: usize,
}

impl Place {
    fn at(self, channel: usize) -> usize {
        self.first + channel / self.each
    }
}

/// All channels that may have factors of their own; those of values that are added to each other
/// have the same.
struct Channels {
    /// For each channel, another one with the same factor, or itself.
    parents: Vec<usize>,
    /// The largest exponent that a channel may have; `None` where it must stay 0.
    limits: Vec<Option<i32>>,
}

impl Channels {
    fn add(&mut self, count: usize, limit: Option<i32>) -> Place {
        let first = self.parents.len();
        self.parents.extend(first..first + count);
        self.limits.extend(std::iter::repeat_n(limit, count));
        Place { first, each: 1 }
    }

    fn root(&self, mut channel: usize) -> usize {
        while self.parents[channel] != channel {
            channel = self.parents[channel];
        }
        channel
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let limit = self.limits[b];
        self.limit(a, limit);
        self.parents[b] = a;
    }

    fn limit(&mut self, channel: usize, limit: Option<i32>) {
        let root = self.root(channel);
        self.limits[root] = self.limits[root].zip(limit).map(|(a, b)| a.min(b));
    }
}

/// A layer with weights.
#[derive(Clone, Copy)]
struct Layer {
    input: Place,
    output: Place,
    /// Weights from one input channel to one output channel.
    kernel: usize,
}

impl Layer {
    /// Calls `f` with output channel, input channel and weight. A batch normalisation has one
    /// weight for each channel.
    fn each(&self, op: &Op, mut f: impl FnMut(usize, usize, f32)) {
        match op {
            Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. } => {
                let filters = weights.chunks_exact(weights.len() / bias.len()).enumerate();
                for (output, filter) in filters {
                    for (input, kernel) in filter.chunks_exact(self.kernel).enumerate() {
                        kernel.iter().for_each(|&weight| f(output, input, weight));
                    }
                }
            }
            Op::BatchNorm { scale, .. } => scale.iter().enumerate().for_each(|(i, &scale)| f(i, i, scale)),
            _ => {}
        }
    }
}

/// The factors of a model that is worth equalising.
struct Factors {
    channels: Channels,
    layers: Vec<Option<Layer>>,
    /// Binary logarithms, channel by channel; a channel's root counts.
    exponents: Vec<i32>,
}

impl Factors {
    /// `None` where no factor is worth it.
    fn of(model: &Model) -> Result<Option<Self>, Invalid> {
        let shapes = model.shapes()?;
        let (channels, layers) = structure(model, &shapes);
        let exponents = vec![0; channels.parents.len()];
        let mut factors = Self { channels, layers, exponents };
        let mut least = WORTH;
        for _ in 0..ROUNDS {
            if !factors.improve(model, least) {
                break;
            }
            // Once begun, it goes on until nothing is off by a factor of two.
            least = 1.0;
        }
        Ok((least < WORTH).then_some(factors))
    }

    /// Changes all factors that are off by 2^`least` or more; whether there were any.
    fn improve(&mut self, model: &Model, least: f64) -> bool {
        let mut filters = vec![0f64; self.exponents.len()];
        let mut biases = filters.clone();
        let mut readers = filters.clone();
        let roots: Vec<usize> = (0..self.exponents.len()).map(|channel| self.channels.root(channel)).collect();
        for (layer, node) in self.layers.iter().zip(&model.nodes) {
            let Some(layer) = layer else { continue };
            layer.each(&node.op, |output, input, weight| {
                let (output, input) = (roots[layer.output.at(output)], roots[layer.input.at(input)]);
                let size = f64::from(weight).abs() * power(self.exponents[output] - self.exponents[input]);
                filters[output] = filters[output].max(size);
                readers[input] = readers[input].max(size);
            });
            let (Op::Convolution { bias, .. } | Op::Dense { bias, .. } | Op::BatchNorm { shift: bias, .. }) = &node.op
            else {
                continue;
            };
            for (output, &bias) in bias.iter().enumerate() {
                let output = roots[layer.output.at(output)];
                biases[output] = biases[output].max(f64::from(bias).abs() * power(self.exponents[output]));
            }
        }
        let mut changed = false;
        for (channel, exponent) in self.exponents.iter_mut().enumerate() {
            let sizes = [filters[channel], readers[channel]];
            let (Some(most), true) = (self.channels.limits[channel], sizes.iter().all(|&size| size > 0.0)) else {
                continue;
            };
            let factor = |size: f64| (readers[channel] / size).log2() / 2.0;
            let wanted = factor(filters[channel]);
            // A bias keeps a filter from growing, and makes none shrink.
            let wanted = if wanted > 0.0 { wanted.min(factor(biases[channel])).max(0.0) } else { wanted };
            if wanted.abs() < least {
                continue;
            }
            let better = exponent.saturating_add(wanted as i32).clamp(-MOST, most.min(MOST));
            changed |= better != *exponent;
            *exponent = better;
        }
        changed
    }

    fn exponent(&self, channel: usize) -> i32 {
        self.exponents[self.channels.root(channel)]
    }

    /// Multiplies the weights of a model; whether all numbers are still numbers.
    fn apply(&self, model: &mut Model) -> bool {
        let exponent = |channel| self.exponent(channel);
        for (layer, node) in self.layers.iter().zip(&mut model.nodes) {
            let Some(layer) = layer else { continue };
            match &mut node.op {
                Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. } => {
                    let patch = weights.len() / bias.len();
                    for (f, (filter, bias)) in weights.chunks_exact_mut(patch).zip(bias).enumerate() {
                        let output = exponent(layer.output.at(f));
                        for (c, kernel) in filter.chunks_exact_mut(layer.kernel).enumerate() {
                            let input = exponent(layer.input.at(c));
                            kernel.iter_mut().for_each(|weight| multiply(weight, output - input));
                        }
                        multiply(bias, output);
                    }
                }
                Op::BatchNorm { scale, shift } => {
                    for (channel, (scale, shift)) in scale.iter_mut().zip(shift).enumerate() {
                        let output = exponent(layer.output.at(channel));
                        multiply(scale, output - exponent(layer.input.at(channel)));
                        multiply(shift, output);
                    }
                }
                _ => {}
            }
        }
        model.shapes().is_ok()
    }
}

fn power(exponent: i32) -> f64 {
    f64::from(exponent).exp2()
}

fn multiply(x: &mut f32, exponent: i32) {
    *x = (f64::from(*x) * power(exponent)) as f32;
}

/// Which channels a model has, which layers make and read them, and how far each may grow.
fn structure(model: &Model, shapes: &[Shape]) -> (Channels, Vec<Option<Layer>>) {
    let mut channels = Channels { parents: Vec::new(), limits: Vec::new() };
    let mut places = vec![channels.add(model.input.channels, None)];
    let mut layers = Vec::new();
    for (i, node) in model.nodes.iter().enumerate() {
        let (before, input, output) = (places[node.inputs[0]], shapes[node.inputs[0]], shapes[i + 1]);
        let mut layer = None;
        let place = match &node.op {
            Op::Convolution { .. } | Op::Dense { .. } | Op::BatchNorm { .. } => {
                let place = channels.add(output.channels, Some(i32::MAX));
                let kernel = if let Op::Convolution { kernel: [kh, kw], .. } = node.op { kh * kw } else { 1 };
                layer = Some(Layer { input: before, output: place, kernel });
                place
            }
            Op::Flatten => Place { first: before.first, each: before.each * input.area() },
            Op::Add => {
                let other = places[node.inputs[1]];
                (0..input.channels).for_each(|channel| channels.join(before.at(channel), other.at(channel)));
                before
            }
            Op::Relu { .. } | Op::MaxPool { .. } | Op::AveragePool { .. } => before,
        };
        places.push(place);
        layers.push(layer);
    }
    let (last, logits) = (places[model.nodes.len()], shapes[model.nodes.len()]);
    (0..logits.channels).for_each(|channel| channels.limit(last.at(channel), None));
    limit_by_ceilings(model, shapes, &places, &mut channels);
    (channels, layers)
}

/// A channel that may reach a ceiling keeps its size, and one that does not stays below.
fn limit_by_ceilings(model: &Model, shapes: &[Shape], places: &[Place], channels: &mut Channels) {
    let ceiling = |op: &Op| if let Op::Relu { ceiling: Some(ceiling) } = op { Some(f64::from(*ceiling)) } else { None };
    if model.nodes.iter().all(|node| ceiling(&node.op).is_none()) {
        return;
    }
    let ranges = range::of_model(model, shapes);
    for node in &model.nodes {
        let Some(ceiling) = ceiling(&node.op) else { continue };
        let value = node.inputs[0];
        for (channel, range) in ranges[value].iter().enumerate() {
            let limit = if range.hi <= 0.0 {
                Some(i32::MAX)
            } else {
                Some((ceiling / range.hi).log2().floor() as i32).filter(|&limit| limit >= 0)
            };
            channels.limit(places[value].at(channel), limit);
        }
    }
}
