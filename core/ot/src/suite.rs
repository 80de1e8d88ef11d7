//! One suite for the ideal functionality and the real protocol; declared costs; frames that were
//! tampered with.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;
use tacit_session::damage::{self, Damage};
use tacit_session::lockstep::{self, QueueLink, Tamper};
use tacit_session::{Code, Fault, Party, Session, Stage, Tag};
use tacit_symmetric::{Block, Prg};

use crate::extension::{RandomCotReceiver, RandomCotSender};
use crate::soft_spoken::{FIELD_BITS, SoftSpokenReceiver, SoftSpokenSender};
use crate::{Engine, Pool};
use crate::{base, ideal};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

pub(crate) const FIELDS: [usize; 4] = [1, 2, 4, 8];

/// Base transfers as a dealer would deal them, so that extensions are tested without curves.
pub(crate) fn base_transfers(seed: u32) -> (base::BaseSender, base::BaseReceiver) {
    let mut prg = Prg::from_seed([7; 32]).fork(&seed.to_le_bytes());
    let pairs: Vec<[Block; 2]> = (0..base::COUNT).map(|_| [prg.block(), prg.block()]).collect();
    let choices = prg.block();
    let messages: Vec<Block> = (0..base::COUNT).map(|i| pairs[i][choices.bit(i) as usize]).collect();
    (
        base::BaseSender { pairs: pairs.into(), transcript: [seed as u8; 32] },
        base::BaseReceiver { choices: choices.into(), messages: messages.into(), transcript: [seed as u8; 32] },
    )
}

pub(crate) fn soft_spoken(k: usize, seed: u32) -> (SoftSpokenSender, SoftSpokenReceiver) {
    let (sender, receiver) = base_transfers(seed);
    (SoftSpokenSender::new(k, receiver), SoftSpokenReceiver::new(k, &sender))
}

/// Extends by every `n` and checks `t = q ⊕ c·Δ`.
fn correlated(mut sender: impl RandomCotSender, mut receiver: impl RandomCotReceiver, sizes: &[usize]) {
    let delta = sender.delta();
    let (sent, received) = lockstep::run(
        async |mut s| {
            let mut sent = Vec::new();
            for &n in sizes {
                sent.push(sender.extend(&mut s, n).await.unwrap());
            }
            sent
        },
        async |mut s| {
            let mut received = Vec::new();
            for &n in sizes {
                received.push(receiver.extend(&mut s, n).await.unwrap());
            }
            received
        },
    );
    let mut seen = std::collections::BTreeSet::new();
    for ((q, (c, t)), &n) in sent.iter().zip(&received).zip(sizes) {
        assert_eq!((q.len(), c.len(), t.len()), (n, n, n));
        for i in 0..n {
            assert!(t[i] == q[i] ^ delta.when(u64::from(c.get(i))), "transfer {i} of {n}");
            assert!(seen.insert(q[i].to_bytes()), "a transfer came twice");
        }
        let ones = (0..n).filter(|&i| c.get(i)).count();
        assert!(n < 200 || (n / 4..3 * n / 4).contains(&ones), "choices are not random: {ones} of {n}");
    }
}

/// An engine's products and messages, in both directions at once, are what they should be.
fn products<S: RandomCotSender, R: RandomCotReceiver>(
    alice: impl AsyncFnOnce(&mut Session<QueueLink>) -> Engine<S, R>,
    bob: impl AsyncFnOnce(&mut Session<QueueLink>) -> Engine<S, R>,
    alice_sends: usize,
    bob_sends: usize,
) {
    let (mut alice, mut bob) = lockstep::run(
        async |mut s| alice(&mut s).await.extend(&mut s, alice_sends, bob_sends).await.unwrap(),
        async |mut s| bob(&mut s).await.extend(&mut s, bob_sends, alice_sends).await.unwrap(),
    );
    take_products(&mut alice, &mut bob, alice_sends);
    take_products(&mut bob, &mut alice, bob_sends);
}

