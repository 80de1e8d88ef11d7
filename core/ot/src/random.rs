//! Correlated transfers to random ones.
//!
//! *Computes*: from `t_i = q_i ⊕ c_i·Δ`, the sender's messages `m0_i = H(i, q_i)` and `m1_i = H(i,
//! q_i ⊕ Δ)`, and the receiver's `H(i, t_i)`, which is the one that `c_i` names.
//!
//! *From*: Ishai, Kilian, Nissim, Petrank 2003. *Security*: that of the hash,
//! [`tacit_symmetric::hash`](mod@tacit_symmetric::hash): the receiver knows `q_i` or `q_i ⊕ Δ`,
//! never both, and correlation robustness says that the other's hash looks random to whom `Δ` is
//! unknown, as long as no tweak is used twice. The hash is tweakable *circular* correlation robust
//! (Guo, Katz, Wang, Yu 2020), which also covers rows that a corrupted receiver has chosen. The
//! domain separates the directions, and the tweak counts the transfers of a direction since the
//! pairing began. Sacrificed rows are never hashed, and a sender hashes only rows whose check has
//! passed. *Cost*: none; local. *Deviations*: none.

use tacit_session::Party;
use tacit_symmetric::{Block, Blocks, hash_many};
use zeroize::Zeroizing;

use crate::domain;

/// The sender's messages for transfers `first, first + 1, …` that `sender` sends.
#[must_use]
pub fn send(sender: Party, first: u64, delta: Block, q: &Blocks) -> [Blocks; 2] {
    let shifted: Blocks = q.iter().map(|q| *q ^ delta).collect::<Vec<_>>().into();
    [q, &shifted].map(|x| receive(sender, first, x))
}

/// The receiver's messages for transfers `first, first + 1, …` that `sender` sends.
#[must_use]
pub fn receive(sender: Party, first: u64, t: &Blocks) -> Blocks {
    let mut messages = Zeroizing::new(vec![Block::ZERO; t.len()]);
    hash_many(domain::random(sender), first, t, &mut messages);
    messages
}
