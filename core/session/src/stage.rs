//! The stages of a session, in the order a person sees them. Traffic is counted by stage.

use serde::{Deserialize, Serialize};

/// The stage of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Control messages between the two programs: versions, words, agreement, readiness.
    Talk,
    /// Base OT, once per pairing.
    BaseOt,
    /// OT extension, which fills the stock of offline material.
    Extend,
    /// Products of weights and masks under lattice encryption.
    Correlate,
    /// The comparison of two private numbers.
    Compare,
    /// Inference: a picture passes through the layers of a model.
    Infer,
    /// Opening the agreed result.
    Reveal,
}

impl Stage {
    /// Every stage in order.
    pub const ALL: [Stage; 7] =
        [Stage::Talk, Stage::BaseOt, Stage::Extend, Stage::Correlate, Stage::Compare, Stage::Infer, Stage::Reveal];

    /// Whether the stage belongs to the offline phase, before any input exists.
    #[must_use]
    pub fn is_offline(self) -> bool {
        matches!(self, Stage::BaseOt | Stage::Extend | Stage::Correlate)
    }

    /// Whether the stage belongs to the online phase, which depends on an input.
    #[must_use]
    pub fn is_online(self) -> bool {
        matches!(self, Stage::Compare | Stage::Infer | Stage::Reveal)
    }
}
