//! A convolution with what follows it: batch normalisation (Ioffe, Szegedy 2015) and a ReLU with a ceiling.
//!
//! Values are laid out picture by picture, row by row, pixel by pixel, channels last. So a patch is a few runs of
//! consecutive numbers, and a convolution is the product of the matrix of all patches with the weights. A dense layer is
//! a convolution whose kernel is the whole picture.

use fastrand::Rng;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use crate::augment::normal;
use crate::parameter::Parameter;

/// The geometry of a convolution. Pictures and kernels are square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Geometry {
    pub(crate) channels: usize,
    pub(crate) side: usize,
    pub(crate) filters: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
}

impl Geometry {
    /// Height and width of the output.
    pub(crate) fn out(&self) -> usize {
        (self.side + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Numbers in a patch.
    pub(crate) fn patch(&self) -> usize {
        self.kernel * self.kernel * self.channels
    }

    /// Numbers in an input.
    pub(crate) fn inputs(&self) -> usize {
        self.side * self.side * self.channels
    }

    /// Calls `f` for each run of consecutive numbers: where it is in the patches of a picture, where in the picture, and
    /// how long it is. What no run covers is padding.
    fn runs(&self, mut f: impl FnMut(usize, usize, usize)) {
        let Self { channels, side, kernel, stride, padding, .. } = *self;
        for (i, y, x) in (0..self.out()).flat_map(|y| (0..self.out()).map(move |x| (y * self.out() + x, y, x))) {
            let first = padding.saturating_sub(x * stride);
            let last = kernel.min(side + padding - x * stride);
            for ky in 0..kernel {
                let row = (y * stride + ky).wrapping_sub(padding);
                if row < side && first < last {
                    let patch = i * self.patch() + (ky * kernel + first) * channels;
                    let picture = (row * side + x * stride + first - padding) * channels;
                    f(patch, picture, (last - first) * channels);
                }
            }
        }
    }

    fn patches(&self, input: &[f32], out: &mut Vec<f32>) {
        let size = self.out() * self.out() * self.patch();
        out.clear();
        out.resize(input.len() / self.inputs() * size, 0.0);
        for (patches, picture) in out.chunks_exact_mut(size).zip(input.chunks_exact(self.inputs())) {
            self.runs(|to, from, len| patches[to..][..len].copy_from_slice(&picture[from..][..len]));
        }
    }

    /// The transpose of `patches`.
    fn unpatch(&self, patches: &[f32], out: &mut Vec<f32>) {
        let size = self.out() * self.out() * self.patch();
        out.clear();
        out.resize(patches.len() / size * self.inputs(), 0.0);
        for (patches, picture) in patches.chunks_exact(size).zip(out.chunks_exact_mut(self.inputs())) {
            self.runs(|from, to, len| {
                picture[to..][..len].iter_mut().zip(&patches[from..][..len]).for_each(|(p, x)| *p += x);
            });
        }
    }
}

/// A convolution, its normalisation and its ReLU.
pub(crate) struct Block {
    /// Of the convolution.
    pub(crate) geometry: Geometry,
    /// By filter, row of the kernel, column, channel.
    pub(crate) weights: Parameter,
    /// What normalised values are multiplied with.
    pub(crate) scale: Parameter,
    /// What is added then.
    pub(crate) shift: Parameter,
    /// The mean that was seen of each filter's outputs.
    pub(crate) mean: Vec<f32>,
    /// The variance that was seen.
    pub(crate) variance: Vec<f32>,
    /// What follows.
    pub(crate) activation: Activation,
    // What the way back needs of the way there.
    patches: Vec<f32>,
    normal: Vec<f32>,
    inverse: Vec<f32>,
}

/// What follows a convolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Activation {
    /// A bias; these are the logits.
    Bias,
    /// Batch normalisation and a ReLU.
    Relu {
        /// What it does not exceed.
        ceiling: Option<f32>,
    },
}

/// What keeps a variance from being zero.
pub(crate) const EPSILON: f32 = 1e-5;

impl Block {
    /// A block that has learned nothing (He et al. 2015).
    pub(crate) fn new(geometry: Geometry, activation: Activation, rng: &mut Rng) -> Self {
        let deviation = (2.0 / geometry.patch() as f32).sqrt();
        let weights = (0..geometry.filters * geometry.patch()).map(|_| normal(rng) * deviation).collect();
        let all = |x: f32| vec![x; geometry.filters];
        Self {
            geometry,
            weights: Parameter::new(weights, true),
            scale: Parameter::new(all(1.0), false),
            shift: Parameter::new(all(0.0), false),
            mean: all(0.0),
            variance: all(1.0),
            activation,
            patches: Vec::new(),
            normal: Vec::new(),
            inverse: Vec::new(),
        }
    }

    /// What is learned.
    pub(crate) fn parameters(&mut self) -> impl Iterator<Item = &mut Parameter> {
        [&mut self.weights, &mut self.scale, &mut self.shift].into_iter()
    }

