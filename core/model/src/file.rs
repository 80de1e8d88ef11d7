//! Models as files: `.tacit`.
//!
//! ```text
//! "tacit model\n" · version (1) · length (4) · payload · BLAKE3 of all before (32)
//! ```
//!
//! The payload is name, shape and labels, then for each node its name, its operation and its
//! inputs. The weights of a layer are whole numbers of 16 bits times one power of two, which is as
//! precise as runs are; biases and the numbers of a batch normalisation are floats of 32 bits.
//! Everything is little-endian. The number of weights follows from the shapes and is not written,
//! so a file cannot ask for memory that it does not fill.
//!
//! One power of two for a layer holds filters of one order of magnitude. So a model is written as
//! [`equalise`](mod@crate::equalise) makes it, which is the same function.
//!
//! ```
//! use tacit_model::{Model, Node, Op, Shape, file, quantise::quantise};
//!
//! // Weights by rows: those of the first label, then those of the second.
//! let (weights, bias) = (vec![0.5, -0.25, -0.5, 0.25], vec![0.0, 0.125]);
//! let model = Model {
//!     name: "left or right".into(),
//!     input: Shape::new(1, 1, 2),
//!     labels: vec!["left".into(), "right".into()],
//!     nodes: vec![
//!         Node::new("flatten", Op::Flatten, &[0]),
//!         Node::new("dense", Op::Dense { outputs: 2, weights, bias }, &[1]),
//!     ],
//! };
//! quantise(&model)?; // Or else it says what to change.
//! let bytes = file::write(&model)?;
//! assert_eq!(file::read(&bytes)?.labels, model.labels);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(clippy::indexing_slicing)]

use crate::equalise::{equalise, first_coarse};
use crate::graph::{Invalid, MAX_LABELS, MAX_NODES, MAX_WEIGHTS, Model, Node, Op, Shape, Why};
use crate::kind;
use crate::read::{Reader, put_name, put_size};

/// The most bytes of a file.
pub const MAX_BYTES: usize = 16 << 20;
/// What files are written and read here.
pub const VERSION: u8 = 1;

const MAGIC: &[u8] = b"tacit model\n";
const HASH: usize = blake3::OUT_LEN;
/// The exponents of weights: a whole number of 16 bits times such a power of two is a normal float
/// of 32 bits.
const EXPONENTS: std::ops::RangeInclusive<i16> = -126..=113;

const CONVOLUTION: u8 = 0;
const DENSE: u8 = 1;
const BATCH_NORM: u8 = 2;
const RELU: u8 = 3;
const CEILING: u8 = 4;
const MAX_POOL: u8 = 5;
const AVERAGE_POOL: u8 = 6;
const FLATTEN: u8 = 7;
const ADD: u8 = 8;

/// The least steps of a layer's power of two that the largest weight of a filter is.
const LEAST_STEPS: f64 = 16.0;

/// A file that cannot be read. It is displayed as sentences for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is nothing in it.
    #[error("It is empty. Choose it again, or copy it anew from where it was made.")]
    Empty,
    /// It does not begin like one; what it is instead, if that is known.
    #[error(
        "{} A .tacit file holds a network as Tacit runs it; models/README.md in Tacit’s source says how to make one.",
        .0.map_or_else(|| "It does not begin like one.".into(), |kind| format!("This is {kind}."))
    )]
    NotAModel(Option<&'static str>),
    /// Written by another version of this program.
    #[error("It is of version {0}, and this program reads version {VERSION}. Use the Tacit that it was made for.")]
    Version(u8),
    /// More than [`MAX_BYTES`].
    #[error("It has more than {} MiB. Take a smaller model.", MAX_BYTES >> 20)]
    TooLong,
    /// More in it than a limit of [`crate::graph`] allows.
    #[error("It has more labels, layers or weights than the limits allow. Take a smaller model.")]
    TooLarge,
    /// It ends too early.
    #[error("It is not complete. Copy it anew from where it was made.")]
    Truncated,
    /// It has changed since it was written.
    #[error("It is damaged. Copy it anew from where it was made.")]
    Damaged,
    /// A number in it is infinite or not a number.
    #[error("{0}: one of its numbers is infinite or not a number. Write the model again.")]
    NotANumber(String),
    /// It is whole, but what is in it does not belong together.
    #[error("It does not hold together: {0}. Write the model again.")]
    Inconsistent(Invalid),
    /// Filters of a layer that were too small for the layer's power of two.
    #[error(
        "{0}: beside its largest weights, the file keeps almost nothing of its smaller filters. Write the model \
         again: today’s Tacit makes them alike first."
    )]
    Coarse(String),
    /// It is whole, but not written by the rules.
    #[error("It does not follow the format. Write the model again.")]
    Malformed,
}

