//! Models that cannot be run say which layer is in the way, and what to change.

use tacit_model::calibrate::calibrate;
use tacit_model::graph::{Invalid, Why};
use tacit_model::quantise::quantise;
use tacit_model::{Model, Node, Op, Refusal, Shape, bench, file};

fn model(input: Shape, labels: usize, nodes: Vec<(&str, Op)>) -> Model {
    let nodes = nodes.into_iter().enumerate().map(|(i, (name, op))| Node::new(name, op, &[i])).collect();
    Model { name: "model".into(), input, labels: (0..labels).map(|i| i.to_string()).collect(), nodes }
}

fn dense(inputs: usize, outputs: usize, weight: f32) -> Op {
    let weights = (0..inputs * outputs).map(|i| if i % 2 == 0 { weight } else { -weight }).collect();
    Op::Dense { outputs, weights, bias: vec![0.0; outputs] }
}

fn refusal(model: &Model) -> Refusal {
    quantise(model).err().expect("a refusal")
}

fn invalid(model: &Model) -> Invalid {
    model.shapes().expect_err("it is not valid")
}

#[test]
fn sums_that_32_bits_do_not_hold() {
    let names: Vec<_> = (1..=14).map(|i| format!("layer {i}")).collect();
    let mut layers = Vec::new();
    for (i, name) in names.iter().enumerate() {
        layers.push((name.as_str(), bench::dense(i as u8, 64, 64)));
        layers.push(("relu", Op::Relu { ceiling: None }));
    }
    layers.pop();
    let mut deep = model(Shape::vector(64), 64, layers);
    let refused = refusal(&deep);
    assert!(names[5..].contains(&refused.layer), "{refused}");
    assert!(refused.change.contains("ceiling"), "{refused}");
    // And that helps.
    let pictures = bench::pictures(deep.input, 4, 1);
    let ceilings = calibrate(&mut deep, pictures.iter().map(Vec::as_slice), 2.0).unwrap();
    assert!(!ceilings.is_empty());
    assert!(quantise(&deep).is_ok());
}

#[test]
fn weights_that_are_too_large() {
    let layers = vec![("flat", Op::Flatten), ("huge", dense(64, 10, 1e9))];
    assert_eq!(refusal(&model(Shape::new(1, 8, 8), 10, layers)).layer, "huge");
    let layers = vec![("flat", Op::Flatten), ("immense", dense(64, 10, 1e38))];
    assert_eq!(refusal(&model(Shape::new(1, 8, 8), 10, layers)).layer, "immense");
}

#[test]
fn small_weights_are_fine() {
    for weight in [1e-5, 1e-3] {
        let layers = vec![("flat", Op::Flatten), ("small", dense(64, 10, weight))];
        let quantised = quantise(&model(Shape::new(1, 8, 8), 10, layers));
        assert!(quantised.is_ok(), "{weight}: {}", quantised.err().unwrap());
    }
}

#[test]
fn weights_that_are_too_small() {
    let layers = vec![("flat", Op::Flatten), ("tiny", dense(64, 10, 1e-30))];
    let refused = refusal(&model(Shape::new(1, 8, 8), 10, layers));
    assert_eq!(refused.layer, "tiny");
    assert!(refused.change.contains("larger"), "{refused}");
}

fn read(bytes: &[u8]) -> Model {
    file::read(bytes).expect("a whole file")
}

/// A dense layer behind another one, with what stands between them.
fn two(first: Op, relu: Op, last: Op) -> Model {
    let layers = vec![("flat", Op::Flatten), ("first", first), ("relu", relu), ("last", last)];
    model(Shape::new(1, 8, 8), 10, layers)
}

fn with_bias(mut op: Op, value: f32) -> Op {
    if let Op::Dense { bias, .. } = &mut op {
        bias.fill(value);
    }
    op
}

fn relu() -> Op {
    Op::Relu { ceiling: None }
}

/// The layer, and words of why and of what to change.
fn is_refused(model: &Model, layer: &str, why: &str, change: &str) {
    let refused = refusal(model);
    let is_right = refused.layer == layer && refused.why.contains(why) && refused.change.contains(change);
    assert!(is_right, "{refused}, and not {layer}: {why} {change}");
}

