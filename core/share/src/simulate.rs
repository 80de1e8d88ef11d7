//! Simulators: the other party of a protocol, played without an input.
//!
//! A protocol is private if what a party sees can be made from what it puts in and what it learns
//! alone. Here that is done. Each simulator speaks to the party's own program, so that what the
//! party sees is made of the messages that its program expects and gives. They are composed as the
//! protocols are.
//!
//! *Computes*: the messages of a party whose input nobody knows. *From*: Goldreich, *Foundations of
//! Cryptography* II, 2004, section 7.3 (the definition, gates on shared bits, and the composition
//! of simulators); Lindell, *How to Simulate It*, 2017. *Security*: in the model in which material
//! is [dealt](crate::ideal), perfect: the messages have the distribution of the real ones to the
//! bit, jointly with all that the party knows. *Cost*: those of the protocols. *Deviations*: a
//! simulator waits for the party's message before it sends its own where it has to know the party's
//! half; within a round the order is nobody's to see.

use tacit_ring::Bits;
use tacit_session::lockstep::QueueLink;
use tacit_session::{Fault, Session, Tag};
use tacit_symmetric::Prg;

use crate::compare;
use crate::ideal::random;
use crate::wire::{MaskedInputs, MaskedOperands, OpenBits};

/// Plays the other party of [`compare::less_and_equal`] on `n` pairs: in every round uniform bits,
/// which is what one-time masks make of any input.
///
/// # Errors
/// Those of the party's program.
pub async fn less_and_equal(s: &mut Session<QueueLink>, n: usize, rng: &mut Prg) -> Result<(), Fault> {
    for (tag, bits) in compare::messages(n) {
        let noise = random(rng, bits);
        match tag {
            Tag::MaskedInputs => drop(s.exchange(&MaskedInputs(noise), bits).await?),
            _ => drop(s.exchange(&MaskedOperands(noise), bits).await?),
        }
    }
    Ok(())
}

/// Plays the other party of [`open::reveal`](crate::open::reveal) where `value` is opened: with the
/// half that makes the party's half that value. There is only one, so the real one is the same.
///
/// # Errors
/// Those of the party's program.
pub async fn reveal(s: &mut Session<QueueLink>, value: &Bits) -> Result<(), Fault> {
    let OpenBits(theirs) = s.recv(value.len()).await?;
    s.send(&OpenBits(&theirs ^ value)).await
}
