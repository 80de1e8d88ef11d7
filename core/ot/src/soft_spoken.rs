//! SoftSpokenOT: extension by small-field vector oblivious linear evaluation.
//!
//! *Computes*: random correlated transfers, `t_i = q_i ⊕ c_i·Δ` (see [`extension`](crate::extension)).
//!
//! *From*: Roy, *SoftSpokenOT*, CRYPTO 2022: the semi-honest protocol over the repetition code. The field has `2^k`
//! elements and `k` divides 128. There are `128/k` punctured trees (of `tree.rs`); the receiver of the extension owns
//! them, and the sender is punctured at `Δ_j`, the `j`-th `k` bits of `Δ`. With `r_x` the stream of leaf `x`, tree `j`
//! gives
//!
//! ```text
//!   receiver   u_j = Σ r_x         v_j = Σ x·r_x
//!   sender     w_j = Σ (x − Δ_j)·r_x  =  v_j − Δ_j·u_j          the term x = Δ_j, which she does not know, is 0
//! ```
//!
//! The receiver's choice bits are `c = u_0`; he sends `u_j ⊕ u_0` for the other trees, the sender adds `Δ_j` times
//! that, and now all `w_j = v_j ⊕ Δ_j·c`. Written as 128 planes of bits and read by columns, that is `q_i = t_i ⊕
//! c_i·Δ`.
//!
//! *Security*: semi-honest; the correction hides behind `u_j`, which contains the stream of the leaf that
//! the sender does not know; `Δ` is hidden by the base transfers. Streams are read on from where the last
//! extension stopped, so nothing is masked twice.
//!
//! *Cost*: [`extend_bytes`]: `128/k − 1` bits a transfer, sent by the receiver; and once, with the first extension,
//! [`trees_bytes`]. A larger `k` sends less and computes more: `2^k/k` stream bits for each of the 128.
//!
//! | `k` | bytes a transfer | trees, bytes | OT/s, wasm | OT/s, native | a stock of 1024 each way, wasm |
//! |---|---|---|---|---|---|
//! | 1 | 15.9 | 0 | 4.6 M | 5.8 M | 0.31 ms |
//! | 2 | 7.9 | 2,048 | 5.3 M | 5.7 M | 0.29 ms |
//! | **4** | 3.9 | 3,072 | **5.1 M** | 5.3 M | 0.39 ms |
//! | 8 | 1.9 | 3,584 | 1.6 M | 1.8 M | 2.0 ms |
//!
//! One thread that plays both roles, hashing included, on a busy two-core machine; wasm is V8 with `simd128`. Measure
//! again with `cargo xtask bench primitives`.
//!
//! *Deviations*: none. The trees' corrections travel with the first extension and not before it, which saves a round.

use tacit_ring::Bits;
use tacit_session::{Fault, HEADER, Link, Malformed, Message, Session, Stage, Tag};
use tacit_symmetric::{Block, Blocks, Stream};
use zeroize::{Zeroize as _, Zeroizing};

use crate::base::{BaseReceiver, BaseSender, COUNT};
use crate::extension::{RandomCotReceiver, RandomCotSender};
use crate::{transpose, tree};

/// `k` in the product: as fast as any, half the bytes of the next smaller one, and for a stock of a thousand transfers
/// within 2 kB of the smallest (see the table above).
pub const FIELD_BITS: usize = 4;

/// Words of a batch: as many as a stream gives at once.
const WORDS: usize = Stream::BITS / 64;

/// A batch of one plane.
type Plane = [u64; WORDS];

/// The receiver of the extension: the trees' owner, who was the sender of the base transfers.
pub struct SoftSpokenReceiver {
    k: usize,
    trees: Vec<Vec<Stream>>,
    /// Corrections of the trees that have not been sent yet.
    unsent: Option<Vec<tree::Corrections>>,
    next_batch: u64,
}

/// The sender of the extension: punctured at `Δ`, the receiver of the base transfers.
pub struct SoftSpokenSender {
    k: usize,
    delta: Zeroizing<Block>,
    trees: Trees,
    next_batch: u64,
}

