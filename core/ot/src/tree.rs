//! Punctured trees: one party knows all of many seeds, the other all but one.
//!
//! *Computes*: a tree of Goldreich, Goldwasser and Micali (1986) with 2^k leaves, in which
//! [`double_many`] derives the two children of a node. The owner knows all leaves. The puncturer
//! has chosen a leaf α and learns all leaves but α; the owner does not learn α. For every level the
//! puncturer gets, by one oblivious transfer, the sum of all nodes on the side that the path to α
//! does not take. It can compute all of these nodes but one, the sibling of the path, and so gets
//! that one too. The children of the root are the messages of the first transfer; each level below
//! needs a correction, which masks the two sums with the two messages of its transfer.
//!
//! *From*: Schoppmann et al. 2019; Boyle et al. 2019; Roy, *SoftSpokenOT*, CRYPTO 2022, with the
//! consistency check of its figures 13 and 14. Each leaf gives two independent values of 256 bits:
//! the seed of its stream, and a check value `s_y`. For every tree the owner sends the sum of its
//! `s_y`; and one digest of the `s_y` of all trees. The puncturer recovers `s_α` from the sum, and
//! compares the digest.
//!
//! *Security*: malicious. With wrong corrections the leaves that the puncturer computes depend on
//! α. The digest binds the owner to one list of check values, so all α that pass the check give the
//! same leaves. A wrong correction is therefore a guess at α that is caught when it is wrong: a
//! guess of `b` bits passes with probability `2^-b`, which the functionality of the paper allows.
//! `s_α` is independent of the seed of leaf α. With `k = 1` the leaves *are* the messages of a
//! transfer: there is no correction that could be wrong, and no check.
//!
//! *Cost*: part of [`trees_bytes`](crate::soft_spoken::trees_bytes): 32 bytes per tree for the
//! sums, and 32 for the digest.
//!
//! *Deviations*: one digest covers all trees, where the paper has one for each. The check tells the
//! owner only whether all trees pass.

use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};
use tacit_symmetric::{Block, Stream, double_many};
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain;

/// Two masked sums for every level but the first.
pub(crate) type Corrections = Vec<[Block; 2]>;

/// The digest of the check, over all trees.
pub(crate) struct Digest(blake3::Hasher);

impl Digest {
    pub(crate) fn new() -> Self {
        Self(blake3::Hasher::new_derive_key("tacit SoftSpoken OT v2, leaves of all trees"))
    }

    fn update(&mut self, values: &[[Block; 2]]) {
        let bytes: Zeroizing<Vec<[u8; 16]>> =
            values.as_flattened().iter().map(|half| half.to_bytes()).collect::<Vec<_>>().into();
        self.0.update(bytes.as_flattened());
    }

    /// The digest. It compares in constant time.
    pub(crate) fn finish(self) -> blake3::Hash {
        self.0.finalize()
    }
}

/// The owner's side: from `k` pairs of messages, the streams of all `2^k` leaves of tree `index`,
/// and the corrections and the sum of check values for the puncturer.
pub(crate) fn grow(index: usize, pairs: &[[Block; 2]], digest: &mut Digest) -> (Vec<Stream>, Corrections, [Block; 2]) {
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
    let checks = of_leaves(domain::LEAF_CHECK, index, &nodes);
    digest.update(&checks);
    let sum = checks.iter().fold([Block::ZERO; 2], |sum, check| add(sum, *check));
    (streams(index, &of_leaves(domain::LEAF, index, &nodes)), corrections, sum)
}

