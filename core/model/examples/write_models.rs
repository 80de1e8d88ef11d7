//! Model files for measurements and tests in browsers.
//!
//! `write_models bench FOLDER` writes `m1.tacit`, `m2.tacit` and the bundled models, each with
//! pictures and the labels that the oracle gives them, as `NAME.json`. `write_models refused
//! FOLDER` writes files that no owner can propose: one that is truncated, one of another version,
//! one with a number that is none, ones whose sums, bias, ceiling or weights 32 bits do not hold,
//! one that lost its small filters, one of another program; and `labels.tacit`, which has so many
//! labels that it can be proposed for a few pictures only.

use std::fs;
use std::path::Path;

use tacit_compute::Cpu;
use tacit_model::calibrate::calibrate;
use tacit_model::quantise::quantise;
use tacit_model::{Model, Node, Op, Shape, bench, file, plain};

type Failure = Box<dyn std::error::Error>;

/// Where a file says its version: behind `tacit model\n`.
const VERSION: usize = 12;
const HASH: usize = 32;
/// Pictures for a measurement.
const PICTURES: usize = 16;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, folder] = &arguments[..] else { return Err("usage: write_models bench|refused FOLDER".into()) };
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    match what.as_str() {
        "bench" => for_measurements(folder),
        "refused" => refused(folder),
        _ => Err("there are models to `bench` and models to be `refused`".into()),
    }
}

fn for_measurements(folder: &Path) -> Result<(), Failure> {
    for (name, model) in [("m1", bench::m1(1)), ("m2", bench::m2(1))] {
        for_measurement(folder, name, &file::write(&calibrated(model))?)?;
    }
    for name in ["digits", "clothes"] {
        if let Ok(bytes) = fs::read(bundled(name)) {
            for_measurement(folder, name, &bytes)?;
        }
    }
    Ok(())
}

