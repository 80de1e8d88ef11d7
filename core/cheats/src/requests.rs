//! Requests that lie: the client adds a part of a unit at a pixel, so that the phase of the
//! response would show a bit of every weight which that pixel meets.
//!
//! Against masks that are multiples of Δ and flooding of half a unit, one request gave 388 of 400
//! weights. A mask that is uniform modulo q leaves a coin flip.

use tacit_compute::{Convolution, Cpu};
use tacit_rlwe::origin::{Purpose, SEED};
use tacit_rlwe::{Context, Ntt, Packing, Poly, Reply, SecretKey, Weights};
use tacit_session::damage::Raw;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Fault, Session, Tag};
use tacit_share::linear;
use tacit_symmetric::Prg;

use crate::gain::Play;
use crate::{Attack, seed_of};

/// Bits of a weight, the sign among them.
const BITS: u32 = 13;

/// 16 filters of 5 × 5 on a picture in whose middle one pixel meets all 400 weights.
const SHAPE: Convolution =
    Convolution { channels: 1, height: 9, width: 9, filters: 16, kernel: [5, 5], stride: 1, padding: 0 };

/// The pixel.
const PIXEL: usize = 4 * 9 + 4;

/// Reads the lowest bit of 400 weights, or tries to.
pub const READ_WEIGHTS: Attack =
    Attack { name: "request: weights in the phase", allowed: 0.0, runs: 60, few: 4, play: read_weights };

fn read_weights(seed: u64) -> Play {
    let mut prg = Prg::from_seed(seed_of(seed, 0));
    let weights: Vec<i32> = (0..SHAPE.weights()).map(|_| prg.next_u64() as i32 >> (32 - BITS)).collect();
    let owner = async |s: Session<QueueLink>| own(s, &weights, seed).await.expect("an honest owner");
    let ((), phases) =
        lockstep::run(owner, async |s| ask(s, seed).await.expect("an owner who answers whatever is asked"));
    // The lowest bit of a weight moves the phase by half a unit.
    let guess = |place: usize| {
        let (filter, [i, j]) = (place / 25, [place % 25 / 5, place % 5]);
        let phase = phases[(filter * 5 + 4 - i) * 5 + 4 - j];
        (0.25..0.75).contains(&phase.rem_euclid(1.0))
    };
    let right = weights.iter().enumerate().filter(|&(place, weight)| guess(place) == (weight & 1 == 1)).count();
    Play::Guessed { right: right as u32, all: weights.len() as u32 }
}

/// The honest owner of one layer.
async fn own(mut s: Session<QueueLink>, weights: &[i32], seed: u64) -> Result<(), Fault> {
    let (context, mut rng) = (Context::shared(), Prg::from_seed(seed_of(seed, 1)));
    let packing = Packing::convolution(&SHAPE).expect("a layer that fits");
    let weights = Weights::new(context, &Cpu, &packing, weights);
    let origin = linear::send_nonce(&mut s, &mut rng).await?;
    let key = linear::receive_key(&mut s, context, origin).await?;
    linear::answer(&mut s, context, &Cpu, &key, &packing, &weights, &mut rng).await.map(|_| ())
}

/// The altered client: the phases that it decrypts, in units of the message, output by output.
async fn ask(mut s: Session<QueueLink>, seed: u64) -> Result<Vec<f64>, Fault> {
    let (context, mut rng) = (Context::shared(), Prg::from_seed(seed_of(seed, 2)));
    let packing = Packing::convolution(&SHAPE).expect("a layer that fits");
    let params = context.params();
    let origin = linear::receive_nonce(&mut s).await?;
    let key = SecretKey::generate(context, &Cpu, origin, &mut rng);
    s.send(&Raw::<{ Tag::PublicKey as u8 }>(key.public_key(context, &Cpu, &mut rng))).await?;
    // 1. An encryption of zeros, and Δ/2 at the pixel.
    let half_unit = params.primes.iter().map(|&p| u64::from(p)).product::<u64>() >> (params.plain_bits + 1);
    let place = {
        let mut picture = vec![0; SHAPE.inputs()];
        picture[PIXEL] = 1;
        packing.input(&picture, 0, 0).iter().position(|&x| x == 1).expect("the pixel is in the polynomial")
    };
    let mut part = vec![[0; 2]; context.size()];
    part[place] = params.primes.map(|p| (half_unit % u64::from(p)) as u32);
    let a_seed: [u8; SEED] = rng.bytes();
    let a: Poly<Ntt> = origin.halves(Purpose::Request, &a_seed).poly(context, 0);
    let mut c0 = key.encrypt(context, &Cpu, &a, &[], &mut rng);
    c0.add(context, &Poly::from_residues(context, part.into_iter()).into_ntt(context, &Cpu));
    let mut request = a_seed.to_vec();
    c0.write(&mut request);
    s.send(&Raw::<{ Tag::Encrypted as u8 }>(request)).await?;
    // 2. What comes back, before it is rounded.
    let Raw(response) = s.recv::<Raw<{ Tag::Multiplied as u8 }>>(()).await?;
    let mut phases = vec![0.0; SHAPE.outputs()];
    let mut left = &response[..];
    for group in 0..packing.filter_groups() {
        let wanted = packing.wanted(0, group);
        let (reply, rest) = left.split_at(Reply::bytes(context, wanted.len()));
        left = rest;
        let reply = Reply::from_bytes(context, reply, wanted.len()).map_err(|_| Fault::peer("no reply"))?;
        let phase = key.phase(context, &Cpu, &reply, wanted.iter().map(|wanted| wanted.coefficient));
        let unit = f64::from(params.switched_bits - params.plain_bits).exp2();
        wanted.iter().zip(phase.iter()).for_each(|(wanted, &x)| phases[wanted.output] = x as f64 / unit);
    }
    Ok(phases)
}
