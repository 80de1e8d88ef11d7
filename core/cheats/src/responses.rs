//! Responses that lie: the model's owner answers with numbers of its own, so that the client's
//! share becomes a function of the client's key, and learns the key as far as shares are opened to
//! it.
//!
//! A word of 32 bits carries 20 ternary coefficients of the key. So 205 words would carry a key
//! whole; a key serves one round, or one picture where scores reach the owner.

use tacit_compute::Cpu;
use tacit_rlwe::{Context, Packing, Reply, SecretKey};
use tacit_session::damage::Raw;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Session, Tag};
use tacit_share::open::{self, To};
use tacit_share::{Words, linear};
use tacit_symmetric::Prg;

use crate::gain::Play;
use crate::{Attack, seed_of};

/// Scores that are opened to the owner.
const SCORES: usize = 10;

/// Coefficients of the key that a score carries: 3^20 < 2^32.
const DIGITS: usize = 20;

/// Reads as much of the key as ten scores carry.
pub const READ_KEY: Attack =
    Attack { name: "response: the key in ten scores", allowed: 32.0 * SCORES as f64, runs: 60, few: 4, play: read_key };

/// Inputs of the layer: outputs lie so many coefficients apart, more than a score carries.
const INPUTS: usize = 64;

fn read_key(seed: u64) -> Play {
    let (guessed, key) = lockstep::run(async |s| read(s).await, async |s| serve(s, seed).await);
    let right = guessed.iter().zip(&key).filter(|(guess, digit)| guess == digit).count();
    Play::Read { bits: right as f64 * 3f64.log2() }
}

/// Bits of a reply's coefficient below the message.
fn unit(context: &Context) -> u32 {
    context.params().switched_bits - context.params().plain_bits
}

/// The altered owner: the digits of the key that it reads.
async fn read(mut s: Session<QueueLink>) -> Vec<i32> {
    let (context, mut rng) = (Context::shared(), Prg::from_seed([1; 32]));
    linear::send_nonce(&mut s, &mut rng).await.expect("a client that waits for a nonce");
    s.recv::<Raw<{ Tag::PublicKey as u8 }>>(()).await.expect("a key");
    s.recv::<Raw<{ Tag::Encrypted as u8 }>>(()).await.expect("a request");
    // The phase at i becomes s_i + 3·s_(i−1) + 9·s_(i−2) + …
    let mut c1 = vec![0; context.size()];
    c1.iter_mut().take(DIGITS).zip(0..).for_each(|(x, digit)| *x = 3u64.pow(digit) << unit(context));
    let reply = Reply::from_parts(context, vec![0; SCORES], c1);
    let mut response = Vec::new();
    reply.write(context, &mut response);
    s.send(&Raw::<{ Tag::Multiplied as u8 }>(response)).await.expect("a client that waits for products");
    s.recv::<Raw<{ Tag::MaskedLayer as u8 }>>(()).await.expect("a masked input");
    let Raw(scores) = s.recv::<Raw<{ Tag::OpenWords as u8 }>>(()).await.expect("scores, as agreed");
    let digits = scores.as_chunks::<4>().0.iter().flat_map(|score: &[u8; 4]| {
        let mut rest = i64::from(i32::from_le_bytes(*score));
        (0..DIGITS).map(move |_| {
            let digit = (rest + 1).rem_euclid(3) - 1;
            rest = (rest - digit) / 3;
            digit as i32
        })
    });
    digits.collect()
}

/// The honest client, up to the scores; then the digits of its key that an owner may want.
async fn serve(mut s: Session<QueueLink>, seed: u64) -> Vec<i32> {
    let (context, mut rng) = (Context::shared(), Prg::from_seed(seed_of(seed, 0)));
    let packing = Packing::dense(INPUTS, SCORES);
    let origin = linear::receive_nonce(&mut s).await.expect("a nonce");
    let twin = SecretKey::generate(context, &Cpu, origin, &mut Prg::from_seed(seed_of(seed, 0)));
    let key = linear::send_key(&mut s, context, &Cpu, origin, &mut rng).await.expect("an owner that takes a key");
    let r = linear::ask(&mut s, context, &Cpu, &key, &packing, &mut rng).await.expect("an owner that takes a request");
    let material = linear::receive_products(&mut s, context, &Cpu, &key, &packing, r).await;
    let material = vec![material.expect("well-formed products")];
    let input = Words::from_input(vec![0; INPUTS]);
    let scores = linear::send_input(&mut s, material, &input).await.expect("an owner that takes an input");
    let to = To::One(s.party().other());
    open::reveal_words_to(&mut s, to, &scores).await.expect("an owner that takes scores");
    // The key itself, by a reply of one unit.
    let mut one = vec![0; context.size()];
    one[0] = 1 << unit(context);
    let reply = Reply::from_parts(context, vec![0; context.size()], one);
    let digits = twin.decrypt(context, &Cpu, &reply, 0..context.size());
    let places =
        packing.wanted(0, 0).into_iter().flat_map(|wanted| (0..DIGITS).map(move |digit| wanted.coefficient - digit));
    places.map(|place| digits[place].cast_signed()).collect()
}
