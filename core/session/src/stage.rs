//! The stages of a session, in the order a person sees them. Traffic is counted by stage.

use serde::{Deserialize, Serialize};

/// What the parties are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Versions, words, agreement, readiness: between the persons.
    Talk,
    /// Base oblivious transfers: once per pairing.
    BaseOt,
    /// Oblivious-transfer extension: stocks material.
    Extend,
    /// Products of weights and masks under lattice encryption.
    Correlate,
    /// The comparison itself.
    Compare,
    /// A picture on its way through the layers of a model.
    Infer,
    /// Opening the agreed result.
    Reveal,
}

impl Stage {
    /// Every stage in order.
    pub const ALL: [Stage; 7] =
        [Stage::Talk, Stage::BaseOt, Stage::Extend, Stage::Correlate, Stage::Compare, Stage::Infer, Stage::Reveal];

    /// Whether this stage happens before any input exists.
    #[must_use]
    pub fn is_offline(self) -> bool {
        matches!(self, Stage::BaseOt | Stage::Extend | Stage::Correlate)
    }

    /// Whether this stage depends on an input.
    #[must_use]
    pub fn is_online(self) -> bool {
        matches!(self, Stage::Compare | Stage::Infer | Stage::Reveal)
    }
}
