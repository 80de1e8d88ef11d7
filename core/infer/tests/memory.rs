//! What a plan may ask of its client's memory, and that a plan which asks for more is refused
//! before any is used.

use tacit_compute::Cpu;
use tacit_infer::prepare::{self, Tools};
use tacit_infer::run::{self, Input};
use tacit_infer::{Owned, Task, Told};
use tacit_measure::heap::Counting;
use tacit_model::load::{MAX_COMPARISONS, MAX_NUMBERS};
use tacit_model::{Plan, Shape, Weights};
use tacit_ot::Engine;
use tacit_rlwe::Context;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Party, Session};
use tacit_share::open::To;
use tacit_symmetric::Prg;

#[global_allocator]
static HEAP: Counting = Counting::new();

/// Steps as they are encoded: a mean of single numbers that is truncated, a ReLU, and a mean of all
/// of a square picture.
fn truncation() -> Vec<u8> {
    [&[1, 0, 0, 0][..], &[1, 0, 0, 0], &[1, 0, 0, 0, 1]].concat()
}

fn all(side: u32) -> Vec<u8> {
    [&side.to_le_bytes()[..], &[1, 0, 0, 0], &[1, 0, 0, 0, 0]].concat()
}

/// A plan on one square picture whose steps follow one another, each a tag and what comes behind
/// it, to one label.
fn plan(side: u32, steps: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = [&b"tacit plan 1\n\x01m"[..], &[1, 0, 0, 0, 1, b'a'], &1u32.to_le_bytes()].concat();
    bytes.extend([side, side].iter().flat_map(|n| n.to_le_bytes()));
    bytes.extend([0, 32]);
    bytes.extend((steps.len() as u32).to_le_bytes());
    for (i, (tag, rest)) in (0u32..).zip(steps) {
        bytes.extend([1, b's', *tag, 0]);
        bytes.extend(i.to_le_bytes());
        bytes.extend(rest);
    }
    bytes
}

fn task(batch: usize) -> Task {
    Task { batch, told: Told::First, to: To::Both }
}

const RELU: u8 = 2;
const AVERAGE: u8 = 3;

/// What a run of a plan without weights takes at most, of both parties together.
fn peak(plan: &Plan, task: Task) -> usize {
    let context = Context::shared();
    let weights = Weights { layers: Vec::new() };
    let owned = Owned::new(context, &Cpu, plan, &weights);
    let side = async |mut s: Session<QueueLink>| {
        let tools = Tools { context, compute: &Cpu };
        let mut rng = Prg::from_seed([s.party() as u8; 32]);
        let mut engine = Engine::setup(&mut s, &mut rng).await.unwrap();
        // Truncations take the most of Alice, so she is the client.
        let model = (s.party() == Party::Bob).then_some(&owned);
        let pixels = vec![7; task.batch * plan.input.len()];
        let prepared = prepare::prepare(&mut s, &tools, &mut engine, plan, model, task, &mut rng).await.unwrap();
        run::run(&mut s, &tools, prepared, plan, model.map_or(Input::Pictures(&pixels), Input::Model), |_| {}).await
    };
    let (answers, peak) = HEAP.peak_of(|| lockstep::run(side, side));
    assert!(answers.0.is_ok() && answers.1.is_ok());
    peak
}

/// One test, since there is one heap.
#[test]
fn a_plan_asks_for_bounded_memory() {
    // 64 layers of a million truncations each, in about a kilobyte: two gigabytes of material.
    let many = vec![(AVERAGE, truncation()); 63];
    let hostile = plan(1024, &[&many[..], &[(AVERAGE, all(1024))]].concat());
    assert!(hostile.len() < 1500, "{}", hostile.len());
    // As many on the largest picture.
    let large = plan(512, &[&many[..], &[(AVERAGE, all(512))]].concat());
    for hostile in [hostile, large] {
        let (decoded, peak) = HEAP.peak_of(|| Plan::decode(&hostile).is_ok());
        assert!(!decoded && peak < 64 << 10, "{peak} bytes for a plan that is refused");
    }
    // Ranks of many labels in many pictures.
    let mut many = Plan::decode(&plan(16, &[(RELU, vec![32, 0])]));
    assert!(many.is_err(), "one label for 256 numbers");
    many = Plan::decode(&plan(1, &[(RELU, vec![32, 0])]));
    let mut many = many.unwrap();
    many.input = Shape::vector(256);
    (many.steps[0].input, many.steps[0].output) = (many.input, many.input);
    many.labels = (0..256).map(|i| i.to_string()).collect();
    assert!(
        Plan::decode(&many.encode()).is_ok_and(|many| task(1).is_affordable(&many) && !task(2).is_affordable(&many))
    );
    let ranks = peak(&many, Task { told: Told::Three, ..task(1) });

    // The most truncations, and the most comparisons.
    let steps = MAX_NUMBERS / (1 << 18) - 2;
    let full = plan(512, &[&vec![(AVERAGE, truncation()); steps][..], &[(AVERAGE, all(512))]].concat());
    let numbers = peak(&Plan::decode(&full).unwrap(), task(1));
    let full = plan(512, &[&vec![(RELU, vec![32, 0]); MAX_COMPARISONS >> 18][..], &[(AVERAGE, all(512))]].concat());
    let comparisons = peak(&Plan::decode(&full).unwrap(), task(1));
    // Of both parties, so half of it for each.
    for (what, peak, most) in [("ranks", ranks, 64), ("numbers", numbers, 64), ("comparisons", comparisons, 128)] {
        assert!(peak / 2 < most << 20, "{what}: {peak} bytes of both parties");
    }
}
