//! The ideal functionality of material: a dealer who hands out correct material from one seed.
//!
//! Who deals knows every mask, so nobody deals between two people. It is for where one program
//! plays both parties: tests of what stands above material, lessons, and simulators, whose proofs
//! are in the model in which material is ideal. That is why a dealer asks for a session of
//! [`lockstep`](tacit_session::lockstep): at the other end of its queue there is no other person.

use tacit_compute::{Convolution, Kernels};
use tacit_ot::ideal::MARK;
use tacit_ring::{Bits, Tensor};
use tacit_session::lockstep::QueueLink;
use tacit_session::{Party, Session};
use tacit_symmetric::Prg;

use crate::Words;
use crate::linear::{ClientMaterial, OwnerMaterial, words};
use crate::material::{Demand, Material, PrivateProducts, Triples};

/// Uniform bits.
pub(crate) fn random(prg: &mut Prg, n: usize) -> Bits {
    Bits::from_words((0..n.div_ceil(64)).map(|_| prg.next_u64()).collect(), n)
}

/// This party's part of what a dealer with this seed deals.
#[must_use]
pub fn deal(s: &Session<QueueLink>, demand: Demand, seed: [u8; 32]) -> Material {
    let mut prg = Prg::from_seed(seed).fork(MARK);
    let mut bits = |n| random(&mut prg, n);
    let (choices, delta, u) = (bits(demand.private), bits(demand.private), bits(demand.private));
    let v = &(&choices & &delta) ^ &u;
    let [alice, bob] = triples::<2>(demand.pairs, &mut bits);
    match s.party() {
        Party::Alice => Material { private: PrivateProducts::Alice { s: choices, u }, pairs: alice },
        Party::Bob => Material { private: PrivateProducts::Bob { delta, v }, pairs: bob },
    }
}

/// Both parties' material for one linear layer and one picture; the products are exact. Each party
/// keeps its own part, and both call it with generators that are at the same place.
///
/// # Panics
/// When the weights are another layer's.
#[must_use]
pub fn linear(
    _: &Session<QueueLink>,
    kernels: &impl Kernels,
    shape: &Convolution,
    weights: &[u32],
    rng: &mut Prg,
) -> (OwnerMaterial, ClientMaterial) {
    let (r, mask) = (words(rng, shape.inputs()), words(rng, shape.outputs()));
    let mut products = vec![0; shape.outputs()];
    kernels.convolve(shape, weights, &r, &mut products);
    let mut share = Words::from_input(products);
    let mask = Words(mask);
    share.sub(&mask);
    (OwnerMaterial { mask }, ClientMaterial { r: Tensor::new(&[r.len()], r.to_vec()), share })
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