/// The sender's trees, before and after the corrections have come.
enum Trees {
    Awaited(Blocks),
    Punctured(Vec<Vec<Stream>>),
}

/// The choices of the base transfers that make `delta` the correlation: its complement.
#[must_use]
pub fn base_choices(delta: Block) -> Block {
    delta ^ Block::new([u64::MAX; 2])
}

/// Body bytes of the trees' corrections, sent once by the extension's receiver.
#[must_use]
pub const fn trees_bytes(k: usize) -> usize {
    COUNT / k * (k - 1) * 32
}

/// Body bytes of the correction of the choice bits of `n` transfers.
#[must_use]
pub const fn correction_bytes(k: usize, n: usize) -> usize {
    (COUNT / k - 1) * Bits::bytes_for(n)
}

/// Bytes that the receiver sends to extend by `n`, frame included.
#[must_use]
pub const fn extend_bytes(k: usize, n: usize) -> usize {
    if n == 0 { 0 } else { HEADER + correction_bytes(k, n) }
}

impl SoftSpokenReceiver {
    /// Grows the trees. Level `l` of tree `j` has the messages of transfer `(j + 1)·k − 1 − l`, so that transfer `i`
    /// belongs to bit `i` of `Δ`.
    ///
    /// # Panics
    /// When `k` is not 1, 2, 4 or 8.
    #[must_use]
    pub fn new(k: usize, base: &BaseSender) -> Self {
        assert!(matches!(k, 1 | 2 | 4 | 8), "no field of {k} bits");
        let grow = |(j, pairs): (usize, &[[Block; 2]])| {
            let levels: Zeroizing<Vec<[Block; 2]>> = pairs.iter().rev().copied().collect::<Vec<_>>().into();
            tree::grow(j, &levels)
        };
        let (trees, corrections) = base.pairs.chunks_exact(k).enumerate().map(grow).unzip();
        Self { k, trees, unsent: Some(corrections), next_batch: 0 }
    }

    /// One batch: the planes of `t`; the choice bits; and what corrects the other trees' choice bits.
    fn batch(&self, planes: &mut [Plane; COUNT], corrections: &mut [Vec<u64>]) -> Plane {
        let mut choices = [0; WORDS];
        for (j, (streams, planes)) in self.trees.iter().zip(planes.chunks_exact_mut(self.k)).enumerate() {
            let sum = fold(streams, 0, self.next_batch, planes);
            match j.checked_sub(1).and_then(|j| corrections.get_mut(j)) {
                None => choices = sum,
                Some(correction) => correction.extend(sum.iter().zip(&choices).map(|(u, c)| u ^ c)),
            }
        }
        choices
    }
}

impl RandomCotReceiver for SoftSpokenReceiver {
    async fn extend<L: Link>(&mut self, s: &mut Session<L>, n: usize) -> Result<(Bits, Blocks), Fault> {
        let mut t: Blocks = vec![Block::ZERO; n].into();
        let mut choices = Vec::with_capacity(n.div_ceil(64));
        let mut corrections = vec![Vec::with_capacity(n.div_ceil(64)); COUNT / self.k - 1];
        let mut planes = Zeroizing::new([[0; WORDS]; COUNT]);
        // 1. Expand, batch by batch.
        for t in t.chunks_mut(Stream::BITS) {
            let mut c = self.batch(&mut planes, &mut corrections);
            self.next_batch += 1;
            choices.extend_from_slice(&c);
            c.zeroize();
            transpose::to_blocks(&planes, t);
        }
        // 2. Make all trees use the first one's choice bits.
        if n > 0 {
            let planes = corrections.into_iter().map(|words| Bits::from_words(words, n)).collect();
            s.enter(Stage::Extend);
            s.send(&ChoiceCorrections(planes)).await?;
        }
        if let Some(corrections) = self.unsent.take() {
            s.enter(Stage::BaseOt);
            s.send(&PuncturedTrees(corrections)).await?;
            s.enter(Stage::Extend);
        }
        Ok((Bits::from_words(choices, n), t))
    }
}

