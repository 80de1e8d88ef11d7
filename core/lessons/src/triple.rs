//! A lesson on the product of two shared numbers, with a triple that was made in advance.

use serde::{Deserialize, Serialize};
use tacit_session::{Cost, Fault, Link, Session};
use tacit_symmetric::Prg;

use crate::message::Operands;
use crate::party::{Held, Report, Run, Task, strange};
use crate::{Clock, Crossed, shares};

/// One party's shares of random `a` and `b`, and of `c = a·b`. Spent by value: using a triple twice
/// reveals information about the inputs.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triple {
    /// A share of the first mask.
    pub a: u64,
    /// A share of the second mask.
    pub b: u64,
    /// A share of their product.
    pub c: u64,
}

impl Triple {
    /// A copy of the same triple. A real program must never do this; the lesson shows why.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { a: self.a, b: self.b, c: self.c }
    }
}

/// Both parties' shares of a random triple. This is a dealer's work, and in a lesson that of the
/// page; in Tacit the two parties make triples by oblivious transfer.
#[must_use]
pub fn deal(clock: Clock, prg: &mut Prg) -> [Triple; 2] {
    let (a, b) = (clock.draw(prg), clock.draw(prg));
    let [x, y, z] = [clock.draw(prg), clock.draw(prg), clock.draw(prg)];
    let c = clock.mul(a, b);
    [Triple { a: x, b: y, c: z }, Triple { a: clock.sub(a, x), b: clock.sub(b, y), c: clock.sub(c, z) }]
}

/// One party's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The message it sent: its shares of `d` and `e`.
    pub sent: [u64; 2],
    /// `x − a`, opened.
    pub d: u64,
    /// `y − b`, opened.
    pub e: u64,
    /// Its share of the product.
    pub share: u64,
}

/// Shares of `x·y`.
///
/// *Computes*: opens `d = x − a` and `e = y − b`; then `x·y = c + d·b + e·a + d·e`. *From*:
/// Beaver 1991. *Security*: semi-honest, perfect given an unspent triple. *Cost*:
/// [`multiply_cost`]. *Deviations*: a dealer makes the triple, and a lesson may spend one twice.
///
/// # Errors
/// `Link` faults; `PeerBroke` if the message is not two numbers below the modulus.
pub async fn multiply<L: Link>(
    s: &mut Session<L>,
    clock: Clock,
    triple: Triple,
    x: u64,
    y: u64,
) -> Result<Product, Fault> {
    let Triple { a, b, c } = triple;
    // 1. Open x − a and y − b.
    let sent = [clock.sub(x, a), clock.sub(y, b)];
    let theirs = s.exchange(&Operands(sent.to_vec()), (2, clock)).await?.0;
    let (d, e) = (clock.add(sent[0], theirs[0]), clock.add(sent[1], theirs[1]));
    // 2. The rest is local; only one party adds the public product.
    let terms = [clock.mul(d, b), clock.mul(e, a), s.lead(clock.mul(d, e))];
    Ok(Product { sent, d, e, share: terms.into_iter().fold(c, |sum, term| clock.add(sum, term)) })
}

/// The cost of [`multiply`]: two numbers each way, one round.
#[must_use]
pub fn multiply_cost() -> Cost {
    Cost::exchange(16)
}

/// A product from its shared inputs to the opened answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multiplied {
    /// Alice's output.
    pub alice: Product,
    /// Bob's output.
    pub bob: Product,
    /// The opened product.
    pub opened: u64,
    /// Both messages of the product, and both openings.
    pub crossed: Vec<Crossed>,
}

/// One party's task in [`multiplying`].
#[derive(Serialize, Deserialize)]
pub struct Part {
    clock: Clock,
    triple: Triple,
    x: u64,
    y: u64,
}

/// Multiplies `x` and `y`, each given as both parties' shares, with a triple, and opens the
/// product.
#[must_use]
pub fn multiplying(clock: Clock, [hers, his]: [Triple; 2], x: [u64; 2], y: [u64; 2]) -> Run<Multiplied> {
    let part = |triple, x, y| Task::Multiply(Part { clock, triple, x, y });
    Run {
        tasks: [part(hers, x[0], y[0]), part(his, x[1], y[1])],
        read: Box::new(|reports| match Report::both(reports)? {
            ([Held::Multiply(alice, opened), Held::Multiply(bob, _)], crossed) => {
                Ok(Multiplied { alice, bob, opened, crossed })
            }
            _ => Err(strange()),
        }),
    }
}

