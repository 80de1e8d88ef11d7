//! A linear layer in two messages.
//!
//! *Computes*: the client has x, the owner has weights W and a mask s; the client gets W·x − s modulo 2^32, and no one
//! else gets anything. *From*: Huang et al., *Cheetah*, 2022; the scheme of [`crate::scheme`]. *Security*: semi-honest;
//! x is hidden by ring learning with errors, W by that and within 2^−40 for each ciphertext of the response.
//! *Cost*: [`request_bytes`] there, [`response_bytes`] back. *Deviations*: those of [`crate::packing`].
//!
//! A picture is one request. A batch repeats it; the weights are prepared once for all.
#![deny(clippy::indexing_slicing)]

use tacit_compute::Compute;
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::noise::{self, TooLarge};
use crate::scheme::{Ciphertext, PublicKey, Reply, SEED, SecretKey, poly_bytes};
use crate::{Context, Malformed, Ntt, Packing, Poly};

/// A layer's weights as transformed polynomials: made once per model, kept by its owner.
///
/// They take 64 KiB for each pair of a filter group and a channel group.
pub struct Weights {
    /// Filter group by filter group.
    polys: Vec<Poly<Ntt>>,
    channel_groups: usize,
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
        compute: &impl Compute,
        packing: &Packing,
        weights: &[i32],
    ) -> Result<Self, TooLarge> {
        let channel_groups = packing.channel_groups();
        let (mut polys, mut norm) = (Vec::new(), 0u64);
        for filters in 0..packing.filter_groups() {
            let mut sum = 0u64;
            for channels in 0..channel_groups {
                let coefficients = Zeroizing::new(packing.weights(weights, filters, channels));
                sum += coefficients.iter().map(|w| u64::from(w.unsigned_abs())).sum::<u64>();
                polys.push(Poly::from_signed(context, &coefficients).into_ntt(context, compute));
            }
            norm = norm.max(sum);
        }
        noise::check(context.params(), norm, packing.most_wanted())?;
        Ok(Self { polys, channel_groups, norm })
    }

    /// The largest sum of absolute weights that one ciphertext of the response has to do with.
    #[must_use]
    pub fn norm(&self) -> u64 {
        self.norm
    }

    /// The polynomials of a filter group, channel group by channel group.
    pub(crate) fn group(&self, filters: usize) -> impl Iterator<Item = &Poly<Ntt>> {
        self.polys.iter().skip(filters * self.channel_groups).take(self.channel_groups)
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
    compute: &impl Compute,
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
        key.encrypt(context, compute, &seed, index, &message, rng, &mut bytes);
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
pub fn respond(
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
    let pieces = packing.channel_groups() * packing.filter_groups();
    assert!(
        weights.polys.len() == pieces && weights.channel_groups == packing.channel_groups(),
        "this layer's weights"
    );
    if request.len() != request_bytes(context, packing) {
        return Err(Malformed);
    }
    let (seed, request) = request.split_first_chunk::<SEED>().ok_or(Malformed)?;
    let mut ciphertexts = (0..).zip(request.chunks_exact(poly_bytes(context)));
    let mut response = Vec::with_capacity(response_bytes(context, packing));
    for tile in 0..packing.tile_count() {
        let read = |(index, bytes)| Ciphertext::from_bytes(context, seed, index, bytes);
        let inputs = ciphertexts.by_ref().take(packing.channel_groups()).map(read).collect::<Result<Vec<_>, _>>()?;
        for group in 0..packing.filter_groups() {
            let terms: Vec<_> = inputs.iter().zip(weights.group(group)).collect();
            let wanted = packing.wanted(tile, group);
            let coefficients: Vec<_> = wanted.iter().map(|wanted| wanted.coefficient).collect();
            let masks = wanted.iter().map(|wanted| mask.get(wanted.output).copied().expect("a mask for every output"));
            let masks = Zeroizing::new(masks.collect::<Vec<_>>());
            Reply::new(context, compute, public, &terms, &coefficients, &masks, rng).write(&mut response);
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
    compute: &impl Compute,
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
        let values = key.decrypt(context, compute, reply, wanted.iter().map(|wanted| wanted.coefficient));
        for (wanted, &value) in wanted.iter().zip(values.iter()) {
            *out.get_mut(wanted.output).expect("every output is one of the layer's") = value;
        }
    }
    Ok(out)
}
