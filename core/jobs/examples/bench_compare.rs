//! A comparison between two parties in one process and one thread: the protocol's own work, without
//! a network.
//!
//! `cargo run --release -p tacit-jobs --example bench_compare -- [RUNS]` prints one JSON object a
//! line: `cold` is everything from an open link to the result, `warm` one more comparison on the
//! same pairing.

use std::rc::Rc;
use std::time::Instant;

use tacit_compute::Processor;
use tacit_jobs::compare::Compare;
use tacit_jobs::{Amount, Answer, Machine, Order};
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Cost, Fault, Party, Session};
use tacit_symmetric::Prg;

/// Warm comparisons after each cold one: what is in stock.
const WARM: usize = 5;

struct Run {
    cold: (f64, Cost),
    warm: Vec<(f64, Cost)>,
}

async fn party(session: Session<QueueLink>, seed: u8) -> Result<Run, Fault> {
    let (amount, expected) = match session.party() {
        Party::Alice => (123_457, Order::You),
        Party::Bob => (123_456, Order::They),
    };
    let amount = Amount::from_minor_units(amount).map_err(|error| Fault::internal(error.to_string()))?;
    let started = Instant::now();
    let job = Compare::new(session.party());
    let mut machine = Machine::new(session, Prg::from_seed([seed; 32]), Rc::new(Processor::cpu()));
    job.fill(&mut machine).await?;
    assert_eq!(job.compare(&mut machine, &amount).await?, Answer::Order(expected));
    let cold = (milliseconds(started), machine.spent_offline() + machine.spent_online());
    let mut warm = Vec::new();
    for _ in 0..WARM {
        let (started, before) = (Instant::now(), machine.spent_online());
        assert_eq!(job.compare(&mut machine, &amount).await?, Answer::Order(expected));
        warm.push((milliseconds(started), machine.spent_online() - before));
    }
    Ok(Run { cold, warm })
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(50);
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let seed = run as u8;
        let (alice, bob) =
            lockstep::run(async |s| party(s, seed).await, async |s| party(s, seed.wrapping_add(101)).await);
        bob?;
        let alice = alice?;
        cold.push(alice.cold);
        warm.extend(alice.warm);
    }
    print("cold", cold);
    print("warm", warm);
    Ok(())
}

fn print(state: &str, mut runs: Vec<(f64, Cost)>) {
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (min, cost) = runs[0];
    let median = runs[runs.len() / 2].0;
    println!(
        r#"{{"bench":"compare","host":"native","state":"{state}","runs":{},"ms_min":{min:.3},"ms_median":{median:.3},"bytes_sent":{},"bytes_received":{},"rounds":{}}}"#,
        runs.len(),
        cost.sent,
        cost.received,
        cost.rounds,
    );
}
