//! The carry tree: from (generate, propagate) pairs of single bits to the pair of a whole word, in log-depth.

use tacit_session::{Cost, Fault, Link, Session};

use crate::Shared;
use crate::and::{and, and_cost};
use crate::material::Triples;

/// Folds words of `width` (generate, propagate) pairs, least significant first, into one pair a word.
///
/// *Computes*: `(G, P) = (G_h ⊕ P_h·G_l, P_h·P_l)` over neighbours until one pair is left. For an adder `G` is the carry;
/// for a comparison with `g = ¬x·y` and `p = ¬(x ⊕ y)` it is `x < y`, and `P` is `x = y`. `G_h` and `P_h·G_l` are never both one, so XOR
/// serves for OR. *From*: Kogge–Stone adders, in a multiparty protocol by Damgård et al. 2006. *Security*: that of
/// [`and`]. *Cost*: [`fold_cost`]: ⌈log2 width⌉ rounds, `width − 1` triples a word. *Deviations*: the two products of a node share
/// `P_h`, so a node takes one triple of width 2 and three opened bits.
///
/// # Errors
/// Those of [`and`].
///
/// # Panics
/// When `width` is no power of two, or the material does not fit.
pub async fn fold<L: Link>(
    s: &mut Session<L>,
    mut triples: Triples<2>,
    width: usize,
    mut g: Shared,
    mut p: Shared,
) -> Result<(Shared, Shared), Fault> {
    assert!(width.is_power_of_two(), "the tree takes widths that are powers of two");
    for _ in 0..width.ilog2() {
        // Words lie one after the other, so neighbours are even and odd places.
        let (g_low, g_high) = g.0.unzip();
        let (p_low, p_high) = p.0.unzip();
        let layer = triples.take(g_low.len());
        let [carried, propagated] = and(s, layer, &Shared(p_high), [&Shared(g_low), &Shared(p_low)]).await?;
        g = &Shared(g_high) ^ &carried;
        p = propagated;
    }
    Ok((g, p))
}

/// What [`fold`] of `n` words of `width` pairs costs.
#[must_use]
pub fn fold_cost(width: usize, n: usize) -> Cost {
    layers(width, n).map(|nodes| and_cost(2, nodes)).sum()
}

/// How many triples [`fold`] of `n` words of `width` pairs spends.
#[must_use]
pub fn fold_triples(width: usize, n: usize) -> usize {
    layers(width, n).sum()
}

/// The nodes of each layer.
fn layers(width: usize, n: usize) -> impl Iterator<Item = usize> {
    (0..width.ilog2()).map(move |level| (width >> (level + 1)) * n)
}
