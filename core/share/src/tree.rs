//! The carry tree: from (generate, propagate) pairs of single bits to the pair of a whole word, in
//! log-depth.

use tacit_session::{Cost, Fault, Link, Session};

use crate::Shared;
use crate::and::{and, and_cost};
use crate::material::Triples;

/// Folds `n` words of (generate, propagate) pairs into one pair a word. The bits lie plane by
/// plane: the least significant ones of all words first.
///
/// *Computes*: `(G, P) = (G_h ⊕ P_h·G_l, P_h·P_l)` over neighbours until one pair is left. For an
/// adder `G` is the carry; for a comparison with `g = ¬x·y` and `p = ¬(x ⊕ y)` it is `x < y`, and
/// `P` is `x = y`. `G_h` and `P_h·G_l` are never both one, so XOR serves for OR. *From*:
/// Kogge–Stone adders, in a multiparty protocol by Damgård et al. 2006. *Security*: that of
/// [`and`]. *Cost*: [`fold_cost`]: ⌈log2 width⌉ rounds, `width − 1` triples a word. *Deviations*:
/// the two products of a node share `P_h`, so a node takes one triple of width 2 and three opened
/// bits. A pair without a neighbour goes on as it is.
///
/// # Errors
/// Those of [`and`].
///
/// # Panics
/// When the bits are not `n` words, there are no words, or the material does not fit.
pub async fn fold<L: Link>(
    s: &mut Session<L>,
    mut triples: Triples<2>,
    n: usize,
    mut g: Shared,
    mut p: Shared,
) -> Result<(Shared, Shared), Fault> {
    assert!(n > 0 && g.len().is_multiple_of(n) && g.len() == p.len(), "whole words of pairs");
    while g.len() > n {
        let paired = g.len() / n / 2 * 2 * n;
        let [((g_low, g_high), g_top), ((p_low, p_high), p_top)] =
            [&g, &p].map(|x| (x.0.slice(0..paired).unzip(n), x.0.slice(paired..x.len())));
        let layer = triples.take(g_low.len());
        let [carried, propagated] = and(s, layer, &Shared(p_high), [&Shared(g_low), &Shared(p_low)]).await?;
        g = (&Shared(g_high) ^ &carried).join(&Shared(g_top));
        p = propagated.join(&Shared(p_top));
    }
    Ok((g, p))
}

/// The cost of [`fold`] of `n` words of `width` pairs.
#[must_use]
pub fn fold_cost(width: usize, n: usize) -> Cost {
    layers(width).map(|nodes| and_cost(2, nodes * n)).sum()
}

/// The number of triples that [`fold`] of `n` words of `width` pairs spends.
#[must_use]
pub fn fold_triples(width: usize, n: usize) -> usize {
    layers(width).sum::<usize>() * n
}

/// The nodes of each layer over words of `width` pairs.
pub fn layers(width: usize) -> impl Iterator<Item = usize> {
    let widths = std::iter::successors(Some(width), |width| Some(width.div_ceil(2)));
    widths.take_while(|&width| width > 1).map(|width| width / 2)
}
