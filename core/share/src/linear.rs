//! Linear layers of which one party, the *owner*, knows the weights; the other is the *client*.
//!
//! *Computes*: shares of `W·x + b + δ` modulo 2^32 out of shares `x_o + x_c` of x, where δ is 0 but
//! rarely ±1. Before there is an x, the client draws r and gets `W·r − s` under lattice encryption,
//! for a share s that the owner gets by answering. Then the client sends `u = x_c − r`; the owner's
//! share is `W·(x_o + u) + s + b`, in the clear, and the client's `W·r − s`.
//!
//! *From*: Mishra et al., *Delphi*, 2020 (what is done before and what after); Huang et al.,
//! *Cheetah*, 2022 (the encrypted product; see [`tacit_rlwe::linear`]). *Security*: whatever
//! program the client runs, it sees ciphertexts of which the wanted parts are uniform and the other
//! is a sample of ring learning with errors. Whatever program the owner runs, it sees u, which r
//! masks once, and encryptions; its answer makes the client's share a function of the key, so that
//! bits of one key may be opened to it: at most [`tacit_rlwe::linear::OPENED_BITS`], with a fresh
//! key for each round. Either can make the other's share wrong. The order is part of it: the
//! owner's nonce comes before the client's key ([`tacit_rlwe::origin`]). *Cost*: [`nonce_cost`] and
//! [`key_cost`] once a round or a picture; [`prepare_cost`] and [`apply_cost`] a layer.
//! *Deviations*: δ.
#![deny(clippy::indexing_slicing)]

use tacit_compute::{Compute, Convolution, Kernels, Resident};
use tacit_ring::Tensor;
use tacit_rlwe::{Context, Origin, Packing, PublicKey, SecretKey, Weights, linear, origin};
use tacit_session::{Cost, Fault, HEADER, Link, Party, Session};
use tacit_symmetric::Prg;
use zeroize::Zeroizing;

use crate::Words;
use crate::wire::{Encrypted, LatticeNonce, MaskedLayer, Multiplied, PublicKey as PublicKeyBytes};

/// Which side of a linear layer a party is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Knows the weights.
    Owner,
    /// Does not.
    Client,
}

/// The cost of sending `sent` and receiving `received` bytes of frames, for the client; the model
/// owner's cost is the reverse.
fn as_role(role: Role, sent: usize, received: usize, rounds: u64) -> Cost {
    let [sent, received] = [sent as u64, received as u64];
    match role {
        Role::Client => Cost { sent, received, rounds },
        Role::Owner => Cost { sent: received, received: sent, rounds },
    }
}

/// The owner: draws the nonce of a round, and sends it.
///
/// # Errors
/// `Link` faults.
pub async fn send_nonce<L: Link>(s: &mut Session<L>, rng: &mut Prg) -> Result<Origin, Fault> {
    let nonce: [u8; origin::NONCE] = rng.bytes();
    s.send(&LatticeNonce(nonce.to_vec())).await?;
    Ok(of_client(s.party().other(), nonce))
}

/// The client: receives the owner's nonce.
///
/// # Errors
/// `Link` faults; `PeerBroke` if the nonce has another length.
pub async fn receive_nonce<L: Link>(s: &mut Session<L>) -> Result<Origin, Fault> {
    let LatticeNonce(nonce) = s.recv(origin::NONCE).await?;
    let nonce = nonce.try_into().map_err(|_| Fault::internal("a nonce of another length"))?;
    Ok(of_client(s.party(), nonce))
}

fn of_client(client: Party, nonce: [u8; origin::NONCE]) -> Origin {
    Origin::new(client as u8, nonce)
}

/// The cost of [`send_nonce`] and [`receive_nonce`]. There is no reply.
#[must_use]
pub fn nonce_cost(role: Role) -> Cost {
    as_role(role, 0, HEADER + origin::NONCE, 0)
}

/// The client: makes a key, and sends its public half.
///
/// # Errors
/// `Link` faults.
pub async fn send_key<L: Link>(
    s: &mut Session<L>,
    context: &Context,
    kernels: &impl Kernels,
    origin: Origin,
    rng: &mut Prg,
) -> Result<SecretKey, Fault> {
    let key = SecretKey::generate(context, kernels, origin, rng);
    s.send(&PublicKeyBytes(key.public_key(context, kernels, rng))).await?;
    Ok(key)
}

/// The owner: receives the client's public key.
///
/// # Errors
/// `Link` faults; `PeerBroke` if the key is malformed.
pub async fn receive_key<L: Link>(s: &mut Session<L>, context: &Context, origin: Origin) -> Result<PublicKey, Fault> {
    let PublicKeyBytes(bytes) = s.recv(PublicKey::bytes(context)).await?;
    PublicKey::from_bytes(context, origin, &bytes).map_err(|_| Fault::peer("public key: not of the expected form"))
}

/// The cost of [`send_key`] and [`receive_key`]. There is no reply.
#[must_use]
pub fn key_cost(role: Role, context: &Context) -> Cost {
    as_role(role, HEADER + PublicKey::bytes(context), 0, 0)
}

/// The client's material for one layer and one picture: r and `W·r − s`. Spent by value.
pub struct ClientMaterial {
    pub(crate) r: Tensor<u32>,
    pub(crate) share: Words,
}

/// The owner's material for one layer and one picture: s. Spent by value.
pub struct OwnerMaterial {
    pub(crate) mask: Words,
}

