//! SoftSpokenOT: extension by small-field vector oblivious linear evaluation.
//!
//! *Computes*: random correlated transfers, `t_i = q_i ⊕ c_i·Δ` (see
//! [`extension`](crate::extension)).
//!
//! *From*: Roy, *SoftSpokenOT*, CRYPTO 2022 (ePrint 2022/192): the malicious protocol over the
//! repetition code. The field has `2^k` elements and `k` divides 128. There are `128/k` punctured
//! trees (see `tree.rs`); the extension's receiver owns them, and the sender is punctured at `Δ_j`,
//! the `j`-th `k` bits of `Δ`. With `r_x` the stream of leaf `x`, tree `j` gives
//!
//! ```text
//!   receiver   u_j = Σ r_x         v_j = Σ x·r_x
//!   sender     w_j = Σ (x − Δ_j)·r_x  =  v_j − Δ_j·u_j      the unknown term x = Δ_j has factor 0
//! ```
//!
//! The receiver's choice bits are `c = u_0`. The receiver sends `u_j ⊕ u_0` for all other trees,
//! and the sender adds `Δ_j` times that; now `w_j = v_j ⊕ Δ_j·c` for all trees. Written as 128
//! planes of bits and read by columns, that is `q_i = t_i ⊕ c_i·Δ`.
//!
//! **The check.** A receiver who corrects tree `j` to bits other than `c` makes `q` wrong by
//! multiples of `Δ_j`, and could learn `Δ_j` from whether later results are right. So every message
//! ends with a consistency check over a linear universal hash `R` of all rows (see `universal.rs`),
//! among them 128 rows that are sacrificed. The receiver sends `x = R·c` and a digest of `R·t`; the
//! sender computes `R·q ⊕ x·Δ` and compares its digest. No row is used before that.
//!
//! *Security*: malicious. Let `u'_j` be the bits to which the receiver has corrected tree `j`.
//!
//! - *Corrupted receiver*. If `R·u'_j = x`, tree `j` passes for all `Δ_j` or for none; else it
//!   passes for at most one `Δ_j`, so the receiver has guessed `k` bits of `Δ`. All trees of the
//!   first kind have the same `u'_j`, except with probability `ε·(128/k)²/2`, because `R` is
//!   ε-universal and drawn after the corrections; this `u'_j` is the receiver's choice. So guesses
//!   at `g` bits of `Δ` pass with probability `2^-g`. After that the receiver knows the guessed
//!   bits, and the other trees are those of an honest receiver. A failed check ends the pairing and
//!   wipes `Δ`. The functionality of the paper allows this selective failure.
//! - *Corrupted sender*. The sender sends nothing here but the base transfers' messages. Its view
//!   is simulated: corrections are masked by `u_j`, which includes the stream of the unknown leaf;
//!   `x` is masked by the sacrificed choices; and `R·t` follows from `R·q`, `x` and `Δ`. Streams
//!   are never read twice.
//! - The transfers are *endemic*, like the base transfers: a corrupted party may choose its own
//!   outputs.
//!
//! *Cost*: [`extend_bytes`]: the receiver sends `128/k − 1` bits for each transfer and each of the
//! 128 sacrificed, and 48 bytes; and once, with the first extension, [`trees_bytes`]. A larger `k`
//! sends less and computes more: `2^k/k` stream bits for each of the 128.
//!
//! | `k` | bytes a transfer | beside, an extension | trees, bytes | OT/s, wasm | OT/s, native |
//! |---|---|---|---|---|---|
//! | 1 | 15.9 | 2,085 | 0 | 3.5 M | 3.8 M |
//! | 2 | 7.9 | 1,061 | 4,128 | 4.0 M | 4.1 M |
//! | **4** | 3.9 | 549 | 4,128 | **3.7 M** | 3.7 M |
//! | 8 | 1.9 | 293 | 4,128 | 1.2 M | 1.2 M |
//!
//! One thread plays both roles, hashing included; processor time on a busy two-core machine; wasm
//! is V8 with `simd128`. Without the checks, `k = 4` gave 3.9 M in wasm and 3.7 M natively in the
//! same run. Measure again with `cargo xtask bench primitives`.
//!
//! *Deviations*:
//!
//! - Fiat–Shamir: the challenge is a hash of all messages of this direction so far (base transfers,
//!   trees, corrections) and is not sent by the sender. This saves two messages per extension. A
//!   receiver can grind offline for corrections that pass without a guess: each attempt succeeds
//!   with probability below `2^-118` for `k = 4`, and below `2^-114` for `k = 1`. FAEST (Baum et
//!   al., CRYPTO 2023, ePrint 2023/996) uses the same non-interactive check.
//! - The receiver sends a digest of `R·t` instead of its 2 kB, as FAEST does.
//! - The trees travel with the first extension, after its correction, and not with the base
//!   transfers, which saves a round. The challenge includes them.

