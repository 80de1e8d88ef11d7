//! An altered client, which asks for weights instead of products; and what it gains.

use futures::FutureExt as _;
use tacit_compute::{Convolution, Cpu};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::params::WORD_32;
use crate::{Origin, noise};

/// Bits of a weight, the sign among them.
const BITS: usize = 13;

/// 16 filters of 5 × 5 on a picture.
const SHAPE: Convolution =
    Convolution { channels: 1, height: 30, width: 30, filters: 16, kernel: [5, 5], stride: 1, padding: 0 };

/// The pixel at which a bit is asked for. Pixels are so far apart that no output sees two of them,
/// and so far from the edge that each meets every weight.
fn pixel(bit: usize) -> [usize; 2] {
    [4 + bit / 5 * 5, 4 + bit % 5 * 5]
}

/// q·(1/2^(bit + 1))/t, which an honest request never contains.
fn part(bit: usize) -> [u32; 2] {
    let [p, other] = WORD_32.primes;
    let place = (u64::from(p) * u64::from(other)) >> (WORD_32.plain_bits as usize + bit + 1);
    [p, other].map(|p| (place % u64::from(p)) as u32)
}

/// A request for zeros, with Δ/2^(bit + 1) added at the pixel of each bit.
fn altered(context: &Context, key: &SecretKey, packing: &Packing, rng: &mut Prg) -> Vec<u8> {
    let honest = request(context, &Cpu, key, packing, &vec![0; SHAPE.inputs()], rng);
    let (seed, polys) = honest.split_at(SEED);
    let mut bytes = seed.to_vec();
    let mut parts = vec![[0; 2]; context.size()];
    (0..BITS).for_each(|bit| {
        let [y, x] = pixel(bit);
        parts[y * SHAPE.width + x] = part(bit);
    });
    for poly in polys.chunks_exact(Poly::<Ntt>::bytes(context)) {
        let mut c0 = Poly::<Ntt>::from_bytes(context, poly).expect("our own request");
        c0.add(context, &Poly::from_residues(context, parts.iter().copied()).into_ntt(context, &Cpu));
        c0.write(&mut bytes);
    }
    bytes
}

/// The number of bits that the client guesses correctly, and their total. It knows all lower bits
/// of each weight, and chooses the higher bit that is closer to the phase.
fn guessed(phase: impl Fn(usize) -> f64, weights: &[i32]) -> [usize; 2] {
    let [height, width] = SHAPE.output();
    let mut right = 0;
    for (place, &weight) in weights.iter().enumerate() {
        let (filter, [i, j]) = (place / 25, [place % 25 / 5, place % 5]);
        for bit in 0..BITS {
            let [y, x] = pixel(bit);
            let phase = phase((filter * height + y - i) * width + x - j);
            let known = f64::from(weight & ((1 << bit) - 1)) / f64::from(1 << (bit + 1));
            // The bit adds a half.
            let rest = (phase - known).rem_euclid(1.0);
            let guess = (0.25..0.75).contains(&rest);
            right += usize::from(guess == (weight >> bit & 1 == 1));
        }
    }
    [right, weights.len() * BITS]
}

/// An altered client's guesses of random weights over several rounds, each with a key of its own,
/// where `masks` draws the masks of the model owner.
fn gained(seed: u8, rounds: usize, masks: impl Fn(&mut Prg, usize) -> Vec<[u32; 2]>) -> [usize; 2] {
    let (context, mut rng) = (Context::shared(), Prg::from_seed([seed; 32]));
    let packing = Packing::convolution(&SHAPE).expect("a layer that fits");
    assert_eq!((packing.tile_count(), packing.channel_groups()), (1, 1), "pixels lie where `altered` puts them");
    let mut total = [0; 2];
    for _ in 0..rounds {
        let weights: Vec<i32> = (0..SHAPE.weights()).map(|_| rng.next_u64() as i32 >> (32 - BITS)).collect();
        let prepared = Weights::new(context, &Cpu, &packing, &weights);
        let origin = Origin::new(1, rng.bytes());
        let key = SecretKey::generate(context, &Cpu, origin, &mut rng);
        let public = key.public_key(context, &Cpu, &mut rng);
        let public = PublicKey::from_bytes(context, origin, &public).expect("our own key");
        let asked = altered(context, &key, &packing, &mut rng);
        let (seed, poly) = asked.split_first_chunk().expect("a seed");
        let a = origin.halves(Purpose::Request, seed).poly(context, 0);
        let inputs = Ciphertext::from_bytes(context, a, poly).expect("a polynomial").halves().concat();
        let mut phases = vec![0.0; SHAPE.outputs()];
        for group in 0..packing.filter_groups() {
            let sums = products(context, &Cpu, &public, &prepared.polys, group..group + 1, &inputs, &mut rng);
            let sums = sums.now_or_never().expect("the processor answers at once");
            let (c0, c1) = sums.split_at(context.words());
            let wanted = packing.wanted(0, group);
            let coefficients: Vec<usize> = wanted.iter().map(|wanted| wanted.coefficient).collect();
            let (masks, errors) = (masks(&mut rng, wanted.len()), noise::errors(&mut rng, context.size()));
            let reply = Reply::masked(context, c0, c1, &coefficients, &masks, &errors);
            let phase = key.phase(context, &Cpu, &reply, coefficients.into_iter());
            let unit = f64::from(WORD_32.switched_bits - WORD_32.plain_bits).exp2();
            wanted.iter().zip(phase.iter()).for_each(|(wanted, &x)| phases[wanted.output] = x as f64 / unit);
        }
        let [right, all] = guessed(|output| phases[output], &weights);
        total = [total[0] + right, total[1] + all];
    }
    total
}

/// Masks that are multiples of Δ, however random, hide no phase: one request gives nearly every bit
/// of 400 weights.
#[test]
fn masks_of_whole_units_would_give_the_weights_away() {
    let [right, all] = gained(1, 1, |rng, n| (0..n).map(|_| Context::shared().encode(rng.next_u64() as u32)).collect());
    assert!(right * 100 > all * 97, "{right} of {all}");
}

/// Masks that are uniform modulo q leave a coin flip of every bit: half of 156,000 guesses are
/// right within five standard deviations, which a client that learned one bit in 80 would exceed.
#[test]
fn an_altered_client_learns_nothing() {
    let [right, all] = gained(2, 30, |rng, n| noise::masks(&WORD_32, rng, n).to_vec());
    assert_eq!(all, 156_000);
    let deviations = (right as f64 - all as f64 / 2.0) / (all as f64 / 4.0).sqrt();
    assert!(deviations.abs() < 5.0, "{right} of {all}");
}
