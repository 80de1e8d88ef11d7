//! The scheme against its definition, and its noise against its bounds.

use super::*;
use crate::Packing;
use crate::linear::Weights;
use crate::params::WORD_32;
use futures::FutureExt as _;
use tacit_compute::{Convolution, Cpu};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

struct Setting {
    context: Context,
    key: SecretKey,
    public: PublicKey,
    rng: Prg,
}

fn setting(seed: u8) -> Setting {
    let (context, mut rng) = (Context::new(), Prg::from_seed([seed; 32]));
    let key = SecretKey::generate(&context, &Cpu, &mut rng);
    let public = PublicKey::from_bytes(&context, &key.public_key(&context, &Cpu, &mut rng)).unwrap();
    Setting { context, key, public, rng }
}

impl Setting {
    /// The reply to some ciphertexts with a weight for each.
    fn reply(&mut self, terms: &[(&Ciphertext, &[u32])], wanted: &[usize], masks: &[u32]) -> Reply {
        let weights = terms.iter().flat_map(|(_, w)| w.iter().copied()).collect::<Vec<u32>>();
        let inputs: Vec<u32> = terms.iter().flat_map(|(c, _)| c.halves().concat()).collect();
        let weights = Resident::new(weights.into());
        let sums = products(&self.context, &Cpu, &self.public, &weights, 0..1, &inputs, &mut self.rng);
        let sums = sums.now_or_never().expect("the processor answers at once");
        let (c0, c1) = sums.split_at(sums.len() / 2);
        Reply::new(&self.context, c0, c1, wanted, masks, &mut self.rng)
    }

    fn encrypt(&mut self, message: &[u32]) -> Ciphertext {
        let (seed, mut bytes) = (self.rng.bytes(), Vec::new());
        self.key.encrypt(&self.context, &Cpu, &seed, 3, message, &mut self.rng, &mut bytes);
        assert_eq!(bytes.len(), poly_bytes(&self.context));
        Ciphertext::from_bytes(&self.context, &seed, 3, &bytes).unwrap()
    }

    /// The noise of Σ c·w modulo q, in the maximum norm over the coefficients whose message is known: what is left of
    /// the phase when that message's place is taken away.
    fn noise(&self, terms: &[(&Ciphertext, &Poly<Ntt>)], messages: impl Iterator<Item = (usize, u32)>) -> u128 {
        let (context, primes) = (&self.context, self.context.primes());
        let products = |half: fn(&Ciphertext) -> &Poly<Ntt>| {
            let terms: Vec<_> = terms.iter().map(|&(c, w)| (half(c), w)).collect();
            Poly::sum_of_products(context, &Cpu, &terms)
        };
        let mut phase = Poly::sum_of_products(context, &Cpu, &[(&products(|c| &c.c1), &self.key.s)]);
        phase.add(context, &products(|c| &c.c0));
        let phase = phase.into_coeff(context, &Cpu);
        let sizes = messages.map(|(i, message)| {
            let place: Vec<u32> = context.encode(message).collect();
            let residues: Vec<u32> = (0..4).map(|j| primes[j].modulus.sub(phase.limb(j)[i], place[j])).collect();
            centred(&residues).unsigned_abs()
        });
        sizes.max().expect("some messages")
    }
}

/// The number of least size with these residues, by mixed radix (Garner 1959).
fn centred(residues: &[u32]) -> i128 {
    let (mut value, mut radix) = (0u128, 1u128);
    for (&p, &residue) in WORD_32.primes.iter().zip(residues) {
        let modulus = tacit_compute::Modulus::new(p);
        let wide = u128::from(p);
        let digit = modulus.sub(residue, (value % wide) as u32);
        let digit = modulus.mul(digit, modulus.inverse((radix % wide) as u32));
        value += radix * u128::from(digit);
        radix *= wide;
    }
    if value > radix / 2 { value as i128 - radix as i128 } else { value as i128 }
}

fn numbers(rng: &mut Prg, n: usize) -> Vec<u32> {
    (0..n).map(|_| rng.next_u64() as u32).collect()
}

#[test]
fn the_sizes_are_the_documented_ones() {
    let context = Context::new();
    assert_eq!(PublicKey::bytes(&context), 55_328);
    assert_eq!(Reply::bytes(&context, 0), 27_648);
    assert_eq!(Reply::bytes(&context, 4), 27_648 + 27);
}

#[test]
fn a_fresh_ciphertext_has_fresh_noise() {
    let mut s = setting(1);
    let message = numbers(&mut s.rng, s.context.size());
    let fresh = s.encrypt(&message);
    let one = Poly::from_signed(&s.context, &[1]).into_ntt(&s.context, &Cpu);
    let noise = s.noise(&[(&fresh, &one)], (0..).zip(message.iter().copied()));
    // The largest of 4096 draws of a binomial of 42 coins: above 8 but for 2^-70, and never above the bound.
    assert!((8..=noise::ERROR_BOUND).contains(&noise), "{noise}");
}

#[test]
fn a_public_key_is_an_encryption_of_zero() {
    let s = setting(2);
    let one = Poly::from_signed(&s.context, &[1]).into_ntt(&s.context, &Cpu);
    let (b, a) = s.public.halves.split_at(s.public.halves.len() / 2);
    let [c0, c1] = [b, a].map(|words| Poly::from_words(&s.context, words));
    let noise = s.noise(&[(&Ciphertext { c0, c1 }, &one)], (0..4096).map(|i| (i, 0)));
    assert!((8..=noise::ERROR_BOUND).contains(&noise), "{noise}");
}