use tacit_ring::Bits;
use tacit_session::{Fault, HEADER, Link, Malformed, Message, Party, Session, Stage, Tag};
use tacit_symmetric::{Block, Blocks, Stream};
use zeroize::{Zeroize as _, Zeroizing};

use crate::base::{BaseReceiver, BaseSender, COUNT};
use crate::extension::{RandomCotReceiver, RandomCotSender};
use crate::{transpose, tree, universal};

/// `k` in the product: as fast as any, half the bytes of the next smaller one, and for a stock of a
/// thousand transfers within 3 kB of the smallest (see the table above).
pub const FIELD_BITS: usize = 4;

/// Additional transfers of every extension, which its check uses up.
pub const SACRIFICED: usize = universal::ROWS;

/// Bytes of the check at the end of a correction: `R·c` (16), and the digest of `R·t` (32).
pub const CHECK_BYTES: usize = 16 + blake3::OUT_LEN;

/// Words of a batch: as many as a stream gives at once.
const WORDS: usize = Stream::BITS / 64;

/// A batch of one plane.
type Plane = [u64; WORDS];

/// The receiver of the extension: the trees' owner, who was the sender of the base transfers.
pub struct SoftSpokenReceiver {
    k: usize,
    trees: Vec<Vec<Stream>>,
    /// The message for the sender's trees, until it is sent.
    pub(crate) unsent: Option<PuncturedTrees>,
    next_batch: u64,
    transcript: Transcript,
}

/// The sender of the extension: punctured at `Δ`, the receiver of the base transfers.
pub struct SoftSpokenSender {
    k: usize,
    delta: Zeroizing<Block>,
    trees: Trees,
    next_batch: u64,
    transcript: Transcript,
}

/// The sender's trees, before and after the corrections have come and were checked.
enum Trees {
    Awaited(Blocks),
    Punctured(Vec<Vec<Stream>>),
}

/// The running hash of all messages of one direction. The challenges are its values.
struct Transcript([u8; 32]);

impl Transcript {
    /// Starts with the hash of the base transfers.
    fn new(base: &[u8; 32]) -> Self {
        Self(blake3::derive_key("tacit SoftSpoken OT v2, transcript", base))
    }

    /// Absorbs a message of `receiver`, the extension's receiver, and returns the new value.
    fn absorb(&mut self, tag: Tag, receiver: Party, (k, n): (usize, usize), body: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&[tag as u8, receiver as u8]);
        hasher.update(&(k as u64).to_le_bytes());
        hasher.update(&(n as u64).to_le_bytes());
        hasher.update(body);
        self.0 = *hasher.finalize().as_bytes();
        self.0
    }
}

/// The digest of `R·t`. Digests compare in constant time.
fn digest(challenge: &[u8; 32], sums: &[Block; universal::ROWS]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key("tacit SoftSpoken OT v2, sums of the check");
    hasher.update(challenge);
    hasher.update(sums.map(Block::to_bytes).as_flattened());
    hasher.finalize()
}

/// The choices of the base transfers that make `delta` the correlation: its complement.
#[must_use]
pub fn base_choices(delta: Block) -> Block {
    delta ^ Block::new([u64::MAX; 2])
}

/// Body bytes of the message for the trees, sent once by the extension's receiver.
///
/// Layout: for every tree, `k − 1` pairs of blocks, the corrections of its levels from the second
/// on; then for every tree two blocks, the sum of its check values; then the digest, 32 bytes.
/// Empty for `k = 1`.
#[must_use]
pub const fn trees_bytes(k: usize) -> usize {
    if k == 1 { 0 } else { COUNT / k * (k - 1) * 32 + COUNT / k * 32 + blake3::OUT_LEN }
}