/// The client: draws r and asks for `W·r − s`. The answer is for [`receive_products`]; many layers
/// may be asked for first, so that the two parties work at once.
///
/// # Errors
/// `Link` faults.
pub async fn ask<L: Link>(
    s: &mut Session<L>,
    context: &Context,
    kernels: &impl Kernels,
    key: &SecretKey,
    packing: &Packing,
    rng: &mut Prg,
) -> Result<Tensor<u32>, Fault> {
    let r = words(rng, packing.shape().inputs());
    s.send(&Encrypted(linear::request(context, kernels, key, packing, &r, rng))).await?;
    Ok(Tensor::new(&[r.len()], r.to_vec()))
}

/// The client: receives what it [asked](ask) for.
///
/// # Errors
/// `Link` faults; `PeerBroke` if the response is malformed.
pub async fn receive_products<L: Link>(
    s: &mut Session<L>,
    context: &Context,
    kernels: &impl Kernels,
    key: &SecretKey,
    packing: &Packing,
    r: Tensor<u32>,
) -> Result<ClientMaterial, Fault> {
    let Multiplied(response) = s.recv(linear::response_bytes(context, packing)).await?;
    let share = linear::finish(context, kernels, key, packing, &response)
        .map_err(|_| Fault::peer("encrypted products: not of the expected form"))?;
    Ok(ClientMaterial { r, share: Words(share) })
}

/// The owner: answers one [question](ask), and gets its share s by it.
///
/// # Errors
/// `Link` faults; `PeerBroke` if the request is malformed.
///
/// # Panics
/// When the weights are another layer's.
pub async fn answer<L: Link>(
    s: &mut Session<L>,
    context: &Context,
    compute: &impl Compute,
    public: &PublicKey,
    packing: &Packing,
    weights: &Weights,
    rng: &mut Prg,
) -> Result<OwnerMaterial, Fault> {
    let Encrypted(request) = s.recv(linear::request_bytes(context, packing)).await?;
    let (response, mask) = linear::respond(context, compute, public, packing, weights, &request, rng)
        .await
        .map_err(|_| Fault::peer("encrypted words: not of the expected form"))?;
    s.send(&Multiplied(response)).await?;
    Ok(OwnerMaterial { mask: Words(mask) })
}

/// The cost of preparing one layer for one picture. The round is counted once for all layers that
/// are requested together.
#[must_use]
pub fn prepare_cost(role: Role, context: &Context, packing: &Packing) -> Cost {
    let sent = HEADER + linear::request_bytes(context, packing);
    as_role(role, sent, HEADER + linear::response_bytes(context, packing), 0)
}

/// The client: turns its share of the inputs of some pictures, one behind the other, into one of
/// the outputs.
///
/// # Errors
/// `Link` faults.
///
/// # Panics
/// When there is no material for every picture.
pub async fn send_input<L: Link>(s: &mut Session<L>, material: Vec<ClientMaterial>, x: &Words) -> Result<Words, Fault> {
    let r = material.iter().flat_map(|material| material.r.data());
    let masked: Vec<u32> = x.0.iter().zip(r).map(|(x, r)| x.wrapping_sub(*r)).collect();
    let inputs: usize = material.iter().map(|material| material.r.len()).sum();
    assert_eq!(inputs, x.len(), "a mask for every word");
    s.send(&MaskedLayer(masked)).await?;
    Ok(Words(material.iter().flat_map(|material| material.share.0.iter().copied()).collect::<Vec<_>>().into()))
}

/// The owner: the same for its share, with its weights, and a number to add to each output of a
/// filter.
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
///
/// # Panics
/// When there is no material for every picture, or the weights or numbers are another layer's.
pub async fn receive_input<L: Link>(
    s: &mut Session<L>,
    compute: &impl Compute,
    material: Vec<OwnerMaterial>,
    shape: &Convolution,
    weights: &Resident,
    bias: &[u32],
    x: &Words,
) -> Result<Words, Fault> {
    assert_eq!(bias.len(), shape.filters, "a number for every filter");
    assert_eq!(x.len(), material.len() * shape.inputs(), "material for every picture");
    // 1. u, and with it x_o + u, which says nothing more.
    let MaskedLayer(masked) = s.recv(x.len()).await?;
    let input: Zeroizing<Vec<u32>> =
        masked.iter().zip(x.0.iter()).map(|(u, x)| u.wrapping_add(*x)).collect::<Vec<_>>().into();
    // 2. The rest is local.
    let mut out = Zeroizing::new(vec![0; material.len() * shape.outputs()]);
    compute.convolve_all(shape, weights, &input, &mut out).await;
    let positions = shape.positions();
    for (out, material) in out.chunks_exact_mut(shape.outputs()).zip(&material) {
        for ((out, mask), bias) in
            out.chunks_exact_mut(positions).zip(material.mask.0.chunks_exact(positions)).zip(bias)
        {
            out.iter_mut().zip(mask).for_each(|(out, mask)| *out = out.wrapping_add(*mask).wrapping_add(*bias));
        }
    }
    Ok(Words(out))
}

/// The cost of applying a layer to `n` pictures. There is no reply.
#[must_use]
pub fn apply_cost(role: Role, shape: &Convolution, n: usize) -> Cost {
    as_role(role, HEADER + 4 * n * shape.inputs(), 0, 0)
}

/// Uniform words.
pub(crate) fn words(rng: &mut Prg, n: usize) -> Zeroizing<Vec<u32>> {
    let mut pairs = Zeroizing::new(vec![0u64; n.div_ceil(2)]);
    rng.fill_u64s(&mut pairs);
    let words = pairs.iter().flat_map(|&pair| [pair as u32, (pair >> 32) as u32]).take(n);
    Zeroizing::new(words.collect())
}
