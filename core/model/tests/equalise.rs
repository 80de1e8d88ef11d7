//! Filters of very different size: the same function gives the same labels, or the model is
//! refused.

use tacit_compute::Cpu;
use tacit_model::calibrate::calibrate;
use tacit_model::equalise::equalise;
use tacit_model::float::Evaluator;
use tacit_model::quantise::quantise;
use tacit_model::{Model, Node, Op, Shape, bench, file, plain};

fn digits() -> Model {
    file::read(include_bytes!("../../../static/models/digits.tacit")).unwrap()
}

fn clothes() -> Model {
    file::read(include_bytes!("../../../static/models/clothes.tacit")).unwrap()
}

fn weights(op: &mut Op) -> (&mut Vec<f32>, &mut Vec<f32>) {
    let (Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. }) = op else {
        panic!("a linear layer")
    };
    (weights, bias)
}

/// The same function: filters of a layer times factors, and what reads them divided by these.
fn rescaled(mut model: Model, layer: usize, reader: usize, factor: impl Fn(usize) -> f32) -> Model {
    let (rows, bias) = weights(&mut model.nodes[layer].op);
    let filters = bias.len();
    let patch = rows.len() / filters;
    for (f, (row, bias)) in rows.chunks_exact_mut(patch).zip(bias).enumerate() {
        row.iter_mut().chain([bias]).for_each(|x| *x *= factor(f));
    }
    let (rows, bias) = weights(&mut model.nodes[reader].op);
    let patch = rows.len() / bias.len();
    for row in rows.chunks_exact_mut(patch) {
        for (f, columns) in row.chunks_exact_mut(patch / filters).enumerate() {
            columns.iter_mut().for_each(|x| *x /= factor(f));
        }
    }
    model
}

/// Noise, and bars as people draw them.
fn pictures(shape: Shape) -> Vec<Vec<u8>> {
    let mut pictures = bench::pictures(shape, 8, 5);
    for place in 0..16 {
        let bar = |i: usize| {
            let (x, y) = (i % shape.width, i / shape.width % shape.height);
            let across = if place % 2 == 0 { x } else { y };
            if (2 + place..6 + place).contains(&across) { 255 } else { 0 }
        };
        pictures.push((0..shape.len()).map(bar).collect());
    }
    pictures
}

/// The largest error of a logit in whole numbers, and how many labels differ from those in real
/// numbers of `right`.
fn against(model: &Model, right: &Model) -> (f32, usize) {
    let (plan, weights) = quantise(model).unwrap();
    let evaluator = Evaluator::new(right).unwrap();
    let (mut error, mut wrong) = (0f32, 0);
    for picture in pictures(model.input) {
        let real = evaluator.logits(&picture);
        let whole = plain::logits(&plan, &weights, &Cpu, &picture);
        let unit = (plan.fraction as f32).exp2();
        error = real.iter().zip(&whole).map(|(x, &y)| (x - y as f32 / unit).abs()).fold(error, f32::max);
        let best = real.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        wrong += usize::from(real[plain::top(&whole)] < best - 0.05);
    }
    (error, wrong)
}

#[test]
fn the_same_function_of_filters_of_other_sizes_says_the_same() {
    let (original, none) = against(&digits(), &digits());
    assert_eq!(none, 0);
    // Convolution 1 is read by convolution 2, and that by dense 1.
    let pairs = [(0, 2), (2, 5)];
    let half = |small: f32| move |f: usize| if f.is_multiple_of(2) { small } else { 1.0 };
    for (layer, reader) in pairs {
        for small in [1e-4, 1e-2, 1e-6, 1e-12, 1e4, 1e12] {
            let model = rescaled(digits(), layer, reader, half(small));
            let (error, wrong) = against(&model, &digits());
            assert!(wrong == 0 && error < 4.0 * original + 0.02, "{small} in {layer}: {error}, {wrong} labels");
            let written = file::read(&file::write(&model).unwrap()).unwrap();
            let (error, wrong) = against(&written, &digits());
            assert!(wrong == 0 && error < 4.0 * original + 0.02, "{small} in {layer}, as a file: {error}");
        }
        let steps = |f: usize| 10f32.powi(-(f as i32));
        assert_eq!(against(&rescaled(digits(), layer, reader, steps), &digits()).1, 0, "each ten times the next");
    }
    let both = rescaled(rescaled(digits(), 0, 2, half(1e-5)), 2, 5, half(1e5));
    assert_eq!(against(&both, &digits()).1, 0, "two layers");
    for all in [1e-6, 1e6] {
        assert_eq!(against(&rescaled(digits(), 2, 5, |_| all), &digits()).1, 0, "a whole layer, times {all}");
    }
}

/// A file that an earlier program wrote keeps one step of such filters. What they were is lost.
#[test]
fn files_that_lost_small_filters_are_refused_by_the_layers_name() {
    for (bytes, layer) in [
        (&include_bytes!("cases/rescaled-1-0.0001.tacit")[..], "convolution 2"),
        (include_bytes!("cases/ratio1e4.tacit"), "first"),
    ] {
        assert_eq!(file::read(bytes).err(), Some(file::Unreadable::Coarse(layer.into())));
    }
}