/// Bytes of the correction of one tree for `n` transfers.
#[must_use]
pub const fn plane_bytes(n: usize) -> usize {
    Bits::bytes_for(n + SACRIFICED)
}

/// Body bytes of the correction for `n` transfers.
///
/// Layout: [`plane_bytes`] for every tree but the first, where bit `i` belongs to transfer `i` and
/// the last 128 bits to the sacrificed transfers; then [`CHECK_BYTES`]: `R·c`, and the digest of
/// `R·t`.
#[must_use]
pub const fn correction_bytes(k: usize, n: usize) -> usize {
    (COUNT / k - 1) * plane_bytes(n) + CHECK_BYTES
}

/// Bytes that the receiver sends to extend by `n`, frame included.
#[must_use]
pub const fn extend_bytes(k: usize, n: usize) -> usize {
    if n == 0 { 0 } else { HEADER + correction_bytes(k, n) }
}

impl SoftSpokenReceiver {
    /// Grows the trees. Level `l` of tree `j` has the messages of transfer `(j + 1)·k − 1 − l`, so
    /// that transfer `i` belongs to bit `i` of `Δ`.
    ///
    /// # Panics
    /// When `k` is not 1, 2, 4 or 8.
    #[must_use]
    pub fn new(k: usize, base: &BaseSender) -> Self {
        assert!(matches!(k, 1 | 2 | 4 | 8), "no field of {k} bits");
        let mut digest = tree::Digest::new();
        let (mut trees, mut unsent) = (Vec::new(), PuncturedTrees::default());
        for (j, pairs) in base.pairs.chunks_exact(k).enumerate() {
            let levels: Zeroizing<Vec<[Block; 2]>> = pairs.iter().rev().copied().collect::<Vec<_>>().into();
            let (streams, corrections, sum) = tree::grow(j, &levels, &mut digest);
            trees.push(streams);
            unsent.trees.push((corrections, sum));
        }
        unsent.digest = *digest.finish().as_bytes();
        Self { k, trees, unsent: Some(unsent), next_batch: 0, transcript: Transcript::new(&base.transcript) }
    }

    /// One batch: the planes of `t`; the choice bits; and what corrects the other trees' choice
    /// bits.
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

    /// The first, local half of an extension by `n`.
    #[must_use]
    pub fn expand(&mut self, n: usize) -> Expansion {
        let total = n + SACRIFICED;
        let mut t: Blocks = vec![Block::ZERO; total].into();
        let mut choices = Zeroizing::new(Vec::with_capacity(total.next_multiple_of(Stream::BITS) / 64));
        let mut corrections = vec![Vec::with_capacity(total.next_multiple_of(Stream::BITS) / 64); COUNT / self.k - 1];
        let mut planes = Zeroizing::new([[0; WORDS]; COUNT]);
        for t in t.chunks_mut(Stream::BITS) {
            let mut c = self.batch(&mut planes, &mut corrections);
            self.next_batch += 1;
            choices.extend_from_slice(&c);
            c.zeroize();
            transpose::to_blocks(&planes, t);
        }
        let corrections: Vec<Vec<u8>> =
            corrections.into_iter().map(|words| Bits::from_words(words, total).to_bytes()).collect();
        Expansion { choices, t, corrections: corrections.concat() }
    }

    /// The second half: sends the correction and the check.
    ///
    /// # Errors
    /// `Link` faults.
    pub async fn correct<L: Link>(
        &mut self,
        s: &mut Session<L>,
        expansion: Expansion,
    ) -> Result<(Bits, Blocks), Fault> {
        let Expansion { mut choices, mut t, corrections } = expansion;
        let n = t.len() - SACRIFICED;
        let challenge = self.transcript.absorb(Tag::ChoiceCorrections, s.party(), (self.k, n), &corrections);
        let bits = (0..t.len()).map(|i| (choices[i / 64] >> (i % 64) & 1) as u8);
        let bits: Zeroizing<Vec<u8>> = bits.collect::<Vec<_>>().into();
        let bits = universal::hash(&challenge, &bits);
        let choice_sums = (0..).zip(bits.iter()).fold(0, |sums, (i, bit)| sums | u128::from(*bit) << i).to_le_bytes();
        let digest = *digest(&challenge, &universal::hash(&challenge, &t)).as_bytes();
        s.enter(Stage::Extend);
        s.send(&ChoiceCorrections { corrections, choice_sums, digest }).await?;
        // The check has used these rows up.
        t.truncate(n);
        Ok((Bits::from_words(std::mem::take(&mut *choices), n), t))
    }
}

