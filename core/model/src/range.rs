//! What numbers can be: intervals, one per channel, in whole or in real numbers.
//!
//! The positive and the negative weights of a filter are added up apart, so the interval of a
//! linear layer's output is the tightest that intervals of its inputs allow.

use std::ops::{Add, Mul, Sub};

use tacit_compute::Convolution;

use crate::graph::{Model, Op, Shape};

/// All numbers from `lo` to `hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range<T> {
    pub(crate) lo: T,
    pub(crate) hi: T,
}

pub(crate) trait Number:
    Copy + Default + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
}
impl Number for f64 {}
/// Wide enough for sums of 2^22 products of two words.
impl Number for i128 {}

fn least<T: Number>(x: T, y: T) -> T {
    if y < x { y } else { x }
}

fn most<T: Number>(x: T, y: T) -> T {
    if y > x { y } else { x }
}

impl<T: Number> Range<T> {
    pub(crate) fn clamp(self, ceiling: Option<T>) -> Self {
        let clamp = |x| {
            let x = most(x, T::default());
            ceiling.map_or(x, |ceiling| least(x, ceiling))
        };
        Self { lo: clamp(self.lo), hi: clamp(self.hi) }
    }

    pub(crate) fn hull(self, other: Self) -> Self {
        Self { lo: least(self.lo, other.lo), hi: most(self.hi, other.hi) }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { lo: self.lo + other.lo, hi: self.hi + other.hi }
    }

    /// `factor` is not negative.
    pub(crate) fn times(self, factor: T) -> Self {
        Self { lo: self.lo * factor, hi: self.hi * factor }
    }
}

impl Range<i128> {
    pub(crate) fn size(self) -> i128 {
        self.lo.abs().max(self.hi.abs())
    }

    /// After a truncation that gives the floor or one more.
    pub(crate) fn truncated(self, bits: u32) -> Self {
        if bits == 0 { self } else { Self { lo: self.lo >> bits, hi: (self.hi >> bits) + 1 } }
    }

    /// With a unit more on either side, as shares of products under encryption add up
    /// (`tacit_share::linear`).
    pub(crate) fn one_off(self) -> Self {
        Self { lo: self.lo - 1, hi: self.hi + 1 }
    }

    /// The least b ≥ 2 for which all numbers lie in −2^(b−1)..2^(b−1).
    pub(crate) fn width(self) -> u32 {
        let bits = |x: i128| if x < 0 { i128::BITS - (!x).leading_zeros() } else { i128::BITS - x.leading_zeros() };
        (bits(self.lo).max(bits(self.hi)) + 1).max(2)
    }

    /// A difference of two numbers, either way round.
    pub(crate) fn difference(self) -> Self {
        Self { lo: self.lo - self.hi, hi: self.hi - self.lo }
    }
}

/// One interval for all.
pub(crate) fn overall<T: Number>(ranges: &[Range<T>]) -> Range<T> {
    let ranges = ranges.iter().copied();
    ranges.reduce(Range::hull).expect("a shape has channels")
}

/// One interval per number and not per channel, where a picture became a vector.
pub(crate) fn spread<T: Number>(ranges: &[Range<T>], from: Shape, to: Shape) -> Vec<Range<T>> {
    let each = if from == to { 1 } else { from.area() };
    ranges.iter().flat_map(|&range| std::iter::repeat_n(range, each)).collect()
}

/// The output of a linear layer before truncation.
pub(crate) fn linear<W: Copy + Into<T>, T: Number>(
    shape: &Convolution,
    weights: &[W],
    bias: &[T],
    input: &[Range<T>],
) -> Vec<Range<T>> {
    let input = padded(shape, input);
    let filters = weights.chunks_exact(shape.patch()).zip(bias);
    filters.map(|(filter, &bias)| one(shape, filter.iter().map(|&w| w.into()), bias, &input)).collect()
}

/// The inputs of a layer, padding among them.
fn padded<T: Number>(shape: &Convolution, input: &[Range<T>]) -> Vec<Range<T>> {
    let zero = Range { lo: T::default(), hi: T::default() };
    input.iter().map(|&range| if shape.padding > 0 { range.hull(zero) } else { range }).collect()
}

/// The output of one filter.
fn one<T: Number>(shape: &Convolution, mut filter: impl Iterator<Item = T>, bias: T, input: &[Range<T>]) -> Range<T> {
    let [kh, kw] = shape.kernel;
    let mut sum = Range { lo: bias, hi: bias };
    for range in input {
        let (mut positive, mut negative) = (T::default(), T::default());
        for w in filter.by_ref().take(kh * kw) {
            positive = positive + most(w, T::default());
            negative = negative + least(w, T::default());
        }
        sum.lo = sum.lo + positive * range.lo + negative * range.hi;
        sum.hi = sum.hi + positive * range.hi + negative * range.lo;
    }
    sum
}

