//! A linear layer in two messages.
//!
//! *Computes*: the client has x, the owner has weights W and a mask s; the client gets W·x − s modulo 2^32, and no one
//! else gets anything. *From*: Huang et al., *Cheetah*, 2022; the scheme of [`crate::scheme`]. *Security*: semi-honest;
//! x is hidden by ring learning with errors, W by that and within 2^−40 for each ciphertext of the response.
//! *Cost*: [`request_bytes`] there, [`response_bytes`] back. *Deviations*: those of [`crate::packing`].
//!
//! A picture is one request. A batch repeats it; the weights are prepared once for all.
#![deny(clippy::indexing_slicing)]

use tacit_compute::{Compute, Kernels, Resident};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::noise::{self, TooLarge};
use crate::scheme::{Ciphertext, PublicKey, Reply, SEED, SecretKey, poly_bytes, products};
use crate::{Context, Malformed, Packing, Poly};

/// A layer's weights as transformed polynomials: made once per model, kept by its owner.
///
/// They take 64 KiB for each pair of a filter group and a channel group.
pub struct Weights {
    /// Filter group by filter group, and in each channel group by channel group.
    polys: Resident,
    norm: u64,
}

impl Weights {
    /// The weights of a layer, laid out as [`tacit_compute::Convolution`] says; of a matrix, by rows.
    ///
    /// # Errors
    /// [`TooLarge`] where the noise of the products could not be hidden.
    ///
    /// # Panics
    /// When there are not as many as the layer has.
    pub fn new(
        context: &Context,
        kernels: &impl Kernels,
        packing: &Packing,
        weights: &[i32],
    ) -> Result<Self, TooLarge> {
        let channel_groups = packing.channel_groups();
        let words = context.size() * context.primes().len() * packing.filter_groups() * channel_groups;
        let (mut polys, mut norm) = (Zeroizing::new(Vec::with_capacity(words)), 0u64);
        for filters in 0..packing.filter_groups() {
            let mut sum = 0u64;
            for channels in 0..channel_groups {
                let coefficients = Zeroizing::new(packing.weights(weights, filters, channels));
                sum += coefficients.iter().map(|w| u64::from(w.unsigned_abs())).sum::<u64>();
                polys.extend_from_slice(Poly::from_signed(context, &coefficients).into_ntt(context, kernels).words());
            }
            norm = norm.max(sum);
        }
        noise::check(context.params(), norm, packing.most_wanted())?;
        Ok(Self { polys: Resident::new(polys), norm })
    }

    /// The largest sum of absolute weights that one ciphertext of the response has to do with.
    #[must_use]
    pub fn norm(&self) -> u64 {
        self.norm
    }

    /// The polynomials, filter group by filter group.
    #[cfg(test)]
    pub(crate) fn polys(&self) -> &Resident {
        &self.polys
    }
}

/// Bytes of a request: 32, and 55,296 for each ciphertext.
#[must_use]
pub fn request_bytes(context: &Context, packing: &Packing) -> usize {
    SEED + packing.requests() * poly_bytes(context)
}

/// Bytes of a response.
#[must_use]
pub fn response_bytes(context: &Context, packing: &Packing) -> usize {
    (0..packing.tile_count())
        .flat_map(|tile| (0..packing.filter_groups()).map(move |group| (tile, group)))
        .map(|(tile, group)| Reply::bytes(context, packing.wanted(tile, group).len()))
        .sum()
}

/// The client's message: x, encrypted. [`request_bytes`] long.
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
    for (index, (tile, group)) in (0..).zip(polys) {
        let message = Zeroizing::new(packing.input(x, tile, group));
        key.encrypt(context, kernels, &seed, index, &message, rng, &mut bytes);
    }
    bytes
}

/// The owner's answer: W·x − mask, encrypted. [`response_bytes`] long.
///
/// # Errors
/// When the request is not one for this layer.
///
/// # Panics
/// When there are not as many masks as the layer has outputs, or the weights are another layer's.
#[expect(clippy::too_many_arguments, reason = "the ring, the layer, and what one answer takes")]
pub async fn respond(
    context: &Context,
    compute: &impl Compute,
    public: &PublicKey,
    packing: &Packing,
    weights: &Weights,
    request: &[u8],
    mask: &[u32],
    rng: &mut Prg,
) -> Result<Vec<u8>, Malformed> {
    assert_eq!(mask.len(), packing.shape().outputs(), "a mask for every output");
    let (words, rows) = (context.size() * context.primes().len(), packing.filter_groups());
    assert_eq!(weights.polys.words().len(), rows * packing.channel_groups() * words, "this layer's weights");
    if request.len() != request_bytes(context, packing) {
        return Err(Malformed);
    }
    let (seed, request) = request.split_first_chunk::<SEED>().ok_or(Malformed)?;
    let mut ciphertexts = (0..).zip(request.chunks_exact(poly_bytes(context)));
    let mut response = Vec::with_capacity(response_bytes(context, packing));
    for tile in 0..packing.tile_count() {
        let mut inputs = Vec::with_capacity(2 * packing.channel_groups() * words);
        for (index, bytes) in ciphertexts.by_ref().take(packing.channel_groups()) {
            let ciphertext = Ciphertext::from_bytes(context, seed, index, bytes)?;
            ciphertext.halves().into_iter().for_each(|half| inputs.extend_from_slice(half));
        }
        for first in (0..rows).step_by(compute.rows_at_once()) {
            let some = first..rows.min(first + compute.rows_at_once());
            let sums = products(context, compute, public, &weights.polys, some.clone(), &inputs, rng).await;
            for (group, sums) in some.zip(sums.chunks_exact(2 * words)) {
                let (c0, c1) = sums.split_at(words);
                let wanted = packing.wanted(tile, group);
                let coefficients: Vec<_> = wanted.iter().map(|wanted| wanted.coefficient).collect();
                let masks =
                    wanted.iter().map(|wanted| mask.get(wanted.output).copied().expect("a mask for every output"));
                let masks = Zeroizing::new(masks.collect::<Vec<_>>());
                Reply::new(context, c0, c1, &coefficients, &masks, rng).write(&mut response);
            }
        }
    }
    Ok(response)
}

/// What the client gets: W·x − mask, in the order of the layer's output.
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
        let values = key.decrypt(context, kernels, reply, wanted.iter().map(|wanted| wanted.coefficient));
        for (wanted, &value) in wanted.iter().zip(values.iter()) {
            *out.get_mut(wanted.output).expect("every output is one of the layer's") = value;
        }
    }
    Ok(out)
}