impl SoftSpokenSender {
    /// Remembers what will puncture the trees. `Δ` is the complement of the choices: a party learns the nodes beside
    /// her path.
    ///
    /// # Panics
    /// When `k` is not 1, 2, 4 or 8.
    #[must_use]
    pub fn new(k: usize, base: BaseReceiver) -> Self {
        assert!(matches!(k, 1 | 2 | 4 | 8), "no field of {k} bits");
        let delta = Zeroizing::new(base_choices(*base.choices));
        Self { k, delta, trees: Trees::Awaited(base.messages), next_batch: 0 }
    }

    /// The trees; the first time, they come from the peer.
    async fn trees<L: Link>(&mut self, s: &mut Session<L>) -> Result<&[Vec<Stream>], Fault> {
        if let Trees::Awaited(messages) = &self.trees {
            s.enter(Stage::BaseOt);
            let PuncturedTrees(corrections) = s.recv(self.k).await?;
            s.enter(Stage::Extend);
            let puncture = |(j, (messages, corrections)): (usize, (&[Block], tree::Corrections))| {
                let levels: Blocks = messages.iter().rev().copied().collect::<Vec<_>>().into();
                let alpha = (0..self.k).fold(0, |alpha, b| alpha | self.delta.bit(j * self.k + b) << b);
                tree::puncture(j, alpha, &levels, &corrections)
            };
            let trees = messages.chunks_exact(self.k).zip(corrections).enumerate().map(puncture).collect();
            self.trees = Trees::Punctured(trees);
        }
        match &self.trees {
            Trees::Punctured(trees) => Ok(trees),
            Trees::Awaited(_) => unreachable!("they have just come"),
        }
    }
}

impl RandomCotSender for SoftSpokenSender {
    fn delta(&self) -> Block {
        *self.delta
    }

    async fn extend<L: Link>(&mut self, s: &mut Session<L>, n: usize) -> Result<Blocks, Fault> {
        let (k, delta, first_batch) = (self.k, *self.delta, self.next_batch);
        // 1. What makes all trees use the first one's choice bits.
        s.enter(Stage::Extend);
        let ChoiceCorrections(corrections) =
            if n > 0 { s.recv((COUNT / k - 1, n)).await? } else { ChoiceCorrections(Vec::new()) };
        self.next_batch += n.div_ceil(Stream::BITS) as u64;
        let trees = self.trees(s).await?;
        // 2. Expand, batch by batch, and add Δ_j times the correction.
        let mut q: Blocks = vec![Block::ZERO; n].into();
        let mut planes = Zeroizing::new([[0; WORDS]; COUNT]);
        for (batch, q) in q.chunks_mut(Stream::BITS).enumerate() {
            for (j, (streams, planes)) in trees.iter().zip(planes.chunks_exact_mut(k)).enumerate() {
                // Stream 0 is the missing one.
                fold(streams, 1, first_batch + batch as u64, planes).zeroize();
                let Some(correction) = j.checked_sub(1).and_then(|j| corrections.get(j)) else { continue };
                let words = correction.words().iter().skip(batch * WORDS);
                for (b, plane) in planes.iter_mut().enumerate() {
                    let mask = delta.bit(j * k + b).wrapping_neg();
                    for (w, correction) in plane.iter_mut().zip(words.clone()) {
                        *w ^= correction & mask;
                    }
                }
            }
            transpose::to_blocks(&planes, q);
        }
        Ok(q)
    }
}

/// One batch of a tree: returns `Σ r_x`, and sets plane `b` to the sum over those `x` whose bit `b` is set, beginning
/// with `x = first`.
///
/// It adds like a binary counter: two sums of 2^b streams each make one of 2^(b+1), and the second of them is
/// just the part of it that belongs to plane `b`. So there are 2 additions a stream, and not `k/2`.
fn fold(streams: &[Stream], first: usize, batch: u64, planes: &mut [Plane]) -> Plane {
    let levels = planes.len();
    let mut waiting = [[0; WORDS]; 8];
    for plane in planes.iter_mut() {
        plane.fill(0);
    }
    let mut sum = [0; WORDS];
    for (x, stream) in streams.iter().enumerate() {
        if x < first {
            sum.fill(0);
        } else {
            stream.batch(batch, &mut sum);
        }
        for b in 0..levels {
            if x >> b & 1 == 0 {
                waiting[b] = sum;
                break;
            }
            add(&mut planes[b], &sum);
            add(&mut sum, &waiting[b]);
        }
    }
    waiting.zeroize();
    sum
}

