//! Every plan that decodes can be costed and run: at every limit, and wherever chance leads.

use proptest::prelude::*;
use tacit_compute::{Convolution, Cpu};
use tacit_infer::prepare::{self, Tools};
use tacit_infer::run::{self, Input};
use tacit_infer::{Owned, Task, Told, cost};
use tacit_model::graph::{MAX_LABELS, MAX_NODES, dense};
use tacit_model::plan::{MAX_MULTIPLIER, MAX_TRUNCATE};
use tacit_model::{Ceiling, LinearWeights, Plan, Shape, Step, StepOp, Weights};
use tacit_ot::Engine;
use tacit_rlwe::Context;
use tacit_session::lockstep::{self, QueueLink};
use tacit_session::{Cost, Party, Session};
use tacit_share::linear::Role;
use tacit_share::open::To;
use tacit_symmetric::Prg;

/// A plan whose steps follow one another, as an altered owner could write it.
struct Writer {
    plan: Plan,
    last: Shape,
}

impl Writer {
    fn new(input: Shape) -> Self {
        // The width of the logits is in no field that a test may write: it comes out of these
        // bytes.
        let bytes = [
            &b"tacit plan 1\n\x01m"[..],
            &[1, 0, 0, 0, 1, b'a'],
            &[1, 0, 0, 0].repeat(3),
            &[0, 32],
            &[1, 0, 0, 0, 1, b's', 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0].repeat(4),
            &[0; 5],
        ];
        let mut plan = Plan::decode(&bytes.concat()).expect("one number to one label");
        plan.input = input;
        plan.steps.clear();
        Self { plan, last: input }
    }

    fn step(mut self, op: StepOp) -> Self {
        let input = match op {
            StepOp::Linear { shape, .. } if shape.channels == self.last.len() => self.last.flat(),
            _ => self.last,
        };
        self.last = match op {
            StepOp::Linear { shape, .. } => {
                let [height, width] = shape.output();
                Shape::new(shape.filters, height, width)
            }
            StepOp::Max { size, stride, .. } | StepOp::Average { size, stride, .. } => {
                input.pooled(size, stride).unwrap_or(input)
            }
            StepOp::Relu { .. } | StepOp::Add => input,
        };
        let last = self.plan.steps.len();
        let inputs = if matches!(op, StepOp::Add) { vec![last, last] } else { vec![last] };
        self.plan.steps.push(Step { name: "s".into(), inputs, input, output: self.last, op });
        self
    }

    /// One label for each number of the last step.
    fn end(mut self) -> Plan {
        self.plan.labels = (0..self.last.len()).map(|i| i.to_string()).collect();
        self.plan
    }
}

/// Takes plans as a client does, costs them, and runs them between two parties, the owner with
/// weights of zero.
fn run_all(tasks: &[(Plan, Task)]) {
    let context = Context::shared();
    let runs: Vec<_> = tasks
        .iter()
        .map(|(plan, task)| {
            let plan = Plan::decode(&plan.encode()).expect("within the limits");
            assert!(task.is_affordable(&plan));
            let layers = plan.steps.iter().filter_map(|step| match &step.op {
                StepOp::Linear { shape, .. } => {
                    let bias = vec![0x8000_0001; shape.filters];
                    Some(LinearWeights { weights: vec![0; shape.filters * shape.patch()], bias })
                }
                _ => None,
            });
            let owned = Owned::new(context, &Cpu, &plan, &Weights { layers: layers.collect() });
            (plan, owned, *task)
        })
        .collect();
    let side = async |mut s: Session<QueueLink>| {
        let (party, tools) = (s.party(), Tools { context, compute: &Cpu });
        let role = if party == Party::Alice { Role::Owner } else { Role::Client };
        let mut rng = Prg::from_seed([party as u8; 32]);
        let mut engine = Engine::setup(&mut s, &mut rng).await.unwrap();
        engine.extend(&mut s, 1, 1).await.unwrap();
        for (plan, owned, task) in &runs {
            let (model, before) = ((role == Role::Owner).then_some(owned), s.ledger().total());
            let pixels = vec![255; task.batch * plan.input.len()];
            let prepared = prepare::prepare(&mut s, &tools, &mut engine, plan, model, *task, &mut rng).await.unwrap();
            let declared = cost::prepare(party, role, context, plan, *task);
            let declared: Cost =
                declared.into_iter().chain(cost::run(party, role, plan, *task)).map(|(_, cost)| cost).sum();
            let input = model.map_or(Input::Pictures(&pixels), Input::Model);
            // Numbers that exceed their widths may lead to an answer that is none.
            let _ = run::run(&mut s, &tools, prepared, plan, input, |_| {}).await;
            let measured = s.ledger().total() - before;
            assert_eq!((measured.sent, measured.received), (declared.sent, declared.received), "{plan:?}");
        }
    };
    lockstep::run(side, side);
}

