//! A shared word, or zero, as a shared bit says.

use tacit_ot::{Pool, ReceiverWords, SenderWords};
use tacit_session::{Cost, Fault, Link, Session};
use zeroize::Zeroizing;

use crate::material::Transfers;
use crate::wire::MaskedFactors;
use crate::{Shared, Words, product};

/// Material for multiplexers: one random product of a bit and a word in each direction. Spent by
/// value.
pub struct Multipliers {
    sent: SenderWords,
    received: ReceiverWords,
}

impl Multipliers {
    /// The transfers that `n` multiplexers take.
    #[must_use]
    pub fn transfers(n: usize) -> Transfers {
        Transfers { alice: n, bob: n }
    }

    /// Material for `n` multiplexers out of a pool.
    ///
    /// # Panics
    /// When the pool holds too little.
    #[must_use]
    pub fn from_pool(pool: &mut Pool, n: usize) -> Self {
        Self { sent: pool.sender_words(n), received: pool.receiver_words(n) }
    }

    /// Appends `other`.
    pub fn append(&mut self, other: &Self) {
        self.sent.append(&other.sent);
        self.received.append(&other.received);
    }
}

/// Shares of `z·x`, place by place, for shared bits `z` and shared words `x`.
///
/// *Computes*: with `z = z_0 ⊕ z_1` and `x = x_0 + x_1`, `z·x_i = z_i·x_i + z_j·(1 − 2·z_i)·x_i`:
/// the first term is local, the second a product (`product.rs`) of j's bit and i's word. *From*:
/// Rathee et al., *CrypTFlow2*, 2020, section 3.1.2. *Security*: semi-honest, that of the products.
/// *Cost*: [`select_cost`]: one round. *Deviations*: the transfers are random ones made before, so
/// both directions cross at once.
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
///
/// # Panics
/// When there are not as many bits, words and products.
pub async fn select<L: Link>(s: &mut Session<L>, material: Multipliers, z: &Shared, x: &Words) -> Result<Words, Fault> {
    let Multipliers { sent, received } = material;
    let n = x.len();
    assert_eq!(z.len(), n, "a bit for every word");
    // 1. Both directions of the products, masked.
    let factors = z.0.iter().zip(x.0.iter()).map(|(z, x)| if_then_minus(z, *x));
    let factors: Zeroizing<Vec<u32>> = factors.collect::<Vec<_>>().into();
    let bits = &z.0 ^ &received.c;
    let mine = MaskedFactors { words: product::mask(&sent, &factors), width: u32::BITS, bits: bits.duplicate() };
    let theirs = s.exchange(&mine, (n, u32::BITS, n)).await?;
    // 2. The rest is local.
    let mut shares = product::receive(&received, &bits, &theirs.words);
    let sent = product::send(&sent, &factors, &theirs.bits);
    for ((share, sent), (z, x)) in shares.iter_mut().zip(sent).zip(z.0.iter().zip(x.0.iter())) {
        *share = share.wrapping_add(sent).wrapping_add(u32::from(z).wrapping_mul(*x));
    }
    Ok(Words(shares))
}

/// The cost of [`select`] of `n` words.
#[must_use]
pub fn select_cost(n: usize) -> Cost {
    Cost::exchange(MaskedFactors::bytes(n, u32::BITS, n))
}

/// Shares of the bits as words: 0 or 1.
///
/// *Computes*: `z_0 ⊕ z_1 = z_0 + z_1·(1 − 2·z_0)`: a multiplexer of the word 1, which is Alice's.
/// *From, Security, Cost*: those of [`select`]. *Deviations*: none.
///
/// # Errors
/// Those of [`select`].
///
/// # Panics
/// When there is not as much material as bits.
pub async fn to_words<L: Link>(s: &mut Session<L>, material: Multipliers, z: &Shared) -> Result<Words, Fault> {
    let mut ones = Words::zeros(z.len());
    ones.add_public(s, 1);
    select(s, material, z, &ones).await
}

/// (1 − 2z)·x.
fn if_then_minus(z: bool, x: u32) -> u32 {
    let minus = u32::from(z);
    (x ^ minus.wrapping_neg()).wrapping_add(minus)
}