/// A receiver's half of an extension before the correction is sent. Sacrificed transfers are last.
pub struct Expansion {
    /// The choices, 64 to a word, least significant bit first.
    pub choices: Zeroizing<Vec<u64>>,
    /// The rows.
    pub t: Blocks,
    /// [`plane_bytes`] for every tree but the first.
    pub corrections: Vec<u8>,
}

impl RandomCotReceiver for SoftSpokenReceiver {
    async fn extend<L: Link>(&mut self, s: &mut Session<L>, n: usize) -> Result<(Bits, Blocks), Fault> {
        let (k, me) = (self.k, s.party());
        // The challenge includes the trees, although they are sent after the correction.
        let trees = self.unsent.take();
        if let Some(trees) = &trees {
            self.transcript.absorb(Tag::PuncturedTrees, me, (k, 0), &trees.encode());
        }
        let made = if n > 0 {
            let expansion = self.expand(n);
            self.correct(s, expansion).await?
        } else {
            (Bits::zeros(0), Blocks::default())
        };
        if let Some(trees) = &trees {
            s.enter(Stage::BaseOt);
            s.send(trees).await?;
            s.enter(Stage::Extend);
        }
        Ok(made)
    }
}

impl SoftSpokenSender {
    /// Remembers what will puncture the trees. `Δ` is the complement of the choices: a party learns
    /// the nodes beside her path.
    ///
    /// # Panics
    /// When `k` is not 1, 2, 4 or 8.
    #[must_use]
    pub fn new(k: usize, base: BaseReceiver) -> Self {
        assert!(matches!(k, 1 | 2 | 4 | 8), "no field of {k} bits");
        let delta = Zeroizing::new(base_choices(*base.choices));
        let (trees, transcript) = (Trees::Awaited(base.messages), Transcript::new(&base.transcript));
        Self { k, delta, trees, next_batch: 0, transcript }
    }

    /// Receives and checks the trees, the first time.
    async fn puncture<L: Link>(&mut self, s: &mut Session<L>) -> Result<(), Fault> {
        let Trees::Awaited(messages) = &self.trees else { return Ok(()) };
        let k = self.k;
        s.enter(Stage::BaseOt);
        let theirs: PuncturedTrees = s.recv(k).await?;
        s.enter(Stage::Extend);
        self.transcript.absorb(Tag::PuncturedTrees, s.party().other(), (k, 0), &theirs.encode());
        let mut digest = tree::Digest::new();
        let mut trees = Vec::with_capacity(COUNT / k);
        for (j, (messages, (corrections, sum))) in messages.chunks_exact(k).zip(&theirs.trees).enumerate() {
            let levels: Blocks = messages.iter().rev().copied().collect::<Vec<_>>().into();
            let alpha = (0..k).fold(0, |alpha, b| alpha | self.delta.bit(j * k + b) << b);
            trees.push(tree::puncture(j, alpha, &levels, corrections, *sum, &mut digest));
        }
        // With k = 1 a leaf is a message of a base transfer and cannot be inconsistent.
        if k > 1 && digest.finish() != theirs.digest {
            return Err(Fault::peer("punctured trees: not the leaves of one tree for every α"));
        }
        self.trees = Trees::Punctured(trees);
        Ok(())
    }
}

impl RandomCotSender for SoftSpokenSender {
    fn delta(&self) -> Block {
        *self.delta
    }

