//! A lesson on the ideal and the real world: a game of telling the protocol from a simulator.
//!
//! Alice sees two [views](tacit_jobs::compare::views) with the same amount and the same answer. One comes
//! from a run of the protocol with Bob, the other was made by a simulator without Bob. For a secure
//! protocol, no [`Strategy`] is right more often than a coin. Two broken protocols show that the
//! game can be won: their answers stay right, so that nobody would notice the flaw.

use tacit_jobs::compare::views::{View, real_on, simulated_on};
use tacit_jobs::{Amount, Order};
use tacit_record::flatness::Histogram;
use tacit_record::view::Seen;
use tacit_ring::Bits;
use tacit_session::lockstep::QueueLink;
use tacit_session::{Direction, Party, Session};
use tacit_share::material::{Material, PrivateProducts, Triples};
use tacit_share::{compare, ideal};
use tacit_symmetric::Prg;

use crate::Clock;

/// The bound on the amounts of the game: a million, in hundredths.
const BELOW: Clock = Clock::new(100_000_000);

/// The protocol that the parties run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The real protocol: one mask for every bit, used once.
    Whole,
    /// Broken: in the first message every two bits share a mask.
    Shared,
    /// Broken: every mask is zero.
    Bare,
}

impl Protocol {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Shared, Self::Bare];

    /// One party's share of the material for this protocol.
    fn deal(self, s: &Session<QueueLink>, seed: [u8; 32]) -> Material {
        let Material { private, pairs } = ideal::deal(s, compare::demand(1), seed);
        let change: fn(&Bits) -> Bits = match self {
            Self::Whole => return Material { private, pairs },
            Self::Shared => |bits| Bits::from_fn(bits.len(), |at| bits.get(at / 2)),
            Self::Bare => |bits| Bits::from_fn(bits.len(), |_| false),
        };
        // The relations between the two shares, such as s·δ = u ⊕ v, are preserved.
        let private = match &private {
            PrivateProducts::Alice { s, u } => PrivateProducts::Alice { s: change(s), u: change(u) },
            PrivateProducts::Bob { delta, v } => PrivateProducts::Bob { delta: change(delta), v: change(v) },
        };
        let pairs = match self {
            Self::Bare => {
                Triples { a: change(&pairs.a), b: pairs.b.each_ref().map(change), c: pairs.c.each_ref().map(change) }
            }
            _ => pairs,
        };
        Material { private, pairs }
    }
}

/// The views of both parties when the protocol compares Alice's `x` with Bob's `y`, in minor units;
/// `None` if one of them is not an amount.
#[must_use]
pub fn both(x: u64, y: u64, prg: &mut Prg) -> Option<[View; 2]> {
    let (x, y) = (Amount::from_minor_units(x).ok()?, Amount::from_minor_units(y).ok()?);
    let seed = seed(prg);
    Some([Party::Alice, Party::Bob].map(|party| tacit_jobs::compare::views::real(party, &x, &y, seed)))
}

/// One round of the game: the two views that Alice sees, and the index of the real one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Alice's amount, in minor units.
    pub own: u64,
    /// The answer that she learns.
    pub answer: Order,
    /// The two views.
    pub views: [View; 2],
    /// The index of the real view.
    pub real: usize,
}

impl Round {
    /// Draws both amounts, runs the protocol for one view and the simulator for the other, and
    /// orders them by a coin.
    ///
    /// # Panics
    /// None: amounts that are drawn are valid.
    #[must_use]
    pub fn draw(protocol: Protocol, prg: &mut Prg) -> Self {
        let own = BELOW.draw(prg);
        let [x, y] =
            [own, BELOW.draw(prg)].map(|units| Amount::from_minor_units(units).expect("a million is an amount"));
        let [dealt, dealt_again, noise] = [(); 3].map(|()| seed(prg));
        let real = real_on(Party::Alice, &x, &y, |s| protocol.deal(s, dealt));
        // Bob's amount is unused from here on.
        let answer = real.answer;
        let made_up = simulated_on(Party::Alice, &x, answer, noise, |s| protocol.deal(s, dealt_again));
        if prg.next_u64() & 1 == 0 {
            Self { own, answer, views: [real, made_up], real: 0 }
        } else {
            Self { own, answer, views: [made_up, real], real: 1 }
        }
    }
}

/// A way to guess which view is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Chooses the view with more ones.
    Ones,
    /// Chooses the view with fewer ones.
    Zeros,
    /// Chooses the view whose first message begins with 0 as its most significant bit.
    First,
    /// Chooses the view with the longest run of equal bits.
    Run,
    /// Chooses the view in which more of the consecutive bit pairs are equal.
    Pairs,
}

