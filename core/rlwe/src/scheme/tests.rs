//! The scheme against its definition, and its noise against its bounds.

use super::*;
use crate::Packing;
use crate::linear::{OPENED_BITS, Weights};
use crate::origin::Halves;
use crate::params::WORD_32;
use futures::FutureExt as _;
use tacit_compute::{Convolution, Cpu};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

struct Setting {
    context: &'static Context,
    key: SecretKey,
    public: PublicKey,
    rng: Prg,
}

fn setting(seed: u8) -> Setting {
    let (context, mut rng) = (Context::shared(), Prg::from_seed([seed; 32]));
    let origin = Origin::new(1, rng.bytes());
    let key = SecretKey::generate(context, &Cpu, origin, &mut rng);
    let public = key.public_key(context, &Cpu, &mut rng);
    let public = PublicKey::from_bytes(context, origin, &public).unwrap();
    Setting { context, key, public, rng }
}

impl Setting {
    /// Σ ciphertext·weight, and an encryption of zero but for e₁.
    fn products(&mut self, terms: &[(&Ciphertext, &[u32])]) -> Zeroizing<Vec<u32>> {
        let weights = terms.iter().flat_map(|(_, w)| w.iter().copied()).collect::<Vec<u32>>();
        let inputs: Vec<u32> = terms.iter().flat_map(|(c, _)| c.halves().concat()).collect();
        let weights = Resident::new(weights.into());
        let sums = products(self.context, &Cpu, &self.public, &weights, 0..1, &inputs, &mut self.rng);
        sums.now_or_never().expect("the processor answers at once")
    }

    fn halves(&mut self) -> Halves {
        self.key.origin().halves(Purpose::Request, &self.rng.bytes())
    }

    fn encrypt(&mut self, message: &[u32]) -> Ciphertext {
        let halves = self.halves();
        let mut bytes = Vec::new();
        let a = halves.poly(self.context, 3);
        self.key.encrypt(self.context, &Cpu, &a, message, &mut self.rng).write(&mut bytes);
        assert_eq!(bytes.len(), Poly::<Ntt>::bytes(self.context));
        Ciphertext::from_bytes(self.context, a, &bytes).unwrap()
    }

    /// The noise of a ciphertext of this message, in the maximum norm: what is left of the phase
    /// when the message's place is taken away.
    fn noise(&self, c: &Ciphertext, message: impl Fn(usize) -> u32) -> u64 {
        let context = self.context;
        let mut phase = Poly::sum_of_products(context, &Cpu, &[(&c.c1, &self.key.s)]);
        phase.add(context, &c.c0);
        let phase = phase.into_coeff(context, &Cpu);
        let size = |i: usize| {
            let place = context.encode(message(i));
            let [x, y] = [0, 1].map(|j| context.primes()[j].modulus.sub(phase.limb(j)[i], place[j]));
            context.lift([x, y]).cast_signed().unsigned_abs()
        };
        (0..context.size()).map(size).max().expect("some coefficients")
    }
}

fn numbers(rng: &mut Prg, n: usize) -> Vec<u32> {
    (0..n).map(|_| rng.next_u64() as u32).collect()
}

/// The difference of two numbers modulo 2^32.
fn difference(x: u32, y: u32) -> i32 {
    x.wrapping_sub(y).cast_signed()
}

#[test]
fn the_sizes_are_the_documented_ones() {
    let context = Context::shared();
    assert_eq!(PublicKey::bytes(context), 30_752);
    assert_eq!(Reply::bytes(context, 0), 22_528);
    assert_eq!(Reply::bytes(context, 4), 22_528 + 19);
}

#[test]
fn a_fresh_ciphertext_has_fresh_noise() {
    let mut s = setting(1);
    let message = numbers(&mut s.rng, s.context.size());
    let fresh = s.encrypt(&message);
    // The largest of 4096 draws of a binomial of 42 coins: above 8 but for 2^-70, and never above
    // 21.
    let noise = s.noise(&fresh, |i| message[i]);
    assert!((8..=21).contains(&noise), "{noise}");
}

#[test]
fn a_public_key_is_an_encryption_of_zero() {
    let s = setting(2);
    let (b, a) = s.public.halves.split_at(s.public.halves.len() / 2);
    let [c0, c1] = [b, a].map(|words| Poly::from_words(s.context, words));
    let noise = s.noise(&Ciphertext { c0, c1 }, |_| 0);
    assert!((8..=21).contains(&noise), "{noise}");
}

