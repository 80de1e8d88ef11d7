//! The load of a run on a party, and its limits, which keep a plan from filling the client's
//! memory.
//!
//! A client runs the plan of a peer. So every limit is checked before anything is allocated, from
//! the shapes alone, for the whole task: all pictures and the ranks of their logits. `Load` counts
//! all that grows with them. At the limits a run takes 110 MB of a party for comparisons, 48 MB for
//! ranks and 30 MB for truncations, as `tests/memory.rs` of `tacit-infer` measures.

use std::iter::Sum;

use tacit_rlwe::Packing;

use crate::graph::{MAX_WEIGHTS, Shape};
use crate::plan::StepOp;

/// The most comparisons of a run: their material takes some 60 MB, and as much again while they are
/// made.
pub const MAX_COMPARISONS: usize = 1 << 20;
/// The most ciphertexts of a run, requests and responses. The client asks for all at once, and so
/// many are less than what a link keeps for a party that is slow to read.
pub const MAX_CIPHERTEXTS: usize = 1 << 9;
/// The most numbers of a run: the pictures, the inputs and outputs of linear steps, the outputs of
/// all steps. One takes at most 12 bytes until it is used: its share, and two words for its
/// truncation.
pub const MAX_NUMBERS: usize = 1 << 22;
/// The most pairs of logits that are compared to rank them. All transfers for them are made at
/// once, at most a million in each direction.
pub const MAX_RANKED: usize = 1 << 15;

/// The load of a run, or of a part of it. Saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) comparisons: u64,
    pub(crate) ciphertexts: u64,
    pub(crate) numbers: u64,
    pub(crate) ranked: u64,
    weights: u64,
}

impl Load {
    /// Whether it keeps within every limit.
    pub(crate) fn is_bearable(self) -> bool {
        let Self { comparisons, ciphertexts, numbers, ranked, weights } = self;
        comparisons <= MAX_COMPARISONS as u64
            && ciphertexts <= MAX_CIPHERTEXTS as u64
            && numbers <= MAX_NUMBERS as u64
            && ranked <= MAX_RANKED as u64
            && weights <= MAX_WEIGHTS as u64
    }

    /// The sum of two loads.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            comparisons: self.comparisons.saturating_add(other.comparisons),
            ciphertexts: self.ciphertexts.saturating_add(other.ciphertexts),
            numbers: self.numbers.saturating_add(other.numbers),
            ranked: self.ranked.saturating_add(other.ranked),
            weights: self.weights.saturating_add(other.weights),
        }
    }

    /// The load of `batch` pictures, which share the weights.
    pub(crate) fn times(self, batch: usize) -> Self {
        let all = |n: u64| n.saturating_mul(batch as u64);
        Self {
            comparisons: all(self.comparisons),
            ciphertexts: all(self.ciphertexts),
            numbers: all(self.numbers),
            ranked: all(self.ranked),
            weights: self.weights,
        }
    }
}

impl Sum for Load {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Self::plus)
    }
}

/// The load of a picture.
pub(crate) fn picture(shape: Shape) -> Load {
    Load { numbers: shape.len() as u64, ..Load::default() }
}

/// The load of a step; `None` if a layer fits into no ciphertext.
pub(crate) fn of_step(op: &StepOp, input: Shape, output: Shape) -> Option<Load> {
    let load = Load { comparisons: comparisons(op, output) as u64, numbers: output.len() as u64, ..Load::default() };
    let StepOp::Linear { shape, .. } = op else { return Some(load) };
    let packing = Packing::convolution(shape)?;
    Some(load.plus(Load {
        ciphertexts: (packing.requests() + packing.responses()) as u64,
        // The mask of the input, and a share of the masked product.
        numbers: (input.len() + output.len()) as u64,
        weights: shape.weights() as u64,
        ..Load::default()
    }))
}

/// The number of comparisons of a step for one picture.
pub(crate) fn comparisons(op: &StepOp, output: Shape) -> usize {
    let n = output.len();
    match op {
        // Saturating, for words of 32 bits.
        StepOp::Max { size, .. } => n.saturating_mul(size * size - 1),
        StepOp::Relu { ceiling, .. } => n * if ceiling.is_some() { 2 } else { 1 },
        StepOp::Linear { .. } | StepOp::Average { .. } | StepOp::Add => 0,
    }
}

/// The load of ranking the logits of `batch` pictures.
pub(crate) fn ranks(logits: usize, batch: usize) -> Load {
    let ranked = logits.saturating_mul(logits.saturating_sub(1)) / 2;
    Load { ranked: ranked as u64, ..Load::default() }.times(batch)
}
