//! Random transfers to random products: of bits, and of a bit and a word.
//!
//! *Computes*: `s·δ_j = u_j ⊕ v_j` for `j` below `W`: the receiver has the bit `s` and the bits
//! `u_j`, the sender the bits `δ_j` and `v_j`; all are random. One transfer gives one such product
//! for every bit of its messages.
//!
//! *From*: Asharov, Lindell, Schneider, Zohner 2013. With messages `m0`, `m1` and choice `s`, put
//! `v = m0`, `δ = m0 ⊕ m1` and `u = m_s`; then `u = v ⊕ s·δ`. *Security*: that of the transfers.
//! *Cost*: none; local. *Deviations*: none.

use tacit_ring::Bits;
use tacit_symmetric::Block;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The sender's half of `n` products of width `W`.
pub struct SenderProducts<const W: usize> {
    /// Her random factors.
    pub delta: [Bits; W],
    /// Her shares of the products.
    pub v: [Bits; W],
}

/// The receiver's half of `n` products of width `W`.
pub struct ReceiverProducts<const W: usize> {
    /// His random factor.
    pub s: Bits,
    /// His shares of the products.
    pub u: [Bits; W],
}

/// The sender's products out of the messages of some transfers.
pub(crate) fn send<const W: usize>(m0: &[Block], m1: &[Block]) -> SenderProducts<W> {
    let difference = |i: usize| m0[i] ^ m1[i];
    SenderProducts { delta: planes(m0.len(), difference), v: planes(m0.len(), |i| m0[i]) }
}

/// The receiver's products out of the choices and messages of some transfers.
pub(crate) fn receive<const W: usize>(s: Bits, messages: &[Block]) -> ReceiverProducts<W> {
    ReceiverProducts { s, u: planes(messages.len(), |i| messages[i]) }
}

/// The sender's half of `n` random products of a bit and a word: `c·u = v + w` modulo 2^32.
///
/// *From*: Gilboa 1999, on random words. With messages `m0`, `m1` and choice `c`, put `u = m1 −
/// m0`, `v = −m0` and `w = m_c`. *Security*: that of the transfers: to the receiver, `u` hides
/// behind the message that `c` does not name.
#[derive(Default, ZeroizeOnDrop)]
pub struct SenderWords {
    /// Her random factors.
    pub u: Vec<u32>,
    /// Her shares of the products.
    pub v: Vec<u32>,
}

/// The receiver's half of `n` random products of a bit and a word; see [`SenderWords`].
pub struct ReceiverWords {
    /// His random bits.
    pub c: Bits,
    /// His shares of the products.
    pub w: Zeroizing<Vec<u32>>,
}

impl SenderWords {
    pub(crate) fn new(m0: &[Block], m1: &[Block]) -> Self {
        let words = |i: usize| [m0[i], m1[i]].map(low);
        let u = (0..m0.len()).map(words).map(|[m0, m1]| m1.wrapping_sub(m0)).collect();
        Self { u, v: m0.iter().map(|&m0| low(m0).wrapping_neg()).collect() }
    }

    /// Appends `other`.
    pub fn append(&mut self, other: &Self) {
        self.u.extend_from_slice(&other.u);
        self.v.extend_from_slice(&other.v);
    }
}

impl ReceiverWords {
    pub(crate) fn new(c: Bits, messages: &[Block]) -> Self {
        Self { c, w: messages.iter().map(|&m| low(m)).collect::<Vec<_>>().into() }
    }

    /// Appends `other`.
    pub fn append(&mut self, other: &Self) {
        self.c.append(&other.c);
        self.w.extend_from_slice(&other.w);
    }
}

/// The lowest 32 bits.
fn low(block: Block) -> u32 {
    block.words()[0] as u32
}

/// The lowest `W` bits of `n` blocks, one plane for each.
fn planes<const W: usize>(n: usize, block: impl Fn(usize) -> Block) -> [Bits; W] {
    const { assert!(W <= 64) };
    let mut planes: [Vec<u64>; W] = std::array::from_fn(|_| Vec::with_capacity(n.div_ceil(64)));
    for start in (0..n).step_by(64) {
        let mut words = [0; W];
        for i in start..n.min(start + 64) {
            let [low, _] = block(i).words();
            for (j, word) in words.iter_mut().enumerate() {
                *word |= (low >> j & 1) << (i - start);
            }
        }
        for (plane, word) in planes.iter_mut().zip(words) {
            plane.push(word);
        }
    }
    planes.map(|words| Bits::from_words(words, n))
}