#[test]
fn a_bias_that_leaves_the_weights_no_room_is_blamed() {
    let blamed = |model: &Model, layer| is_refused(model, layer, "bias is too large", "Make the bias smaller");
    blamed(&read(include_bytes!("cases/bias1e5.tacit")), "dense");
    blamed(&read(include_bytes!("cases/zero-bias1e30.tacit")), "dense");
    let last =
        |bias| model(Shape::new(1, 8, 8), 10, vec![("flat", Op::Flatten), ("d", with_bias(dense(64, 10, 0.2), bias))]);
    for bias in [1e6, -1e6, 1e12, 1e30, f32::MAX] {
        blamed(&last(bias), "d");
        let hidden = two(with_bias(dense(64, 16, 0.2), bias.abs()), relu(), dense(16, 10, 0.2));
        blamed(&hidden, "first");
        blamed(&two(dense(64, 16, 0.2), relu(), with_bias(dense(16, 10, 0.2), bias)), "last");
    }
    // Among others of ordinary size.
    let mut one = last(0.1);
    if let Op::Dense { bias, .. } = &mut one.nodes[1].op {
        bias[3] = -1e7;
    }
    blamed(&one, "d");
    // One that is small beside the weights, or too small to be seen, does no harm.
    for bias in [f32::from_bits(1), 1e-30, 0.1, 100.0] {
        assert!(quantise(&last(bias)).is_ok(), "{bias}");
    }
}

