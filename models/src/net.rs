//! A network: blocks in a row, what they say of a batch, and what they learn from it.

use fastrand::Rng;

use crate::block::{Activation, Block, Geometry};
use crate::data::{CLASSES, SIDE};
use crate::parameter::Adam;
use crate::recipe::{Layer, Recipe};

/// Blocks in a row.
pub(crate) struct Net {
    /// The last one gives the logits.
    pub(crate) blocks: Vec<Block>,
    values: Vec<Vec<f32>>,
}

/// What came of a batch.
#[derive(Clone, Copy, Default)]
pub(crate) struct Score {
    /// The sum of the losses.
    pub(crate) loss: f32,
    /// How many labels were right.
    pub(crate) right: usize,
}

impl Net {
    /// A network that has learned nothing.
    pub(crate) fn new(recipe: &Recipe, rng: &mut Rng) -> Self {
        let mut net = Self { blocks: Vec::new(), values: Vec::new() };
        let (mut channels, mut side) = (1, SIDE);
        for layer in recipe.layers {
            let (geometry, activation) = match *layer {
                Layer::Convolution { filters, kernel, stride, ceiling } => {
                    let padding = kernel / 2;
                    (Geometry { channels, side, filters, kernel, stride, padding }, Activation::Relu { ceiling })
                }
                Layer::Dense { outputs, ceiling } => (whole(channels, side, outputs), Activation::Relu { ceiling }),
            };
            net.push(geometry, activation, rng);
            (channels, side) = (geometry.filters, geometry.out());
        }
        net.push(whole(channels, side, CLASSES), Activation::Bias, rng);
        net
    }

    fn push(&mut self, geometry: Geometry, activation: Activation, rng: &mut Rng) {
        self.blocks.push(Block::new(geometry, activation, rng));
        self.values.push(Vec::new());
    }

    /// The logits of a batch.
    pub(crate) fn forward(&mut self, input: &[f32], momentum: f32) -> &[f32] {
        for i in 0..self.blocks.len() {
            let (before, rest) = self.values.split_at_mut(i);
            let input = before.last().map_or(input, |values| values);
            self.blocks[i].forward(input, momentum, &mut rest[0]);
        }
        &self.values[self.values.len() - 1]
    }

    /// Learns from a batch.
    pub(crate) fn learn(&mut self, input: &[f32], labels: &[usize], smoothing: f32, adam: Adam) -> Score {
        self.forward(input, 0.01);
        let score = self.gradients(labels, smoothing);
        self.blocks.iter_mut().flat_map(Block::parameters).for_each(|parameter| parameter.learn(adam));
        score
    }

    /// The gradients of the mean cross-entropy, after `forward`.
    fn gradients(&mut self, labels: &[usize], smoothing: f32) -> Score {
        let logits = self.values.last_mut().expect("the logits' block");
        let score = cross_entropy(logits, labels, smoothing);
        for i in (0..self.blocks.len()).rev() {
            let (before, rest) = self.values.split_at_mut(i);
            self.blocks[i].backward(&mut rest[0], before.last_mut());
        }
        score
    }

    /// Swaps what was learned last with its average over time.
    pub(crate) fn swap_average(&mut self) {
        self.blocks.iter_mut().flat_map(Block::parameters).for_each(crate::parameter::Parameter::swap_average);
    }

    /// What the normalisations have seen.
    pub(crate) fn statistics(&self) -> Vec<[Vec<f32>; 2]> {
        self.blocks.iter().map(|block| [block.mean.clone(), block.variance.clone()]).collect()
    }

    /// Has the normalisations go on from what they had seen.
    pub(crate) fn set_statistics(&mut self, seen: Vec<[Vec<f32>; 2]>) {
        self.blocks.iter_mut().zip(seen).for_each(|(block, seen)| [block.mean, block.variance] = seen);
    }
}

/// A dense layer.
fn whole(channels: usize, side: usize, filters: usize) -> Geometry {
    Geometry { channels, side, filters, kernel: side, stride: 1, padding: 0 }
}

/// Turns logits into gradients of the mean loss. Labels are smoothed (Szegedy et al. 2016): without, logits grow for
/// ever, and with them the ranges.
fn cross_entropy(logits: &mut [f32], labels: &[usize], smoothing: f32) -> Score {
    let mut score = Score::default();
    let off = smoothing / CLASSES as f32;
    for (row, &label) in logits.chunks_exact_mut(CLASSES).zip(labels) {
        let best = (0..CLASSES).fold(0, |best, i| if row[i] > row[best] { i } else { best });
        score.right += usize::from(best == label);
        let most = row[best];
        row.iter_mut().for_each(|x| *x -= most);
        let sum: f32 = row.iter().map(|x| x.exp()).sum();
        for (i, x) in row.iter_mut().enumerate() {
            let wanted = if i == label { 1.0 - smoothing + off } else { off };
            score.loss -= wanted * (*x - sum.ln());
            *x = (x.exp() / sum - wanted) / labels.len() as f32;
        }
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Schedule;

    /// The way back against differences, for a weight, a scale and a shift of each block.
    #[test]
    fn gradients_are_those_of_the_loss() {
        let layers = &[
            Layer::Convolution { filters: 3, kernel: 5, stride: 2, ceiling: None },
            Layer::Convolution { filters: 4, kernel: 3, stride: 2, ceiling: Some(1.5) },
            Layer::Dense { outputs: 6, ceiling: Some(2.0) },
        ];
        let recipe = Recipe { layers, ..Recipe::digits(Schedule::default()) };
        let mut rng = Rng::with_seed(3);
        let mut net = Net::new(&recipe, &mut rng);
        let input: Vec<f32> = (0..6 * SIDE * SIDE).map(|_| rng.f32()).collect();
        let labels = [1, 0, 9, 4, 4, 7];
        net.forward(&input, 0.0);
        net.gradients(&labels, 0.1);
        let loss = |net: &mut Net| {
            let mut logits = net.forward(&input, 0.0).to_vec();
            cross_entropy(&mut logits, &labels, 0.1).loss / labels.len() as f32
        };
        for block in 0..net.blocks.len() {
            for which in 0..3 {
                let at = |net: &mut Net, change: f32| {
                    let parameter = net.blocks[block].parameters().nth(which).unwrap();
                    let place = parameter.value.len() / 2;
                    parameter.value[place] += change;
                    parameter.gradient[place]
                };
                const STEP: f32 = 2e-3;
                let gradient = at(&mut net, STEP);
                let above = loss(&mut net);
                at(&mut net, -2.0 * STEP);
                let below = loss(&mut net);
                at(&mut net, STEP);
                let measured = (above - below) / (2.0 * STEP);
                let near = (measured - gradient).abs() < 2e-3 + 0.05 * gradient.abs();
                assert!(near, "block {block}, parameter {which}: {gradient} but measured {measured}");
            }
        }
    }
}