fn relu(width: u32, ceiling: Option<(u32, u32)>) -> StepOp {
    StepOp::Relu { width, ceiling: ceiling.map(|(value, width)| Ceiling { value, width }) }
}

fn linear(inputs: usize, outputs: usize, truncate: u32) -> StepOp {
    StepOp::Linear { shape: dense(inputs, outputs), truncate }
}

#[test]
fn plans_at_every_limit_run() {
    let small = || Writer::new(Shape::new(1, 2, 3));
    let average = |size, stride, multiplier, truncate| StepOp::Average { size, stride, multiplier, truncate };
    let mut plans = vec![
        // Truncations: none, the least, the most.
        small().step(linear(6, 1, 0)).end(),
        small().step(linear(6, 2, 1)).end(),
        small().step(linear(6, 2, MAX_TRUNCATE)).end(),
        small().step(average(1, 1, 1, 1)).end(),
        small().step(average(2, 1 << 20, MAX_MULTIPLIER, MAX_TRUNCATE)).end(),
        small().step(average(2, 1, MAX_MULTIPLIER, 0)).end(),
        // Windows of one number, and of the whole picture.
        small().step(StepOp::Max { size: 1, stride: u32::MAX as usize, width: 2 }).end(),
        small().step(StepOp::Max { size: 2, stride: 7, width: 32 }).end(),
        Writer::new(Shape::new(2, 5, 5)).step(StepOp::Max { size: 5, stride: 1, width: 2 }).end(),
        // Ceilings.
        small().step(relu(2, Some((1, 32)))).end(),
        small().step(relu(32, Some(((1 << 31) - 1, 2)))).end(),
        // A sum of a value and itself, and as many steps as there may be.
        (0..MAX_NODES).fold(small(), |writer, _| writer.step(StepOp::Add)).end(),
        // A kernel that is larger than the picture, under as much padding as there may be, and a
        // stride across all of it.
        small()
            .step(StepOp::Linear {
                shape: Convolution {
                    channels: 1,
                    height: 2,
                    width: 3,
                    filters: 1,
                    kernel: [7, 1],
                    stride: 1 << 20,
                    padding: 6,
                },
                truncate: 3,
            })
            .end(),
        small().step(linear(6, MAX_LABELS, 2)).end(),
    ];
    plans.extend((2..=32).map(|width| small().step(relu(width, None)).end()));
    plans.extend((2..=32).map(|width| small().step(relu(2, Some((1, width)))).end()));
    plans.extend((1..=MAX_TRUNCATE).map(|truncate| small().step(linear(6, 2, truncate)).end()));
    let mut tasks = Vec::new();
    for (i, mut plan) in plans.into_iter().enumerate() {
        plan.fraction = if i % 2 == 0 { MAX_TRUNCATE } else { 0 };
        for (told, to) in [(Told::First, To::Both), (Told::Three, To::One(Party::Alice)), (Told::Scores, To::Both)] {
            tasks.push((plan.clone(), Task { batch: 1, told, to }));
        }
    }
    run_all(&tasks);
}

