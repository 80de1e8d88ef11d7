//! Random small models: whole numbers against a plain reference, and every proven range against
//! what happens.

use futures::FutureExt as _;
use proptest::prelude::*;
use tacit_compute::Cpu;
use tacit_model::float::Evaluator;
use tacit_model::quantise::quantise;
use tacit_model::{Model, Node, Op, Plan, Shape, StepOp, Weights, plain};

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }

    fn number(&mut self) -> f32 {
        self.below(2001) as f32 / 1000.0 - 1.0
    }

    fn numbers(&mut self, n: usize, scale: f32) -> Vec<f32> {
        (0..n).map(|_| scale * self.number()).collect()
    }
}

/// A model of a few random layers, all kinds among them.
fn model(dice: &mut Dice, layers: usize) -> Model {
    let input = Shape::new(1 + dice.below(3), 4 + dice.below(5), 4 + dice.below(5));
    let labels = vec!["a".into(), "b".into(), "c".into()];
    let mut model = Model { name: "random".into(), input, labels, nodes: Vec::new() };
    let mut shapes = vec![input];
    for _ in 0..layers {
        let shape = shapes[shapes.len() - 1];
        let scale = [0.3, 1.0, 3.0][dice.below(3)] / (shape.len() as f32).sqrt();
        let (op, mut inputs) = match dice.below(8) {
            0..3 => {
                let (filters, kernel) = (1 + dice.below(4), 1 + dice.below(3));
                let weights = dice.numbers(filters * shape.channels * kernel * kernel, 4.0 * scale);
                let (stride, padding) = (1 + dice.below(2), dice.below(kernel));
                let bias = dice.numbers(filters, 0.2);
                (Op::Convolution { filters, kernel: [kernel; 2], stride, padding, weights, bias }, vec![])
            }
            3 | 4 => {
                let ceiling = [None, Some(0.5), Some(1.3)][dice.below(3)];
                (Op::Relu { ceiling }, vec![])
            }
            5 => (Op::MaxPool { size: 2 + dice.below(2), stride: 1 + dice.below(2) }, vec![]),
            6 => (Op::AveragePool { size: 2 + dice.below(2), stride: 1 + dice.below(2) }, vec![]),
            _ => {
                let other = shapes.iter().position(|&other| other == shape);
                (Op::Add, vec![other.unwrap_or(shapes.len() - 1)])
            }
        };
        inputs.push(shapes.len() - 1);
        let taken: Vec<_> = inputs.iter().map(|&i| shapes[i]).collect();
        // What does not fit is left out.
        if let Ok(output) = op.output(&taken) {
            model.nodes.push(Node::new(&format!("node {}", shapes.len()), op, &inputs));
            shapes.push(output);
        }
    }
    let shape = shapes[shapes.len() - 1];
    model.nodes.push(Node::new("flat", Op::Flatten, &[shapes.len() - 1]));
    let weights = dice.numbers(3 * shape.len(), 2.0 / (shape.len() as f32).sqrt());
    model.nodes.push(Node::new(
        "dense",
        Op::Dense { outputs: 3, weights, bias: dice.numbers(3, 0.2) },
        &[shapes.len()],
    ));
    model
}

/// The only layer that reads what a node gives, and how many of its input channels each channel
/// became. `None` where something else reads it, or a factor would not go through.
fn only_reader(model: &Model, node: usize) -> Option<(usize, usize)> {
    let shapes = model.shapes().unwrap();
    let (mut value, mut each) = (node + 1, 1);
    loop {
        let mut users = (0..model.nodes.len()).filter(|&user| model.nodes[user].inputs.contains(&value));
        let (Some(user), None) = (users.next(), users.next()) else { return None };
        match model.nodes[user].op {
            Op::Convolution { .. } | Op::Dense { .. } => return Some((user, each)),
            Op::Flatten => each *= shapes[value].area(),
            Op::Relu { ceiling: None } | Op::MaxPool { .. } | Op::AveragePool { .. } => {}
            _ => return None,
        }
        value = user + 1;
    }
}

fn parameters(model: &mut Model, node: usize) -> (&mut [f32], &mut [f32]) {
    match &mut model.nodes[node].op {
        Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. } => (weights, bias),
        _ => (&mut [], &mut []),
    }
}

