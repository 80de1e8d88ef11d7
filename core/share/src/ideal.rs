//! The ideal functionality of material, for the tests of what stands above it: a dealer who hands out correct
//! material from one seed. It does not exist outside tests, because in Tacit nobody deals.

use tacit_ring::Bits;
use tacit_session::Party;
use tacit_symmetric::Prg;

use crate::material::{Demand, Material, PrivateProducts, Triples};

fn random(prg: &mut Prg, n: usize) -> Bits {
    Bits::from_words((0..n.div_ceil(64)).map(|_| prg.next_u64()).collect(), n)
}

/// One party's part of what a dealer with this seed deals.
pub(crate) fn deal(party: Party, demand: Demand, seed: u8) -> Material {
    let mut prg = Prg::from_seed([seed; 32]);
    let mut bits = |n| random(&mut prg, n);
    let (s, delta, u) = (bits(demand.private), bits(demand.private), bits(demand.private));
    let v = &(&s & &delta) ^ &u;
    let [alice, bob] = triples::<2>(demand.pairs, &mut bits);
    match party {
        Party::Alice => Material { private: PrivateProducts::Alice { s, u }, pairs: alice },
        Party::Bob => Material { private: PrivateProducts::Bob { delta, v }, pairs: bob },
    }
}

/// Both parties' shares of random triples.
pub(crate) fn triples<const W: usize>(n: usize, bits: &mut impl FnMut(usize) -> Bits) -> [Triples<W>; 2] {
    let mut pair = || [bits(n), bits(n)];
    let a = pair();
    let b: [[Bits; 2]; W] = std::array::from_fn(|_| pair());
    let c: [[Bits; 2]; W] = std::array::from_fn(|j| {
        let product = &(&a[0] ^ &a[1]) & &(&b[j][0] ^ &b[j][1]);
        let [mine, _] = pair();
        let theirs = &product ^ &mine;
        [mine, theirs]
    });
    let half = |i: usize| Triples {
        a: a[i].duplicate(),
        b: b.each_ref().map(|b| b[i].duplicate()),
        c: c.each_ref().map(|c| c[i].duplicate()),
    };
    [half(0), half(1)]
}
