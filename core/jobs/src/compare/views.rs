//! What one party sees of a comparison, and a simulator that makes the same without the other's
//! amount.
//!
//! A protocol is secure if nobody can tell what a party sees from what could be made up out of that
//! party's own input and answer: then it told nothing else. [`real`] runs the protocol's own code
//! for both parties and keeps what crosses; [`simulated`] makes it up. The
//! [histogram](tacit_record::flatness::Histogram) of either is flat.
//!
//! *Computes*: a [`View`]: every message that a party sends and receives online. *From*: Goldreich,
//! *Foundations of Cryptography* II, 2004, section 7.2 (views and simulators), with the simulator
//! of gates on shared bits of section 7.3; Lindell, *How to Simulate It*,
//! 2017. *Security*: real and simulated views have the same distribution, together with the party's
//!       amount, material and answer, whatever the other's amount is. For in all messages that a
//!       party receives but the last, the other's half lies under a mask that is uniform and occurs
//!       nowhere else, so they are uniform bits; and the last is the party's own half of the
//!       answer, which material makes uniform, XOR the answer. That is perfect, in the model in
//!       which material is [dealt](tacit_share::ideal). Material that two people make themselves is
//!       as good as dealt to whoever cannot break the transfers (`tacit_ot`), which is where the
//!       128 bits come in. *Deviations*: none.
//!
//! ```
//! use tacit_jobs::compare::views::{real, simulated};
//! use tacit_jobs::{Amount, Order};
//! use tacit_session::Party;
//!
//! let [x, y] = [1_000, 2_000].map(|units| Amount::from_minor_units(units).unwrap());
//! let seen = real(Party::Alice, &x, &y, [1; 32]);
//! let made_up = simulated(Party::Alice, &x, Order::They, [2; 32]);
//! assert_eq!((seen.answer, made_up.answer), (Order::They, Order::They));
//! assert_eq!(seen.messages.len(), made_up.messages.len());
//! ```

use tacit_record::view::{self, Seen, watch};
use tacit_ring::Bits;
use tacit_session::lockstep::QueueLink;
use tacit_session::{Fault, Party, Session};
use tacit_share::material::Material;
use tacit_share::{ideal, simulate};
use tacit_symmetric::Prg;

use crate::{Amount, Order, compare};

/// What one party sees of one comparison.
pub type View = view::View<Order>;

/// What `party` sees when the protocol compares Alice's amount `x` with Bob's `y`.
///
/// Runs the programs of both parties, as they run between two people, on material dealt from
/// `seed`.
#[must_use]
pub fn real(party: Party, x: &Amount, y: &Amount, seed: [u8; 32]) -> View {
    real_on(party, x, y, |s| ideal::deal(s, compare::demand(), seed))
}

/// [`real`], on any material that makes the answer right: a lesson shows what is seen where masks
/// are missing.
///
/// # Panics
/// On material that makes the opened bits say both less and equal.
#[must_use]
pub fn real_on(party: Party, x: &Amount, y: &Amount, material: impl Fn(&Session<QueueLink>) -> Material) -> View {
    let (mine, theirs) = if party == Party::Alice { (x, y) } else { (y, x) };
    let (answer, messages) = watch(party, honest(mine, &material), honest(theirs, &material));
    view(party, answer, messages)
}

/// What `party` could see when it has the amount `own` and learns `answer`, made without any other
/// amount.
///
/// *Computes*: runs the party's own program on material dealt from `seed`, against [`simulate`],
/// which sends uniform bits, and in the end the half that makes the opened bits say the answer.
/// *From*, *Security*: see the [module](self).
#[must_use]
pub fn simulated(party: Party, own: &Amount, answer: Order, seed: [u8; 32]) -> View {
    simulated_on(party, own, answer, seed, |s| ideal::deal(s, compare::demand(), seed))
}

/// [`simulated`], with the party's own part of any material; the other party's noise is drawn from
/// `seed`.
#[must_use]
pub fn simulated_on(
    party: Party,
    own: &Amount,
    answer: Order,
    seed: [u8; 32],
    material: impl Fn(&Session<QueueLink>) -> Material,
) -> View {
    let (said, messages) = watch(party, honest(own, material), async |mut s| {
        let mut rng = Prg::from_seed(seed).fork(b"the other party's noise");
        simulate::less_and_equal(&mut s, 1, &mut rng).await?;
        simulate::reveal(&mut s, &Bits::from_iter(compare::opened(party, answer))).await
    });
    view(party, said, messages)
}

/// A party's own program.
fn honest(
    amount: &Amount,
    material: impl Fn(&Session<QueueLink>) -> Material,
) -> impl AsyncFnOnce(Session<QueueLink>) -> Result<Option<Order>, Fault> {
    async move |mut s| {
        let material = material(&s);
        compare::order(&mut s, material, amount).await
    }
}

fn view(party: Party, answer: Result<Option<Order>, Fault>, messages: Vec<Seen>) -> View {
    let answer = answer.expect("two programs that follow the protocol meet no fault");
    let answer = answer.expect("correct material gives an order");
    View { party, about: "A comparison of two amounts of 64 bits", messages, answer }
}

#[cfg(test)]
mod tests;
