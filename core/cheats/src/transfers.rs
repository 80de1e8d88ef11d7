//! Transfers that lie: the receiver of an extension corrects its choices, or its trees, in a way
//! that depends on the sender's Δ.
//!
//! Without checks, a receiver that flipped the correction of one tree saw by the answers whether
//! its guess at 4 bits of Δ was right, and had all of Δ, and so every message of every transfer,
//! after some 256 answers. Now each guess is a bet on the whole pairing.

use tacit_ot::extension::RandomCotReceiver as _;
use tacit_ot::soft_spoken::{self, FIELD_BITS, SoftSpokenReceiver, plane_bytes};
use tacit_ot::{Engine, base, random};
use tacit_ring::Bits;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Party, Session};
use tacit_symmetric::{Block, Blocks, Prg};

use crate::gain::Play;
use crate::{Attack, seed_of};

/// Transfers of an extension.
const N: usize = 64;

/// Trees, of which each hides [`FIELD_BITS`] bits of Δ.
const TREES: usize = base::COUNT / FIELD_BITS;

/// Guesses Δ, tree by tree, an extension for each; then reads the messages that it did not choose.
pub const FLIP_CORRECTIONS: Attack =
    Attack { name: "transfer: Δ by flipped corrections", allowed: 0.0, runs: 200, few: 6, play: flip_corrections };

/// Bends one or more trees, so that the sender's leaves depend on Δ; then reads the messages that
/// it did not choose.
pub const BEND_TREES: Attack =
    Attack { name: "transfer: Δ by bent trees", allowed: 0.0, runs: 200, few: 6, play: bend_trees };

fn flip_corrections(seed: u64) -> Play {
    let (sent, guess) = lockstep::run(async |s| send(s, seed, TREES).await, async |s| flip(s, seed).await);
    read(sent, guess)
}

fn bend_trees(seed: u64) -> Play {
    let (sent, guess) = lockstep::run(async |s| send(s, seed, 1).await, async |s| bend(s, seed).await);
    read(sent, guess)
}

/// The honest sender: the messages of the last of some extensions, if none of them failed.
async fn send(mut s: Session<QueueLink>, seed: u64, extensions: usize) -> Option<[Blocks; 2]> {
    let mut engine = Engine::setup(&mut s, &mut Prg::from_seed(seed_of(seed, 0))).await.ok()?;
    let mut messages = None;
    for _ in 0..extensions {
        messages = Some(engine.extend(&mut s, N, 0).await.ok()?.sender_messages(N));
    }
    messages
}

/// The receiver's output of the last extension, and its guess of Δ.
struct Guess {
    choices: Bits,
    t: Blocks,
    delta: Block,
    first: u64,
}

/// The altered receiver. It stops where the sender has noticed.
async fn flip(mut s: Session<QueueLink>, seed: u64) -> Option<Guess> {
    let mut rng = Prg::from_seed(seed_of(seed, 1));
    let (base, _) = base::both(&mut s, &mut rng, soft_spoken::base_choices(Block::ZERO)).await.ok()?;
    let mut receiver = SoftSpokenReceiver::new(FIELD_BITS, &base);
    // The choices are those of the first tree, which it cannot flip against.
    let delta = rng.block();
    let (mut choices, mut t) = receiver.extend(&mut s, N).await.ok()?;
    for tree in 1..TREES {
        let mut expansion = receiver.expand(N);
        expansion.corrections[(tree - 1) * plane_bytes(N)] ^= 1;
        // The row moves by the guess, so that the check holds if that is right.
        let bits = (0..FIELD_BITS).fold(0u128, |bits, b| bits | u128::from(delta.bit(tree * FIELD_BITS + b)) << b);
        expansion.t[0] ^= Block::from_bytes((bits << (tree * FIELD_BITS)).to_le_bytes());
        (choices, t) = receiver.correct(&mut s, expansion).await.ok()?;
    }
    Some(Guess { choices, t, delta, first: ((TREES - 1) * N) as u64 })
}

/// The altered owner of trees: masks one sum of the last level of some trees with another message
/// than the one transferred. A sender whose path needs it has false leaves.
async fn bend(mut s: Session<QueueLink>, seed: u64) -> Option<Guess> {
    let mut rng = Prg::from_seed(seed_of(seed, 1));
    let (mut base, _) = base::both(&mut s, &mut rng, soft_spoken::base_choices(Block::ZERO)).await.ok()?;
    for tree in 0..=seed as usize % TREES {
        let side = rng.next_u64() as usize % 2;
        base.pairs[tree * FIELD_BITS][side] ^= Block::new([1, 0]);
    }
    let (choices, t) = SoftSpokenReceiver::new(FIELD_BITS, &base).extend(&mut s, N).await.ok()?;
    Some(Guess { choices, t, delta: rng.block(), first: 0 })
}

/// Bits of messages that the receiver did not choose and has nonetheless.
fn read(sent: Option<[Blocks; 2]>, guess: Option<Guess>) -> Play {
    let (Some(sent), Some(Guess { choices, t, delta, first })) = (sent, guess) else { return Play::Harmed };
    let q: Vec<Block> = (0..N).map(|i| t[i] ^ delta.when(u64::from(choices.get(i)))).collect();
    let guessed = random::send(Party::Alice, first, delta, &q.into());
    let others = (0..N).filter(|&i| {
        let other = usize::from(!choices.get(i));
        guessed[other][i] == sent[other][i]
    });
    Play::Read { bits: 128.0 * others.count() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_ot::extension::RandomCotSender as _;
    use tacit_ot::soft_spoken::SoftSpokenSender;

    /// A party that has Δ can read everything, so the measure is able to show a gain.
    #[test]
    fn delta_is_all_it_takes() {
        let (sent, guess) = lockstep::run(
            async |mut s| {
                let (_, base) = base::both(&mut s, &mut Prg::from_seed([1; 32]), Block::new([3, 4])).await.unwrap();
                let mut sender = SoftSpokenSender::new(FIELD_BITS, base);
                let q = sender.extend(&mut s, N).await.unwrap();
                (random::send(Party::Alice, 0, sender.delta(), &q), sender.delta())
            },
            async |mut s| {
                let (base, _) = base::both(&mut s, &mut Prg::from_seed([2; 32]), Block::ZERO).await.unwrap();
                SoftSpokenReceiver::new(FIELD_BITS, &base).extend(&mut s, N).await.unwrap()
            },
        );
        let ((messages, delta), (choices, t)) = (sent, guess);
        let bits = |delta| match read(
            Some(messages.clone()),
            Some(Guess { choices: choices.duplicate(), t: t.to_vec().into(), delta, first: 0 }),
        ) {
            Play::Read { bits } => bits,
            _ => 0.0,
        };
        assert_eq!((bits(delta), bits(delta ^ Block::new([0, 1]))), (128.0 * N as f64, 0.0));
    }
}