/// Extreme messages and coefficients.
#[test]
fn shares_of_products_add_up() {
    let mut s = setting(3);
    let message: Vec<u32> = (0..4096).map(|i| [0, 1, u32::MAX, 1 << 31, (1 << 31) - 1][i % 5]).collect();
    let c = s.encrypt(&message);
    // 3 − 70000·X.
    let w = Poly::from_signed(s.context, &[3, -70_000]).into_ntt(s.context, &Cpu);
    let wanted = [1, 2, 4095, 77];
    let sums = s.products(&[(&c, w.words())]);
    let (c0, c1) = sums.split_at(sums.len() / 2);
    let (reply, mine) = Reply::new(s.context, c0, c1, &wanted, &mut s.rng);
    let mut bytes = Vec::new();
    reply.write(s.context, &mut bytes);
    assert_eq!(bytes.len(), Reply::bytes(s.context, 4));
    let reply = Reply::from_bytes(s.context, &bytes, 4).unwrap();
    let theirs = s.key.decrypt(s.context, &Cpu, &reply, wanted.into_iter());
    let product = |i: usize| message[i].wrapping_mul(3).wrapping_sub(message[i - 1].wrapping_mul(70_000));
    for ((&i, mine), theirs) in wanted.iter().zip(mine.iter()).zip(theirs.iter()) {
        assert!(difference(mine.wrapping_add(*theirs), product(i)).abs() <= 1);
    }
}

/// The noise as it is, against the bound, for layers like those of real networks with the largest
/// weights that quantising makes and with the largest that are allowed.
#[test]
fn noise_stays_below_its_bound() {
    let conv = |channels, size, filters, kernel, padding| {
        let shape =
            Convolution { channels, height: size, width: size, filters, kernel: [kernel; 2], stride: 1, padding };
        Packing::convolution(&shape).unwrap()
    };
    let layers = [
        conv(1, 28, 16, 5, 0),
        conv(16, 12, 16, 5, 0),
        conv(3, 32, 32, 3, 1),
        conv(32, 32, 32, 3, 1),
        conv(64, 16, 64, 3, 1),
        Packing::dense(256, 100),
        Packing::dense(100, 10),
        Packing::dense(4096, 128),
    ];
    let mut s = setting(4);
    let step = f64::from(WORD_32.switched_bits - WORD_32.plain_bits).exp2();
    for (packing, largest) in layers.iter().flat_map(|packing| [(packing, 1 << 14), (packing, u32::MAX)]) {
        let most = packing.most_weight(&WORD_32).min(largest).cast_signed();
        let signs = numbers(&mut s.rng, packing.shape().weights());
        let weights: Vec<i32> = signs.into_iter().map(|x| if x & 1 == 1 { most } else { -most }).collect();
        let prepared = Weights::new(s.context, &Cpu, packing, &weights);
        // One response.
        let input = numbers(&mut s.rng, packing.shape().inputs());
        let inputs: Vec<_> = (0..packing.channel_groups()).map(|g| packing.input(&input, 0, g)).collect();
        let requests: Vec<_> = inputs.iter().map(|input| s.encrypt(input)).collect();
        let polys = prepared.polys().words().chunks_exact(s.context.words());
        let terms: Vec<_> = requests.iter().zip(polys).collect();
        let sums = s.products(&terms);
        let (c0, c1) = sums.split_at(sums.len() / 2);
        let wanted = packing.wanted(0, 0);
        let coefficients: Vec<usize> = wanted.iter().map(|w| w.coefficient).collect();
        let errors = noise::errors(&mut s.rng, s.context.size());
        let reply = Reply::masked(s.context, c0, c1, &coefficients, &vec![[0; 2]; wanted.len()], &errors);
        let phase = s.key.phase(s.context, &Cpu, &reply, coefficients.into_iter());
        // The coefficients modulo 2^32 at the wanted places.
        let mut outputs = vec![0; packing.shape().outputs()];
        let unsigned: Vec<u32> = weights.iter().map(|&w| w as u32).collect();
        Cpu.convolve(packing.shape(), &unsigned, &input, &mut outputs);
        let noise = |(phase, wanted): (&u64, &crate::packing::Wanted)| {
            let place = u64::from(outputs[wanted.output]) << (WORD_32.switched_bits - WORD_32.plain_bits);
            // Centred: the bits above q′ are moved out and back.
            let above = u64::BITS - WORD_32.switched_bits;
            let noise = (phase.wrapping_sub(place) << above).cast_signed() >> above;
            noise.unsigned_abs() as f64 / step
        };
        let noise = phase.iter().zip(&wanted).map(noise).fold(0.0, f64::max);
        let squares = (0..packing.channel_groups())
            .flat_map(|g| packing.weights(&weights, 0, g))
            .map(|w| f64::from(w).powi(2))
            .sum::<f64>();
        let bound = noise::bound(&WORD_32, squares) / noise::delta(&WORD_32);
        assert!(noise > 0.0 && noise <= bound && bound <= noise::LIMIT, "{noise} of {bound} for {packing:?}");
    }
}

