//! What the lens shows, on networks with one of everything and on the bundled model.

use tacit_infer::lens::{Lens, lens};
use tacit_model::calibrate::calibrate;
use tacit_model::{Model, Node, Op, Shape, bench, file};

fn everything() -> Model {
    let node = |name: &str, op, inputs: &[usize]| Node::new(name, op, inputs);
    let nodes = vec![
        node("first", bench::convolution(2, 4, 3, 1, 1), &[0]),
        node("normal", Op::BatchNorm { scale: vec![0.5, 1.0, 1.5, 2.0], shift: vec![0.1; 4] }, &[1]),
        node("first relu", Op::Relu { ceiling: Some(1.0) }, &[2]),
        node("second", bench::convolution(4, 4, 3, 1, 1), &[3]),
        node("around", Op::Add, &[3, 4]),
        node("second relu", Op::Relu { ceiling: None }, &[5]),
        node("largest", Op::MaxPool { size: 2, stride: 2 }, &[6]),
        node("mean", Op::AveragePool { size: 3, stride: 1 }, &[7]),
        node("flat", Op::Flatten, &[8]),
        node("last", bench::dense(5, 16, 5), &[9]),
    ];
    let labels = ["a", "b", "c", "d", "e"].map(Into::into).into();
    Model { name: "everything".into(), input: Shape::new(2, 9, 9), labels, nodes }
}

fn digits() -> Model {
    file::read(include_bytes!("../../../static/models/digits.tacit")).unwrap()
}

/// What holds of every lens.
fn is_sound(lens: &Lens) {
    for (i, layer) in lens.layers.iter().enumerate() {
        // The last layer multiplies and does not truncate.
        let may_be_off = layer.truncates > 0 || i + 1 == lens.layers.len();
        assert!(layer.off <= u32::from(may_be_off), "{layer:?}");
        assert!(layer.seen <= layer.proven && layer.proven < 1 << 31, "{layer:?}");
        assert!(layer.rounding.mean <= layer.rounding.largest && layer.truncation.mean <= layer.truncation.largest);
        assert!(layer.unit > 0.0 && layer.numbers > 0, "{layer:?}");
        let whole = layer.seen as f64 * layer.unit;
        assert!((whole - layer.largest).abs() <= layer.rounding.largest + layer.truncation.largest + 1e-9, "{layer:?}");
    }
}

#[test]
fn every_kind_of_layer_is_seen() {
    let mut model = everything();
    for picture in bench::pictures(model.input, 3, 1) {
        let lens = lens(&model, &picture, None, [1; 32]).unwrap();
        is_sound(&lens);
        let names: Vec<_> = lens.layers.iter().map(|layer| &layer.name[..]).collect();
        let steps = ["first", "first relu", "second", "around", "largest", "second relu", "mean", "last"];
        assert_eq!(names, steps, "the plan's, where maxima come before ReLUs");
        let relative = |i: usize| lens.layers[i].rounding.largest / lens.layers[i].largest;
        assert!((0..steps.len()).all(|i| relative(i) < 0.01), "{lens:?}");
        assert!(lens.layers.iter().any(|layer| layer.off == 1), "some number rounds the other way");
    }
    // The lens does not care whether batch normalisation was folded before.
    let picture = &bench::pictures(model.input, 1, 1)[0];
    let before = lens(&model, picture, None, [1; 32]).unwrap();
    tacit_model::fold::fold(&mut model).unwrap();
    assert_eq!(lens(&model, picture, None, [1; 32]).unwrap(), before);
}

#[test]
fn the_seed_changes_the_protocols_numbers_only() {
    let model = everything();
    let picture = &bench::pictures(model.input, 1, 2)[0];
    let [one, two] = [1, 2].map(|seed| lens(&model, picture, None, [seed; 32]).unwrap());
    assert_ne!(one, two);
    for (one, two) in one.layers.iter().zip(&two.layers) {
        assert_eq!((one.rounding, one.unit, one.proven), (two.rounding, two.unit, two.proven));
    }
}

/// Fewer bits are coarser, and too few or too many are refused by a layer's name.
#[test]
fn other_numbers_of_bits_break_something() {
    let mut model = bench::m1(1);
    let pictures = bench::pictures(model.input, 4, 1);
    calibrate(&mut model, pictures.iter().map(Vec::as_slice), 2.0).unwrap();
    let error = |bits: i32| {
        let lens = lens(&model, &pictures[0], Some(bits), [1; 32])?;
        is_sound(&lens);
        Ok::<_, tacit_model::Refusal>(lens.layers.last().unwrap().rounding.largest)
    };
    let errors = [4, 6, 8].map(|bits| error(bits).unwrap());
    assert!(errors[0] > 2.0 * errors[1] && errors[1] > 2.0 * errors[2], "{errors:?}");
    let few = error(0).unwrap_err();
    assert_eq!((&few.layer[..], few.why.contains("inputs would be too coarse")), ("conv2", true), "{few}");
    for (bits, layer, why) in [
        (18, "dense1", "weights would be too coarse"),
        (30, "conv1", "fewer bits behind the point"),
        (i32::MAX, "conv1", "fewer bits behind the point"),
    ] {
        let many = error(bits).unwrap_err();
        assert_eq!((&many.layer[..], many.why.contains(why)), (layer, true), "{bits}: {many}");
    }
}

#[test]
fn the_bundled_digits_are_seen_alike() {
    let model = digits();
    let mut picture = vec![0; model.input.len()];
    let width = model.input.width;
    // A one.
    (4..24).for_each(|row| picture[row * width + 13..][..3].fill(255));
    for picture in [&vec![0; model.input.len()], &picture] {
        let lens = lens(&model, picture, None, [3; 32]).unwrap();
        is_sound(&lens);
        assert_eq!((lens.fixed, lens.secure), (lens.float, lens.float));
        let last = lens.layers.last().unwrap();
        assert!(last.rounding.largest < 0.02 && last.truncation.largest < 0.02, "{last:?}");
    }
    let lens = lens(&model, &picture, None, [3; 32]).unwrap();
    assert_eq!(model.labels[lens.secure], "1");
}
