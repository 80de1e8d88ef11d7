//! A lesson on additive sharing: a number in two shares, neither of which reveals anything, and how
//! to compute with them.

use serde::{Deserialize, Serialize};
use tacit_session::{Cost, Fault, Link, Party, Session, lockstep};
use tacit_symmetric::Prg;

use crate::message::{Halves, Handed, one_way};
use crate::party::{self, Report, Run, Task};
use crate::{Clock, Crossed};

/// Alice keeps `mask` and hands Bob `x − mask`. Returns her share.
///
/// *Computes*: shares of `x`. *From*: folklore. *Security*: perfect, given a mask that is uniform
/// and used once. *Cost*: one number from Alice to Bob, no round. *Deviations*: none.
///
/// # Errors
/// The link's.
pub async fn give<L: Link>(s: &mut Session<L>, clock: Clock, x: u64, mask: u64) -> Result<u64, Fault> {
    s.send(&Handed(vec![clock.sub(x, mask)])).await?;
    Ok(clock.wrap(mask))
}

/// Receives the share that [`give`] sends.
///
/// # Errors
/// `Link` faults; `PeerBroke` if the message is not one number below the modulus.
pub async fn take<L: Link>(s: &mut Session<L>, clock: Clock) -> Result<u64, Fault> {
    Ok(s.recv::<Handed>((1, clock)).await?.0[0])
}

/// Opens a shared number to both parties.
///
/// *Computes*: `x_A + x_B`. *From*: folklore. *Security*: perfect; a share reveals nothing but what
/// the sum reveals. *Cost*: [`open_cost`]. *Deviations*: none.
///
/// # Errors
/// `Link` faults; `PeerBroke` if the message is not one number below the modulus.
pub async fn open<L: Link>(s: &mut Session<L>, clock: Clock, share: u64) -> Result<u64, Fault> {
    let theirs = s.exchange(&Halves(vec![share]), (1, clock)).await?.0[0];
    Ok(clock.add(share, theirs))
}

/// The cost of [`open`]: one number each way, one round.
#[must_use]
pub fn open_cost() -> Cost {
    Cost::exchange(8)
}

/// One party's values, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its share of the number.
    pub share: u64,
    /// Its share of the multiple.
    pub multiple: u64,
    /// The opened result.
    pub opened: u64,
}

/// Alice's number, shared, multiplied by a public factor, and opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaled {
    /// Alice's values.
    pub alice: Held,
    /// Bob's values.
    pub bob: Held,
    /// The share that Alice sent, and both openings.
    pub crossed: Vec<Crossed>,
}

/// One party's task in [`scaling`].
#[derive(Serialize, Deserialize)]
pub struct Part {
    clock: Clock,
    factor: u64,
    /// Alice's number and her mask; Bob has none.
    input: Option<[u64; 2]>,
}

/// Alice shares `x` with `mask`; both multiply their shares by `factor` locally; both open.
#[must_use]
pub fn scaling(clock: Clock, x: u64, mask: u64, factor: u64) -> Run<Scaled> {
    let part = |input| Task::Scale(Part { clock, factor, input });
    Run {
        tasks: [part(Some([x, mask])), part(None)],
        read: Box::new(|reports| match Report::both(reports)? {
            ([party::Held::Scale(alice), party::Held::Scale(bob)], crossed) => Ok(Scaled { alice, bob, crossed }),
            _ => Err(party::strange()),
        }),
    }
}

/// The cost of [`scaling`] for a party: a share, and an opening.
#[must_use]
pub fn scale_cost(party: Party) -> Cost {
    one_way(Party::Alice, party, 8) + open_cost()
}

pub(crate) async fn play<L: Link>(s: &mut Session<L>, part: Part) -> Result<Held, Fault> {
    let Part { clock, factor, input } = part;
    let share = match input {
        Some([x, mask]) => give(s, clock, x, mask).await?,
        None => take(s, clock).await?,
    };
    let multiple = clock.mul(share, factor);
    Ok(Held { share, multiple, opened: open(s, clock, multiple).await? })
}

/// [`scaling`] in lockstep.
///
/// # Errors
/// None with two honest parties.
pub fn scale(clock: Clock, x: u64, mask: u64, factor: u64) -> Result<Scaled, Fault> {
    scaling(clock, x, mask, factor).undrawn()
}

/// Re-shares the same number: Alice adds what Bob subtracts.
#[must_use]
pub fn again(clock: Clock, [alice, bob]: [u64; 2], prg: &mut Prg) -> [u64; 2] {
    let r = clock.draw(prg);
    [clock.add(alice, r), clock.sub(bob, r)]
}