/// The values of a model in real numbers, for all pictures: the picture, then the output of every
/// node, channel by channel.
pub(crate) fn of_model(model: &Model, shapes: &[Shape]) -> Vec<Vec<Range<f64>>> {
    let mut values = vec![vec![Range { lo: 0.0, hi: 1.0 }; model.input.channels]];
    for (node, &output) in model.nodes.iter().zip(&shapes[1..]) {
        let (x, input) = (&values[node.inputs[0]], shapes[node.inputs[0]]);
        let out = match &node.op {
            Op::Convolution { weights, bias, .. } | Op::Dense { weights, bias, .. } => {
                let bias: Vec<f64> = bias.iter().map(|&b| b.into()).collect();
                linear(&node.op.linear(input).expect("a checked model"), weights, &bias, x)
            }
            Op::BatchNorm { scale, shift } => {
                let channel = |((x, &a), &b): ((&Range<f64>, &f32), &f32)| {
                    let ends = [x.lo, x.hi].map(|end| f64::from(a) * end + f64::from(b));
                    Range { lo: ends[0].min(ends[1]), hi: ends[0].max(ends[1]) }
                };
                x.iter().zip(scale).zip(shift).map(channel).collect()
            }
            Op::Relu { ceiling } => x.iter().map(|x| x.clamp(ceiling.map(f64::from))).collect(),
            Op::MaxPool { .. } | Op::AveragePool { .. } => x.clone(),
            Op::Flatten => spread(x, input, output),
            Op::Add => x.iter().zip(&values[node.inputs[1]]).map(|(x, y)| x.plus(*y)).collect(),
        };
        values.push(out);
    }
    values
}

/// The largest difference of two outputs of a linear layer, in absolute value.
///
/// Where each filter has one output, it is that of a filter which is the difference of two, for
/// both see the same inputs. Else, and where there are many, it is [`largest_difference`].
pub(crate) fn linear_difference<W: Copy + Into<T>, T: Number>(
    shape: &Convolution,
    weights: &[W],
    bias: &[T],
    input: &[Range<T>],
    outputs: &[Range<T>],
) -> T {
    if shape.positions() > 1 || (shape.filters as u64).pow(2) * shape.patch() as u64 > 1 << 22 {
        let outputs: Vec<_> = outputs.iter().flat_map(|&range| std::iter::repeat_n(range, shape.positions())).collect();
        return largest_difference(&outputs);
    }
    let input = padded(shape, input);
    let filters: Vec<_> = weights.chunks_exact(shape.patch()).zip(bias).collect();
    let mut largest = T::default();
    for (i, (w, b)) in filters.iter().enumerate() {
        for (v, a) in &filters[..i] {
            let difference = w.iter().zip(*v).map(|(&w, &v)| w.into() - v.into());
            let range = one(shape, difference, **b - **a, &input);
            largest = most(largest, most(range.hi, T::default() - range.lo));
        }
    }
    largest
}

/// The largest difference of two different ones of these numbers, in absolute value.
pub(crate) fn largest_difference<T: Number>(ranges: &[Range<T>]) -> T {
    let mut largest = T::default();
    for (i, x) in ranges.iter().enumerate() {
        for y in ranges.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, y)| y) {
            largest = most(largest, x.hi - y.lo);
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widths_by_hand() {
        for (lo, hi, width) in [(0, 0, 2), (-1, 0, 2), (-2, 1, 2), (-2, 2, 3), (-3, 0, 3), (0, 127, 8), (-129, 0, 9)] {
            assert_eq!(Range { lo, hi }.width(), width, "{lo}..={hi}");
        }
        assert_eq!(Range { lo: -(1 << 31), hi: (1 << 31) - 1 }.width(), 32);
    }

    proptest! {
        #[test]
        fn truncations_stay_within(lo in -5000..5000i128, size in 0..5000i128, x in 0..5000i128, bits in 0..9u32) {
            let range = Range { lo, hi: lo + size };
            let x = lo + x.min(size);
            let out = range.truncated(bits);
            let up = i128::from(bits > 0);
            prop_assert!(out.lo <= x >> bits && (x >> bits) + up <= out.hi);
        }

        /// Every extreme of the inputs is reached, and none is exceeded.
        #[test]
        fn a_layer_is_bounded_tightly(weights in proptest::collection::vec(-9..9i32, 6), lo in -5..5i128, size in 0..5i128) {
            let shape = Convolution {
                channels: 1, height: 2, width: 3, filters: 1, kernel: [2, 3], stride: 1, padding: 0,
            };
            let range = Range { lo, hi: lo + size };
            let out = linear(&shape, &weights, &[3i128], &[range])[0];
            let ends = (0..64u32).map(|ends| {
                let x = |i: usize| if ends >> i & 1 == 0 { range.lo } else { range.hi };
                weights.iter().enumerate().map(|(i, &w)| i128::from(w) * x(i)).sum::<i128>() + 3
            });
            prop_assert_eq!(ends.clone().min(), Some(out.lo));
            prop_assert_eq!(ends.max(), Some(out.hi));
        }

        /// Differences are those of numbers that can occur together.
        #[test]
        fn differences_are_bounded_tightly(weights in proptest::collection::vec(-9..9i32, 8), bias in [-9..9i128, -9..9i128]) {
            let shape = crate::graph::dense(4, 2);
            let input = [Range { lo: -1, hi: 2 }; 4];
            let out = linear(&shape, &weights, &bias, &input);
            let bound = linear_difference(&shape, &weights, &bias, &input, &out);
            let differences = (0..16u32).map(|ends| {
                let x = |i: usize| if ends >> i & 1 == 0 { -1 } else { 2 };
                let sum = |row: usize| (0..4).map(|i| i128::from(weights[row * 4 + i]) * x(i)).sum::<i128>() + bias[row];
                (sum(0) - sum(1)).abs()
            });
            prop_assert_eq!(differences.max(), Some(bound));
            prop_assert!(bound <= largest_difference(&out));
        }
    }
}