/// A model as a file.
///
/// # Errors
/// [`Invalid`] when it is no model, or when the weights of a layer or a filter are too small for a
/// file.
pub fn write(model: &Model) -> Result<Vec<u8>, Invalid> {
    let mut model = model.duplicate();
    equalise(&mut model)?;
    if let Some(node) = model.nodes.iter().find(|node| vanishes(&node.op)) {
        return Err(Invalid { node: node.name.clone(), why: Why::TooSmall });
    }
    let Model { name, input: Shape { channels, height, width }, labels, nodes } = &model;
    let mut payload = Vec::new();
    put_name(&mut payload, name);
    [*channels, *height, *width, labels.len()].iter().for_each(|&n| put_size(&mut payload, n));
    labels.iter().for_each(|label| put_name(&mut payload, label));
    put_size(&mut payload, nodes.len());
    for node in nodes {
        put_node(&mut payload, node);
    }
    let mut file = MAGIC.to_vec();
    file.push(VERSION);
    put_size(&mut file, payload.len());
    file.append(&mut payload);
    let hash = blake3::hash(&file);
    file.extend(hash.as_bytes());
    // Rounding may leave a filter too coarse for a reader.
    match read(&file) {
        Err(Unreadable::Coarse(node)) => Err(Invalid { node, why: Why::TooSmall }),
        _ => Ok(file),
    }
}

fn put_node(out: &mut Vec<u8>, Node { name, op, inputs }: &Node) {
    put_name(out, name);
    let (tag, sizes) = match *op {
        Op::Convolution { filters, kernel: [kh, kw], stride, padding, .. } => {
            (CONVOLUTION, vec![filters, kh, kw, stride, padding])
        }
        Op::Dense { outputs, .. } => (DENSE, vec![outputs]),
        Op::BatchNorm { .. } => (BATCH_NORM, vec![]),
        Op::Relu { ceiling: None } => (RELU, vec![]),
        Op::Relu { ceiling: Some(_) } => (CEILING, vec![]),
        Op::MaxPool { size, stride } => (MAX_POOL, vec![size, stride]),
        Op::AveragePool { size, stride } => (AVERAGE_POOL, vec![size, stride]),
        Op::Flatten => (FLATTEN, vec![]),
        Op::Add => (ADD, vec![]),
    };
    out.push(tag);
    inputs.iter().chain(&sizes).for_each(|&n| put_size(out, n));
    match op {
        Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. } => {
            let exponent = exponent(weights);
            out.extend(exponent.to_le_bytes());
            out.extend(weights.iter().flat_map(|&w| whole(w, exponent).to_le_bytes()));
            put_numbers(out, bias);
        }
        Op::BatchNorm { scale, shift } => [scale, shift].iter().for_each(|numbers| put_numbers(out, numbers)),
        Op::Relu { ceiling } => put_numbers(out, ceiling.as_slice()),
        _ => {}
    }
}

/// Whether a layer has weights and would have none in a file.
fn vanishes(op: &Op) -> bool {
    let (Op::Convolution { weights, .. } | Op::Dense { weights, .. }) = op else { return false };
    let exponent = exponent(weights);
    weights.iter().any(|&w| w != 0.0) && weights.iter().all(|&w| whole(w, exponent) == 0)
}

fn put_numbers(out: &mut Vec<u8>, numbers: &[f32]) {
    out.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
}

/// The least exponent with which the largest weight becomes a whole number of 16 bits.
fn exponent(weights: &[f32]) -> i16 {
    let largest = weights.iter().map(|w| w.abs()).fold(0.0, f32::max);
    let fits = |&exponent: &i16| scaled(largest, exponent) <= f64::from(i16::MAX);
    EXPONENTS.clone().find(fits).unwrap_or(*EXPONENTS.end())
}

