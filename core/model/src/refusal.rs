//! Why a model cannot be run, in sentences for its owner.

use crate::graph::Invalid;

/// A model that cannot be run as it is: which layer, why, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{layer}: {why} {change}")]
pub struct Refusal {
    /// The layer's name.
    pub layer: String,
    /// The reason. A sentence.
    pub why: String,
    /// The change that the owner can make. A sentence.
    pub change: String,
}

impl Refusal {
    pub(crate) fn new(layer: &str, why: impl Into<String>, change: impl Into<String>) -> Self {
        Self { layer: layer.into(), why: why.into(), change: change.into() }
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        let why = format!("The model does not hold together: {}.", invalid.why);
        Self::new(&invalid.node, why, "Export the model anew.")
    }
}
