//! A lesson on a number shared among more than two parties, any few of whom can recover it.

use serde::{Deserialize, Serialize};
use tacit_session::{Cost, Fault, Link, Session};
use tacit_shamir::{Error, Field, Share, over_integers, recover, share_with};

use crate::message::Halves;
use crate::party::{Held, Report, Run, Task, strange};
use crate::{Clock, Crossed};

/// The lesson's secret.
pub const SECRET: i64 = 65;
/// The lesson's prime: the shares of [`line()`] are the same numbers as without it.
pub const PRIME: u64 = 127;

/// The lesson's line: a secret of 65, a slope of 15.
#[must_use]
pub fn line() -> [i64; 2] {
    [SECRET, 15]
}

/// The values of a polynomial with integer coefficients at 1, 2, …, `n`.
///
/// # Errors
/// If a number gets too large.
pub fn points(coefficients: &[i64], n: usize) -> Result<Vec<(i64, i64)>, Fault> {
    let points = over_integers::share_with(coefficients, n).map_err(internal)?;
    points
        .into_iter()
        .map(|(x, y)| Ok((x, i64::try_from(y).map_err(|_| Fault::internal("a share too large"))?)))
        .collect()
}

/// The secret that `k` points determine.
///
/// # Errors
/// If there are fewer points, two at the same place, or the secret is not an integer.
pub fn secret(k: usize, points: &[(i64, i64)]) -> Result<i64, Fault> {
    let points: Vec<_> = points.iter().map(|(x, y)| (*x, i128::from(*y))).collect();
    let whole = over_integers::recover(k, &points).map_err(internal)?.whole();
    whole.and_then(|whole| whole.try_into().ok()).ok_or_else(|| Fault::internal("not a whole number"))
}

/// Sends this party's share to the other party, and recovers the secret from both.
///
/// *Computes*: f(0) of the line through both. *From*: Shamir 1979. *Security*: a party that has
/// both shares has the secret. *Cost*: [`meet_cost`]. *Deviations*: none.
///
/// # Errors
/// `Link` faults; `PeerBroke` if the peer's share is malformed, or equals this party's own.
pub async fn meet<L: Link>(s: &mut Session<L>, field: Field, mine: (u64, u64)) -> Result<u64, Fault> {
    let clock = Clock::new(field.modulus());
    let theirs = s.exchange(&Halves(vec![mine.0, mine.1]), (2, clock)).await?.0;
    let shares = [(mine.0, mine.1), (theirs[0], theirs[1])].map(|(x, y)| Share::new(field, x, y));
    let [Ok(mine), Ok(theirs)] = shares else { return Err(Fault::peer("not a share")) };
    recover(field, 2, &[mine, theirs]).map(|secret| *secret).map_err(|_| Fault::peer("the same share twice"))
}

/// The cost of [`meet`]: two numbers each way, one round.
#[must_use]
pub fn meet_cost() -> Cost {
    Cost::exchange(16)
}

/// Two of the shares of a line modulo [`PRIME`], brought together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Alice's share.
    pub alice: (u64, u64),
    /// Bob's share.
    pub bob: (u64, u64),
    /// The secret that both recovered.
    pub secret: u64,
    /// The two shares on the wire.
    pub crossed: Vec<Crossed>,
}

/// One party's task in [`meeting`]: its share.
#[derive(Serialize, Deserialize)]
pub struct Part((u64, u64));

/// Shares a secret with a slope modulo [`PRIME`]; Alice gets share 1, Bob share 2, and they meet.
///
/// # Errors
/// If a number is not below the prime.
pub fn meeting(coefficients: [u64; 2]) -> Result<Run<Met>, Fault> {
    let field = Field::new(PRIME).map_err(internal)?;
    let shares = share_with(field, &coefficients, 4).map_err(internal)?;
    Ok(Run {
        tasks: [0, 1].map(|at| Task::Meet(Part((shares[at].x(), shares[at].y())))),
        read: Box::new(|reports| match Report::both(reports)? {
            ([Held::Meet(alice, secret), Held::Meet(bob, his)], crossed) if secret == his => {
                Ok(Met { alice, bob, secret, crossed })
            }
            ([Held::Meet(..), Held::Meet(..)], _) => Err(Fault::internal("two secrets")),
            _ => Err(strange()),
        }),
    })
}