fn scaled(w: f32, exponent: i16) -> f64 {
    (f64::from(w) * f64::from(-exponent).exp2()).round()
}

fn whole(w: f32, exponent: i16) -> i16 {
    scaled(w, exponent) as i16
}

/// Reads a model and checks all of it.
///
/// # Errors
/// [`Unreadable`].
pub fn read(file: &[u8]) -> Result<Model, Unreadable> {
    if file.is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut reader = Reader(file);
    if reader.bytes(MAGIC.len()) != Some(MAGIC) {
        return Err(if MAGIC.starts_with(file) {
            Unreadable::Truncated
        } else if file.starts_with(MAGIC.trim_ascii_end()) {
            // A program took it for text, and changed the ends of its lines.
            Unreadable::Damaged
        } else {
            Unreadable::NotAModel(kind::of(file))
        });
    }
    if file.len() > MAX_BYTES {
        return Err(Unreadable::TooLong);
    }
    let version = reader.u8().ok_or(Unreadable::Truncated)?;
    if version != VERSION {
        return Err(Unreadable::Version(version));
    }
    let length = reader.size().ok_or(Unreadable::Truncated)?;
    let payload = reader.bytes(length).ok_or(Unreadable::Truncated)?;
    let hash = reader.bytes(HASH).ok_or(Unreadable::Truncated)?;
    let hashed = file.get(..file.len() - HASH).ok_or(Unreadable::Truncated)?;
    if !reader.is_done() || blake3::hash(hashed).as_bytes() != hash {
        return Err(Unreadable::Damaged);
    }
    let model = read_payload(&mut Reader(payload))?;
    let step = |weights: &[f32]| f64::from(exponent(weights)).exp2();
    match first_coarse(&model, |weights| LEAST_STEPS * step(weights)) {
        Ok(None) => Ok(model),
        Ok(Some(layer)) => Err(Unreadable::Coarse(layer.into())),
        Err(invalid) => Err(Unreadable::Inconsistent(invalid)),
    }
}

fn read_payload(reader: &mut Reader<'_>) -> Result<Model, Unreadable> {
    let none = || Unreadable::Malformed;
    let unnamed = || Unreadable::Inconsistent(Invalid { node: "the model".into(), why: Why::Name });
    let name = reader.name().ok_or_else(unnamed)?;
    let mut size = || reader.size().ok_or_else(none);
    let (input, labels) = (Shape::new(size()?, size()?, size()?), size()?);
    if !input.is_valid() || labels > MAX_LABELS {
        return Err(Unreadable::TooLarge);
    }
    let labels = (0..labels).map(|_| reader.name()).collect::<Option<Vec<_>>>().ok_or_else(unnamed)?;
    let nodes = reader.size().ok_or_else(none)?;
    if nodes > MAX_NODES {
        return Err(Unreadable::TooLarge);
    }
    let mut model = Model { name, input, labels, nodes: Vec::new() };
    let (mut shapes, mut parameters) = (vec![input], 0);
    for _ in 0..nodes {
        let name = reader.name().ok_or_else(unnamed)?;
        let (op, inputs) = read_op(reader, &name, &shapes)?;
        let taken: Vec<_> = inputs.iter().filter_map(|&i| shapes.get(i).copied()).collect();
        let blame = |why| Unreadable::Inconsistent(Invalid { node: name.clone(), why });
        shapes.push(op.output(&taken).map_err(blame)?);
        parameters += op.parameters();
        if parameters > MAX_WEIGHTS {
            return Err(Unreadable::TooLarge);
        }
        model.nodes.push(Node { name, op, inputs });
    }
    if reader.is_done() { Ok(model) } else { Err(Unreadable::Malformed) }
}