/// The puncturer's side: the streams of all leaves of tree `index` but α, whose bit `b` is bit `b`
/// of `alpha`.
///
/// The messages are those that the complement of α chose, the highest level first. Stream `y` is
/// that of leaf `y ⊕ α`; so stream 0 is the missing one, and what stands there is worth nothing.
/// All steps take the same time for every α.
///
/// The streams must not be used before the digest has been compared with the owner's.
pub(crate) fn puncture(
    index: usize,
    alpha: u64,
    messages: &[Block],
    corrections: &[[Block; 2]],
    sum: [Block; 2],
    digest: &mut Digest,
) -> Vec<Stream> {
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
        // The sum of that side, without the unknown node's false child, is what is missing from the
        // owner's sum.
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

    // The check value of leaf α is the sum without the other check values.
    let is_alpha = |leaf: usize| u64::from((leaf as u64).ct_eq(&alpha).unwrap_u8());
    let mut checks = of_leaves(domain::LEAF_CHECK, index, &nodes);
    let mut missing = sum;
    for (leaf, check) in checks.iter_mut().enumerate() {
        *check = check.map(|half| half.when(1 ^ is_alpha(leaf)));
        missing = add(missing, *check);
    }
    for (leaf, check) in checks.iter_mut().enumerate() {
        *check = add(*check, missing.map(|half| half.when(is_alpha(leaf))));
    }
    digest.update(&checks);

    // Leaf y ⊕ α moves to place y: for every bit of α that is set, swap the halves that differ in
    // it.
    let mut seeds = of_leaves(domain::LEAF, index, &nodes);
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

/// 256 bits from every leaf.
fn of_leaves(domain: u64, index: usize, leaves: &[Block]) -> Zeroizing<Vec<[Block; 2]>> {
    let mut values = Zeroizing::new(vec![[Block::ZERO; 2]; leaves.len()]);
    double_many(domain, tweak(index, leaves.len()), leaves, &mut values);
    values
}

fn add([a, b]: [Block; 2], [c, d]: [Block; 2]) -> [Block; 2] {
    [a ^ c, b ^ d]
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

    /// Pairs of messages, and those that puncture at α.
    fn messages(prg: &mut Prg, levels: usize) -> (Vec<[Block; 2]>, impl Fn(u64) -> Vec<Block>) {
        let pairs: Vec<[Block; 2]> = (0..levels).map(|_| [prg.block(), prg.block()]).collect();
        let copy = pairs.clone();
        let path = move |alpha: u64, level: usize| (alpha >> (levels - 1 - level) & 1) as usize;
        (pairs, move |alpha| (0..levels).map(|level| copy[level][1 - path(alpha, level)]).collect())
    }

    #[test]
    fn the_puncturer_has_every_leaf_but_one() {
        let mut prg = Prg::from_seed([9; 32]);
        for levels in [1, 2, 4, 8] {
            let (pairs, messages) = messages(&mut prg, levels);
            let mut owners = Digest::new();
            let (all, corrections, sum) = grow(3, &pairs, &mut owners);
            assert_eq!((all.len(), corrections.len()), (1 << levels, levels - 1));
            let owners = owners.finish();
            for alpha in 0..1u64 << levels {
                let mut digest = Digest::new();
                let but_one = puncture(3, alpha, &messages(alpha), &corrections, sum, &mut digest);
                assert!(digest.finish() == owners, "the check of {levels} levels, punctured at {alpha}");
                for y in 0..1 << levels {
                    let known = first_word(&but_one[y]) == first_word(&all[y ^ alpha as usize]);
                    assert_eq!(known, y != 0, "leaf {y} of {levels} levels, punctured at {alpha}");
                }
            }
        }
    }

    /// One wrong correction is a guess at one bit of α.
    #[test]
    fn a_lie_is_a_guess_at_one_bit() {
        let mut prg = Prg::from_seed([10; 32]);
        for levels in [2, 4, 8] {
            let (pairs, messages) = messages(&mut prg, levels);
            let mut owners = Digest::new();
            let (all, honest, sum) = grow(0, &pairs, &mut owners);
            let owners = owners.finish();
            for (level, side) in (0..levels - 1).flat_map(|level| [(level, 0), (level, 1)]) {
                let mut corrections = honest.clone();
                corrections[level][side] ^= Block::new([1, 0]);
                let mut passed = 0;
                for alpha in 0..1u64 << levels {
                    let mut digest = Digest::new();
                    let but_one = puncture(0, alpha, &messages(alpha), &corrections, sum, &mut digest);
                    if digest.finish() == owners {
                        passed += 1;
                        assert!(
                            (1..1 << levels).all(|y| first_word(&but_one[y]) == first_word(&all[y ^ alpha as usize]))
                        );
                    }
                }
                assert_eq!(passed, 1 << (levels - 1), "a lie on level {level}, side {side}");
            }
        }
    }
}
