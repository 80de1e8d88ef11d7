//! Punctured trees: all of many seeds for one party, all but one for the other.
//!
//! A tree of Goldreich, Goldwasser and Micali (1986) has 2^k leaves, each node giving its two children by
//! [`double_many`]. Its owner knows every leaf. The puncturer has chosen one leaf, α, and learns all
//! others and nothing of that one, while the owner does not learn α: on every level she gets, by one oblivious transfer
//! of the chosen side, the sum of all nodes on the side that her path does *not* take; there is exactly one node
//! among them that she cannot compute, the sibling of her path, and so she gets it.
//!
//! The two children of the root are the messages of the first transfer as they are; only the levels below need a
//! correction, which masks the two sums with the two messages (Schoppmann et al. 2019; Boyle et al. 2019; Roy 2022).

use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};
use tacit_symmetric::{Block, Stream, double_many};
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain;

/// Two masked sums for every level but the first.
pub(crate) type Corrections = Vec<[Block; 2]>;

/// The owner's side: the streams of all `2^k` leaves of tree `index`, and the corrections for the puncturer, from `k`
/// pairs of messages.
pub(crate) fn grow(index: usize, pairs: &[[Block; 2]]) -> (Vec<Stream>, Corrections) {
    let [first, rest @ ..] = pairs else { unreachable!("a tree has at least one level") };
    let mut nodes = Zeroizing::new(first.to_vec());
    let mut corrections = Corrections::with_capacity(rest.len());
    for [zero, one] in rest {
        let children = children(index, &nodes);
        let [mut left, mut right] = [*zero, *one];
        for [l, r] in children.iter() {
            left ^= *l;
            right ^= *r;
        }
        corrections.push([left, right]);
        nodes = Zeroizing::new(children.concat());
    }
    (streams(index, &seeds(index, &nodes)), corrections)
}

/// The puncturer's side: the streams of all leaves of tree `index` but α, whose bit `b` is bit `b` of `alpha`.
///
/// The messages are those that the complement of α chose, the highest level first. Stream `y` is that of leaf `y ⊕ α`;
/// so stream 0 is the missing one, and what stands there is worth nothing. All steps take the same time for every α.
pub(crate) fn puncture(index: usize, alpha: u64, messages: &[Block], corrections: &[[Block; 2]]) -> Vec<Stream> {
    let levels = messages.len();
    let [first, rest @ ..] = messages else { unreachable!("a tree has at least one level") };
    let side = |level: usize| 1 ^ (alpha >> (levels - 1 - level) & 1);

    // The node that is known on the first level; zero stands for the one that is not.
    let mut nodes = Zeroizing::new(vec![first.when(1 ^ side(0)), first.when(side(0))]);
    for (i, (message, masked)) in rest.iter().zip(corrections).enumerate() {
        let level = i + 1;
        // α's ancestor among `nodes`, and the side on which its known child lies.
        let ancestor = alpha >> (levels - level);
        let side = side(level);
        let mut children = children(index, &nodes);
        // The sum of that side, without the unknown node's false child, is what is missing from the owner's sum.
        let mut missing = *message ^ masked[0].when(1 ^ side) ^ masked[1].when(side);
        for (parent, [left, right]) in children.iter_mut().enumerate() {
            let known = 1 ^ u64::from((parent as u64).ct_eq(&ancestor).unwrap_u8());
            [*left, *right] = [left.when(known), right.when(known)];
            missing ^= left.when(1 ^ side) ^ right.when(side);
        }
        for (parent, [left, right]) in children.iter_mut().enumerate() {
            let here = u64::from((parent as u64).ct_eq(&ancestor).unwrap_u8());
            *left ^= missing.when(here & (1 ^ side));
            *right ^= missing.when(here & side);
        }
        missing.zeroize();
        nodes = Zeroizing::new(children.concat());
    }

    // Leaf y ⊕ α moves to place y: for every bit of α that is set, swap the halves that differ in it.
    let mut seeds = seeds(index, &nodes);
    for bit in 0..levels {
        let swap = (alpha >> bit & 1) as u8;
        for low in (0..seeds.len()).filter(|leaf| leaf >> bit & 1 == 0) {
            let high = low | 1 << bit;
            let (mut a, mut b) = (words(seeds[low]), words(seeds[high]));
            for (a, b) in a.iter_mut().zip(&mut b) {
                u64::conditional_swap(a, b, swap.into());
            }
            (seeds[low], seeds[high]) = (blocks(a), blocks(b));
        }
    }
    streams(index, &seeds)
}

/// A number that no other node of any tree of a run has: the tree, and the node's place in a heap.
fn tweak(index: usize, siblings: usize) -> u64 {
    (index as u64) << 32 | siblings as u64
}

fn children(index: usize, nodes: &[Block]) -> Zeroizing<Vec<[Block; 2]>> {
    let mut children = Zeroizing::new(vec![[Block::ZERO; 2]; nodes.len()]);
    double_many(domain::TREE, tweak(index, nodes.len()), nodes, &mut children);
    children
}

fn seeds(index: usize, leaves: &[Block]) -> Zeroizing<Vec<[Block; 2]>> {
    let mut seeds = Zeroizing::new(vec![[Block::ZERO; 2]; leaves.len()]);
    double_many(domain::LEAF, tweak(index, leaves.len()), leaves, &mut seeds);
    seeds
}

fn streams(index: usize, seeds: &[[Block; 2]]) -> Vec<Stream> {
    seeds.iter().map(|seed| Stream::from_blocks(*seed, index as u64)).collect()
}

fn words([a, b]: [Block; 2]) -> [u64; 4] {
    let ([a, b], [c, d]) = (a.words(), b.words());
    [a, b, c, d]
}

fn blocks([a, b, c, d]: [u64; 4]) -> [Block; 2] {
    [Block::new([a, b]), Block::new([c, d])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_symmetric::Prg;

    fn first_word(stream: &Stream) -> u64 {
        let mut batch = [0; 32];
        stream.batch(0, &mut batch);
        batch[0]
    }

    #[test]
    fn the_puncturer_has_every_leaf_but_one() {
        let mut prg = Prg::from_seed([9; 32]);
        for levels in [1, 2, 4, 8] {
            let pairs: Vec<[Block; 2]> = (0..levels).map(|_| [prg.block(), prg.block()]).collect();
            let (all, corrections) = grow(3, &pairs);
            assert_eq!((all.len(), corrections.len()), (1 << levels, levels - 1));
            for alpha in 0..1u64 << levels {
                let path = |level: usize| (alpha >> (levels - 1 - level) & 1) as usize;
                let messages: Vec<Block> = (0..levels).map(|level| pairs[level][1 - path(level)]).collect();
                let but_one = puncture(3, alpha, &messages, &corrections);
                for y in 0..1 << levels {
                    let known = first_word(&but_one[y]) == first_word(&all[y ^ alpha as usize]);
                    assert_eq!(known, y != 0, "leaf {y} of {levels} levels, punctured at {alpha}");
                }
            }
        }
    }
}