pub(crate) async fn play<L: Link>(s: &mut Session<L>, Part(mine): Part) -> Result<((u64, u64), u64), Fault> {
    let field = Field::new(PRIME).map_err(internal)?;
    Ok((mine, meet(s, field, mine).await?))
}

/// [`meeting`] in lockstep.
///
/// # Errors
/// If a number is not below the prime.
pub fn two_of_four(coefficients: [u64; 2]) -> Result<Met, Fault> {
    meeting(coefficients)?.undrawn()
}

/// The secrets from 0 to `PRIME − 1` that are possible given one share of a line, when slopes are
/// integers from 0 to `steepest`.
///
/// # Errors
/// When numbers get too large.
pub fn left_over_integers(share: (i64, i64), steepest: i32) -> Result<Vec<bool>, Fault> {
    let left = over_integers::secrets_left((share.0, share.1.into()), 0..=steepest).map_err(internal)?;
    Ok((0..i128::from(PRIME)).map(|secret| left.contains(&secret)).collect())
}

/// The same modulo [`PRIME`], where every slope is equally likely.
///
/// # Errors
/// None for a share below the prime.
pub fn left_in_the_field((x, y): (u64, u64)) -> Result<Vec<bool>, Fault> {
    let field = Field::new(PRIME).map_err(internal)?;
    let mut left = vec![false; PRIME as usize];
    for slope in 0..PRIME {
        left[field.sub(y, field.mul(slope, x)) as usize] = true;
    }
    Ok(left)
}

fn internal(error: Error) -> Fault {
    Fault::internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use tacit_session::{Party, lockstep};

    use super::*;

    #[test]
    fn any_two_of_the_four_give_the_secret() {
        let points = points(&line(), 4).unwrap();
        assert_eq!(points, [(1, 80), (2, 95), (3, 110), (4, 125)]);
        for a in 0..4 {
            for b in (0..4).filter(|b| *b != a) {
                assert_eq!(secret(2, &[points[a], points[b]]).unwrap(), 65);
            }
            assert!(secret(2, &points[a..=a]).is_err());
        }
    }

    #[test]
    fn alice_and_bob_bring_theirs_together() {
        let met = two_of_four([65, 15]).unwrap();
        assert_eq!((met.alice, met.bob, met.secret), ((1, 80), (2, 95), 65));
        let numbers: Vec<_> = met.crossed.iter().map(|message| (message.from, message.numbers())).collect();
        assert_eq!(numbers, [(Party::Alice, vec![1, 80]), (Party::Bob, vec![2, 95])]);
        // A steep line wraps around the modulus, and works as well.
        let met = two_of_four([65, 90]).unwrap();
        assert_eq!((met.alice, met.bob, met.secret), ((1, 28), (2, 118), 65));
    }

    #[test]
    fn a_meeting_costs_what_is_declared() {
        let party = async |mut s: Session<_>, share| {
            play(&mut s, Part(share)).await?;
            Ok::<_, Fault>(s.ledger().total())
        };
        let (alice, bob) = lockstep::run(async |s| party(s, (1, 80)).await, async |s| party(s, (2, 95)).await);
        assert_eq!((alice, bob), (Ok(meet_cost()), Ok(meet_cost())));
    }

    #[test]
    fn one_share_leaves_every_secret_in_the_field_and_not_among_plain_numbers() {
        assert!(left_in_the_field((2, 95)).unwrap().iter().all(|left| *left));
        let left = left_over_integers((2, 95), 20).unwrap();
        assert_eq!(left.iter().filter(|left| **left).count(), 21);
        assert!(left.iter().enumerate().all(|(secret, left)| !left || secret % 2 == 1), "only odd secrets are left");
    }
}
