//! Who is richer, gate by gate: the comparison of `tacit_share`, at a width that one can follow.
//!
//! The gates are the real ones: private ANDs for the leaves, the carry tree above them. Only the material is dealt by the
//! program here; in Tacit the two parties make it out of oblivious transfers.

use tacit_ring::Bits;
use tacit_session::lockstep::QueueLink;
use tacit_session::{Fault, Session};
use tacit_share::material::{PrivateProducts, Triples};
use tacit_share::{Shared, and, open, tree};
use tacit_symmetric::Prg;

use crate::{Crossed, run_with};

/// A node of the tree: whether the lower end of its bits decides (`x < y` so far), and whether all are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// `g`: `x < y`, on these bits.
    pub generate: bool,
    /// `p`: `x = y`, on these bits.
    pub propagate: bool,
}

/// What the gates come to, layer by layer, from single bits to the whole: what nobody sees while they run. The least
/// significant bit is the first.
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

/// A comparison, and what crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What Alice knows in the end: `x < y` and `x = y`; or what went wrong.
    pub alice: Result<[bool; 2], Fault>,
    /// What Bob knows in the end.
    pub bob: Result<[bool; 2], Fault>,
    /// Every message.
    pub crossed: Vec<Crossed>,
}

/// Compares Alice's `x` with Bob's `y`, both of `width` bits.
#[must_use]
pub fn compare(width: usize, x: u64, y: u64, prg: &mut Prg) -> Compared {
    compare_with(width, x, y, prg, |_, _, frame| vec![frame])
}

/// The same, with everything that is sent going through `tamper`, see [`run_with`].
#[must_use]
pub fn compare_with(
    width: usize,
    x: u64,
    y: u64,
    prg: &mut Prg,
    tamper: impl FnMut(tacit_session::Party, usize, Vec<u8>) -> Vec<Vec<u8>> + 'static,
) -> Compared {
    let [hers, his] = deal(width, prg);
    let bits = |number: u64| Bits::from_fn(width, |at| number >> at & 1 == 1);
    // ¬x at Alice and y at Bob serve as inputs of g and as shares of p.
    let (x, y) = (bits(!x), bits(y));
    let (alice, bob, crossed) = run_with(tamper, async |s| party(s, hers, &x).await, async |s| party(s, his, &y).await);
    Compared { alice, bob, crossed }
}

async fn party(
    mut s: Session<QueueLink>,
    (products, triples): (PrivateProducts, Triples<2>),
    input: &Bits,
) -> Result<[bool; 2], Fault> {
    // 1. The leaves: one private AND for every bit; whether bits are equal is free.
    let generate = and::private(&mut s, products, input).await?;
    let propagate = Shared::from_input(input);
    // 2. The tree.
    let (less, equal) = tree::fold(&mut s, triples, 1, generate, propagate).await?;
    // 3. Only the answer is opened.
    let opened = open::reveal(&mut s, &less.join(&equal)).await?;
    Ok([opened.get(0), opened.get(1)])
}

/// Both parties' material, dealt.
fn deal(width: usize, prg: &mut Prg) -> [(PrivateProducts, Triples<2>); 2] {
    let mut bits = |n: usize| Bits::from_words((0..n.div_ceil(64)).map(|_| prg.next_u64()).collect(), n);
    let (s, delta, u) = (bits(width), bits(width), bits(width));
    let v = &(&s & &delta) ^ &u;
    let n = tree::fold_triples(width, 1);
    let a = [bits(n), bits(n)];
    let b: [[Bits; 2]; 2] = std::array::from_fn(|_| [bits(n), bits(n)]);
    let c: [[Bits; 2]; 2] = std::array::from_fn(|j| {
        let hers = bits(n);
        let his = &(&(&a[0] ^ &a[1]) & &(&b[j][0] ^ &b[j][1])) ^ &hers;
        [hers, his]
    });
    let half = |i: usize| Triples {
        a: a[i].duplicate(),
        b: b.each_ref().map(|b| b[i].duplicate()),
        c: c.each_ref().map(|c| c[i].duplicate()),
    };
    [(PrivateProducts::Alice { s, u }, half(0)), (PrivateProducts::Bob { delta, v }, half(1))]
}

#[cfg(test)]
mod tests {
    use tacit_session::Tag;

    use super::*;

    #[test]
    fn every_pair_of_four_bits() {
        let mut prg = Prg::from_seed([1; 32]);
        for x in 0..16 {
            for y in 0..16 {
                let run = compare(4, x, y, &mut prg);
                assert_eq!(run.alice, Ok([x < y, x == y]));
                assert_eq!(run.bob, run.alice);
                let root = gates(4, x, y).pop().unwrap()[0];
                assert_eq!((root.generate, root.propagate), (x < y, x == y));
            }
        }
    }

    #[test]
    fn four_bits_take_two_layers_and_four_messages_each_way() {
        let run = compare(4, 11, 13, &mut Prg::from_seed([2; 32]));
        let tags: Vec<_> = run.crossed.iter().filter_map(|message| message.tag).collect();
        let count = |tag| tags.iter().filter(|this| **this == tag).count();
        assert_eq!((count(Tag::MaskedInputs), count(Tag::MaskedOperands), count(Tag::OpenBits)), (2, 4, 2));
        assert_eq!(gates(4, 11, 13).iter().map(Vec::len).collect::<Vec<_>>(), [4, 2, 1]);
    }

    #[test]
    fn one_bit_is_one_gate() {
        for (x, y) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            assert_eq!(compare(1, x, y, &mut Prg::from_seed([3; 32])).bob, Ok([x < y, x == y]));
        }
    }
}
