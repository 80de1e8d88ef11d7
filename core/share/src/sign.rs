//! The sign of shared words.

use tacit_ot::Pool;
use tacit_ring::Bits;
use tacit_session::{Cost, Fault, Link, Party, Session};

use crate::digit::{self, Shape};
use crate::material::{Transfers, Triples};
use crate::{Shared, Words, tree};

/// Material for the signs of many words. Spent by value.
pub struct Material {
    digits: digit::Material,
    nodes: Triples<2>,
}

impl Material {
    /// The transfers that the signs of `n` words of `width` bits take.
    #[must_use]
    pub fn transfers(width: u32, n: usize) -> Transfers {
        shape(width).transfers(n) + Triples::<2>::transfers(nodes(width, n))
    }

    /// Material for `n` signs out of a pool.
    ///
    /// # Panics
    /// When the pool holds too little.
    #[must_use]
    pub fn from_pool(party: Party, pool: &mut Pool, width: u32, n: usize) -> Self {
        let digits = digit::Material::from_pool(party, pool, shape(width), n);
        Self { digits, nodes: Triples::from_pool(pool, nodes(width, n)) }
    }

    /// Appends `other`.
    ///
    /// # Panics
    /// When it is for another width or party.
    pub fn append(&mut self, other: &Self) {
        self.digits.append(&other.digits);
        self.nodes.append(&other.nodes);
    }
}

/// The low bits of a word are added in digits.
pub(crate) fn shape(width: u32) -> Shape {
    assert!((2..=u32::BITS).contains(&width), "no sign of {width} bits");
    Shape { bits: width - 1 }
}

fn nodes(width: u32, n: usize) -> usize {
    tree::fold_triples(shape(width).count(), n)
}

/// Shares of `x < 0` for words with −2^(width − 1) ≤ x < 2^(width − 1) as signed numbers.
///
/// *Computes*: the halves modulo 2^width add up to x modulo 2^width, whose top bit is the sign: the
/// XOR of the halves' top bits and of the carry out of the bits below, which comes of
/// [`digit::carries`] and [`tree::fold`]. *From*: Rathee et al., *CrypTFlow2*, 2020. *Security*:
/// semi-honest, that of its parts. *Cost*: [`sign_cost`]: 2 + ⌈log2 of the digits⌉ rounds.
/// *Deviations*: words are first reduced to the width that the caller can prove, which is local.
///
/// # Errors
/// Those of its parts.
///
/// # Panics
/// When the width is not from 2 to 32, or the material does not fit.
pub async fn is_negative<L: Link>(
    s: &mut Session<L>,
    material: Material,
    x: &Words,
    width: u32,
) -> Result<Shared, Fault> {
    let (generate, propagate) = digit::carries(s, material.digits, shape(width), x).await?;
    let (carry, _) = tree::fold(s, material.nodes, x.len(), generate, propagate).await?;
    let top: Bits = x.0.iter().map(|x| x >> (width - 1) & 1 == 1).collect();
    Ok(&carry ^ &Shared(top))
}

/// The cost of [`is_negative`] of `n` words for `party`.
#[must_use]
pub fn sign_cost(party: Party, width: u32, n: usize) -> Cost {
    shape(width).cost(party, n) + tree::fold_cost(shape(width).count(), n)
}