/// Reads what a node does, and its inputs; there are as many weights as the shapes before it say.
fn read_op(reader: &mut Reader<'_>, name: &str, shapes: &[Shape]) -> Result<(Op, Vec<usize>), Unreadable> {
    let none = || Unreadable::Malformed;
    let tag = reader.u8().ok_or_else(none)?;
    let mut size = || reader.size().ok_or_else(none);
    let mut inputs = vec![size()?];
    if tag == ADD {
        inputs.push(size()?);
    }
    let known = |&i: &usize| shapes.get(i).copied().ok_or_else(none);
    let input = inputs.iter().map(known).next_back().ok_or_else(none)??;
    let op = match tag {
        CONVOLUTION => Op::Convolution {
            filters: size()?,
            kernel: [size()?, size()?],
            stride: size()?,
            padding: size()?,
            weights: Vec::new(),
            bias: Vec::new(),
        },
        DENSE => Op::Dense { outputs: size()?, weights: Vec::new(), bias: Vec::new() },
        BATCH_NORM => {
            let mut numbers = || numbers(reader, input.channels, name);
            Op::BatchNorm { scale: numbers()?, shift: numbers()? }
        }
        RELU => Op::Relu { ceiling: None },
        CEILING => Op::Relu { ceiling: numbers(reader, 1, name)?.pop() },
        MAX_POOL => Op::MaxPool { size: size()?, stride: size()? },
        AVERAGE_POOL => Op::AveragePool { size: size()?, stride: size()? },
        FLATTEN => Op::Flatten,
        ADD => Op::Add,
        _ => return Err(Unreadable::Malformed),
    };
    Ok((with_weights(reader, op, input, name)?, inputs))
}

fn with_weights(reader: &mut Reader<'_>, mut op: Op, input: Shape, name: &str) -> Result<Op, Unreadable> {
    let layer = op.linear(input);
    if let Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. } = &mut op {
        let why = Why::Shape(input);
        let layer = layer.ok_or_else(|| Unreadable::Inconsistent(Invalid { node: name.into(), why }))?;
        let exponent = reader.i16().filter(|exponent| EXPONENTS.contains(exponent)).ok_or(Unreadable::Malformed)?;
        let unit = f32::from(exponent).exp2();
        // The bytes are there before there is memory for them.
        let bytes = reader.bytes(2 * layer.weights()).ok_or(Unreadable::Malformed)?;
        let (pairs, _) = bytes.as_chunks::<2>();
        weights.extend(pairs.iter().map(|&pair| f32::from(i16::from_le_bytes(pair)) * unit));
        *bias = numbers(reader, layer.filters, name)?;
    }
    Ok(op)
}

