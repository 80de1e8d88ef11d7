//! Bits shared between the two parties.

use std::ops::BitXor;

use tacit_ring::Bits;
use tacit_session::{Link, Session};

/// This party's half of a shared vector of bits: the vector is the XOR of both halves.
///
/// A half that a gate made is uniformly random, whatever the vector is. There is no way from here
/// to the value but [`open::reveal`](crate::open::reveal).
pub struct Shared(pub(crate) Bits);

impl Shared {
    /// Shares of `a ⊕ b` where Alice knows `a` and Bob knows `b`: each input is a half. Such a half
    /// is not random, so it must meet a mask before it goes anywhere; every gate sees to that.
    #[must_use]
    pub fn from_input(mine: &Bits) -> Self {
        Self(mine.duplicate())
    }

    /// The number of shared bits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are no shared bits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Shares of these bits and then those of `other`.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let mut joined = self.0.duplicate();
        joined.append(&other.0);
        Self(joined)
    }

    /// Shares of the complement. Local: Alice flips her half.
    #[must_use]
    pub fn not<L: Link>(&self, s: &Session<L>) -> Self {
        let flip = s.lead(true);
        Self(&self.0 ^ &Bits::from_fn(self.len(), |_| flip))
    }
}

impl BitXor for &Shared {
    type Output = Shared;
    /// Shares of the XOR. Local.
    fn bitxor(self, other: &Shared) -> Shared {
        Shared(&self.0 ^ &other.0)
    }
}