fn add(to: &mut Plane, from: &Plane) {
    for (to, from) in to.iter_mut().zip(from) {
        *to ^= from;
    }
}

/// The corrections of all trees.
struct PuncturedTrees(Vec<tree::Corrections>);

impl Message for PuncturedTrees {
    const TAG: Tag = Tag::PuncturedTrees;
    /// `k`.
    type Shape = usize;

    fn encode(&self) -> Vec<u8> {
        self.0.iter().flatten().flatten().flat_map(|block| block.to_bytes()).collect()
    }

    #[deny(clippy::indexing_slicing)]
    fn decode(body: &[u8], k: usize) -> Result<Self, Malformed> {
        if body.len() != trees_bytes(k) {
            return Err(Malformed);
        }
        let (blocks, []) = body.as_chunks::<16>() else { return Err(Malformed) };
        let (levels, []) = blocks.as_chunks::<2>() else { return Err(Malformed) };
        let levels: Vec<[Block; 2]> = levels.iter().map(|pair| pair.map(Block::from_bytes)).collect();
        // With k = 1 the trees have a single level, which needs no correction.
        let mut trees = levels.chunks(k.saturating_sub(1).max(1)).map(<[_]>::to_vec);
        Ok(Self((0..COUNT / k).map(|_| trees.next().unwrap_or_default()).collect()))
    }
}

/// What corrects the choice bits of all trees but the first.
struct ChoiceCorrections(Vec<Bits>);

impl Message for ChoiceCorrections {
    const TAG: Tag = Tag::ChoiceCorrections;
    /// How many planes, of how many bits each.
    type Shape = (usize, usize);

    fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(Bits::to_bytes).collect()
    }

    #[deny(clippy::indexing_slicing)]
    fn decode(body: &[u8], (planes, n): (usize, usize)) -> Result<Self, Malformed> {
        let bytes = Bits::bytes_for(n);
        if bytes == 0 || body.len() != planes * bytes {
            return Err(Malformed);
        }
        let planes = body.chunks_exact(bytes).map(|plane| Bits::from_bytes(plane, n).ok_or(Malformed));
        Ok(Self(planes.collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What a peer sends who computes the frames' checks herself: only the right length and clean tails are read.
        #[test]
        fn foreign_bodies_are_refused_or_read_whole(
            body in prop::collection::vec(any::<u8>(), 0..600), k in 0usize..4, n in 0usize..300,
        ) {
            let k = 1 << k;
            match PuncturedTrees::decode(&body, k) {
                Ok(message) => {
                    prop_assert_eq!(message.0.len(), COUNT / k);
                    prop_assert_eq!(message.encode(), body.clone());
                }
                Err(Malformed) => prop_assert_ne!(body.len(), trees_bytes(k)),
            }
            let planes = COUNT / k - 1;
            if let Ok(message) = ChoiceCorrections::decode(&body, (planes, n)) {
                prop_assert_eq!((message.0.len(), body.len()), (planes, correction_bytes(k, n)));
                prop_assert_eq!(message.encode(), body);
            }
        }
    }

    #[test]
    fn bodies_of_the_right_length_are_read() {
        for k in [1, 2, 4, 8] {
            assert!(PuncturedTrees::decode(&vec![7; trees_bytes(k)], k).is_ok());
            let planes = COUNT / k - 1;
            let body = vec![0xff; correction_bytes(k, 16)];
            assert!(ChoiceCorrections::decode(&body, (planes, 16)).is_ok());
            assert!(ChoiceCorrections::decode(&body, (planes, 15)).is_err(), "a bit beyond the last transfer");
            assert!(ChoiceCorrections::decode(&body, (planes, 17)).is_err());
        }
    }
}