impl Strategy {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Ones, Self::Zeros, Self::First, Self::Run, Self::Pairs];

    /// The index of the view that the strategy takes for the real one. If both have the same
    /// weight, a coin decides.
    #[must_use]
    pub fn guess(self, views: &[View; 2], prg: &mut Prg) -> usize {
        let [one, two] = views.each_ref().map(|view| self.weight(view));
        match one.cmp(&two) {
            std::cmp::Ordering::Greater => 0,
            std::cmp::Ordering::Less => 1,
            std::cmp::Ordering::Equal => usize::from(prg.next_u64() & 1 == 1),
        }
    }

    /// The weight of a view: the strategy chooses the view with the greater one. Only the messages
    /// that Alice receives count, since she can produce her own.
    fn weight(self, view: &View) -> usize {
        let messages = || view.messages.iter().filter(|seen| seen.direction == Direction::Received);
        let bits: Vec<bool> = messages().flat_map(Seen::meaningful).collect();
        let count = |value| bits.iter().filter(|bit| **bit == value).count();
        match self {
            Self::Ones => count(true),
            Self::Zeros => count(false),
            Self::First => {
                usize::from(messages().next().and_then(|seen| seen.meaningful().last()).is_some_and(|bit| !bit))
            }
            Self::Run => bits.chunk_by(|one, next| one == next).map(<[bool]>::len).max().unwrap_or(0),
            Self::Pairs => bits.chunks_exact(2).filter(|pair| pair[0] == pair[1]).count(),
        }
    }
}

/// The number of right guesses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Right guesses.
    pub right: u32,
    /// All guesses.
    pub of: u32,
}

impl Score {
    /// Counts one more guess.
    pub fn add(&mut self, is_right: bool) {
        self.of += 1;
        self.right += u32::from(is_right);
    }

    /// Plays `rounds` more rounds.
    pub fn play(&mut self, protocol: Protocol, strategy: Strategy, rounds: u32, prg: &mut Prg) {
        for _ in 0..rounds {
            let round = Round::draw(protocol, prg);
            self.add(strategy.guess(&round.views, prg) == round.real);
        }
    }

    /// The probability that a coin is right at least as often: Σ_{i ≥ right} C(of, i)/2^of.
    #[must_use]
    pub fn luck(self) -> f64 {
        let n = f64::from(self.of);
        // The logarithm of C(n, i)/2^n, from i = 0 on; the fraction itself may be too small for an
        // `f64`.
        let mut log = -n * std::f64::consts::LN_2;
        let mut sum = 0.0;
        for i in 0..=self.of {
            if i >= self.right {
                sum += log.exp();
            }
            log += (n - f64::from(i)).ln() - (f64::from(i) + 1.0).ln();
        }
        sum.min(1.0)
    }
}

/// Histograms of everything that Alice receives, in `rounds` real views and as many simulated ones.
#[must_use]
pub fn received(protocol: Protocol, rounds: usize, prg: &mut Prg) -> [Histogram; 2] {
    let mut histograms = [Histogram::default(), Histogram::default()];
    for _ in 0..rounds {
        let Round { views, real, .. } = Round::draw(protocol, prg);
        for (at, view) in views.iter().enumerate() {
            let into = &mut histograms[usize::from(at != real)];
            view.messages.iter().filter(|seen| seen.direction == Direction::Received).for_each(|seen| into.add(seen));
        }
    }
    histograms
}