/// The same function, of filters of very different size.
fn rescaled(mut model: Model, dice: &mut Dice) -> Model {
    for node in 0..model.nodes.len() {
        let filters = parameters(&mut model, node).1.len();
        let Some((reader, each)) = only_reader(&model, node).filter(|_| filters > 0) else { continue };
        let factors: Vec<f32> = (0..filters).map(|_| 10f32.powi(dice.below(17) as i32 - 8)).collect();
        let (weights, bias) = parameters(&mut model, node);
        let patch = weights.len() / filters;
        weights.chunks_exact_mut(patch).zip(bias).zip(&factors).for_each(|((row, bias), factor)| {
            row.iter_mut().chain([bias]).for_each(|x| *x *= factor);
        });
        let (weights, bias) = parameters(&mut model, reader);
        let kernel = weights.len() / bias.len() / filters / each;
        for (i, columns) in weights.chunks_exact_mut(kernel * each).enumerate() {
            columns.iter_mut().for_each(|x| *x /= factors[i % filters]);
        }
    }
    model
}

/// How a truncation rounds.
enum Rounding {
    Nearest,
    Down,
    Up,
    Either(Dice),
}

impl Rounding {
    /// `Up` is one more than the floor even where nothing is lost: a secure run may do that.
    fn truncate(&mut self, x: i64, bits: u32) -> i64 {
        if bits == 0 {
            return x;
        }
        assert!(x.abs() + (1 << bits) < 1 << 30, "{x} before a truncation by {bits}");
        match self {
            Self::Nearest => (x + (1 << (bits - 1))) >> bits,
            Self::Down => x >> bits,
            Self::Up => (x >> bits) + 1,
            Self::Either(dice) => (x >> bits) + dice.below(2) as i64,
        }
    }
}

fn has_width(x: i64, width: u32) {
    assert!((-1 << (width - 1)..1 << (width - 1)).contains(&x), "{x} in {width} bits");
}

/// The steps in exact numbers, index by index, with every range checked.
fn reference(plan: &Plan, weights: &Weights, pixels: &[u8], mut rounding: Rounding) -> Vec<Vec<i64>> {
    let mut values = vec![pixels.iter().map(|&p| i64::from(p)).collect::<Vec<_>>()];
    let mut layers = weights.layers.iter();
    for step in &plan.steps {
        let x = &values[step.inputs[0]];
        let (input, output) = (step.input, step.output);
        let at = |c: usize, y: usize, x_: usize| x[(c * input.height + y) * input.width + x_];
        let window = |o: usize, size: usize, stride: usize| {
            let (c, y, x_) = (o / output.area(), o / output.width % output.height, o % output.width);
            (0..size * size).map(move |i| (c, y * stride + i / size, x_ * stride + i % size))
        };
        let out: Vec<i64> = match step.op {
            StepOp::Linear { shape, truncate } => {
                let layer = layers.next().unwrap();
                let [kh, kw] = shape.kernel;
                let sum = |o: usize| {
                    let (f, y, x_) = (o / output.area(), o / output.width % output.height, o % output.width);
                    let mut sum = i64::from(layer.bias[f].cast_signed());
                    for (c, i, j) in (0..shape.channels).flat_map(|c| (0..kh * kw).map(move |k| (c, k / kw, k % kw))) {
                        let place = (y * shape.stride + i).checked_sub(shape.padding);
                        let place = place.zip((x_ * shape.stride + j).checked_sub(shape.padding));
                        if let Some((y, x_)) = place.filter(|&(y, x_)| y < shape.height && x_ < shape.width) {
                            let w = layer.weights[((f * shape.channels + c) * kh + i) * kw + j];
                            sum += i64::from(w) * at(c, y, x_);
                        }
                    }
                    sum
                };
                (0..output.len()).map(|o| rounding.truncate(sum(o), truncate)).collect()
            }
            StepOp::Max { size, stride, width } => {
                let window = |o| window(o, size, stride).map(|(c, y, x)| at(c, y, x)).collect::<Vec<_>>();
                let max = |window: &[i64]| {
                    let (least, most) = (*window.iter().min().unwrap(), *window.iter().max().unwrap());
                    has_width(most - least, width);
                    has_width(least - most, width);
                    most
                };
                (0..output.len()).map(|o| max(&window(o))).collect()
            }
            StepOp::Relu { width, ceiling } => {
                x.iter().for_each(|&x| has_width(x, width));
                let ceiling = ceiling.map(|ceiling| {
                    x.iter().for_each(|&x| has_width(x - i64::from(ceiling.value), ceiling.width));
                    i64::from(ceiling.value)
                });
                x.iter().map(|&x| x.clamp(0, ceiling.unwrap_or(i64::MAX))).collect()
            }
            StepOp::Average { size, stride, multiplier, truncate } => {
                let sum = |o| window(o, size, stride).map(|(c, y, x)| at(c, y, x)).sum::<i64>() * i64::from(multiplier);
                (0..output.len()).map(|o| rounding.truncate(sum(o), truncate)).collect()
            }
            StepOp::Add => x.iter().zip(&values[step.inputs[1]]).map(|(x, y)| x + y).collect(),
        };
        values.push(out);
    }
    let logits = values.last().unwrap();
    for (x, y) in logits.iter().flat_map(|x| logits.iter().map(move |y| (x, y))) {
        has_width(x - y, plan.logits_width());
    }
    values.split_off(1)
}

