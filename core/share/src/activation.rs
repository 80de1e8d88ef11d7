//! Activation functions between linear layers: ReLU, with or without a ceiling, and the larger of
//! two words.

use tacit_ot::Pool;
use tacit_session::{Cost, Fault, Link, Party, Session};

use crate::material::Transfers;
use crate::multiplex::{self, Multipliers};
use crate::{Words, sign};

/// Material for one sign and one multiplexer a word. Spent by value.
pub struct Material {
    signs: sign::Material,
    multipliers: Multipliers,
}

impl Material {
    /// The transfers that `n` words of `width` bits take.
    #[must_use]
    pub fn transfers(width: u32, n: usize) -> Transfers {
        sign::Material::transfers(width, n) + Multipliers::transfers(n)
    }

    /// Material for `n` words out of a pool.
    ///
    /// # Panics
    /// When the pool holds too little.
    #[must_use]
    pub fn from_pool(party: Party, pool: &mut Pool, width: u32, n: usize) -> Self {
        let signs = sign::Material::from_pool(party, pool, width, n);
        Self { signs, multipliers: Multipliers::from_pool(pool, n) }
    }

    /// Appends `other`.
    ///
    /// # Panics
    /// When it is for another width or party.
    pub fn append(&mut self, other: &Self) {
        self.signs.append(&other.signs);
        self.multipliers.append(&other.multipliers);
    }
}

/// Shares of max(x, 0) for words of `width` bits.
///
/// *Computes*: `¬[x < 0]·x`. *From*: Rathee et al., *CrypTFlow2*, 2020. *Security*: semi-honest,
/// that of [`sign::is_negative`] and [`multiplex::select`]. *Cost*: [`relu_cost`]. *Deviations*:
/// none.
///
/// # Errors
/// Those of its parts.
///
/// # Panics
/// When the material does not fit.
pub async fn relu<L: Link>(s: &mut Session<L>, material: Material, x: &Words, width: u32) -> Result<Words, Fault> {
    let negative = sign::is_negative(s, material.signs, x, width).await?;
    let positive = negative.not(s);
    multiplex::select(s, material.multipliers, &positive, x).await
}

/// The cost of [`relu`] of `n` words for `party`.
#[must_use]
pub fn relu_cost(party: Party, width: u32, n: usize) -> Cost {
    sign::sign_cost(party, width, n) + multiplex::select_cost(n)
}

/// Shares of the larger of `x` and `y`, place by place, where differences have `width` bits.
///
/// *Computes*: `y + max(x − y, 0)`. *From, Security, Deviations*: those of [`relu`]. *Cost*:
/// [`relu_cost`].
///
/// # Errors
/// Those of [`relu`].
///
/// # Panics
/// When the material does not fit.
pub async fn larger<L: Link>(
    s: &mut Session<L>,
    material: Material,
    x: &Words,
    y: &Words,
    width: u32,
) -> Result<Words, Fault> {
    let mut difference = x.duplicate();
    difference.sub(y);
    let mut larger = relu(s, material, &difference, width).await?;
    larger.add(y);
    Ok(larger)
}
