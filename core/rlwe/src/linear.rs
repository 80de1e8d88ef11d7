//! A linear layer in two messages.
//!
//! *Computes*: the client has x, the owner has weights W; they get shares of W·x modulo 2^32, each
//! of which may be one off: the client's and the owner's add up to W·x + δ with δ in {−1, 0, 1},
//! rarely other than 0 ([`crate::noise`] says how rarely). *From*: Huang et al., *Cheetah*, 2022;
//! the scheme of [`crate::scheme`]; a mask that is uniform modulo q, in place of one that is
//! uniform modulo t and flooding. *Security*: below. *Cost*: [`request_bytes`] there,
//! [`response_bytes`] back. *Deviations*: those of [`crate::packing`].
//!
//! A picture is one request. A batch repeats it; the weights are prepared once for all.
//!
//! # Security
//!
//! Against an altered client, which sends any key b and any request. All messages of one response
//! are, for each of its ciphertexts, the wanted coefficients of c0 = Σ c0ⱼ·wⱼ + b·u − R, and c1 = Σ
//! c1ⱼ·wⱼ + a·u + e₁, both rounded.
//!
//! 1. R has independent uniform residues, so the wanted coefficients of c0 are perfectly uniform
//!    and independent of w, u and e₁, whatever was asked. The others are not sent.
//! 2. a is a hash that covers the owner's nonce, so the client cannot choose it. u and e₁ are fresh
//!    for each ciphertext. So a·u + e₁ is a sample of ring learning with errors, which looks
//!    uniform; with it c1 does, for what is added (Σ c1ⱼ·wⱼ) does not depend on u and e₁. That
//!    holds for equal seeds, and for any other choice of the client's.
//! 3. Once the client has seen c0, the owner's share round(t·R/q) is a function of w, u and what
//!    the client chose. The rest of the protocol works on this share, in messages that are uniform
//!    to the client, until k bits are opened. Bits of a secret can be faked: for every function of
//!    k bits there is one of c1 alone which no small program tells from it, at a cost polynomial in
//!    2^k (Jetchev, Pietrzak, *How to fake auxiliary input*, TCC 2014). So what the client sees of
//!    a picture is as good as uniform ciphertexts and k bits, and these are all that it can have
//!    learned of w.
//!
//! The last step goes *picture by picture*: u and e₁ serve one picture, so k is what one picture
//! opens, ⌈log2 L⌉ bits for one of L labels, and not what a session does. For scores, k is up to
//! [`OPENED_BITS`], where 2^k is no bound. There the assumption is that learning with errors
//! remains hard when so many bits of a secret are known (Goldwasser et al., *Robustness of the
//! learning with errors assumption*, ICS 2010): a ternary secret keeps at least 5,492 of its 6,492
//! bits of entropy.
//!
//! Against an altered owner, which answers with any c0 and c1. Its requests are encryptions of
//! uniform numbers, samples of ring learning with errors under the key s. The client's share is
//! then a function of s that the owner chose, and what is opened to the owner may carry bits of s:
//! as many as are opened, 32 for each score. So a key serves one round, and one picture where
//! scores reach the owner; and at most [`OPENED_BITS`] bits may be opened to the other side for one
//! lattice secret, of s or of u.
//!
//! Nothing here depends on whether a share is right: a party that cheats gets wrong shares of its
//! own making.
#![deny(clippy::indexing_slicing)]

use tacit_compute::{Compute, Kernels, Resident};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::origin::{Purpose, SEED};
use crate::scheme::{Ciphertext, PublicKey, Reply, SecretKey, products};
use crate::{Context, Malformed, Ntt, Packing, Poly};

/// The most bits that may be opened to the other side for one lattice secret.
pub const OPENED_BITS: usize = 1000;

/// A layer's weights as transformed polynomials: made once per model, kept by its owner.
///
/// They take 32 KiB for each pair of a filter group and a channel group.
pub struct Weights {
    /// Filter group by filter group, and in each channel group by channel group.
    polys: Resident,
}

impl Weights {
    /// The weights of a layer, laid out as [`tacit_compute::Convolution`] says; of a matrix, by
    /// rows.
    ///
    /// # Panics
    /// When there are not as many as the layer has, or one exceeds [`Packing::most_weight`].
    #[must_use]
    pub fn new(context: &Context, kernels: &impl Kernels, packing: &Packing, weights: &[i32]) -> Self {
        let most = packing.most_weight(context.params());
        assert!(weights.iter().all(|w| w.unsigned_abs() <= most), "weights whose noise is decrypted rightly");
        let words = context.words() * packing.filter_groups() * packing.channel_groups();
        let mut polys = Zeroizing::new(Vec::with_capacity(words));
        for filters in 0..packing.filter_groups() {
            for channels in 0..packing.channel_groups() {
                let coefficients = Zeroizing::new(packing.weights(weights, filters, channels));
                polys.extend_from_slice(Poly::from_signed(context, &coefficients).into_ntt(context, kernels).words());
            }
        }
        Self { polys: Resident::new(polys) }
    }

    /// The polynomials, filter group by filter group.
    #[cfg(test)]
    pub(crate) fn polys(&self) -> &Resident {
        &self.polys
    }
}

/// Bytes of a request: 32, and 30,720 for each ciphertext.
#[must_use]
pub fn request_bytes(context: &Context, packing: &Packing) -> usize {
    SEED + packing.requests() * Poly::<Ntt>::bytes(context)
}

