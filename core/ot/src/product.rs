//! Random transfers to random products of bits.
//!
//! *Computes*: `s·δ_j = u_j ⊕ v_j` for `j` below `W`: the receiver has the bit `s` and the bits `u_j`, the sender the
//! bits `δ_j` and `v_j`; all are random. One transfer gives one such product for every bit of its messages.
//!
//! *From*: Asharov, Lindell, Schneider, Zohner 2013. With messages `m0`, `m1` and choice `s`, put `v = m0`, `δ = m0 ⊕
//! m1` and `u = m_s`; then `u = v ⊕ s·δ`. *Security*: that of the transfers. *Cost*: none; local. *Deviations*: none.

use tacit_ring::Bits;
use tacit_symmetric::Block;

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
