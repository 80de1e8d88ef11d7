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
    /// The number of lists.
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

    /// Bits of a word's index in its list: ⌈log2 len⌉.
    #[must_use]
    pub fn index_bits(self) -> usize {
        self.len.saturating_sub(1).checked_ilog2().map_or(0, |bits| bits as usize + 1)
    }

    /// The number of places, at most `wanted`, for which a list has a word.
    #[must_use]
    pub fn named(self, wanted: usize) -> usize {
        wanted.min(self.len)
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

/// For each of the first `W` places, shares of which word has it: one bit for every word of a list,
/// list by list within a word: bit `i·count + l` belongs to word i of list l. Of equal words the
/// earlier one comes first.
///
/// *Computes*: every pair is compared at once; a word has the place that is the number of words
/// that beat it. That number is counted in a tree, up to W − 1: with `c_n` for “n of this group
/// beat it”, two groups have `c_n = ⊕ c_i·c_{n−i}`, in which at most one product is 1. *From*: all
/// pairs at once as in Damgård et al. 2006 for sorting; the counting is the symmetric functions'
/// recursion. *Security*: semi-honest, that of [`sign::is_negative`] and [`and`](mod@crate::and).
/// *Cost*: [`places_cost`]: rounds of a sign and ⌈log2 (len − 1)⌉. *Deviations*: instead of a
/// tournament with ⌈log2 len⌉ signs and multiplexers one after the other, len²/2 signs at once:
/// fewer rounds, more material, which for a few dozen labels is a good bargain.
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
    // With no opponents, every word ranks first.
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

/// Shares of the index in binary of the word that has each place: place by place, bit by bit from
/// the lowest, list by list. Places for which a list has no word are left out. [`read_indices`]
/// reads them once they are opened.
///
/// *Computes*: bit b of an index is the XOR of the shares of all words whose index has bit b set,
/// because exactly one of them is 1. *From*: folklore. *Security*: perfect, nothing is sent. An
/// altered party that holds wrong shares of [`places`] changes what is computed into another
/// function of both inputs. Every message before the opening is uniform in its view whatever it
/// sends, and nothing here or before depends on more than the form of what is received; so it
/// learns at most the bits that are opened to it: ⌈log2 len⌉ for each place, where opening a bit
/// for every word would give it len bits. *Cost*: none. *Deviations*: none.
///
/// # Panics
/// When the places are those of other lists.
#[must_use]
pub fn indices<const W: usize>(lists: Lists, places: &[Shared; W]) -> Shared {
    let Lists { count, len, .. } = lists;
    let mut all = Bits::zeros(0);
    for place in &places[..lists.named(W)] {
        assert_eq!(place.len(), len * count, "places of these lists");
        for bit in 0..lists.index_bits() {
            let mut sum = Bits::zeros(count);
            let words = (0..len).filter(|word| word >> bit & 1 == 1);
            words.for_each(|word| sum ^= &place.0.slice(word * count..(word + 1) * count));
            all.append(&sum);
        }
    }
    Shared(all)
}

/// The number of bits of [`indices`] for the first `wanted` places.
#[must_use]
pub fn indices_len(lists: Lists, wanted: usize) -> usize {
    lists.named(wanted) * lists.index_bits() * lists.count
}

/// The words of the first `wanted` places of every list, from opened [`indices`]. `None` where the
/// bits do not name different words of the list: then the other party's shares were wrong. That is
/// a fact about both inputs, so it must not show in what is sent later.
///
/// # Panics
/// When there are not [`indices_len`] bits.
#[must_use]
pub fn read_indices(lists: Lists, wanted: usize, opened: &Bits) -> Vec<Option<Vec<usize>>> {
    assert_eq!(opened.len(), indices_len(lists, wanted), "opened indices of these lists");
    let (count, bits) = (lists.count, lists.index_bits());
    let index = |list, place| {
        (0..bits).map(|bit| usize::from(opened.get((place * bits + bit) * count + list)) << bit).sum::<usize>()
    };
    let of_list = |list| {
        let words: Vec<usize> = (0..lists.named(wanted)).map(|place| index(list, place)).collect();
        let are_different = words.iter().enumerate().all(|(place, word)| !words[..place].contains(word));
        (are_different && words.iter().all(|&word| word < lists.len)).then_some(words)
    };
    (0..count).map(of_list).collect()
}

/// The cost of [`places`] for `party`.
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
            // A later word beats an earlier one or is beaten by it; one of the parties flips her
            // half.
            bits.append(&if other < word && flip { !&plane } else { plane });
        }
        Shared(bits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_takes_as_many_bits_as_its_largest_value() {
        let bits = |len| Lists { count: 1, len, width: 8 }.index_bits();
        assert_eq!([0, 1, 2, 3, 4, 5, 8, 9, 10, 16, 17].map(bits), [0, 0, 1, 2, 2, 3, 3, 4, 4, 4, 5]);
    }

    #[test]
    fn only_different_words_of_the_list_are_places() {
        let lists = Lists { count: 2, len: 3, width: 8 };
        // Place by place, bit by bit, list by list: the first list's words, and the second's.
        let opened = |lists_words: [[usize; 3]; 2]| -> Bits {
            let bit = |place: usize, bit: usize, list: usize| lists_words[list][place] >> bit & 1 == 1;
            (0..3).flat_map(|p| (0..2).flat_map(move |b| (0..2).map(move |l| bit(p, b, l)))).collect()
        };
        let read = |words| read_indices(lists, 3, &opened(words));
        assert_eq!(read([[2, 0, 1], [0, 1, 2]]), [Some(vec![2, 0, 1]), Some(vec![0, 1, 2])]);
        assert_eq!(read([[2, 0, 2], [0, 1, 2]]), [None, Some(vec![0, 1, 2])], "one word has two places");
        assert_eq!(read([[0, 1, 2], [3, 1, 2]]), [Some(vec![0, 1, 2]), None], "there is no word 3");
    }
}
