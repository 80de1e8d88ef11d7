//! Models for measurements and tests, with random weights.

use tacit_symmetric::Prg;

use crate::graph::{Model, Node, Op, Shape};

/// Two convolutions and two dense layers on pictures of 28 × 28.
#[must_use]
pub fn m1(seed: u8) -> Model {
    let mut build = Build::new("m1", Shape::new(1, 28, 28), seed);
    for channels in [1, 16] {
        build.convolution(channels, 16, 5, 0);
        build.relu();
        build.push("pool", Op::MaxPool { size: 2, stride: 2 });
    }
    build.push("flat", Op::Flatten);
    build.dense(256, 100);
    build.relu();
    build.dense(100, 10);
    build.finish()
}

/// Four convolutions and two dense layers on coloured pictures of 32 × 32.
#[must_use]
pub fn m2(seed: u8) -> Model {
    let mut build = Build::new("m2", Shape::new(3, 32, 32), seed);
    for (channels, filters) in [(3, 32), (32, 64)] {
        build.convolution(channels, filters, 3, 1);
        build.relu();
        build.convolution(filters, filters, 3, 1);
        build.relu();
        build.push("pool", Op::MaxPool { size: 2, stride: 2 });
    }
    build.push("flat", Op::Flatten);
    build.dense(4096, 128);
    build.relu();
    build.dense(128, 10);
    build.finish()
}

/// `n` pictures of uniform bytes.
#[must_use]
pub fn pictures(shape: Shape, n: usize, seed: u8) -> Vec<Vec<u8>> {
    let mut prg = Prg::from_seed([seed; 32]);
    let mut words = vec![0; shape.len().div_ceil(8)];
    let mut picture = || {
        prg.fill_u64s(&mut words);
        words.iter().flat_map(|word| word.to_le_bytes()).take(shape.len()).collect()
    };
    (0..n).map(|_| picture()).collect()
}

/// A convolution with random weights.
#[must_use]
pub fn convolution(channels: usize, filters: usize, kernel: usize, stride: usize, padding: usize) -> Op {
    let mut prg = Prg::from_seed([kernel as u8; 32]);
    let patch = channels * kernel * kernel;
    let (weights, bias) = (he(&mut prg, filters * patch, patch), he(&mut prg, filters, 50));
    Op::Convolution { filters, kernel: [kernel; 2], stride, padding, weights, bias }
}

/// A dense layer with random weights.
#[must_use]
pub fn dense(seed: u8, inputs: usize, outputs: usize) -> Op {
    let mut prg = Prg::from_seed([seed; 32]);
    Op::Dense { outputs, weights: he(&mut prg, outputs * inputs, inputs), bias: he(&mut prg, outputs, 50) }
}

struct Build {
    model: Model,
    prg: Prg,
}

impl Build {
    fn new(name: &str, input: Shape, seed: u8) -> Self {
        let labels = (0..10).map(|label| label.to_string()).collect();
        let model = Model { name: name.into(), input, labels, nodes: Vec::new() };
        Self { model, prg: Prg::from_seed([seed; 32]) }
    }

    fn push(&mut self, kind: &str, op: Op) {
        let value = self.model.nodes.len();
        let count = self.model.nodes.iter().filter(|node| node.name.starts_with(kind)).count();
        self.model.nodes.push(Node::new(&format!("{kind}{}", count + 1), op, &[value]));
    }

    fn relu(&mut self) {
        self.push("relu", Op::Relu { ceiling: None });
    }

    fn convolution(&mut self, channels: usize, filters: usize, kernel: usize, padding: usize) {
        let patch = channels * kernel * kernel;
        let weights = he(&mut self.prg, filters * patch, patch);
        let bias = he(&mut self.prg, filters, 50);
        self.push("conv", Op::Convolution { filters, kernel: [kernel; 2], stride: 1, padding, weights, bias });
    }

    fn dense(&mut self, inputs: usize, outputs: usize) {
        let weights = he(&mut self.prg, outputs * inputs, inputs);
        let bias = he(&mut self.prg, outputs, 50);
        self.push("dense", Op::Dense { outputs, weights, bias });
    }

    fn finish(self) -> Model {
        self.model
    }
}

/// `n` normal numbers of variance 2/`fan`, by Box and Muller.
fn he(prg: &mut Prg, n: usize, fan: usize) -> Vec<f32> {
    let mut words = vec![0; 2 * n];
    prg.fill_u64s(&mut words);
    let (pairs, _) = words.as_chunks::<2>();
    let unit = |x: u64| ((x >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let deviation = (2.0 / fan as f64).sqrt();
    let normal = |&[x, y]: &[u64; 2]| (-2.0 * unit(x).ln()).sqrt() * (std::f64::consts::TAU * unit(y)).cos();
    pairs.iter().map(|pair| (deviation * normal(pair)) as f32).collect()
}