    async fn extend<L: Link>(&mut self, s: &mut Session<L>, n: usize) -> Result<Blocks, Fault> {
        let k = self.k;
        // 1. Receive the correction, and the trees once.
        s.enter(Stage::Extend);
        let theirs = if n > 0 { Some(s.recv::<ChoiceCorrections>((k, n)).await?) } else { None };
        self.puncture(s).await?;
        let Some(theirs) = theirs else { return Ok(Blocks::default()) };
        let total = n + SACRIFICED;
        let challenge = self.transcript.absorb(Tag::ChoiceCorrections, s.party().other(), (k, n), &theirs.corrections);
        let first_batch = self.next_batch;
        self.next_batch += total.div_ceil(Stream::BITS) as u64;
        let Trees::Punctured(trees) = &self.trees else { unreachable!("they have come") };
        let delta = &self.delta;
        // 2. Expand, batch by batch, and add Δ_j times the correction.
        let mut q: Blocks = vec![Block::ZERO; total].into();
        let mut planes = Zeroizing::new([[0; WORDS]; COUNT]);
        for (batch, q) in q.chunks_mut(Stream::BITS).enumerate() {
            for (j, (streams, planes)) in trees.iter().zip(planes.chunks_exact_mut(k)).enumerate() {
                // Stream 0 is the missing one.
                fold(streams, 1, first_batch + batch as u64, planes).zeroize();
                let Some(before) = j.checked_sub(1) else { continue };
                let correction = theirs.batch(before, n, batch);
                for (b, plane) in planes.iter_mut().enumerate() {
                    let mask = delta.bit(j * k + b).wrapping_neg();
                    for (w, correction) in plane.iter_mut().zip(&correction) {
                        *w ^= correction & mask;
                    }
                }
            }
            transpose::to_blocks(&planes, q);
        }
        // 3. Check, before the rows are used.
        let choice_sums = Block::from_bytes(theirs.choice_sums);
        let mut sums = universal::hash(&challenge, &q);
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum ^= delta.when(choice_sums.bit(i));
        }
        if digest(&challenge, &sums) != theirs.digest {
            return Err(Fault::peer("choice corrections: the trees do not have the same choices"));
        }
        q.truncate(n);
        Ok(q)
    }
}

/// One batch of a tree: returns `Σ r_x`, and sets plane `b` to the sum over those `x` whose bit `b`
/// is set, beginning with `x = first`.
///
/// It adds like a binary counter: two sums of 2^b streams each make one of 2^(b+1), and the second
/// of them is just the part of it that belongs to plane `b`. So there are 2 additions a stream, and
/// not `k/2`.
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

/// The message from which the sender computes its trees.
#[derive(Default)]
pub(crate) struct PuncturedTrees {
    /// The corrections of every tree, and the sum of its check values.
    pub(crate) trees: Vec<(tree::Corrections, [Block; 2])>,
    pub(crate) digest: [u8; blake3::OUT_LEN],
}

impl Message for PuncturedTrees {
    const TAG: Tag = Tag::PuncturedTrees;
    /// `k`.
    type Shape = usize;

    fn encode(&self) -> Vec<u8> {
        let corrections = self.trees.iter().flat_map(|(corrections, _)| corrections);
        if corrections.clone().next().is_none() {
            return Vec::new();
        }
        let sums = self.trees.iter().map(|(_, sum)| sum);
        let blocks = corrections.chain(sums).flatten().flat_map(|block| block.to_bytes());
        blocks.chain(self.digest).collect()
    }

    #[deny(clippy::indexing_slicing)]
    fn decode(body: &[u8], k: usize) -> Result<Self, Malformed> {
        if body.len() != trees_bytes(k) {
            return Err(Malformed);
        }
        // With k = 1 the trees have a single level, which needs no correction.
        let Some((blocks, digest)) = body.split_last_chunk() else {
            return Ok(Self { trees: vec![Default::default(); COUNT / k], digest: Default::default() });
        };
        let (blocks, []) = blocks.as_chunks::<16>() else { return Err(Malformed) };
        let (pairs, []) = blocks.as_chunks::<2>() else { return Err(Malformed) };
        let pairs: Vec<[Block; 2]> = pairs.iter().map(|pair| pair.map(Block::from_bytes)).collect();
        let (levels, sums) = pairs.split_at_checked(COUNT / k * (k - 1)).ok_or(Malformed)?;
        let trees = levels.chunks_exact(k - 1).zip(sums).map(|(levels, sum)| (levels.to_vec(), *sum)).collect();
        Ok(Self { trees, digest: *digest })
    }
}

/// The correction of the choice bits of all trees but the first, and its check.
struct ChoiceCorrections {
    /// The planes, concatenated.
    corrections: Vec<u8>,
    /// `R·c`.
    choice_sums: [u8; 16],
    /// The digest of `R·t`.
    digest: [u8; blake3::OUT_LEN],
}