/// Counts how many of 4,096 sums are exact, one off, and off by more; and the largest noise of the
/// products in bits.
fn exact_and_off(seed: u8, terms: usize, largest: i32) -> ([usize; 3], u32) {
    let mut s = setting(seed);
    let n = s.context.size();
    let message = numbers(&mut s.rng, n);
    let mut weights = vec![0; n];
    let signs = numbers(&mut s.rng, terms);
    weights.iter_mut().zip(signs).for_each(|(w, x)| *w = if x & 1 == 1 { largest } else { -largest });
    let c = s.encrypt(&message);
    let w = Poly::from_signed(s.context, &weights).into_ntt(s.context, &Cpu);
    let mut expected = vec![0u32; n];
    for (i, &w) in weights.iter().enumerate().filter(|(_, w)| **w != 0) {
        for (j, &x) in message.iter().enumerate() {
            let term = x.wrapping_mul(w.cast_unsigned());
            let place = &mut expected[(i + j) % n];
            *place = if i + j < n { place.wrapping_add(term) } else { place.wrapping_sub(term) };
        }
    }
    let product = |half: &Poly<Ntt>| Poly::sum_of_products(s.context, &Cpu, &[(half, &w)]);
    let noise = s.noise(&Ciphertext { c0: product(&c.c0), c1: product(&c.c1) }, |i| expected[i]);
    let sums = s.products(&[(&c, w.words())]);
    let (c0, c1) = sums.split_at(sums.len() / 2);
    let wanted: Vec<usize> = (0..n).collect();
    let (reply, mine) = Reply::new(s.context, c0, c1, &wanted, &mut s.rng);
    let theirs = s.key.decrypt(s.context, &Cpu, &reply, wanted.into_iter());
    let mut counts = [0; 3];
    for ((mine, theirs), expected) in mine.iter().zip(theirs.iter()).zip(expected) {
        counts[difference(mine.wrapping_add(*theirs), expected).unsigned_abs().min(2) as usize] += 1;
    }
    (counts, noise.ilog2())
}

/// The table in [`crate::noise`].
#[test]
fn sums_are_rarely_one_off() {
    let measured = |terms, largest| {
        let settings = (0..4).map(|seed| exact_and_off(seed, terms, largest));
        settings.fold(([0; 3], 0), |(counts, noise), (more, larger)| {
            ([0, 1, 2].map(|i| counts[i] + more[i]), noise.max(larger))
        })
    };
    assert_eq!(measured(4096, 4095), ([16295, 89, 0], 21));
    assert_eq!(measured(400, 4095), ([16287, 97, 0], 20));
    assert_eq!(measured(4096, 2047), ([16313, 71, 0], 20));
}

/// Digits to base 3 that a word of 32 bits holds.
const DIGITS: usize = 20;

/// An altered owner: each word that the client decrypts is made of some digits of its key.
fn crafted(context: &Context, words: usize) -> (Reply, Vec<usize>) {
    // X^(N − k) = −X^(−k), so coefficient i of c1·s is Σ 3^k·s_(i + k), times Δ′.
    let n = context.size();
    let mut c1 = vec![0; n];
    let unit = 1u64 << (WORD_32.switched_bits - WORD_32.plain_bits);
    c1[0] = unit;
    (1..DIGITS).for_each(|k| c1[n - k] = (3u64.pow(k as u32) * unit).wrapping_neg() % (1 << WORD_32.switched_bits));
    (Reply::from_parts(context, vec![0; words], c1), (0..words).map(|word| word * DIGITS).collect())
}

/// The digits in words that were opened; what a word says beyond the key's end is negated.
fn digits(words: &[u32]) -> Vec<i32> {
    let of_word = |&word: &u32| {
        let mut left = word.cast_signed();
        [(); DIGITS].map(|()| {
            let digit = (left + 1).rem_euclid(3) - 1;
            left = (left - digit) / 3;
            digit
        })
    };
    words.iter().flat_map(of_word).collect()
}

/// What an altered owner learns of a key is what is opened to it, and no more: 20 of 4,096 digits a
/// word. So the whole key takes 205 words, the words of the largest number of bits that may be
/// opened leave most of it unknown, and a fresh key all.
#[test]
fn an_altered_owner_learns_of_a_key_what_is_opened() {
    let s = setting(8);
    let n = s.context.size();
    let is_digit = |key: &SecretKey, guesses: &[i32]| {
        let digits = Poly::from_words(s.context, key.s.words()).into_coeff(s.context, &Cpu);
        let digit = |i: usize| s.context.lift([digits.limb(0)[i], digits.limb(1)[i]]).cast_signed();
        guesses.iter().enumerate().filter(|&(i, &guess)| digit(i) == i64::from(guess)).count()
    };
    let opened = |words: usize| {
        let (reply, wanted) = crafted(s.context, words);
        digits(&s.key.decrypt(s.context, &Cpu, &reply, wanted.into_iter()))
    };
    let all = opened(n.div_ceil(DIGITS));
    assert_eq!(is_digit(&s.key, &all[..n]), n, "scores of 205 words give a key away");
    let some = opened(OPENED_BITS / 32);
    assert_eq!((some.len(), is_digit(&s.key, &some)), (620, 620));
    // Of the next round's key, as many digits are right as of any other: a third, within eight
    // standard deviations.
    let next = setting(9).key;
    let right = is_digit(&next, &all[..n]) as f64;
    assert!((right - n as f64 / 3.0).abs() < 8.0 * (n as f64 * 2.0 / 9.0).sqrt(), "{right}");
}
