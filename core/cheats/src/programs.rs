//! Programs that are to be crashed, filled or held: by plans, by frames, and by their number.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures::channel::mpsc::unbounded;
use tacit_compute::Processor;
use tacit_jobs::{Job, Pairing, Reveal, pairing};
use tacit_session::damage::{self, Damage};
use tacit_session::lockstep;
use tacit_session::{Blame, Code, Fault, HEADER, Link as _, Party, Tag};
use tacit_symmetric::Prg;

use crate::gain::Play;
use crate::people::{Puts, meet};
use crate::shares::model;
use crate::{Attack, seed_of};

/// Damages one frame of a session of either job, at random, with the right check.
pub const FORGE_FRAMES: Attack =
    Attack { name: "program: forged frames", allowed: 0.0, runs: 600, few: 20, play: forge_frames };

/// Sends as many frames as it takes, each as short as can be.
pub const FLOOD: Attack =
    Attack { name: "program: a flood of short frames", allowed: 0.0, runs: 8, few: 2, play: flood };

/// Proposes plans that ask for more than a client has, or for what cannot be computed.
pub const FILL: Attack = Attack { name: "program: hostile plans", allowed: 0.0, runs: 1000, few: 20, play: fill };

fn forge_frames(seed: u64) -> Play {
    let mut prg = Prg::from_seed(seed_of(seed, 0));
    let (job, puts) = if seed.is_multiple_of(2) {
        (Job::Millionaires, [Puts::Amount(5), Puts::Amount(6)])
    } else {
        let owner = Puts::Model(model(5, &[1, 2, 3, 4, 0, 1]), Reveal::default());
        (Job::Classify { owner: Party::Alice }, [owner, Puts::Picture([1, 2, 2], vec![9; 4])])
    };
    let cheat = if prg.next_u64().is_multiple_of(2) { Party::Alice } else { Party::Bob };
    let at = prg.next_u64() as usize % 40;
    let damage = Damage::ALL[prg.next_u64() as usize % Damage::ALL.len()];
    let tamper = damage::altered(cheat, move |index, _, body| {
        if index == at {
            damage.apply(body);
            // A byte of any value somewhere.
            let place = prg.next_u64() as usize % body.len().max(1);
            body.iter_mut().skip(place).take(1).for_each(|byte| *byte = prg.next_u64() as u8);
        }
    });
    for (_, fault) in meet(&tamper, job, puts, 2, seed) {
        ended(&fault);
    }
    Play::Harmed
}

/// Asserts that a program ended as its person or its peer wished, or with the blame on its peer.
fn ended(fault: &Fault) {
    let is_expected = fault.code.blame() == Blame::Peer
        || [Code::Cancelled, Code::VersionsDiffer, Code::Stalled].contains(&fault.code);
    assert!(is_expected, "{fault}");
}

/// Frames of a flood: more than a gigabyte, if somebody kept them.
const FRAMES: usize = 1 << 24;

fn flood(seed: u64) -> Play {
    let (victim, cheat) = lockstep::queues();
    let (_commands, receiver) = unbounded();
    let pairing = Pairing { seat: Party::Alice, confirm_words: false, job: Job::Millionaires, record: false };
    let program = pairing::run(victim, pairing, [1; 32], Rc::new(Processor::cpu()), receiver, |_| {});
    let peer = async {
        // Frames without a body, or shorter than a header.
        let frame = vec![Tag::OpenBits as u8; if seed.is_multiple_of(2) { HEADER } else { 1 }];
        for sent in 0..FRAMES {
            if cheat.send(frame.clone()).await.is_err() {
                return sent;
            }
            if sent.is_multiple_of(1 << 10) {
                pause().await;
            }
        }
        FRAMES
    };
    let (fault, sent) = lockstep::join(program, peer);
    assert!(fault.code == Code::PeerBroke && sent < FRAMES / 4, "{fault} after {sent} frames");
    Play::Harmed
}

/// Lets the other side go on.
async fn pause() {
    let mut paused = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Where a plan begins in the message that proposes it.
const PLAN: &[u8] = b"tacit plan";

fn fill(seed: u64) -> Play {
    let mut prg = Prg::from_seed(seed_of(seed, 0));
    let tamper = damage::altered(Party::Alice, move |_, _, body| {
        let Some(plan) = body.windows(PLAN.len()).position(|window| window == PLAN) else { return };
        let bytes = &mut body[plan + PLAN.len()..];
        for _ in 0..=prg.next_u64() % 4 {
            let place = prg.next_u64() as usize % bytes.len();
            let limits = [0, 1, 2, 28, 29, 30, 31, 32, 64, 0x7f, 0xff, prg.next_u64() as u8];
            bytes[place] = limits[prg.next_u64() as usize % limits.len()];
        }
    });
    let owner = Puts::Model(model(5, &[1, 2, 3, 4, 0, 1]), Reveal::default());
    let puts = [owner, Puts::Picture([1, 2, 2], vec![9; 4])];
    let [_, (_, fault)] = meet(&tamper, Job::Classify { owner: Party::Alice }, puts, 1, seed);
    ended(&fault);
    Play::Harmed
}
