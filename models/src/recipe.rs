//! The two models and how each is trained.

use crate::augment::Augment;
use crate::data::{CLASSES, FASHION, MNIST, Source};

/// A hidden layer with batch normalisation and a ReLU.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layer {
    /// A convolution, padded so that each pixel counts.
    Convolution {
        /// Channels of the output.
        filters: usize,
        /// Height and width of the kernel.
        kernel: usize,
        /// Steps from one output to the next.
        stride: usize,
        /// What the ReLU does not exceed. It costs a second comparison.
        ceiling: Option<f32>,
    },
    /// A dense layer.
    Dense {
        /// Its outputs.
        outputs: usize,
        /// As above.
        ceiling: Option<f32>,
    },
}

/// How long, and from where.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Schedule {
    /// How often each picture is seen.
    pub(crate) epochs: Option<usize>,
    /// Where all random numbers come from.
    pub(crate) seed: Option<u64>,
    /// How many of the training pictures are kept for judging instead, to choose between recipes.
    pub(crate) held_out: usize,
}

/// A model and how it is trained.
pub(crate) struct Recipe {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What it learns from.
    pub(crate) source: &'static Source,
    /// What each logit stands for.
    pub(crate) labels: [&'static str; CLASSES],
    /// All but the last layer, which gives the logits.
    pub(crate) layers: &'static [Layer],
    /// How pictures are changed.
    pub(crate) augment: Augment,
    /// How often each picture is seen.
    pub(crate) epochs: usize,
    /// Where all random numbers come from.
    pub(crate) seed: u64,
    /// See [`Schedule::held_out`].
    pub(crate) held_out: usize,
    /// The highest rate of learning.
    pub(crate) rate: f32,
    /// See [`crate::parameter::Adam::decay`].
    pub(crate) decay: f32,
    /// How much of a label is spread over all.
    pub(crate) smoothing: f32,
}

/// Pictures in a batch.
pub(crate) const BATCH: usize = 100;

impl Recipe {
    /// Handwritten digits.
    pub(crate) fn digits(schedule: Schedule) -> Self {
        Self {
            name: "digits",
            source: &MNIST,
            labels: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            layers: &[
                Layer::Convolution { filters: 4, kernel: 5, stride: 2, ceiling: None },
                Layer::Convolution { filters: 12, kernel: 5, stride: 2, ceiling: None },
                Layer::Dense { outputs: 64, ceiling: Some(4.0) },
            ],
            // People draw with a mouse: slanted, shaky, with any pen.
            augment: Augment { shift: 2.0, turn: 0.2, slant: 0.2, scale: 0.12, bend: 0.6, pen: 0.5, mirror: 0.0 },
            epochs: schedule.epochs.unwrap_or(40),
            seed: schedule.seed.unwrap_or(1),
            held_out: schedule.held_out,
            rate: 4e-3,
            decay: 0.02,
            smoothing: 0.05,
        }
    }

    /// Articles of clothing.
    pub(crate) fn clothes(schedule: Schedule) -> Self {
        Self {
            name: "clothes",
            source: &FASHION,
            labels: [
                "T-shirt",
                "trousers",
                "pullover",
                "dress",
                "coat",
                "sandal",
                "shirt",
                "sneaker",
                "bag",
                "ankle boot",
            ],
            layers: &[
                Layer::Convolution { filters: 5, kernel: 5, stride: 2, ceiling: None },
                Layer::Convolution { filters: 16, kernel: 5, stride: 2, ceiling: None },
                Layer::Dense { outputs: 64, ceiling: Some(4.0) },
            ],
            // All shoes of the data set look one way; people's do not.
            augment: Augment { shift: 1.5, turn: 0.05, slant: 0.0, scale: 0.08, bend: 0.0, pen: 0.0, mirror: 0.5 },
            epochs: schedule.epochs.unwrap_or(40),
            seed: schedule.seed.unwrap_or(1),
            held_out: schedule.held_out,
            rate: 4e-3,
            decay: 0.02,
            smoothing: 0.05,
        }
    }
}
