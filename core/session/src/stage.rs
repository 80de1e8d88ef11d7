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
    /// The comparison itself.
    Compare,
    /// Opening the agreed result.
    Reveal,
}

impl Stage {
    /// Every stage in order.
    pub const ALL: [Stage; 5] = [Stage::Talk, Stage::BaseOt, Stage::Extend, Stage::Compare, Stage::Reveal];

    /// Whether this stage happens before any input exists.
    #[must_use]
    pub fn is_offline(self) -> bool {
        matches!(self, Stage::BaseOt | Stage::Extend)
    }

    /// Whether this stage depends on an input.
    #[must_use]
    pub fn is_online(self) -> bool {
        matches!(self, Stage::Compare | Stage::Reveal)
    }
}
