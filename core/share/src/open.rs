//! Opening: the only way from shares to values.

use tacit_ring::Bits;
use tacit_session::{Cost, Fault, Link, Session};

use crate::Shared;
use crate::wire::OpenBits;

/// The shared bits, in the clear, to both parties.
///
/// *Computes*: `x0 ⊕ x1`. *From*: folklore (Goldreich–Micali–Wigderson 1987). *Security*: perfect; the other party
/// learns the value and, because a half is uniform given the value, nothing else. Call it only for what the agreement names.
/// *Cost*: [`reveal_cost`]. *Deviations*: none.
///
/// # Errors
/// The link's, or the peer's when a message is not of the expected shape.
pub async fn reveal<L: Link>(s: &mut Session<L>, x: &Shared) -> Result<Bits, Fault> {
    let theirs = s.exchange(&OpenBits(x.0.duplicate()), x.len()).await?;
    Ok(&x.0 ^ &theirs.0)
}

/// What [`reveal`] of `n` bits costs.
#[must_use]
pub fn reveal_cost(n: usize) -> Cost {
    Cost::exchange(Bits::bytes_for(n))
}
