//! Which of the two parties this is.

use serde::{Deserialize, Serialize};

/// One of the two parties. Alice made the invite; Bob took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// P0 of the protocols: the host. She adds public constants to her share.
    Alice,
    /// P1 of the protocols: the guest.
    Bob,
}

impl Party {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }
}
