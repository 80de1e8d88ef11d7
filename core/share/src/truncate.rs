//! Division of shared words by a power of two.

use tacit_ot::{Pool, ReceiverWords, SenderWords};
use tacit_ring::Bits;
use tacit_session::{Cost, Fault, HEADER, Link, Party, Session};
use zeroize::Zeroizing;

use crate::material::Transfers;
use crate::wire::MaskedFactors;
use crate::{Words, product};

/// The offset that makes every number non-negative: numbers lie in −2^30..2^30.
const LIFT: u32 = 1 << 30;

/// Material for truncations: random products of a bit of Bob's and a word of Alice's. Spent by
/// value.
pub enum Material {
    /// Alice's half: she was the transfers' sender.
    Alice(SenderWords),
    /// Bob's half.
    Bob(ReceiverWords),
}

impl Material {
    /// The transfers that `n` truncations take.
    #[must_use]
    pub fn transfers(n: usize) -> Transfers {
        Transfers { alice: n, bob: 0 }
    }

    /// Material for `n` truncations out of a pool.
    ///
    /// # Panics
    /// When the pool holds too little.
    #[must_use]
    pub fn from_pool(party: Party, pool: &mut Pool, n: usize) -> Self {
        match party {
            Party::Alice => Self::Alice(pool.sender_words(n)),
            Party::Bob => Self::Bob(pool.receiver_words(n)),
        }
    }

    /// Appends `other`.
    ///
    /// # Panics
    /// When it is the other party's.
    pub fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::Alice(mine), Self::Alice(other)) => mine.append(other),
            (Self::Bob(mine), Self::Bob(other)) => mine.append(other),
            _ => panic!("material of one party"),
        }
    }
}

/// Shares of `x/2^bits`, rounded up or down, for words with |x| + 2^bits < 2^30 as signed numbers.
///
/// *Computes*: with x′ = x + 2^30 + 2^bits − 1, which is at least 0 and below 2^31, the halves of
/// x′ wrap if and only if one of them has its top bit set: if they do not wrap, both are below
/// 2^31; if they do, their sum is 2^32 or more. So `x′_0/2^bits + x′_1/2^bits − wrap·2^(32 −
/// bits)`, each rounded down, is ⌊x′/2^bits⌋ or one less; taking 2^(30 − bits) away leaves
/// ⌈x/2^bits⌉ or ⌊x/2^bits⌋. `wrap = 1 − ā·b̄` with the complements of the top bits is a product
/// (`product.rs`) of Bob's bit and Alice's, wanted modulo 2^bits only. *From*: Rathee et al.,
/// *CrypTFlow2*, 2020; the two-bit wrap for numbers of known sign from Huang et al.,
/// *Cheetah*, 2022. *Security*: semi-honest, that of the product. *Cost*: [`truncate_cost`]: one
/// round, `bits` bits one way and one the other. *Deviations*: not rounded down but to either
/// neighbour; since halves are uniform, up with just the probability of the remainder, so the mean
/// is exact and the error below one unit.
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
///
/// # Panics
/// When `bits` is not from 1 to 29, or there is not as much material as words.
pub async fn truncate<L: Link>(s: &mut Session<L>, material: Material, x: &Words, bits: u32) -> Result<Words, Fault> {
    assert!((1..30).contains(&bits), "no truncation by {bits} bits");
    let n = x.len();
    let lifted: Zeroizing<Vec<u32>> =
        x.0.iter().map(|x| x.wrapping_add(s.lead(LIFT + (1 << bits) - 1))).collect::<Vec<_>>().into();
    // 1. Shares of ā·b̄ modulo 2^bits.
    let clear = |x: &u32| x >> 31 == 0;
    let both_clear: Zeroizing<Vec<u32>> = match &material {
        Material::Alice(products) => {
            let mine: Zeroizing<Vec<u32>> = lifted.iter().map(|x| u32::from(clear(x))).collect::<Vec<_>>().into();
            let masked = MaskedFactors { words: product::mask(products, &mine), width: bits, bits: Bits::zeros(0) };
            let theirs = s.exchange(&masked, (0, 0, n)).await?;
            product::send(products, &mine, &theirs.bits).collect::<Vec<_>>().into()
        }
        Material::Bob(products) => {
            let masked = &lifted.iter().map(clear).collect::<Bits>() ^ &products.c;
            let mine = MaskedFactors { words: Vec::new(), width: 0, bits: masked.duplicate() };
            let theirs = s.exchange(&mine, (n, bits, 0)).await?;
            product::receive(products, &masked, &theirs.words)
        }
    };
    // 2. wrap·2^(32 − bits) is 2^(32 − bits) less what was just shared; and the lift goes.
    let back = s.lead((1u32 << (32 - bits)).wrapping_add(LIFT >> bits));
    let halves = lifted.iter().zip(both_clear.iter());
    let share = |(x, clear): (&u32, &u32)| (x >> bits).wrapping_add(clear << (32 - bits)).wrapping_sub(back);
    Ok(Words(halves.map(share).collect::<Vec<_>>().into()))
}

/// The cost of [`truncate`] of `n` words for `party`.
#[must_use]
pub fn truncate_cost(party: Party, bits: u32, n: usize) -> Cost {
    let words = (HEADER + MaskedFactors::bytes(n, bits, 0)) as u64;
    let choices = (HEADER + MaskedFactors::bytes(0, 0, n)) as u64;
    match party {
        Party::Alice => Cost { sent: words, received: choices, rounds: 1 },
        Party::Bob => Cost { sent: choices, received: words, rounds: 1 },
    }
}