/// Extreme messages, masks and coefficients.
#[test]
fn masked_products_are_decrypted() {
    let mut s = setting(3);
    let message: Vec<u32> = (0..4096).map(|i| [0, 1, u32::MAX, 1 << 31, (1 << 31) - 1][i % 5]).collect();
    let c = s.encrypt(&message);
    // 3 − 70000·X.
    let w = Poly::from_signed(&s.context, &[3, -70_000]).into_ntt(&s.context, &Cpu);
    let (wanted, masks) = ([1, 2, 4095, 77], [0, 1, u32::MAX, 1 << 31]);
    let reply = s.reply(&[(&c, w.words())], &wanted, &masks);
    let mut bytes = Vec::new();
    reply.write(&mut bytes);
    assert_eq!(bytes.len(), Reply::bytes(&s.context, 4));
    let reply = Reply::from_bytes(&s.context, &bytes, 4).unwrap();
    let decrypted = s.key.decrypt(&s.context, &Cpu, reply, wanted.into_iter());
    let product = |i: usize| message[i].wrapping_mul(3).wrapping_sub(message[i - 1].wrapping_mul(70_000));
    let expected = wanted.iter().zip(masks).map(|(&i, mask)| product(i).wrapping_sub(mask));
    assert_eq!(*decrypted, expected.collect::<Vec<_>>());
}

/// The noise as it is, against the bounds, for layers like those of real networks.
#[test]
fn noise_stays_below_its_bounds() {
    let conv = |channels, size, filters, kernel, padding| {
        let shape =
            Convolution { channels, height: size, width: size, filters, kernel: [kernel; 2], stride: 1, padding };
        Packing::convolution(&shape).unwrap()
    };
    let layers = [
        conv(1, 28, 16, 5, 0),
        conv(16, 12, 16, 5, 0),
        conv(32, 32, 32, 3, 1),
        conv(64, 16, 64, 3, 1),
        Packing::dense(256, 100),
        Packing::dense(100, 10),
        Packing::dense(4096, 128),
    ];
    let mut s = setting(4);
    for packing in layers {
        // Twelve bits after the point, weights up to a quarter.
        let weights: Vec<i32> =
            numbers(&mut s.rng, packing.shape().weights()).into_iter().map(|x| (x % 2048) as i32 - 1024).collect();
        let prepared = Weights::new(&s.context, &Cpu, &packing, &weights).unwrap();
        // Before flooding: one response's products.
        let input = numbers(&mut s.rng, packing.shape().inputs());
        let inputs: Vec<_> = (0..packing.channel_groups()).map(|g| packing.input(&input, 0, g)).collect();
        let requests: Vec<_> = inputs.iter().map(|input| s.encrypt(input)).collect();
        let words = s.context.size() * 4;
        let polys = prepared.polys().words().chunks_exact(words).take(requests.len());
        let polys: Vec<_> = polys.map(|words| Poly::from_words(&s.context, words)).collect();
        let terms: Vec<_> = requests.iter().zip(&polys).collect();
        let norm: u64 = (0..packing.channel_groups())
            .flat_map(|g| packing.weights(&weights, 0, g))
            .map(|w| u64::from(w.unsigned_abs()))
            .sum();
        assert!(norm <= prepared.norm());
        // What the products' coefficients are modulo 2^32, at the places that are wanted.
        let wanted = packing.wanted(0, 0);
        let mut outputs = vec![0; packing.shape().outputs()];
        let unsigned: Vec<u32> = weights.iter().map(|&w| w as u32).collect();
        Cpu.convolve(packing.shape(), &unsigned, &input, &mut outputs);
        let noise = s.noise(&terms, wanted.iter().map(|w| (w.coefficient, outputs[w.output])));
        // The requests' part alone: there is no encryption of zero in it yet.
        let bound = u128::from(norm) * (noise::ERROR_BOUND + 1);
        assert!(noise <= bound && noise > 0, "{noise} of {bound} for {packing:?}");

        // After flooding and switching: what decryption sees.
        let coefficients: Vec<usize> = wanted.iter().map(|w| w.coefficient).collect();
        let masks: Vec<u32> = wanted.iter().map(|w| outputs[w.output]).collect();
        let terms: Vec<_> = terms.into_iter().map(|(c, w)| (c, w.words())).collect();
        let reply = s.reply(&terms, &coefficients, &masks);
        let phase = s.key.phase(&s.context, &Cpu, reply, coefficients.into_iter());
        // The message is zero, so the phase is the noise.
        let largest = phase.iter().map(|residues| centred(residues).unsigned_abs());
        let largest = largest.max().unwrap();
        assert!(largest < noise::decoding_bound(&WORD_32), "{largest}");
        // And flooded it is: with 10 draws or more, one is above a sixteenth of the flooding but for 2^-40.
        let flooding = (1u128 << (noise::flood_bits(&WORD_32) - 1)) / (1 << 54);
        assert!(largest > flooding / 16, "{largest} of {flooding}");
    }
}