impl ChoiceCorrections {
    /// One batch of a plane of the correction of `n` transfers.
    fn batch(&self, plane: usize, n: usize, batch: usize) -> Plane {
        let mut words = [0; WORDS];
        let bytes = self.corrections.chunks_exact(plane_bytes(n)).nth(plane).unwrap_or_default();
        let bytes = bytes.chunks(8 * WORDS).nth(batch).unwrap_or_default();
        let (whole, rest) = bytes.as_chunks::<8>();
        for (word, bytes) in words.iter_mut().zip(whole) {
            *word = u64::from_le_bytes(*bytes);
        }
        if let Some(word) = words.get_mut(whole.len()) {
            *word = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        words
    }
}

impl Message for ChoiceCorrections {
    const TAG: Tag = Tag::ChoiceCorrections;
    /// `k`, and how many transfers.
    type Shape = (usize, usize);

    fn encode(&self) -> Vec<u8> {
        [&self.corrections[..], &self.choice_sums, &self.digest].concat()
    }

    #[deny(clippy::indexing_slicing)]
    fn decode(body: &[u8], (k, n): (usize, usize)) -> Result<Self, Malformed> {
        if body.len() != correction_bytes(k, n) {
            return Err(Malformed);
        }
        let (rest, digest) = body.split_last_chunk().ok_or(Malformed)?;
        let (corrections, choice_sums) = rest.split_last_chunk().ok_or(Malformed)?;
        // Bits beyond the last transfer.
        let tail = |plane: &[u8]| plane.last().map_or(0, |last| last.checked_shr(last_bits(n)).unwrap_or(0));
        if corrections.chunks_exact(plane_bytes(n)).any(|plane| tail(plane) != 0) {
            return Err(Malformed);
        }
        Ok(Self { corrections: corrections.to_vec(), choice_sums: *choice_sums, digest: *digest })
    }
}

/// The number of bits of a plane's last byte that belong to transfers.
const fn last_bits(n: usize) -> u32 {
    match n % 8 {
        0 => 8,
        used => used as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A message of a peer that computes the frame checks itself: only the length and the zero
        /// padding are validated.
        #[test]
        fn foreign_bodies_are_refused_or_read_whole(
            body in prop::collection::vec(any::<u8>(), 0..600), k in 0usize..4, n in 1usize..300, fit in any::<bool>(),
        ) {
            let k = 1 << k;
            match PuncturedTrees::decode(&body, k) {
                Ok(message) => {
                    prop_assert_eq!(message.trees.len(), COUNT / k);
                    prop_assert_eq!(message.encode(), body.clone());
                }
                Err(Malformed) => prop_assert_ne!(body.len(), trees_bytes(k)),
            }
            let body = if fit { body.into_iter().cycle().take(correction_bytes(k, n)).collect() } else { body };
            if let Ok(message) = ChoiceCorrections::decode(&body, (k, n)) {
                prop_assert_eq!(body.len(), correction_bytes(k, n));
                prop_assert_eq!(message.encode(), body);
            }
        }
    }

    #[test]
    fn bodies_of_the_right_length_are_read() {
        for k in [1, 2, 4, 8] {
            let body: Vec<u8> = (0..trees_bytes(k)).map(|i| i as u8).collect();
            assert_eq!(PuncturedTrees::decode(&body, k).map(|trees| trees.encode()), Ok(body));
            let body = vec![0xff; correction_bytes(k, 16)];
            assert!(ChoiceCorrections::decode(&body, (k, 16)).is_ok());
            assert!(ChoiceCorrections::decode(&body, (k, 15)).is_err(), "a bit beyond the last transfer");
            assert!(ChoiceCorrections::decode(&body, (k, 17)).is_err());
        }
    }

    #[test]
    fn batches_are_words_of_a_plane() {
        let n = 2 * Stream::BITS - SACRIFICED + 3;
        let corrections: Vec<u8> = (0..3 * plane_bytes(n)).map(|i| (i * 7 / 8) as u8).collect();
        let message = ChoiceCorrections { corrections: corrections.clone(), choice_sums: [0; 16], digest: [0; 32] };
        let plane = &corrections[plane_bytes(n)..2 * plane_bytes(n)];
        let bytes: Vec<u8> = (0..3).flat_map(|batch| message.batch(1, n, batch)).flat_map(u64::to_le_bytes).collect();
        assert_eq!(&bytes[..plane.len()], plane);
        assert!(bytes[plane.len()..].iter().all(|byte| *byte == 0));
    }
}