#[test]
fn a_ceiling_that_is_too_small_is_blamed() {
    is_refused(
        &read(include_bytes!("cases/ceiling-tiny.tacit")),
        "relu",
        "ceiling is too small",
        "Make the ceiling larger",
    );
    let ceiling = |ceiling| two(dense(64, 16, 0.2), Op::Relu { ceiling: Some(ceiling) }, dense(16, 10, 0.2));
    for tiny in [f32::from_bits(1), 1e-30, 1e-6, 1e-4, 1e-3] {
        is_refused(&ceiling(tiny), "relu", "ceiling is too small", "larger");
    }
    // One that is never reached is none.
    for large in [0.5, 6.0, 1e9, f32::MAX] {
        assert!(quantise(&ceiling(large)).is_ok(), "{large}: {}", refusal(&ceiling(large)));
    }
    for (none, shown) in [(-1.0, "-1"), (0.0, "0"), (f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let refused = refusal(&ceiling(none));
        let says = format!("its ceiling is {shown}, and must be a number above zero");
        assert!(refused.layer == "relu" && refused.why.contains(&says), "{refused}");
    }
}

#[test]
fn weights_that_are_zero_or_nearly_are_blamed() {
    let zero = |model: &Model, layer| is_refused(model, layer, "zero", "Make them larger");
    zero(&read(include_bytes!("cases/denormal.tacit")), "dense");
    let last = |weight| model(Shape::new(1, 8, 8), 10, vec![("flat", Op::Flatten), ("d", dense(64, 10, weight))]);
    zero(&last(0.0), "d");
    zero(&two(dense(64, 16, 0.0), relu(), dense(16, 10, 0.2)), "first");
    zero(&two(dense(64, 16, 0.2), relu(), dense(16, 10, 0.0)), "last");
    for tiny in [1e-20, 1e-30, f32::MIN_POSITIVE, f32::from_bits(1)] {
        is_refused(&last(tiny), "d", "too small", "larger");
        let mut biased = last(tiny);
        if let Op::Dense { bias, .. } = &mut biased.nodes[1].op {
            bias.fill(0.1);
        }
        is_refused(&biased, "d", "too small", "larger");
        let hidden = two(dense(64, 16, tiny), relu(), dense(16, 10, 0.2));
        let refused = refusal(&hidden);
        assert!(refused.why.contains("too small") && refused.change.contains("larger"), "{tiny}: {refused}");
    }
    // One filter of nothing, or of nearly nothing, is none that counts.
    for nothing in [0.0, f32::from_bits(1), 1e-30] {
        let mut model = two(bench::dense(1, 64, 16), relu(), bench::dense(2, 16, 10));
        for node in [1, 3] {
            if let Op::Dense { weights, bias, .. } = &mut model.nodes[node].op {
                let row = weights.len() / bias.len();
                weights[..row].fill(nothing);
            }
        }
        assert!(quantise(&model).is_ok(), "{nothing}: {}", refusal(&model));
    }
}

#[test]
fn only_a_relu_that_is_there_is_named() {
    let none = model(Shape::new(1, 8, 8), 10, vec![("flat", Op::Flatten), ("huge", dense(64, 10, 1e9))]);
    assert_eq!(refusal(&none).change, "Make its weights smaller.");
    let free = two(dense(64, 16, 1.0), relu(), dense(16, 10, 1e9));
    assert!(refusal(&free).change.starts_with("Give the ReLU before it a ceiling"), "{}", refusal(&free));
    let low = two(dense(64, 16, 1.0), Op::Relu { ceiling: Some(6.0) }, dense(16, 10, 1e9));
    assert!(refusal(&low).change.starts_with("Lower the ceiling of the ReLU"), "{}", refusal(&low));
}

#[test]
fn pictures_that_are_too_large() {
    let side = 70;
    let kernel = Op::Convolution {
        filters: 2,
        kernel: [side; 2],
        stride: 1,
        padding: 0,
        weights: vec![0.01; 9800],
        bias: vec![0.0; 2],
    };
    let refused = refusal(&model(Shape::new(1, side, side), 2, vec![("wide", kernel)]));
    assert_eq!(refused.layer, "wide");
    assert!(refused.change.contains("picture"), "{refused}");
    let conv = |channels| bench::convolution(channels, 64, 1, 1, 0);
    let relu = || Op::Relu { ceiling: None };
    let mut layers = vec![("conv", conv(1))];
    let names = ["relu 1", "relu 2"];
    layers.extend(names.map(|name| (name, relu())));
    layers.push(("pool", Op::AveragePool { size: 128, stride: 1 }));
    let refused = refusal(&model(Shape::new(1, 128, 128), 64, layers));
    // A million comparisons is the most; one of these layers has as many.
    assert_eq!(refused.layer, "relu 2", "{refused}");
}

#[test]
fn layers_that_are_in_the_wrong_place() {
    let norm = || Op::BatchNorm { scale: vec![1.0], shift: vec![0.0] };
    let layers = vec![("norm", norm()), ("flat", Op::Flatten), ("dense", dense(16, 2, 0.1))];
    assert_eq!(refusal(&model(Shape::new(1, 4, 4), 2, layers)).layer, "norm");
    let layers = vec![("relu", Op::Relu { ceiling: None }), ("flat", Op::Flatten)];
    assert!(refusal(&model(Shape::new(1, 2, 2), 4, layers)).change.contains("dense"));
}

#[test]
fn models_that_do_not_hold_together() {
    let good = || model(Shape::new(1, 4, 4), 2, vec![("flat", Op::Flatten), ("dense", dense(16, 2, 0.1))]);
    assert!(good().shapes().is_ok());
    let broken = |change: fn(&mut Model)| {
        let mut model = good();
        change(&mut model);
        let found = invalid(&model);
        assert_eq!(refusal(&model).layer, found.node);
        (found.node, found.why)
    };
    let node = |why| ("dense".to_string(), why);
    let whole = |why| ("the model".to_string(), why);
    assert_eq!(
        broken(|model| model.nodes[1].op = dense(15, 2, 0.1)),
        node(Why::Count { what: "weights", expected: 32, found: 30 })
    );
    assert_eq!(broken(|model| model.nodes[1].op = dense(16, 2, f32::NAN)), node(Why::Number("weights")));
    assert_eq!(broken(|model| model.nodes[1].inputs = vec![2]), node(Why::Input(2)));
    assert_eq!(broken(|model| model.nodes[1].inputs.clear()), node(Why::Inputs { expected: 1, found: 0 }));
    assert_eq!(broken(|model| model.nodes[1].inputs = vec![0]), node(Why::Shape(Shape::new(1, 4, 4))));
    assert_eq!(broken(|model| model.nodes[1].op = Op::Relu { ceiling: Some(0.0) }), node(Why::Ceiling("0".into())));
    assert_eq!(broken(|model| model.nodes.clear()), whole(Why::Empty));
    assert_eq!(broken(|model| model.labels.clear()), whole(Why::Empty));
    assert_eq!(
        broken(|model| model.labels.push("c".into())),
        whole(Why::Count { what: "labels", expected: 2, found: 3 })
    );
    assert_eq!(broken(|model| model.labels[0] = "x".repeat(65)), whole(Why::Name));
    assert_eq!(broken(|model| model.name.clear()), whole(Why::Name));
    assert_eq!(
        broken(|model| model.input.height = usize::MAX),
        ("the picture".into(), Why::Shape(Shape::new(1, usize::MAX, 4)))
    );
    let (name, why) = broken(|model| model.nodes.insert(1, Node::new("spare", Op::Relu { ceiling: None }, &[0])));
    assert_eq!((&name[..], why), ("spare", Why::Unused));
    let (name, why) = broken(|model| {
        model.nodes[0].op = Op::Convolution {
            filters: usize::MAX,
            kernel: [usize::MAX; 2],
            stride: usize::MAX,
            padding: usize::MAX,
            weights: vec![],
            bias: vec![],
        };
    });
    assert_eq!((&name[..], why), ("flat", Why::Shape(Shape::new(1, 4, 4))));
}