/// A histogram of Bob's share of `x`, over `draws` uniform masks of Alice's.
#[must_use]
pub fn on_the_clock(clock: Clock, x: u64, draws: usize, prg: &mut Prg) -> Vec<u32> {
    let mut counts = vec![0; clock.hours() as usize];
    for _ in 0..draws {
        let alice = async |mut s| give(&mut s, clock, x, clock.draw(prg)).await;
        let (_, share) = lockstep::run(alice, async |mut s| take(&mut s, clock).await);
        if let Ok(share) = share {
            counts[share as usize] += 1;
        }
    }
    counts
}

/// The same over the integers: the mask is uniform from 0 to `reach − 1`, and Bob's share is the
/// plain difference. The first bin is `1 − reach`, the last `reach − 1`.
#[must_use]
pub fn without_a_clock(reach: u64, x: u64, draws: usize, prg: &mut Prg) -> Vec<u32> {
    let mask = Clock::new(reach);
    let mut counts = vec![0; 2 * reach as usize - 1];
    for _ in 0..draws {
        counts[(x % reach + reach - 1 - mask.draw(prg)) as usize] += 1;
    }
    counts
}

/// The sender of each message, and how many messages it sent.
#[must_use]
pub fn sent(crossed: &[Crossed], party: Party) -> usize {
    crossed.iter().filter(|message| message.from == party).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn twelve_becomes_thirty_six() {
        let run = scale(Clock::new(100), 12, 5, 3).unwrap();
        assert_eq!(run.alice, Held { share: 5, multiple: 15, opened: 36 });
        assert_eq!(run.bob, Held { share: 7, multiple: 21, opened: 36 });
        let numbers: Vec<_> = run.crossed.iter().map(|message| (message.from, message.numbers())).collect();
        assert_eq!(numbers, [(Party::Alice, vec![7]), (Party::Alice, vec![15]), (Party::Bob, vec![21])]);
        assert_eq!((sent(&run.crossed, Party::Alice), sent(&run.crossed, Party::Bob)), (2, 1));
    }

    #[test]
    fn five_is_seven_and_eight_on_a_clock_of_ten() {
        let run = scale(Clock::new(10), 5, 7, 1).unwrap();
        assert_eq!((run.alice.share, run.bob.share, run.bob.opened), (7, 8, 5));
    }

    #[test]
    fn it_costs_what_is_declared() {
        let clock = Clock::new(100);
        let party = async |mut s: Session<_>, input| {
            play(&mut s, Part { clock, factor: 3, input }).await?;
            Ok::<_, Fault>(s.ledger().total())
        };
        let (alice, bob) = lockstep::run(async |s| party(s, Some([12, 5])).await, async |s| party(s, None).await);
        assert_eq!((alice, bob), (Ok(scale_cost(Party::Alice)), Ok(scale_cost(Party::Bob))));
    }

    proptest! {
        #[test]
        fn any_number_comes_back(m in 2u64..1000, x: u32, mask: u32, factor: u32) {
            let clock = Clock::new(m);
            let run = scale(clock, x.into(), mask.into(), factor.into()).unwrap();
            prop_assert_eq!(run.alice.opened, clock.mul(x.into(), factor.into()));
            prop_assert_eq!(run.bob.opened, run.alice.opened);
        }

        #[test]
        fn other_shares_of_the_same_number(a in 0u64..10, b in 0u64..10, seed: [u8; 32]) {
            let ten = Clock::new(10);
            let [c, d] = again(ten, [a, b], &mut Prg::from_seed(seed));
            prop_assert_eq!(ten.add(a, b), ten.add(c, d));
        }
    }

    #[test]
    fn on_a_clock_all_shares_are_as_likely_whatever_the_number_is() {
        for x in [0, 5, 9] {
            let counts = on_the_clock(Clock::new(10), x, 2000, &mut Prg::from_seed([3; 32]));
            // Six standard deviations around 200.
            assert!(counts.iter().all(|count| (120..=280).contains(count)), "{x}: {counts:?}");
        }
    }

    #[test]
    fn without_one_the_shares_move_with_the_number() {
        let range = |x| {
            let counts = without_a_clock(10, x, 2000, &mut Prg::from_seed([3; 32]));
            let seen = |at: &usize| counts[*at] > 0;
            ((0..19).find(seen), (0..19).rfind(seen))
        };
        assert_eq!(range(0), (Some(0), Some(9)));
        assert_eq!(range(9), (Some(9), Some(18)));
    }
}
