//! A lesson on who is richer, gate by gate: the comparison of `tacit_share`, at a small width.
//!
//! The gates are the real ones: private ANDs for the leaves, and the carry tree. The material is
//! real, too: the two parties make it by OT extension in the offline phase.

use serde::{Deserialize, Serialize};
use tacit_ot::Engine;
use tacit_ring::Bits;
use tacit_session::{Cost, Fault, Link, Party, Session, Tag};
use tacit_share::material::{self, Demand, Material};
use tacit_share::{Shared, and, open, tree};
use tacit_symmetric::Prg;

use crate::Crossed;
use crate::faults::Harm;
use crate::party::{Held, Report, Run, Task, strange};
use crate::wire;

/// A node of the tree: whether the lower end of its bits decides (`x < y` so far), and whether all
/// are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// `g`: `x < y`, on these bits.
    pub generate: bool,
    /// `p`: `x = y`, on these bits.
    pub propagate: bool,
}

/// The values of the gates, layer by layer, from single bits to the whole number. No party sees
/// them while the protocol runs. The least significant bit is the first.
#[must_use]
pub fn gates(width: usize, x: u64, y: u64) -> Vec<Vec<Node>> {
    let bit = |number: u64, at: usize| number >> at & 1 == 1;
    let leaf = |at| Node { generate: !bit(x, at) && bit(y, at), propagate: bit(x, at) == bit(y, at) };
    let mut layers = vec![(0..width).map(leaf).collect::<Vec<_>>()];
    while let Some(below) = layers.last().filter(|layer| layer.len() > 1) {
        let fold = |pair: &[Node]| match pair {
            [low, high] => Node {
                generate: high.generate ^ (high.propagate && low.generate),
                propagate: high.propagate && low.propagate,
            },
            rest => rest[0],
        };
        layers.push(below.chunks(2).map(fold).collect());
    }
    layers
}

/// Comparisons in sequence, and the messages that crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Alice's output for each comparison, `x < y` and `x = y`; or her fault.
    pub alice: Result<Vec<[bool; 2]>, Fault>,
    /// Bob's output.
    pub bob: Result<Vec<[bool; 2]>, Fault>,
    /// Every message, those of the offline phase included.
    pub crossed: Vec<Crossed>,
}

impl Compared {
    fn read([alice, bob]: [Report; 2]) -> Result<Self, Fault> {
        let crossed = wire::merge([alice.sent, bob.sent]);
        let [alice, bob] = [alice.held, bob.held].map(|held| match held {
            Ok(Held::Compare(answers)) => Ok(answers),
            Ok(_) => Err(strange()),
            Err(fault) => Err(fault),
        });
        Ok(Self { alice, bob, crossed })
    }

    /// The bytes that crossed in both directions before the first input was used.
    #[must_use]
    pub fn prepared(&self) -> usize {
        let is_before = |message: &&Crossed| message.tag != Some(Tag::MaskedInputs);
        self.crossed.iter().take_while(is_before).map(|message| message.frame.len()).sum()
    }
}

/// One party's task in [`comparing`]: its numbers, and their width in bits.
#[derive(Serialize, Deserialize)]
pub struct Part {
    width: usize,
    numbers: Vec<u64>,
}

/// Compares Alice's first number of each pair with Bob's second, all of `width` bits. Masks must
/// not be used twice, so material for all pairs is made first.
#[must_use]
pub fn comparing(width: usize, pairs: &[[u64; 2]]) -> Run<Compared> {
    comparing_with(Harm::None, width, pairs)
}

/// The same, with the fault `harm` applied to Alice's messages.
pub(crate) fn comparing_with(harm: Harm, width: usize, pairs: &[[u64; 2]]) -> Run<Compared> {
    let part = |at: usize| Part { width, numbers: pairs.iter().map(|pair| pair[at]).collect() };
    Run { tasks: [Task::Compare(harm, part(0)), Task::Compare(Harm::None, part(1))], read: Box::new(Compared::read) }
}

/// The cost of [`comparing`] `n` pairs for a party, offline phase included.
#[must_use]
pub fn compare_cost(party: Party, width: usize, n: usize) -> Cost {
    let one = and::private_cost(width) + tree::fold_cost(width, 1) + open::reveal_cost(2);
    // The set-up trees travel with the first transfers in both directions, so these take a round at
    // any width.
    let material = Cost { rounds: 1, ..material::prepare_cost(party, demand(width) * n) };
    Engine::setup_cost() + material + one * n as u64
}

pub(crate) async fn play<L: Link>(s: &mut Session<L>, part: &Part, prg: &mut Prg) -> Result<Vec<[bool; 2]>, Fault> {
    let mut stock = prepare(s, part.width, part.numbers.len(), prg).await?;
    let mut answers = Vec::with_capacity(part.numbers.len());
    for number in &part.numbers {
        answers.push(one(s, part.width, &mut stock, *number).await?);
    }
    Ok(answers)
}

