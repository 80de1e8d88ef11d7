//! The oracle in real numbers: evaluates a model as it is, before quantisation.

use tacit_compute::Convolution;

use crate::graph::{Invalid, Model, Op, Shape};
use crate::pool::pool;

/// A checked model, which evaluates any number of pictures.
pub struct Evaluator<'a> {
    model: &'a Model,
    shapes: Vec<Shape>,
}

impl<'a> Evaluator<'a> {
    /// Checks a model.
    ///
    /// # Errors
    /// [`Invalid`], which names the node.
    pub fn new(model: &'a Model) -> Result<Self, Invalid> {
        Ok(Self { model, shapes: model.shapes()? })
    }

    /// The shapes of the values, the picture first.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The logits of a picture.
    ///
    /// # Panics
    /// When the picture has another number of bytes than the model takes.
    #[must_use]
    pub fn logits(&self, pixels: &[u8]) -> Vec<f32> {
        self.values(pixels).pop().expect("a checked model has nodes")
    }

    /// All values: the picture, then the output of every node.
    ///
    /// # Panics
    /// When the picture has another number of bytes than the model takes.
    #[must_use]
    pub fn values(&self, pixels: &[u8]) -> Vec<Vec<f32>> {
        assert_eq!(pixels.len(), self.model.input.len(), "a picture of another shape");
        let mut values = vec![pixels.iter().map(|&p| f32::from(p) / 255.0).collect::<Vec<_>>()];
        for node in &self.model.nodes {
            let inputs: Vec<_> = node.inputs.iter().map(|&i| (&values[i][..], self.shapes[i])).collect();
            values.push(apply(&node.op, &inputs));
        }
        values
    }
}

fn apply(op: &Op, inputs: &[(&[f32], Shape)]) -> Vec<f32> {
    let (x, shape) = inputs[0];
    match op {
        Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. } => {
            let layer = op.linear(shape).expect("a checked model");
            linear(&layer, weights, bias, x)
        }
        Op::BatchNorm { scale, shift } => {
            let channels = x.chunks_exact(shape.area()).zip(scale.iter().zip(shift));
            channels.flat_map(|(x, (a, b))| x.iter().map(move |x| a * x + b)).collect()
        }
        Op::Relu { ceiling } => x.iter().map(|x| x.max(0.0).min(ceiling.unwrap_or(f32::INFINITY))).collect(),
        Op::MaxPool { size, stride } => {
            pool(shape, *size, *stride, |window| window.map(|i| x[i]).fold(f32::NEG_INFINITY, f32::max))
        }
        Op::AveragePool { size, stride } => {
            let count = (size * size) as f32;
            pool(shape, *size, *stride, |window| window.map(|i| x[i]).sum::<f32>() / count)
        }
        Op::Flatten => x.to_vec(),
        Op::Add => x.iter().zip(inputs[1].0).map(|(x, y)| x + y).collect(),
    }
}

fn linear(layer: &Convolution, weights: &[f32], bias: &[f32], x: &[f32]) -> Vec<f32> {
    // Patches only move numbers and insert zeros, so they may move the bits of real numbers.
    let bits: Vec<u32> = x.iter().map(|x| x.to_bits()).collect();
    let patches: Vec<f32> = layer.patches(&bits).into_iter().map(f32::from_bits).collect();
    let columns = layer.positions();
    let mut out: Vec<f32> = bias.iter().flat_map(|&b| std::iter::repeat_n(b, columns)).collect();
    let rows = weights.chunks_exact(layer.patch());
    if columns == 1 {
        out.iter_mut().zip(rows).for_each(|(out, row)| *out += dot(row, &patches));
    } else {
        multiply(weights, &patches, layer.patch(), columns, &mut out);
    }
    out
}

/// Adds a product of matrices to `out`, four rows and a block of columns at a time, so that both
/// stay in the cache.
fn multiply(a: &[f32], b: &[f32], inner: usize, columns: usize, out: &mut [f32]) {
    const STRETCH: usize = 256;
    for (a, out) in a.chunks(4 * inner).zip(out.chunks_mut(4 * columns)) {
        for start in (0..columns).step_by(STRETCH) {
            let end = columns.min(start + STRETCH);
            let mut sums = [[0f32; STRETCH]; 4];
            for (k, b) in b.chunks_exact(columns).enumerate() {
                let b = &b[start..end];
                for (sums, a) in sums.iter_mut().zip(a.chunks_exact(inner)) {
                    let a = a[k];
                    sums.iter_mut().zip(b).for_each(|(sum, b)| *sum += a * b);
                }
            }
            for (out, sums) in out.chunks_exact_mut(columns).zip(&sums) {
                out[start..end].iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
            }
        }
    }
}

/// A dot product in lanes, because the compiler may not reorder sums of real numbers by itself.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    let mut lanes = [0f32; 16];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}
