//! Models that cannot be run say which layer is in the way, and what to change.

use tacit_nn::calibrate::calibrate;
use tacit_nn::graph::{Invalid, Why};
use tacit_nn::quantise::quantise;
use tacit_nn::{Model, Node, Op, Refusal, Shape, bench};

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
fn small_weights_and_none_are_fine() {
    for weight in [0.0, 1e-5, 1e-3] {
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
    assert_eq!(broken(|model| model.nodes[1].op = Op::Relu { ceiling: Some(0.0) }), node(Why::Number("ceilings")));
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