/// Two filters of which one is 10^-4 of the other, and counts as much.
#[test]
fn a_filter_of_a_ten_thousandth_gives_the_labels_of_real_numbers() {
    let mut state = 1u32;
    let mut number = || {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let first = (0..2 * 784).map(|i| number() * if i < 784 { 1e-6 } else { 1e-2 }).collect();
    let nodes = vec![
        Node::new("flat", Op::Flatten, &[0]),
        Node::new("first", Op::Dense { outputs: 2, weights: first, bias: vec![0.0; 2] }, &[1]),
        Node::new("relu", Op::Relu { ceiling: None }, &[2]),
        Node::new("last", Op::Dense { outputs: 2, weights: vec![1e4, 0.0, 0.0, 1.0], bias: vec![0.0; 2] }, &[3]),
    ];
    let labels = vec!["a".into(), "b".into()];
    let model = Model { name: "ratio".into(), input: Shape::new(1, 28, 28), labels, nodes };
    let (error, wrong) = against(&model, &model);
    assert!(wrong == 0 && error < 0.01, "{error}, {wrong} labels");
}

#[test]
fn models_of_ordinary_filters_stay_as_they_are() {
    let calibrated = |mut model: Model| {
        let pictures = bench::pictures(model.input, 4, 2);
        calibrate(&mut model, pictures.iter().map(Vec::as_slice), 2.0).unwrap();
        model
    };
    for mut model in [digits(), clothes(), bench::m1(1), bench::m2(1), calibrated(bench::m1(2))] {
        let mut before = model.duplicate();
        equalise(&mut model).unwrap();
        for (node, before) in model.nodes.iter_mut().zip(&mut before.nodes) {
            if matches!(node.op, Op::Convolution { .. } | Op::Dense { .. }) {
                assert!(weights(&mut node.op) == weights(&mut before.op), "{}: {}", model.name, node.name);
            }
        }
    }
}

/// Sums, maxima, means and batch normalisation between the layers, and values that are used twice.
#[test]
fn real_numbers_stay_the_same_to_the_last_bit() {
    let conv = |channels, filters: usize, small: f32| {
        let mut op = bench::convolution(channels, filters, 3, 1, 1);
        let (weights, bias) = weights(&mut op);
        let patch = weights.len() / filters;
        weights[..patch].iter_mut().chain(&mut bias[..1]).for_each(|x| *x *= small);
        op
    };
    let node = |name: &str, op, inputs: &[usize]| Node::new(name, op, inputs);
    let nodes = vec![
        node("first", conv(1, 3, 1e-7), &[0]),
        node("norm", Op::BatchNorm { scale: vec![-30.0, 1.0, 2.0], shift: vec![1e-6, 0.1, -0.2] }, &[1]),
        node("relu", Op::Relu { ceiling: None }, &[2]),
        node("second", conv(3, 3, 1e-5), &[3]),
        node("sum", Op::Add, &[3, 4]),
        node("below", Op::Relu { ceiling: Some(100.0) }, &[5]),
        node("max", Op::MaxPool { size: 2, stride: 2 }, &[6]),
        node("mean", Op::AveragePool { size: 2, stride: 1 }, &[7]),
        node("flat", Op::Flatten, &[8]),
        node("third", bench::dense(1, 12, 12), &[9]),
        node("again", Op::Add, &[9, 10]),
        node("last", bench::dense(2, 12, 3), &[11]),
    ];
    let mut model = Model {
        name: "everything".into(),
        input: Shape::new(1, 6, 6),
        labels: ["a", "b", "c"].map(Into::into).into(),
        nodes,
    };
    // What reads the small filters is large.
    let (columns, _) = weights(&mut model.nodes[11].op);
    columns.iter_mut().enumerate().filter(|(i, _)| i % 12 < 4).for_each(|(_, w)| *w *= 1e6);
    let mut equal = model.duplicate();
    equalise(&mut equal).unwrap();
    let largest = |model: &mut Model, node: usize| {
        weights(&mut model.nodes[node].op).0.iter().take(9).map(|w| w.abs()).fold(0.0, f32::max)
    };
    assert!(largest(&mut equal, 0) > 1e3 * largest(&mut model, 0), "the small filter has grown");
    let [before, after] = [&model, &equal].map(|model| Evaluator::new(model).unwrap());
    for picture in bench::pictures(model.input, 8, 3) {
        assert_eq!(before.logits(&picture), after.logits(&picture));
    }
}

/// A ceiling is one number for all channels: one that may reach it keeps its size.
#[test]
fn ceilings_are_kept() {
    let model = |bias: f32| {
        let first = Op::Dense { outputs: 2, weights: vec![1e-5, 2e-5, 0.4, -0.3], bias: vec![bias, 0.1] };
        let last = Op::Dense { outputs: 2, weights: vec![3e4, 0.5, -2e4, 0.7], bias: vec![0.0; 2] };
        let nodes = vec![
            Node::new("flat", Op::Flatten, &[0]),
            Node::new("first", first, &[1]),
            Node::new("relu", Op::Relu { ceiling: Some(6.0) }, &[2]),
            Node::new("last", last, &[3]),
        ];
        let labels = vec!["a".into(), "b".into()];
        Model { name: "ceiling".into(), input: Shape::new(1, 1, 2), labels, nodes }
    };
    let equal = |bias: f32| {
        let mut equal = model(bias);
        equalise(&mut equal).unwrap();
        for picture in [[0, 0], [255, 255], [10, 200]] {
            let [before, after] = [&model(bias), &equal].map(|model| Evaluator::new(model).unwrap().logits(&picture));
            assert_eq!(before, after);
        }
        weights(&mut equal.nodes[1].op).0[0] / 1e-5
    };
    assert!(equal(0.0) > 1e3, "far below the ceiling");
    let near = equal(1.0);
    assert!((1.0..=4.001).contains(&near), "kept below the ceiling: {near}");
    assert!((equal(6.0) - 1.0).abs() < 1e-6, "at the ceiling");
    // What is still too coarse then is refused, and not run.
    let refused = quantise(&model(5.99997)).err().expect("a refusal");
    assert!(["first", "last", "relu"].contains(&&refused.layer[..]), "{refused}");
}