/// A model as a file, and pictures with what it says of them.
fn for_measurement(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    // As its owner will read it: a file is a little less precise than the model that was written.
    let (plan, weights) = quantise(&file::read(bytes)?)?;
    let mut pictures = Vec::new();
    for picture in bench::pictures(plan.input, 20 * PICTURES, 3) {
        let logits = plain::logits(&plan, &weights, &Cpu, &picture);
        let label = plain::top(&logits);
        let others = logits.iter().enumerate().filter(|(other, _)| *other != label).map(|(_, &logit)| logit);
        let second = others.max().expect("more than one label");
        // Rounding must not decide, or the answer could not be checked.
        if f64::from(logits[label] - second) / f64::from(plan.fraction).exp2() > 0.05 {
            pictures.push(format!(r#"{{"label":{label},"pixels":{picture:?}}}"#));
        }
        if pictures.len() == PICTURES {
            break;
        }
    }
    if pictures.is_empty() {
        return Err(format!("{name} tells none of the random pictures clearly").into());
    }
    let Shape { channels, height, width } = plan.input;
    let pictures = pictures.join(",");
    let json = format!(r#"{{"channels":{channels},"height":{height},"width":{width},"pictures":[{pictures}]}}"#);
    fs::write(folder.join(name).with_extension("tacit"), bytes)?;
    Ok(fs::write(folder.join(name).with_extension("json"), json)?)
}

/// Random weights need ceilings before their ranges can be proven.
fn calibrated(mut model: Model) -> Model {
    let pictures = bench::pictures(model.input, 8, 2);
    calibrate(&mut model, pictures.iter().map(Vec::as_slice), 2.0).expect("random networks that can be calibrated");
    model
}

fn bundled(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../static/models").join(name).with_extension("tacit")
}

fn refused(folder: &Path) -> Result<(), Failure> {
    let good = fs::read(bundled("digits"))?;
    let write = |name: &str, bytes: &[u8]| {
        // Written as it is meant, or the tests would test something else.
        let taken = file::read(bytes).is_ok_and(|model| quantise(&model).is_ok());
        assert!(!taken, "{name} is a model that can be run");
        fs::write(folder.join(name).with_extension("tacit"), bytes)
    };
    named(folder, &write)?;
    write("truncated", &good[..good.len() / 2])?;
    write("version", &changed(&good, VERSION, &[file::VERSION + 1]))?;
    // What stands before the hash is the last layer's last bias.
    write("nan", &changed(&good, good.len() - HASH - 4, &f32::NAN.to_le_bytes()))?;
    write("wide", &file::write(&wide())?)?;
    write("bias", &file::write(&dense(1e5, None, 10))?)?;
    write("ceiling", &file::write(&dense(0.1, Some(1e-6), 10))?)?;
    let mut zero = dense(0.1, None, 10);
    if let Op::Dense { weights, .. } = &mut zero.nodes[1].op {
        weights.fill(0.0);
    }
    write("zero", &file::write(&zero)?)?;
    write("coarse", include_bytes!("../tests/cases/ratio1e4.tacit"))?;
    write("onnx", b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:\x10\n\x0e\n\x01x\x12\x01y\"\x04Relu")?;
    fs::write(folder.join("labels.tacit"), file::write(&dense(0.1, None, 256))?)?;
    Ok(())
}

/// The digits under other names: `names.tacit` can be run, and its names are long, alike, turn text
/// round or look like markup; `blank.tacit` has a label in which there is nothing to see.
fn named(folder: &Path, refused: &impl Fn(&str, &[u8]) -> std::io::Result<()>) -> Result<(), Failure> {
    let mut model = file::read(&fs::read(bundled("digits"))?)?;
    let long = "x".repeat(64);
    model.name = "\u{202E}elbmuj".into();
    model.labels =
        ["שלום", "\u{202E}tac", "قطة", "é", "same", "same", &long, "🐱", "<b>x</b>", "a, b"].map(Into::into).to_vec();
    fs::write(folder.join("names.tacit"), file::write(&model)?)?;
    model.labels[0] = "---".into();
    let file = file::write(&model)?;
    let label = file.windows(3).position(|bytes| bytes == b"---").expect("a label");
    Ok(refused("blank", &changed(&file, label, "\u{200B}".as_bytes()))?)
}

/// A file with other bytes at some place, and the hash that makes it whole.
fn changed(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut hashed = file[..file.len() - HASH].to_vec();
    hashed[at..at + bytes.len()].copy_from_slice(bytes);
    let hash = blake3::hash(&hashed);
    hashed.extend(hash.as_bytes());
    hashed
}

/// A model of two dense layers and a ReLU between them, with such a bias and ceiling.
fn dense(bias: f32, ceiling: Option<f32>, labels: usize) -> Model {
    let mut first = bench::dense(1, 784, 16);
    if let Op::Dense { bias: numbers, .. } = &mut first {
        numbers.fill(bias);
    }
    let nodes = vec![
        Node::new("flat", Op::Flatten, &[0]),
        Node::new("first", first, &[1]),
        Node::new("relu", Op::Relu { ceiling }, &[2]),
        Node::new("last", bench::dense(2, 16, labels), &[3]),
    ];
    let labels = (0..labels).map(|label| format!("label {label}")).collect();
    Model { name: "dense".into(), input: Shape::new(1, 28, 28), labels, nodes }
}

/// A model whose ranges cannot be proven: layer after layer without a ceiling.
fn wide() -> Model {
    let mut nodes = vec![Node::new("flat", Op::Flatten, &[0])];
    let mut inputs = 784;
    for i in 1..=14 {
        nodes.push(Node::new(&format!("layer {i}"), bench::dense(i, inputs, 32), &[nodes.len()]));
        nodes.push(Node::new(&format!("relu {i}"), Op::Relu { ceiling: None }, &[nodes.len()]));
        inputs = 32;
    }
    nodes.push(Node::new("last", bench::dense(15, inputs, 10), &[nodes.len()]));
    let labels = (0..10).map(|label| label.to_string()).collect();
    Model { name: "wide".into(), input: Shape::new(1, 28, 28), labels, nodes }
}