fn seed(prg: &mut Prg) -> [u8; 32] {
    let mut seed = [0; 32];
    prg.fill(&mut seed);
    seed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The probability that any test of this file rejects a correct protocol.
    const LEVEL: f64 = 1e-6;
    const ROUNDS: u32 = 1000;

    fn play(protocol: Protocol, strategy: Strategy) -> Score {
        let mut score = Score::default();
        score.play(protocol, strategy, ROUNDS, &mut Prg::from_seed([1; 32]));
        score
    }

    /// The probability that a coin is wrong at least as often.
    fn bad_luck(Score { right, of }: Score) -> f64 {
        Score { right: of - right, of }.luck()
    }

    /// Bonferroni: each side of each strategy has an equal part of the level.
    #[test]
    fn nobody_wins_against_the_protocol() {
        let level = LEVEL / (2.0 * Strategy::ALL.len() as f64);
        for strategy in Strategy::ALL {
            let score = play(Protocol::Whole, strategy);
            assert!(score.luck() > level && bad_luck(score) > level, "{strategy:?}: {score:?}");
        }
    }

    /// A strategy that is right in 60 of 100 guesses is detected: P(X ≥ 600) is 10^−10 for a coin.
    #[test]
    fn what_is_broken_is_beaten() {
        let beaten = |protocol| Strategy::ALL.into_iter().filter(move |by| play(protocol, *by).luck() < 1e-10);
        let by_pairs: Vec<_> = beaten(Protocol::Shared).collect();
        assert!(by_pairs.contains(&Strategy::Pairs), "{by_pairs:?}");
        let bare: Vec<_> = beaten(Protocol::Bare).collect();
        assert!([Strategy::Zeros, Strategy::First, Strategy::Run].iter().all(|by| bare.contains(by)), "{bare:?}");
    }

    /// The highest bit of an amount is 0, so without masks the real view always begins with 0. The
    /// simulated view does so in half of the rounds, and then a coin decides: three of four guesses
    /// are right.
    #[test]
    fn the_first_bit_is_right_in_three_of_four() {
        let right = f64::from(play(Protocol::Bare, Strategy::First).right);
        let deviation = (f64::from(ROUNDS) * 0.75 * 0.25).sqrt();
        assert!((right - 0.75 * f64::from(ROUNDS)).abs() < 5.0 * deviation, "{right}");
    }

    #[test]
    fn both_views_say_the_same_answer_in_the_same_form() {
        let mut prg = Prg::from_seed([2; 32]);
        let mut places = [0; 2];
        for protocol in Protocol::ALL {
            for _ in 0..20 {
                let round = Round::draw(protocol, &mut prg);
                let form = |view: &View| -> Vec<_> {
                    view.messages.iter().map(|seen| (seen.tag, seen.direction, seen.bits)).collect()
                };
                assert!(round.views.iter().all(|view| view.answer == round.answer));
                assert_eq!(form(&round.views[0]), form(&round.views[1]));
                places[round.real] += 1;
            }
        }
        assert!(places.iter().all(|n| *n > 0));
    }

    #[test]
    fn both_parties_see_one_run() {
        let [alice, bob] = both(125_000, 90_000, &mut Prg::from_seed([3; 32])).unwrap();
        assert_eq!((alice.answer, bob.answer), (Order::You, Order::They));
        let bodies = |view: &View, way| -> Vec<Vec<u8>> {
            view.messages.iter().filter(|seen| seen.direction == way).map(|seen| seen.body.clone()).collect()
        };
        assert_eq!(bodies(&alice, Direction::Sent), bodies(&bob, Direction::Received));
        assert_eq!(bodies(&alice, Direction::Received), bodies(&bob, Direction::Sent));
        assert!(both(u64::MAX, 0, &mut Prg::from_seed([3; 32])).is_none());
    }

    /// Without masks the first message is Bob's amount.
    #[test]
    fn bare_messages_are_the_amount() {
        let [x, y] = [5, 4711].map(|units| Amount::from_minor_units(units).unwrap());
        let view = real_on(Party::Alice, &x, &y, |s| Protocol::Bare.deal(s, [0; 32]));
        let first = view.messages.iter().find(|seen| seen.direction == Direction::Received).unwrap();
        assert_eq!(first.body, 4711_u64.to_le_bytes());
    }

    /// Four coins: 1, 5, 11, 15, 16 of 16; and probabilities below the least positive `f64`.
    #[test]
    fn luck_is_the_binomial_tail() {
        let luck = |right, of| Score { right, of }.luck();
        for (right, sixteenths) in [(4, 1.0), (3, 5.0), (2, 11.0), (1, 15.0), (0, 16.0)] {
            assert!((luck(right, 4) - sixteenths / 16.0).abs() < 1e-12);
        }
        assert_eq!(luck(0, 0), 1.0);
        assert!((luck(9, 10) - 11.0 / 1024.0).abs() < 1e-12);
        assert!(luck(2000, 2000) >= 0.0 && luck(2000, 2000) < 1e-300);
        assert!((luck(1000, 2000) - 0.5).abs() < 0.01);
    }

    #[test]
    fn scores_count() {
        let mut score = Score::default();
        [true, false, true].into_iter().for_each(|is_right| score.add(is_right));
        assert_eq!(score, Score { right: 2, of: 3 });
    }

    /// The histograms of the protocol and of the simulators are flat; those of the broken protocols
    /// are not.
    #[test]
    fn histograms_are_flat_unless_something_leaks() {
        for protocol in Protocol::ALL {
            let [real, made_up] = received(protocol, 200, &mut Prg::from_seed([4; 32])).map(|h| h.p_value());
            assert!(made_up > LEVEL / 4.0, "{protocol:?}: {made_up}");
            assert_eq!(real > LEVEL / 4.0, protocol == Protocol::Whole, "{protocol:?}: {real}");
        }
    }
}