#[test]
fn logits_of_every_width_and_number_run() {
    let mut tasks = Vec::new();
    for width in 2..=32 {
        for labels in 1..=5 {
            let mut bytes = Writer::new(Shape::new(1, 1, 1)).step(linear(1, labels, 0)).end().encode();
            // After the names, and three sides of the picture; see `wire`.
            let at = 13 + 2 + 4 + 2 * labels + 12 + 1;
            assert_eq!(bytes[at], 32);
            bytes[at] = width;
            let plan = Plan::decode(&bytes).unwrap();
            assert_eq!(plan.logits_width(), u32::from(width));
            for told in [Told::First, Told::Three] {
                tasks.push((plan.clone(), Task { batch: 2, told, to: To::Both }));
            }
        }
    }
    run_all(&tasks);
}

/// A number from a short range, or one that is at an edge of some limit.
fn number(usual: std::ops::Range<u32>) -> impl Strategy<Value = u32> {
    let edges = [0, 1, 2, 28, 29, 30, 31, 32, 33, (1 << 30) - 1, 1 << 30, (1 << 31) - 1, 1 << 31, u32::MAX];
    prop_oneof![4 => usual, 1 => prop::sample::select(edges.to_vec())]
}

fn byte(usual: std::ops::Range<u32>) -> impl Strategy<Value = u32> {
    number(usual).prop_map(|n| n % 256)
}

/// What a step does, of which many fit nowhere.
fn any_op() -> impl Strategy<Value = StepOp> {
    let pool = || (number(1..4).prop_map(|n| n as usize), number(1..4).prop_map(|n| n as usize));
    let convolution = (1..4usize, [1..4usize, 1..4usize], 1..4usize, 0..3usize, byte(0..30));
    prop_oneof![
        (pool(), byte(2..33)).prop_map(|((size, stride), width)| StepOp::Max { size, stride, width }),
        (byte(2..33), prop::option::of((number(1..9), byte(2..33)))).prop_map(|(width, ceiling)| relu(width, ceiling)),
        (pool(), number(1..9), byte(0..30)).prop_map(|((size, stride), multiplier, truncate)| StepOp::Average {
            size,
            stride,
            multiplier,
            truncate
        }),
        Just(StepOp::Add),
        convolution.prop_map(|(filters, kernel, stride, padding, truncate)| {
            let shape = Convolution { channels: 0, height: 0, width: 0, filters, kernel, stride, padding };
            StepOp::Linear { shape, truncate }
        }),
    ]
}

/// Puts a step behind, where it fits.
fn then(writer: Writer, op: StepOp) -> Writer {
    let Shape { channels, height, width } = writer.last;
    let op = match op {
        StepOp::Linear { shape, truncate } => {
            StepOp::Linear { shape: Convolution { channels, height, width, ..shape }, truncate }
        }
        other => other,
    };
    let fits = match op {
        StepOp::Linear { shape, .. } => shape.is_valid(),
        StepOp::Max { size, stride, .. } | StepOp::Average { size, stride, .. } => {
            writer.last.pooled(size, stride).is_some()
        }
        StepOp::Relu { .. } | StepOp::Add => true,
    };
    if fits { writer.step(op) } else { writer }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_decodes_runs(
        ops in prop::collection::vec(any_op(), 1..5),
        [channels, height, width] in [1..3usize, 1..6usize, 1..6usize],
        fraction in byte(0..30),
        (told, batch) in (prop::sample::select(vec![Told::First, Told::Three, Told::Scores]), 1..3usize),
    ) {
        let mut plan = ops.into_iter().fold(Writer::new(Shape::new(channels, height, width)), then).end();
        plan.fraction = fraction;
        let task = Task { batch, told, to: To::Both };
        if !plan.steps.is_empty() && Plan::decode(&plan.encode()).is_ok_and(|plan| task.is_affordable(&plan)) {
            run_all(&[(plan, task)]);
        }
    }
}
