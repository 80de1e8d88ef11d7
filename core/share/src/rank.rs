//! Which of some shared words is the largest, and which come after it.

use tacit_ot::Pool;
use tacit_ring::Bits;
use tacit_session::{Cost, Fault, Link, Party, Session};

use crate::and::{and, and_cost};
use crate::material::{Transfers, Triples};
use crate::{Shared, Words, sign};

/// Some lists of words whose order is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lists {
    /// How many lists.
    pub count: usize,
    /// Words of each; at least 1.
    pub len: usize,
    /// Bits of a difference of two words of a list.
    pub width: u32,
}

impl Lists {
    /// Pairs of different places of a list, the lower first.
    fn pairs(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len).flat_map(move |i| (i + 1..self.len).map(move |j| (i, j)))
    }

    pub(crate) fn comparisons(self) -> usize {
        self.len * (self.len - 1) / 2 * self.count
    }

    /// Nodes of the tree over the opponents of every word, layer by layer.
    pub(crate) fn layers(self) -> impl Iterator<Item = usize> {
        let opponents = std::iter::successors(Some(self.len - 1), |n| Some(n.div_ceil(2)));
        opponents.take_while(|&n| n > 1).map(move |n| n / 2 * self.len * self.count)
    }
}

/// Material for the first `W` places of some lists. Spent by value.
pub struct Material<const W: usize> {
    signs: sign::Material,
    nodes: Triples<W>,
}

impl<const W: usize> Material<W> {
    /// The transfers that it takes.
    #[must_use]
    pub fn transfers(lists: Lists) -> Transfers {
        let nodes = lists.layers().sum::<usize>() * W;
        sign::Material::transfers(lists.width, lists.comparisons()) + Triples::<W>::transfers(nodes)
    }

    /// Material out of a pool.
    ///
    /// # Panics
    /// When the pool holds too little.
    #[must_use]
    pub fn from_pool(party: Party, pool: &mut Pool, lists: Lists) -> Self {
        let signs = sign::Material::from_pool(party, pool, lists.width, lists.comparisons());
        Self { signs, nodes: Triples::from_pool(pool, lists.layers().sum::<usize>() * W) }
    }
}

/// For each of the first `W` places, shares of which word has it: one bit for every word of a list, list by list within a
/// word: bit `i·count + l` belongs to word i of list l. Of equal words the earlier one comes first.
///
/// *Computes*: every pair is compared at once; a word has the place that is the number of words that beat it. That number is
/// counted in a tree, up to W − 1: with `c_n` for “n of this group beat it”, two groups have `c_n = ⊕ c_i·c_{n−i}`, in which
/// at most one product is 1. *From*: all pairs at once as in Damgård et al. 2006 for sorting; the counting is the symmetric
/// functions' recursion. *Security*: semi-honest, that of [`sign::is_negative`] and [`and`](mod@crate::and). *Cost*: [`places_cost`]: rounds of a
/// sign and ⌈log2 (len − 1)⌉. *Deviations*: instead of a tournament with ⌈log2 len⌉ signs and multiplexers one after the other,
/// len²/2 signs at once: fewer rounds, more material, which for a few dozen labels is a good bargain.
///
/// # Errors
/// Those of its parts.
///
/// # Panics
/// When the material does not fit or there are not as many words.
pub async fn places<const W: usize, L: Link>(
    s: &mut Session<L>,
    material: Material<W>,
    lists: Lists,
    words: &Words,
) -> Result<[Shared; W], Fault> {
    let Material { signs, mut nodes } = material;
    let Lists { count, len, width } = lists;
    assert_eq!(words.len(), count * len, "lists of their length");
    let size = len * count;
    let constant = |s: &Session<L>, value: bool| {
        let value = s.lead(value);
        Shared((0..size).map(|_| value).collect())
    };
    // Nobody beats whom nobody meets.
    let mut groups = vec![std::array::from_fn(|n| constant(s, n == 0))];
    if len > 1 {
        // 1. For every pair i < j, whether word j beats word i.
        let of = |which: fn((usize, usize)) -> usize| {
            let places = lists.pairs().flat_map(move |pair| (0..count).map(move |list| list * len + which(pair)));
            words.select(places)
        };
        let mut difference = of(|(i, _)| i);
        difference.sub(&of(|(_, j)| j));
        let beats = sign::is_negative(s, signs, &difference, width).await?;
        // 2. For every word, its opponents one by one: whether they beat it or not.
        groups = opponents(lists, &beats, s.lead(true))
            .map(|beaten| {
                let unbeaten = beaten.not(s);
                let mut states = [Some(unbeaten), Some(beaten)];
                std::array::from_fn(|n| states.get_mut(n).and_then(Option::take).unwrap_or_else(|| constant(s, false)))
            })
            .collect();
    }
    // 3. Two groups of opponents make one, until there is one.
    while groups.len() > 1 {
        let top = if groups.len().is_multiple_of(2) { None } else { groups.pop() };
        let (low, high): (Vec<&[Shared; W]>, Vec<_>) = groups.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).unzip();
        let stack = |groups: &[&[Shared; W]], n: usize| {
            groups.iter().fold(Bits::zeros(0), |mut all, group| {
                all.append(&group[n].0);
                all
            })
        };
        let part = low.len() * size;
        // Every count of the one group with every count of the other.
        let mut left = Bits::zeros(0);
        (0..W).for_each(|n| left.append(&stack(&low, n)));
        let right: [Shared; W] = std::array::from_fn(|n| {
            let one = stack(&high, n);
            let mut all = Bits::zeros(0);
            (0..W).for_each(|_| all.append(&one));
            Shared(all)
        });
        let products = and(s, nodes.take(W * part), &Shared(left), right.each_ref()).await?;
        let joined: [Bits; W] = std::array::from_fn(|n| {
            let mut sum = Bits::zeros(part);
            (0..=n).for_each(|i| sum ^= &products[n - i].0.slice(i * part..(i + 1) * part));
            sum
        });
        groups = (0..low.len())
            .map(|g| std::array::from_fn(|n| Shared(joined[n].slice(g * size..(g + 1) * size))))
            .chain(top)
            .collect();
    }
    Ok(groups.swap_remove(0))
}

/// What [`places`] costs `party`.
#[must_use]
pub fn places_cost<const W: usize>(party: Party, lists: Lists) -> Cost {
    let signs = if lists.len > 1 { sign::sign_cost(party, lists.width, lists.comparisons()) } else { Cost::default() };
    signs + lists.layers().map(|nodes| and_cost(W, W * nodes)).sum()
}

/// For each opponent in turn, whether it beats the word, for every word of every list.
fn opponents(lists: Lists, beats: &Shared, flip: bool) -> impl Iterator<Item = Shared> {
    let Lists { count, len, .. } = lists;
    // Where the pair (i, j) stands.
    let index = move |i: usize, j: usize| i * (2 * len - i - 1) / 2 + j - i - 1;
    (0..len - 1).map(move |nth| {
        let mut bits = Bits::zeros(0);
        for word in 0..len {
            // The nth of the others.
            let other = nth + usize::from(nth >= word);
            let pair = index(word.min(other), word.max(other));
            let plane = beats.0.slice(pair * count..(pair + 1) * count);
            // A later word beats an earlier one or is beaten by it; one of the parties flips her half.
            bits.append(&if other < word && flip { !&plane } else { plane });
        }
        Shared(bits)
    })
}