/// Makes the material for `n` comparisons by OT extension. Cost: [`Engine::setup_cost`] and
/// [`material::prepare_cost`].
pub(crate) async fn prepare<L: Link>(
    s: &mut Session<L>,
    width: usize,
    n: usize,
    prg: &mut Prg,
) -> Result<Material, Fault> {
    let mut engine = Engine::setup(s, prg).await?;
    material::prepare(s, &mut engine, demand(width) * n).await
}

/// The material that one comparison spends.
fn demand(width: usize) -> Demand {
    Demand { private: width, pairs: tree::fold_triples(width, 1) }
}

/// Compares Alice's number with Bob's: `x < y`, and `x = y`.
///
/// *Computes*: [`tacit_share::compare::less_and_equal`] on `width` bits, opened to both. *From*: as
/// there. *Security*: semi-honest, that of its parts. *Cost*: [`and::private_cost`],
/// [`tree::fold_cost`] and [`open::reveal_cost`]. *Deviations*: none but the width.
pub(crate) async fn one<L: Link>(
    s: &mut Session<L>,
    width: usize,
    stock: &mut Material,
    mine: u64,
) -> Result<[bool; 2], Fault> {
    let Material { private, pairs } = stock.take(demand(width));
    // ¬x at Alice and y at Bob serve as inputs of g and as shares of p.
    let number = if s.party() == Party::Alice { !mine } else { mine };
    let input = Bits::from_fn(width, |at| number >> at & 1 == 1);
    // 1. The leaves: one private AND for every bit; whether bits are equal is free.
    let generate = and::private(s, private, &input).await?;
    let propagate = Shared::from_input(&input);
    // 2. The tree.
    let (less, equal) = tree::fold(s, pairs, 1, generate, propagate).await?;
    // 3. Only the answer is opened.
    let opened = open::reveal(s, &less.join(&equal)).await?;
    Ok([opened.get(0), opened.get(1)])
}

/// [`comparing`] in lockstep.
///
/// # Errors
/// None: faults are part of the result.
pub fn compare(width: usize, pairs: &[[u64; 2]], prgs: &mut [Prg; 2]) -> Result<Compared, Fault> {
    comparing(width, pairs).in_lockstep(prgs)
}

#[cfg(test)]
mod tests {
    use tacit_session::lockstep;

    use super::*;

    fn prgs(seed: u8) -> [Prg; 2] {
        [Prg::from_seed([seed; 32]), Prg::from_seed([!seed; 32])]
    }

    #[test]
    fn every_pair_of_four_bits() {
        let pairs: Vec<_> = (0..16).flat_map(|x| (0..16).map(move |y| [x, y])).collect();
        let run = compare(4, &pairs, &mut prgs(1)).unwrap();
        let wanted: Vec<_> = pairs.iter().map(|[x, y]| [x < y, x == y]).collect();
        assert_eq!(run.alice.as_ref(), Ok(&wanted));
        assert_eq!(run.bob, run.alice);
        for ([x, y], wanted) in pairs.into_iter().zip(wanted) {
            let root = gates(4, x, y).pop().unwrap()[0];
            assert_eq!([root.generate, root.propagate], wanted);
        }
    }

    #[test]
    fn four_bits_take_two_layers_and_four_messages_each_way() {
        let run = compare(4, &[[11, 13]], &mut prgs(2)).unwrap();
        let tags: Vec<_> = run.crossed.iter().filter_map(|message| message.tag).collect();
        let count = |tag| tags.iter().filter(|this| **this == tag).count();
        assert_eq!((count(Tag::MaskedInputs), count(Tag::MaskedOperands), count(Tag::OpenBits)), (2, 4, 2));
        assert_eq!(gates(4, 11, 13).iter().map(Vec::len).collect::<Vec<_>>(), [4, 2, 1]);
        let online: usize = 2 * (4 * tacit_session::HEADER + 4);
        let all: usize = run.crossed.iter().map(|message| message.frame.len()).sum();
        assert_eq!(run.prepared(), all - online);
    }

    #[test]
    fn one_bit_is_one_gate() {
        let run = compare(1, &[[0, 0], [0, 1], [1, 0], [1, 1]], &mut prgs(3)).unwrap();
        assert_eq!(run.bob, Ok(vec![[false, true], [true, false], [false, false], [false, true]]));
    }

    #[test]
    fn it_costs_what_is_declared() {
        for (width, n) in [(1, 4), (4, 1), (10, 3)] {
            let party = async |mut s: Session<_>, seed| {
                let part = Part { width, numbers: vec![1; n] };
                play(&mut s, &part, &mut Prg::from_seed([seed; 32])).await?;
                Ok::<_, Fault>(s.ledger().total())
            };
            let (alice, bob) = lockstep::run(async |s| party(s, 1).await, async |s| party(s, 2).await);
            let wanted = [Party::Alice, Party::Bob].map(|party| Ok(compare_cost(party, width, n)));
            assert_eq!([alice, bob], wanted, "{n} of {width} bits");
        }
    }
}
