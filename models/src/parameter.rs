//! Numbers that are learned, and how they learn: AdamW (Loshchilov, Hutter 2019) and an average over time.

/// Numbers that are learned, and all that their optimiser keeps of them.
pub(crate) struct Parameter {
    /// The numbers.
    pub(crate) value: Vec<f32>,
    /// How the loss changes with each; overwritten in each step.
    pub(crate) gradient: Vec<f32>,
    mean: Vec<f32>,
    square: Vec<f32>,
    average: Vec<f32>,
    decays: bool,
}

/// One step of learning.
#[derive(Clone, Copy)]
pub(crate) struct Adam {
    /// How far to go.
    pub(crate) rate: f32,
    /// How much of `rate` is taken off weights: smaller ones have ranges that are easier to prove.
    pub(crate) decay: f32,
    /// Which step it is, from 1.
    pub(crate) step: i32,
}

const BETA: [f32; 2] = [0.9, 0.999];
/// How much of the average is kept in a step: it looks back over a thousand steps, nearly two epochs.
const KEPT: f32 = 0.999;

impl Parameter {
    /// Numbers that start as these. Weights decay; scales and shifts need not.
    pub(crate) fn new(value: Vec<f32>, decays: bool) -> Self {
        let zeros = vec![0.0; value.len()];
        Self { gradient: zeros.clone(), mean: zeros.clone(), square: zeros, average: value.clone(), value, decays }
    }

    /// Learns from the gradient.
    pub(crate) fn learn(&mut self, adam: Adam) {
        let [b1, b2] = BETA;
        let correct = (1.0 - b2.powi(adam.step)).sqrt();
        let rate = adam.rate / (1.0 - b1.powi(adam.step));
        let keep = if self.decays { 1.0 - adam.rate * adam.decay } else { 1.0 };
        // The average of few steps must not remember where they began.
        let kept = KEPT.min((1.0 + adam.step as f32) / (10.0 + adam.step as f32));
        let moments = self.mean.iter_mut().zip(&mut self.square).zip(&self.gradient);
        let values = self.value.iter_mut().zip(&mut self.average);
        for ((value, average), ((mean, square), gradient)) in values.zip(moments) {
            *mean = b1 * *mean + (1.0 - b1) * gradient;
            *square = b2 * *square + (1.0 - b2) * gradient * gradient;
            *value = *value * keep - rate * *mean / (square.sqrt() / correct + 1e-8);
            *average = kept * *average + (1.0 - kept) * *value;
        }
    }

    /// Swaps the numbers with their average.
    pub(crate) fn swap_average(&mut self) {
        std::mem::swap(&mut self.value, &mut self.average);
    }
}