fn take_products(sender: &mut Pool, receiver: &mut Pool, n: usize) {
    let narrow = n / 3;
    let (sent, got) = (sender.sender_products::<1>(narrow), receiver.receiver_products::<1>(narrow));
    assert!(&got.s & &sent.delta[0] == &got.u[0] ^ &sent.v[0]);
    let wide = n - narrow;
    let (sent, got) = (sender.sender_products::<2>(wide), receiver.receiver_products::<2>(wide));
    for j in 0..2 {
        assert_eq!((got.s.len(), sent.delta[j].len(), got.u[j].len(), sent.v[j].len()), (wide, wide, wide, wide));
        assert!(&got.s & &sent.delta[j] == &got.u[j] ^ &sent.v[j]);
    }
    assert!(wide < 100 || (sent.delta[0] != sent.delta[1] && sent.v[0] != sent.v[1]));
    assert_eq!((sender.left_as_sender(), receiver.left_as_receiver()), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn transfers_are_correlated(sizes in prop::collection::vec(0usize..5000, 1..4), seed in any::<u8>()) {
        let (sender, receiver) = ideal::deal([seed; 32]);
        correlated(sender, receiver, &sizes);
        for k in FIELDS {
            let (sender, receiver) = soft_spoken(k, seed.into());
            correlated(sender, receiver, &sizes);
        }
    }

    #[test]
    fn products_are_products(a in 0usize..700, b in 0usize..700, seed in any::<u8>()) {
        let (sender, their_receiver) = ideal::deal([seed; 32]);
        let (their_sender, receiver) = ideal::deal([!seed; 32]);
        products(async |_| Engine::new(sender, receiver), async |_| Engine::new(their_sender, their_receiver), a, b);
        for k in FIELDS {
            let (sender, their_receiver) = soft_spoken(k, seed.into());
            let (their_sender, receiver) = soft_spoken(k, (!seed).into());
            products(async |_| Engine::new(sender, receiver), async |_| Engine::new(their_sender, their_receiver), a, b);
        }
    }
}

/// A whole engine of one party: set-up and two extensions. What it got, hashed, so that runs can be
/// compared.
async fn whole(s: &mut Session<QueueLink>, seed: u8, k: usize, sizes: [(usize, usize); 2]) -> Result<(), Fault> {
    let mut engine = Engine::setup_with(s, &mut Prg::from_seed([seed; 32]), k).await?;
    for (as_sender, as_receiver) in sizes {
        engine.extend(s, as_sender, as_receiver).await?;
    }
    Ok(())
}

#[test]
fn the_ledger_shows_the_declared_cost() {
    let sizes = [(1000, 300), (65, 64)];
    for k in FIELDS {
        let run = async |mut s: Session<QueueLink>, sizes| {
            whole(&mut s, 1, k, sizes).await.unwrap();
            (s.ledger().stage(Stage::BaseOt), s.ledger().stage(Stage::Extend), s.ledger().total())
        };
        let (alice, bob) = lockstep::run(
            async |s| run(s, sizes).await,
            async |s| run(s, sizes.map(|(as_sender, as_receiver)| (as_receiver, as_sender))).await,
        );
        let setup = Engine::setup_cost_with(k);
        let extend = sizes.map(|(a, b)| Engine::extend_cost_with(k, a, b)).into_iter().sum();
        let mirrored = sizes.map(|(a, b)| Engine::extend_cost_with(k, b, a)).into_iter().sum();
        assert_eq!(alice, (setup, extend, setup + extend), "k = {k}");
        assert_eq!(bob, (setup, mirrored, setup + mirrored), "k = {k}");
        assert_eq!((setup + extend).rounds, 1 + 2);
    }
}

/// Everything one party hears, as one hash: a change of the protocol is seen here.
#[test]
fn the_transcript_is_the_known_one() {
    let log = Rc::new(RefCell::new([blake3::Hasher::new(), blake3::Hasher::new()]));
    let heard = Rc::clone(&log);
    let tamper: Tamper = Rc::new(RefCell::new(move |party: Party, _, message: Vec<u8>| {
        heard.borrow_mut()[party as usize].update(&(message.len() as u64).to_le_bytes()).update(&message);
        vec![message]
    }));
    let (alice, bob) = lockstep::run_with(
        &tamper,
        async |mut s| whole(&mut s, 1, FIELD_BITS, [(100, 200), (3, 0)]).await,
        async |mut s| whole(&mut s, 2, FIELD_BITS, [(200, 100), (0, 3)]).await,
    );
    alice.and(bob).unwrap();
    let hashes = log.borrow().each_ref().map(|hasher| hasher.finalize().to_hex()[..32].to_owned());
    assert_eq!(hashes, ["410a9516991808d5292d31bcd4610f22", "f30a50ab85a917c2aefdd7de8942cc36"]);
}

/// Every kind of frame of a set-up and two extensions, damaged in every way: none is a wrong
/// number, for all of it is checked.
#[test]
fn every_damage_is_the_peers_fault() {
    let sizes = [(100, 200), (70, 30)];
    let run = |tamper: &Tamper| {
        lockstep::run_with(
            tamper,
            async |mut s| whole(&mut s, 1, 2, sizes).await,
            async |mut s| whole(&mut s, 2, 2, sizes.map(|(a, b)| (b, a))).await,
        )
    };
    let kinds = damage::every(&Damage::ALL, run);
    for tag in [Tag::BaseOtSender, Tag::BaseOtReceiver, Tag::PuncturedTrees, Tag::ChoiceCorrections] {
        assert!(kinds.iter().any(|frame| frame.tag == tag), "{} does not cross", tag.name());
    }
    for frame in kinds {
        let (alice, bob) = run(&damage::forged(frame, Damage::FlippedMiddle));
        assert!([alice, bob].into_iter().any(|end| end.is_err_and(|fault| fault.code == Code::PeerBroke)), "{frame:?}");
    }
}

/// The two frames of a first extension, the other way round.
#[test]
fn a_changed_order_is_the_peers_fault() {
    let mut held = None;
    let tamper: Tamper = Rc::new(RefCell::new(move |party, index, message: Vec<u8>| match (party, index) {
        (Party::Alice, 2) => {
            held = Some(message);
            Vec::new()
        }
        (Party::Alice, 3) => [message].into_iter().chain(held.take()).collect(),
        _ => vec![message],
    }));
    let sizes = [(10, 10), (10, 10)];
    let run = async |mut s: Session<QueueLink>, seed| whole(&mut s, seed, FIELD_BITS, sizes).await;
    let (_, bob) = lockstep::run_with(&tamper, async |s| run(s, 1).await, async |s| run(s, 2).await);
    assert_eq!(bob.err().map(|fault| fault.code), Some(Code::PeerBroke));
}