pub(crate) async fn play<L: Link>(s: &mut Session<L>, part: Part) -> Result<(Product, u64), Fault> {
    let Part { clock, triple, x, y } = part;
    let product = multiply(s, clock, triple, x, y).await?;
    Ok((product, shares::open(s, clock, product.share).await?))
}

/// [`multiplying`] in lockstep.
///
/// # Errors
/// None with two honest parties.
pub fn product(clock: Clock, triple: [Triple; 2], x: [u64; 2], y: [u64; 2]) -> Result<Multiplied, Fault> {
    multiplying(clock, triple, x, y).undrawn()
}

/// The lesson's modulus.
pub const CLOCK: Clock = Clock::new(100);
/// Both shares of Alice's number 6.
pub const X: [u64; 2] = [81, 25];
/// Both shares of Bob's number 7.
pub const Y: [u64; 2] = [40, 67];
/// Both shares of Alice's next number, 10.
pub const NEXT: [u64; 2] = [33, 77];

/// The lesson's triple: `a = 12`, `b = 9`, `c = 108`, which is 8 modulo 100.
#[must_use]
pub fn example() -> [Triple; 2] {
    [Triple { a: 70, b: 3, c: 90 }, Triple { a: 42, b: 6, c: 18 }]
}

/// A histogram of the opened `d` for the input `x`, over `draws` products with a new triple each,
/// in bins of five.
#[must_use]
pub fn opened(x: u64, draws: usize, prg: &mut Prg) -> Vec<u32> {
    let mut counts = vec![0; 20];
    for _ in 0..draws {
        let mask = CLOCK.draw(prg);
        if let Ok(product) = product(CLOCK, deal(CLOCK, prg), [mask, CLOCK.sub(x, mask)], Y) {
            counts[product.alice.d as usize / 5] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tacit_session::{Party, lockstep};

    use super::*;

    #[test]
    fn six_times_seven() {
        let run = product(CLOCK, example(), X, Y).unwrap();
        assert_eq!(run.opened, 42);
        assert_eq!(run.alice, Product { sent: [11, 37], d: 94, e: 98, share: 44 });
        assert_eq!(run.bob, Product { sent: [83, 61], d: 94, e: 98, share: 98 });
        let numbers: Vec<_> = run.crossed.iter().map(|message| (message.from, message.numbers())).collect();
        let wanted = [
            (Party::Alice, vec![11, 37]),
            (Party::Bob, vec![83, 61]),
            (Party::Bob, vec![98]),
            (Party::Alice, vec![44]),
        ];
        assert_eq!(numbers, wanted);
    }

    #[test]
    fn a_product_and_its_opening_cost_what_is_declared() {
        let party = async |mut s: Session<_>, triple| {
            let product = multiply(&mut s, CLOCK, triple, 1, 2).await?;
            let cost = s.ledger().total();
            shares::open(&mut s, CLOCK, product.share).await?;
            Ok::<_, Fault>((cost, s.ledger().total() - cost))
        };
        let [hers, his] = example();
        let (alice, bob) = lockstep::run(async |s| party(s, hers).await, async |s| party(s, his).await);
        for costs in [alice, bob] {
            assert_eq!(costs.unwrap(), (multiply_cost(), shares::open_cost()));
        }
    }

    #[test]
    fn a_triple_used_twice_shows_the_difference_of_the_inputs() {
        let first = product(CLOCK, example(), X, Y).unwrap();
        let second = product(CLOCK, example(), NEXT, Y).unwrap();
        assert_eq!((second.opened, second.alice.d), (70, 98));
        assert_eq!(CLOCK.sub(second.bob.d, first.bob.d), 10 - 6);
    }

    #[test]
    fn what_is_opened_is_flat_whatever_the_input_is() {
        for x in [6, 10] {
            let counts = opened(x, 2000, &mut Prg::from_seed([5; 32]));
            // Six standard deviations around 100.
            assert!(counts.iter().all(|count| (41..=159).contains(count)), "{counts:?}");
        }
    }

    proptest! {
        #[test]
        fn any_product(m in 2u64..1_000_000, x: [u32; 2], y: [u32; 2], seed: [u8; 32]) {
            let clock = Clock::new(m);
            let on = |shares: [u32; 2]| shares.map(|share| clock.wrap(share.into()));
            let (x, y) = (on(x), on(y));
            let run = product(clock, deal(clock, &mut Prg::from_seed(seed)), x, y).unwrap();
            prop_assert_eq!(run.opened, clock.mul(clock.add(x[0], x[1]), clock.add(y[0], y[1])));
        }
    }
}
