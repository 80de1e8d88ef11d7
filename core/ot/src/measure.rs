//! How fast the primitives are here: the rows that the choices in this crate stand on.
//!
//! Nothing in `core/` knows a clock, so the caller brings one: the terminal's, or a browser
//! Worker's.
//!
//! | `bench` | `variant` | `unit` |
//! |---|---|---|
//! | `prg` | `chacha8`, `chacha12`, `chacha20` | MB/s |
//! | `hash` | `chacha8`, `chacha12`, `chacha20`, four at a time | Mhash/s |
//! | `transpose` | `128x2048` | MB/s |
//! | `check` | `rows`, `choices` | million a second of 2^16 |
//! | `base-ot` | `both directions` | ms for one party |
//! | `extension` | `k=1`, `k=2`, `k=4`, `k=8` | OT/s of one thread that plays both roles |
//! | `stock` | `k=1`, `k=2`, `k=4`, `k=8` | ms for one party: trees and 1024 transfers each way |

use std::hint::black_box;

use tacit_measure::{Row, per_second};
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Party, Session};
use tacit_symmetric::chacha::{self, STREAM_WORDS};
use tacit_symmetric::{Block, Prg};

use crate::base::{self, BaseReceiver, BaseSender};
use crate::soft_spoken::{SoftSpokenReceiver, SoftSpokenSender};
use crate::{Engine, transpose, universal};

/// Measures everything. `clock` gives milliseconds; `emit` gets each row as soon as it is known.
pub fn all(clock: &dyn Fn() -> f64, emit: &mut dyn FnMut(&Row)) {
    let mut row = |bench, variant: &str, value, unit| emit(&Row { bench, variant: variant.into(), value, unit });

    let stream_megabytes = (STREAM_WORDS * 8) as f64 / 1e6;
    row("prg", "chacha8", stream_megabytes * per_second(clock, keystream::<8>), "MB/s");
    row("prg", "chacha12", stream_megabytes * per_second(clock, keystream::<12>), "MB/s");
    row("prg", "chacha20", stream_megabytes * per_second(clock, keystream::<20>), "MB/s");

    row("hash", "chacha8", 4e-6 * per_second(clock, sponge::<8>), "Mhash/s");
    row("hash", "chacha12", 4e-6 * per_second(clock, sponge::<12>), "Mhash/s");
    row("hash", "chacha20", 4e-6 * per_second(clock, sponge::<20>), "Mhash/s");

    let mut prg = Prg::from_seed([1; 32]);
    let mut planes = [[0; STREAM_WORDS]; transpose::ROWS];
    planes.iter_mut().for_each(|plane| prg.fill_u64s(plane));
    let mut blocks = vec![Block::ZERO; STREAM_WORDS * 64];
    let times = per_second(clock, || {
        transpose::to_blocks(black_box(&planes), &mut blocks);
        black_box(&mut blocks);
    });
    row("transpose", "128x2048", (blocks.len() * 16) as f64 / 1e6 * times, "MB/s");

    let rows: Vec<Block> = (0..1 << 16).map(|_| prg.block()).collect();
    let times = per_second(clock, || {
        black_box(universal::hash(black_box(&[1; 32]), &rows));
    });
    row("check", "rows", rows.len() as f64 / 1e6 * times, "M/s");
    let choices: Vec<u8> = rows.iter().map(|row| row.bit(0) as u8).collect();
    let times = per_second(clock, || {
        black_box(universal::hash(black_box(&[1; 32]), &choices));
    });
    row("check", "choices", choices.len() as f64 / 1e6 * times, "M/s");

    let mut seed = 0;
    let times = per_second(clock, || {
        seed += 1;
        black_box(base_transfers(seed));
    });
    row("base-ot", "both directions", 1e3 / times / 2.0, "ms");

    let [alice_base, bob_base] = base_transfers(0);
    for k in [1, 2, 4, 8] {
        // Both directions and both roles on this one thread.
        let n = 1 << 16;
        let (mut alice, mut bob) = (engine(k, &alice_base), engine(k, &bob_base));
        let (mut a, mut b) = sessions();
        let times = per_second(clock, || {
            let (alice, bob) = lockstep::join(alice.extend(&mut a, n, n), bob.extend(&mut b, n, n));
            black_box((alice.expect("two honest parties"), bob.expect("two honest parties")));
        });
        row("extension", &format!("k={k}"), 2.0 * n as f64 * times, "OT/s");
    }
    for k in [1, 2, 4, 8] {
        let times = per_second(clock, || {
            let (mut alice, mut bob) = (engine(k, &alice_base), engine(k, &bob_base));
            let (mut a, mut b) = sessions();
            let (alice, bob) = lockstep::join(alice.extend(&mut a, 1024, 1024), bob.extend(&mut b, 1024, 1024));
            black_box((alice.expect("two honest parties"), bob.expect("two honest parties")));
        });
        row("stock", &format!("k={k}"), 1e3 / times / 2.0, "ms");
    }
}

fn keystream<const ROUNDS: usize>() {
    let mut out = [0; STREAM_WORDS];
    chacha::keystream::<ROUNDS>(black_box(&[1; 8]), 0, 0, &mut out);
    black_box(&mut out);
}

fn sponge<const ROUNDS: usize>() {
    black_box(chacha::sponge::<ROUNDS>(black_box(&[1; 8]), black_box(&[[2; 4]; 8])));
}

fn sessions() -> (Session<QueueLink>, Session<QueueLink>) {
    let (alice, bob) = lockstep::queues();
    (Session::new(Party::Alice, alice), Session::new(Party::Bob, bob))
}

/// Both parties' base transfers, as senders and as receivers.
fn base_transfers(seed: u32) -> [(BaseSender, BaseReceiver); 2] {
    let prg = |party: u8| {
        let mut prg = Prg::from_seed([party; 32]);
        prg.fork(&seed.to_le_bytes())
    };
    let (mut alice, mut bob) = sessions();
    let (alice_prg, bob_prg) = (&mut prg(1), &mut prg(2));
    let (alice, bob) = lockstep::join(
        base::both(&mut alice, alice_prg, Block::new([1, 2])),
        base::both(&mut bob, bob_prg, Block::new([3, 4])),
    );
    [alice, bob].map(|base| base.expect("two honest parties"))
}

/// An engine over a copy of these transfers.
fn engine(k: usize, (sender, receiver): &(BaseSender, BaseReceiver)) -> Engine {
    let receiver = BaseReceiver {
        choices: receiver.choices.clone(),
        messages: receiver.messages.clone(),
        transcript: receiver.transcript,
    };
    Engine::new(SoftSpokenSender::new(k, receiver), SoftSpokenReceiver::new(k, sender))
}