/// All black, all white, noise, and noise in black and white.
fn pictures(n: usize, dice: &mut Dice) -> Vec<Vec<u8>> {
    let noise = (0..n).map(|_| dice.below(256) as u8).collect();
    let mut pictures = vec![vec![0; n], vec![255; n], noise];
    pictures.extend((0..4).map(|_| (0..n).map(|_| [0, 255][dice.below(2)]).collect::<Vec<_>>()));
    pictures
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_models(seed: u64, layers in 0..9usize) {
        let mut dice = Dice(seed);
        let model = model(&mut dice, layers);
        let evaluator = Evaluator::new(&model).unwrap();
        let (plan, weights) = match quantise(&model) {
            Ok(quantised) => quantised,
            Err(refusal) => {
                prop_assert!(model.nodes.iter().any(|node| node.name == refusal.layer), "{}", refusal);
                return Ok(());
            }
        };
        prop_assert_eq!(&Plan::decode(&plan.encode()).unwrap(), &plan);
        let pictures = pictures(plan.input.len(), &mut dice);
        let values: Vec<_> = pictures.iter().map(|picture| evaluator.values(picture)).collect();
        let largest = values.iter().flatten().flatten().fold(1f32, |largest, x| largest.max(x.abs()));
        let together = plain::logits_of_all(&plan, &weights, &Cpu, &pictures.concat()).now_or_never().unwrap();
        let one_by_one = pictures.iter().map(|picture| plain::logits(&plan, &weights, &Cpu, picture));
        prop_assert!(one_by_one.eq(together));
        for (picture, values) in pictures.into_iter().zip(values) {
            let expected = reference(&plan, &weights, &picture, Rounding::Nearest);
            let outputs = plain::outputs(&plan, &weights, &Cpu, &picture);
            for (output, expected) in outputs.iter().zip(&expected) {
                prop_assert!(output.iter().map(|&x| i64::from(x)).eq(expected.iter().copied()));
            }
            prop_assert_eq!(outputs.last(), Some(&plain::logits(&plan, &weights, &Cpu, &picture)));
            for rounding in [Rounding::Down, Rounding::Up, Rounding::Either(Dice(seed))] {
                let _ = reference(&plan, &weights, &picture, rounding);
            }
            // Roughly what the model says in real numbers.
            let unit = (plan.fraction as f32).exp2();
            for (x, y) in values.last().unwrap().iter().zip(outputs.last().unwrap()) {
                prop_assert!((x - *y as f32 / unit).abs() < 0.03 * largest, "{} {}", x, *y as f32 / unit);
            }
        }
    }
}

/// Most random models can be run, or the test above would say little; so can they when their
/// filters are of very different size, and then they say the same.
#[test]
fn few_models_are_refused() {
    let both = |seed| {
        let model = |rescale| {
            let mut dice = Dice(seed);
            let model = model(&mut dice, 6);
            if rescale { rescaled(model, &mut dice) } else { model }
        };
        [false, true].map(model)
    };
    let mut refused = 0;
    for [model, rescaled] in (0..200).map(both) {
        let (Ok((plan, weights)), Ok((other, others))) = (quantise(&model), quantise(&rescaled)) else {
            refused += 1;
            continue;
        };
        for picture in pictures(plan.input.len(), &mut Dice(1)) {
            let values = Evaluator::new(&model).unwrap().values(&picture);
            let largest = values.iter().flatten().fold(1f32, |largest, x| largest.max(x.abs()));
            let [x, y] = [(&plan, &weights), (&other, &others)].map(|(plan, weights)| {
                let unit = (plan.fraction as f32).exp2();
                plain::logits(plan, weights, &Cpu, &picture).into_iter().map(|x| x as f32 / unit).collect::<Vec<_>>()
            });
            assert!(x.iter().zip(&y).all(|(x, y)| (x - y).abs() < 0.06 * largest), "{x:?} {y:?}");
        }
    }
    assert!(refused < 20, "{refused} of 200");
}