fn numbers(reader: &mut Reader<'_>, n: usize, name: &str) -> Result<Vec<f32>, Unreadable> {
    let bytes = reader.bytes(4 * n).ok_or(Unreadable::Malformed)?;
    let (words, _) = bytes.as_chunks::<4>();
    let numbers: Vec<_> = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
    if numbers.iter().all(|x| x.is_finite()) { Ok(numbers) } else { Err(Unreadable::NotANumber(name.into())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench;
    use crate::float::Evaluator;
    use proptest::prelude::*;

    /// A model with a node of every kind.
    fn sample() -> Model {
        let nodes = vec![
            Node::new("conv", bench::convolution(1, 2, 3, 1, 1), &[0]),
            Node::new("norm", Op::BatchNorm { scale: vec![1.0, -0.5], shift: vec![0.25, 0.0] }, &[1]),
            Node::new("relu", Op::Relu { ceiling: Some(4.0) }, &[2]),
            Node::new("skip", Op::Add, &[2, 3]),
            Node::new("max", Op::MaxPool { size: 2, stride: 2 }, &[4]),
            Node::new("relu 2", Op::Relu { ceiling: None }, &[5]),
            Node::new("mean", Op::AveragePool { size: 2, stride: 1 }, &[6]),
            Node::new("flat", Op::Flatten, &[7]),
            Node::new("dense", bench::dense(1, 8, 2), &[8]),
        ];
        let labels = vec!["cat".into(), "dog".into()];
        Model { name: "sample".into(), input: Shape::new(1, 6, 6), labels, nodes }
    }

    /// A file with this payload, whole.
    fn wrapped(payload: &[u8]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.push(VERSION);
        put_size(&mut file, payload.len());
        file.extend(payload);
        let hash = blake3::hash(&file);
        file.extend(hash.as_bytes());
        file
    }

    fn payload(file: &[u8]) -> Vec<u8> {
        file.get(MAGIC.len() + 5..file.len() - HASH).unwrap().to_vec()
    }

    fn error(file: &[u8]) -> Unreadable {
        read(file).err().expect("an error")
    }

    #[test]
    fn a_model_comes_back() {
        for model in [sample(), bench::m1(1)] {
            let file = write(&model).unwrap();
            let again = read(&file).unwrap();
            assert_eq!(write(&again).unwrap(), file, "what was read is written as it was");
            for (node, other) in model.nodes.iter().zip(&again.nodes) {
                assert_eq!((&node.name, &node.inputs), (&other.name, &other.inputs));
                let (Op::Convolution { weights: w, bias: a, .. } | Op::Dense { weights: w, bias: a, .. }) = &node.op
                else {
                    continue;
                };
                let (Op::Convolution { weights: v, bias: b, .. } | Op::Dense { weights: v, bias: b, .. }) = &other.op
                else {
                    panic!("another kind of layer");
                };
                let unit = f32::from(exponent(w)).exp2();
                assert!(w.iter().zip(v).all(|(w, v)| (w - v).abs() <= unit / 2.0) && a == b);
            }
        }
    }

    #[test]
    fn two_bytes_for_a_weight() {
        let model = bench::m1(1);
        let parameters: usize = model.nodes.iter().map(|node| node.op.parameters()).sum();
        assert!(write(&model).unwrap().len() < 2 * parameters + 1000);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let file = write(&sample()).unwrap();
        assert_eq!(error(b""), Unreadable::Empty);
        assert_eq!(error(b"\x89PNG\r\n\x1a\n and so on"), Unreadable::NotAModel(Some("a picture")));
        assert_eq!(error(&vec![0; MAX_BYTES + 1]), Unreadable::NotAModel(None));
        assert_eq!(error(&[&file[..], &vec![0; MAX_BYTES]].concat()), Unreadable::TooLong);
        assert_eq!(error(&String::from_utf8_lossy(&file).replace('\n', "\r\n").into_bytes()), Unreadable::Damaged);
        for n in 1..file.len() {
            assert_eq!(error(file.get(..n).unwrap()), Unreadable::Truncated, "{n}");
        }
        assert_eq!(error(&[&file[..], &[0]].concat()), Unreadable::Damaged);
        let mut other = file.clone();
        *other.get_mut(MAGIC.len()).unwrap() = 9;
        assert_eq!(error(&other), Unreadable::Version(9));
        for i in MAGIC.len() + 5..file.len() {
            let mut file = file.clone();
            *file.get_mut(i).unwrap() ^= 1;
            assert_eq!(error(&file), Unreadable::Damaged, "byte {i}");
        }
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        let mut payload = payload(&write(&sample()).unwrap());
        // The last number is a bias of the last layer.
        let at = payload.len() - 4;
        payload.splice(at.., f32::NAN.to_le_bytes());
        assert_eq!(error(&wrapped(&payload)), Unreadable::NotANumber("dense".into()));
    }

    /// What a person reads names the kind, and says what a model is and how to make one.
    #[test]
    fn refusals_say_what_to_do() {
        let said = error(b"\x08\x08\x12\x07pytorch\x1a\x052.1.0").to_string();
        assert!(said.starts_with("This is an ONNX model. A .tacit file holds a network"), "{said}");
        assert!(said.contains("models/README.md"), "{said}");
        assert!(error(&[1, 2, 3]).to_string().starts_with("It does not begin like one. A .tacit file"));
        assert_eq!(Unreadable::TooLong.to_string(), "It has more than 16 MiB. Take a smaller model.");
    }

    /// Weights of a layer that no file holds are not written as zeros.
    #[test]
    fn weights_that_vanish_are_not_written() {
        let layer = |weights: Vec<f32>| Model {
            name: "tiny".into(),
            input: Shape::new(1, 1, 2),
            labels: vec!["a".into()],
            nodes: vec![
                Node::new("flat", Op::Flatten, &[0]),
                Node::new("dense", Op::Dense { outputs: 1, weights, bias: vec![0.0] }, &[1]),
            ],
        };
        let denormal = f32::from_bits(1000);
        let refused = write(&layer(vec![denormal, -denormal])).unwrap_err();
        assert_eq!((&refused.node[..], refused.why), ("dense", Why::TooSmall));
        assert!(write(&layer(vec![denormal, 0.5])).is_ok(), "one that is too small to matter");
        assert!(write(&layer(vec![0.0, 0.0])).is_ok(), "and none at all");
    }

    /// A file that a fuzzer found: it is read, but its filters written by another exponent are too
    /// coarse to be read again.
    #[test]
    fn what_a_reader_would_refuse_is_not_written() {
        let payload = include_bytes!("../../../fuzz/seeds/model/coarse-once-written");
        let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
        let mut file = [MAGIC, &[VERSION], &length, payload].concat();
        file.extend(blake3::hash(&file).as_bytes());
        let refused = write(&read(&file).unwrap()).unwrap_err();
        assert_eq!((&refused.node[..], refused.why), ("conv", Why::TooSmall));
    }

    /// Filters of very different size are written alike, and come back as the same function.
    #[test]
    fn filters_of_very_different_size_come_back() {
        let model = |factor: f32| {
            let filters = [[0.5, 0.3, -0.2], [0.4, -0.1, 0.3]];
            let weights = filters.iter().zip([factor, 1.0]).flat_map(|(row, s)| row.map(|w| w * s)).collect();
            let nodes = vec![
                Node::new("flat", Op::Flatten, &[0]),
                Node::new("first", Op::Dense { outputs: 2, weights, bias: vec![0.1 * factor, 0.1] }, &[1]),
                Node::new("relu", Op::Relu { ceiling: None }, &[2]),
                Node::new("last", Op::Dense { outputs: 1, weights: vec![0.7 / factor, 0.2], bias: vec![0.0] }, &[3]),
            ];
            Model { name: "two sizes".into(), input: Shape::new(1, 1, 3), labels: vec!["a".into()], nodes }
        };
        let logit = |model: &Model| Evaluator::new(model).unwrap().logits(&[255, 100, 30]).remove(0);
        for factor in [1e-12, 1e-4, 1.0, 1e4, 1e12] {
            let written = model(factor);
            let back = read(&write(&written).unwrap()).unwrap();
            assert!((logit(&back) - logit(&written)).abs() < 1e-4, "{factor}");
        }
    }

    #[test]
    fn a_label_with_nothing_to_see_is_refused() {
        let file = payload(&write(&sample()).unwrap());
        let at = file.windows(3).position(|bytes| bytes == b"cat").unwrap();
        for blank in ["\u{200B}", "\u{FEFF}", "   ", "\u{2060}"] {
            let mut file = file.clone();
            file.splice(at..at + 3, blank.bytes());
            let why = Unreadable::Inconsistent(Invalid { node: "the model".into(), why: Why::Name });
            assert_eq!(error(&wrapped(&file)), why, "{blank:?}");
        }
    }

    #[test]
    fn large_and_small_weights_come_back() {
        for x in [0.0, 1e-37, 1e-20, 1.0, 3.0e38, f32::MAX, f32::MIN_POSITIVE] {
            let (exponent, weights) = (exponent(&[x, x / 3.0]), [x, x / 3.0]);
            for w in weights {
                let back = f32::from(whole(w, exponent)) * f32::from(exponent).exp2();
                assert!(back.is_finite() && (back - w).abs() <= (x / 32_000.0).max(2f32.powi(-127)), "{w} {back}");
            }
        }
    }

    proptest! {
        /// Damage that the checksum does not tell: refused, or a model that is written as it was
        /// read.
        #[test]
        fn damage_behind_the_checksum(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in 0..3usize) {
            let mut payload = payload(&write(&sample()).unwrap());
            for (index, value) in damage {
                let i = index.index(payload.len());
                *payload.get_mut(i).unwrap() = value;
            }
            payload.truncate(payload.len() - cut);
            if let Ok(model) = read(&wrapped(&payload)) {
                let again = write(&model).unwrap();
                prop_assert_eq!(write(&read(&again).unwrap()).unwrap(), again);
            }
        }

        #[test]
        fn foreign_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read(&bytes).is_err());
            prop_assert!(read(&wrapped(&bytes)).is_err());
        }

        /// Every byte of the shapes, set to large numbers.
        #[test]
        fn sizes_that_are_too_large(at in any::<prop::sample::Index>(), size in any::<u32>()) {
            let mut payload = payload(&write(&sample()).unwrap());
            let at = at.index(payload.len() - 4);
            payload.splice(at..at + 4, size.to_le_bytes());
            let _ = read(&wrapped(&payload));
        }
    }
}
