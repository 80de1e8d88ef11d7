//! The whole numbers that only the owner of a model knows.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The weights that belong to a plan, layer by layer in the order of its linear steps.
///
/// Secret: neither `Debug` nor `Clone`, wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Weights {
    /// One entry per linear step.
    pub layers: Vec<LinearWeights>,
}

/// The weights of one linear step. Secret, like [`Weights`].
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct LinearWeights {
    /// The weights, in the layout of [`tacit_compute::Convolution`].
    pub weights: Vec<i32>,
    /// One per filter, at the scale before truncation.
    pub bias: Vec<u32>,
}

impl LinearWeights {
    /// The weights as elements of the ring.
    #[must_use]
    pub fn words(&self) -> Zeroizing<Vec<u32>> {
        Zeroizing::new(self.weights.iter().map(|w| w.cast_unsigned()).collect())
    }
}