/// Bytes of a response.
#[must_use]
pub fn response_bytes(context: &Context, packing: &Packing) -> usize {
    (0..packing.tile_count())
        .flat_map(|tile| (0..packing.filter_groups()).map(move |group| (tile, group)))
        .map(|(tile, group)| Reply::bytes(context, packing.wanted(tile, group).len()))
        .sum()
}

/// The client's message: x, encrypted. [`request_bytes`] long: a seed, and behind it c0 of every
/// ciphertext, tile by tile and in each channel group by channel group; their halves c1 are
/// [`Purpose::Request`]'s, in the same order from 0.
///
/// # Panics
/// When x is not as long as the layer's input.
#[must_use]
pub fn request(
    context: &Context,
    kernels: &impl Kernels,
    key: &SecretKey,
    packing: &Packing,
    x: &[u32],
    rng: &mut Prg,
) -> Vec<u8> {
    let seed = rng.bytes();
    let mut bytes = Vec::with_capacity(request_bytes(context, packing));
    bytes.extend(seed);
    let polys =
        (0..packing.tile_count()).flat_map(|tile| (0..packing.channel_groups()).map(move |group| (tile, group)));
    let halves = key.origin().halves(Purpose::Request, &seed);
    for (index, (tile, group)) in (0..).zip(polys) {
        let message = Zeroizing::new(packing.input(x, tile, group));
        key.encrypt(context, kernels, &halves.poly(context, index), &message, rng).write(&mut bytes);
    }
    bytes
}

/// The owner's answer, encrypted, [`response_bytes`] long: a [`Reply`] for every ciphertext, tile
/// by tile and in each filter group by filter group. And its shares of W·x, in the order of the
/// layer's output.
///
/// # Errors
/// When the request is not one for this layer.
///
/// # Panics
/// When the weights are another layer's.
pub async fn respond(
    context: &Context,
    compute: &impl Compute,
    public: &PublicKey,
    packing: &Packing,
    weights: &Weights,
    request: &[u8],
    rng: &mut Prg,
) -> Result<(Vec<u8>, Zeroizing<Vec<u32>>), Malformed> {
    let (words, rows) = (context.words(), packing.filter_groups());
    assert_eq!(weights.polys.words().len(), rows * packing.channel_groups() * words, "this layer's weights");
    if request.len() != request_bytes(context, packing) {
        return Err(Malformed);
    }
    let (seed, request) = request.split_first_chunk::<SEED>().ok_or(Malformed)?;
    let halves = public.origin().halves(Purpose::Request, seed);
    let mut ciphertexts = (0..).zip(request.chunks_exact(Poly::<Ntt>::bytes(context)));
    let mut shares = Zeroizing::new(vec![0; packing.shape().outputs()]);
    let mut response = Vec::with_capacity(response_bytes(context, packing));
    for tile in 0..packing.tile_count() {
        let mut inputs = Vec::with_capacity(2 * packing.channel_groups() * words);
        for (index, bytes) in ciphertexts.by_ref().take(packing.channel_groups()) {
            let ciphertext = Ciphertext::from_bytes(context, halves.poly(context, index), bytes)?;
            ciphertext.halves().into_iter().for_each(|half| inputs.extend_from_slice(half));
        }
        for first in (0..rows).step_by(compute.rows_at_once()) {
            let some = first..rows.min(first + compute.rows_at_once());
            let sums = products(context, compute, public, &weights.polys, some.clone(), &inputs, rng).await;
            for (group, sums) in some.zip(sums.chunks_exact(2 * words)) {
                let (c0, c1) = sums.split_at(words);
                let wanted = packing.wanted(tile, group);
                let coefficients: Vec<_> = wanted.iter().map(|wanted| wanted.coefficient).collect();
                let (reply, of_reply) = Reply::new(context, c0, c1, &coefficients, rng);
                reply.write(context, &mut response);
                for (wanted, &share) in wanted.iter().zip(of_reply.iter()) {
                    *shares.get_mut(wanted.output).expect("every output is one of the layer's") = share;
                }
            }
        }
    }
    Ok((response, shares))
}

/// The client's shares of W·x, in the order of the layer's output.
///
/// # Errors
/// When the response is not one for this layer.
pub fn finish(
    context: &Context,
    kernels: &impl Kernels,
    key: &SecretKey,
    packing: &Packing,
    response: &[u8],
) -> Result<Zeroizing<Vec<u32>>, Malformed> {
    if response.len() != response_bytes(context, packing) {
        return Err(Malformed);
    }
    let mut left = response;
    let mut out = Zeroizing::new(vec![0; packing.shape().outputs()]);
    for (tile, group) in
        (0..packing.tile_count()).flat_map(|tile| (0..packing.filter_groups()).map(move |group| (tile, group)))
    {
        let wanted = packing.wanted(tile, group);
        let (reply, rest) = left.split_at_checked(Reply::bytes(context, wanted.len())).ok_or(Malformed)?;
        left = rest;
        let reply = Reply::from_bytes(context, reply, wanted.len())?;
        let values = key.decrypt(context, kernels, &reply, wanted.iter().map(|wanted| wanted.coefficient));
        for (wanted, &value) in wanted.iter().zip(values.iter()) {
            *out.get_mut(wanted.output).expect("every output is one of the layer's") = value;
        }
    }
    Ok(out)
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test, not a decoder")]
mod altered;