    /// The output for a batch, normalised by the batch's own statistics. These move what was seen by `momentum`.
    pub(crate) fn forward(&mut self, input: &[f32], momentum: f32, out: &mut Vec<f32>) {
        let filters = self.geometry.filters;
        self.geometry.patches(input, &mut self.patches);
        out.resize(self.patches.len() / self.geometry.patch() * filters, 0.0);
        let weights = matrix(&self.weights.value, self.geometry.patch());
        general_mat_mul(
            1.0,
            &matrix(&self.patches, self.geometry.patch()),
            &weights.t(),
            0.0,
            &mut matrix_mut(out, filters),
        );
        match self.activation {
            Activation::Bias => {
                for row in out.chunks_exact_mut(filters) {
                    row.iter_mut().zip(&self.shift.value).for_each(|(x, b)| *x += b);
                }
            }
            Activation::Relu { ceiling } => {
                self.normalise(out, momentum);
                let ceiling = ceiling.unwrap_or(f32::INFINITY);
                for row in out.chunks_exact_mut(filters) {
                    for ((x, a), b) in row.iter_mut().zip(&self.scale.value).zip(&self.shift.value) {
                        *x = (*x * a + b).clamp(0.0, ceiling);
                    }
                }
            }
        }
    }

    /// Subtracts the means, divides by the deviations, and remembers the result.
    fn normalise(&mut self, values: &mut [f32], momentum: f32) {
        let filters = self.geometry.filters;
        let count = (values.len() / filters) as f32;
        let mean: Vec<f32> = column_sums(values, filters, |x, _| x).iter().map(|sum| sum / count).collect();
        for row in values.chunks_exact_mut(filters) {
            row.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean);
        }
        let variance: Vec<f32> = column_sums(values, filters, |x, _| x * x).iter().map(|sum| sum / count).collect();
        self.inverse = variance.iter().map(|v| 1.0 / (v + EPSILON).sqrt()).collect();
        for row in values.chunks_exact_mut(filters) {
            row.iter_mut().zip(&self.inverse).for_each(|(x, inverse)| *x *= inverse);
        }
        self.normal.clear();
        self.normal.extend_from_slice(values);
        let moved = self.mean.iter_mut().zip(mean).chain(self.variance.iter_mut().zip(variance));
        moved.for_each(|(seen, new)| *seen += momentum * (new - *seen));
    }

    /// From the gradient of the output, which becomes that of the convolution's, those of the parameters and, if there is
    /// room for it, of the input.
    pub(crate) fn backward(&mut self, gradient: &mut [f32], input: Option<&mut Vec<f32>>) {
        let (filters, patch) = (self.geometry.filters, self.geometry.patch());
        match self.activation {
            Activation::Bias => self.shift.gradient = column_sums(gradient, filters, |x, _| x),
            Activation::Relu { ceiling } => self.unnormalise(gradient, ceiling.unwrap_or(f32::INFINITY)),
        }
        let patches = matrix(&self.patches, patch);
        let by_filter = matrix(gradient, filters);
        general_mat_mul(1.0, &by_filter.t(), &patches, 0.0, &mut matrix_mut(&mut self.weights.gradient, patch));
        if let Some(input) = input {
            let weights = matrix(&self.weights.value, patch);
            general_mat_mul(1.0, &by_filter, &weights, 0.0, &mut matrix_mut(&mut self.patches, patch));
            self.geometry.unpatch(&self.patches, input);
        }
    }

    /// Back through the ReLU and the normalisation.
    fn unnormalise(&mut self, gradient: &mut [f32], ceiling: f32) {
        let filters = self.geometry.filters;
        for (gradient, normal) in gradient.chunks_exact_mut(filters).zip(self.normal.chunks_exact(filters)) {
            let affine = self.scale.value.iter().zip(&self.shift.value);
            for ((g, x), (a, b)) in gradient.iter_mut().zip(normal).zip(affine) {
                let y = x * a + b;
                *g = if y > 0.0 && y < ceiling { *g } else { 0.0 };
            }
        }
        let count = (gradient.len() / filters) as f32;
        self.shift.gradient = column_sums(gradient, filters, |g, _| g);
        self.scale.gradient = {
            let normal = &self.normal;
            column_sums(gradient, filters, |g, i| g * normal[i])
        };
        let means = self.shift.gradient.iter().zip(&self.scale.gradient);
        let factors: Vec<[f32; 3]> = means
            .zip(self.scale.value.iter().zip(&self.inverse))
            .map(|((shift, scale), (a, inverse))| [a * inverse, shift / count, scale / count])
            .collect();
        for (gradient, normal) in gradient.chunks_exact_mut(filters).zip(self.normal.chunks_exact(filters)) {
            for ((g, x), [factor, shift, scale]) in gradient.iter_mut().zip(normal).zip(&factors) {
                *g = factor * (*g - shift - x * scale);
            }
        }
    }
}

fn matrix(values: &[f32], columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((values.len() / columns, columns), values).expect("whole rows")
}

fn matrix_mut(values: &mut [f32], columns: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((values.len() / columns, columns), values).expect("whole rows")
}

/// The sum of each column of what `f` makes of the values and their places. Rows are summed in groups first: a single
/// sum of many numbers would lose digits.
fn column_sums(values: &[f32], columns: usize, f: impl Fn(f32, usize) -> f32) -> Vec<f32> {
    const GROUP: usize = 256;
    let mut totals = vec![0f32; columns];
    let mut sums = vec![0f32; columns];
    for (g, group) in values.chunks(GROUP * columns).enumerate() {
        sums.fill(0.0);
        for (r, row) in group.chunks_exact(columns).enumerate() {
            let place = (g * GROUP + r) * columns;
            sums.iter_mut().zip(row).enumerate().for_each(|(c, (sum, &x))| *sum += f(x, place + c));
        }
        totals.iter_mut().zip(&sums).for_each(|(total, sum)| *total += sum);
    }
    totals
}
