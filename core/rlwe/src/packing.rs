//! How a layer becomes products of polynomials.
//!
//! *Computes*: a convolution, or a product of a matrix and a vector, as coefficients of Σ
//! inputⱼ·weightⱼ modulo X^N + 1. *From*: Huang, Lu, Hong, Ding, *Cheetah*, 2022, section 3.1.
//! *Cost*: [`Packing::requests`] ciphertexts there and [`Packing::responses`] back, cut so that the
//! fewest bytes cross. *Deviations*: a matrix is a convolution with one-by-one pictures, which is
//! Cheetah's matrix packing with the rows in reverse, so there is one rule; bytes are minimised
//! rather than ciphertexts, since a request is longer than a response.
//!
//! Into one polynomial go C channels of H × W numbers each, and M filters, with M·C·H·W ≤ N:
//!
//! ```text
//! input:    X^(c·HW + y·W + x)                      has coefficient  input(c, y, x)
//! weights:  X^(O − m·CHW − c·HW − i·W − j)          has coefficient  weight(m, c, i, j)
//! product:  X^(O − m·CHW + y·W + x)                 has coefficient  output(m, y, x)
//!           with O = HW·(MC − 1) + W·(kernel height − 1) + kernel width − 1
//! ```
//!
//! The exponents of other pairs (c ≠ c′, or places that do not match) fall elsewhere, and what
//! wraps around X^N = −1 falls below the least exponent that is wanted. Larger pictures are cut
//! into tiles that overlap by what the kernel needs; more channels or filters than fit make several
//! polynomials. The client adds the padding, and strides pick among the coefficients.

use std::ops::Range;

use tacit_compute::Convolution;

use crate::noise;
use crate::params::{PRIME_BITS, Params, WORD_32};

/// A layer, cut into polynomials. Public: it follows from the shape alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    shape: Convolution,
    /// N.
    size: usize,
    /// Channels in one polynomial.
    channels: usize,
    /// Filters in one polynomial.
    filters: usize,
    /// Rows and columns of outputs in one tile.
    tile: [usize; 2],
}

/// A coefficient of a response, and the output that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which coefficient.
    pub coefficient: usize,
    /// Which number of the layer's output.
    pub output: usize,
}

impl Packing {
    /// The best packing of a convolution; `None` where not even one patch of one channel fits into
    /// a polynomial, or the shape is not valid.
    #[must_use]
    pub fn convolution(shape: &Convolution) -> Option<Self> {
        Self::best(shape, &WORD_32)
    }

    /// The best packing of a product of an `outputs` × `inputs` matrix and a vector.
    ///
    /// # Panics
    /// When there are no inputs or no outputs.
    #[must_use]
    pub fn dense(inputs: usize, outputs: usize) -> Self {
        let shape = Convolution {
            channels: inputs,
            height: 1,
            width: 1,
            filters: outputs,
            kernel: [1, 1],
            stride: 1,
            padding: 0,
        };
        Self::best(&shape, &WORD_32).expect("a matrix with rows and columns can be cut as one likes")
    }

    fn best(shape: &Convolution, params: &Params) -> Option<Self> {
        if !shape.is_valid() {
            return None;
        }
        let [out_h, out_w] = shape.output();
        let mut best: Option<Self> = None;
        for tile in parts(out_h).flat_map(|h| parts(out_w).map(move |w| [h, w])) {
            for channels in parts(shape.channels) {
                let cut = Self { shape: *shape, size: params.size, channels, filters: 1, tile };
                let room = params.size / cut.block().max(1);
                if room == 0 {
                    continue;
                }
                // As few groups as possible, then filled evenly.
                let groups = shape.filters.div_ceil(room);
                let cut = Self { filters: shape.filters.div_ceil(groups), ..cut };
                if best.is_none_or(|best| cut.burden(params) < best.burden(params)) {
                    best = Some(cut);
                }
            }
        }
        best
    }

    /// What is to be small: bytes, but for those of the outputs, which are always the same; then
    /// products. In 64 bits, so that a browser and a native party choose alike.
    fn burden(&self, params: &Params) -> (u64, u64) {
        let bytes = |bits: u32| params.size as u64 * u64::from(bits) / 8;
        let [requests, responses, groups] =
            [self.requests(), self.responses(), self.channel_groups()].map(|n| n as u64);
        let request = bytes(params.primes.len() as u32 * PRIME_BITS);
        (requests * request + responses * bytes(params.switched_bits), responses * groups)
    }

    /// The layer.
    #[must_use]
    pub fn shape(&self) -> &Convolution {
        &self.shape
    }

    /// Height and width of a tile's input.
    fn tile_input(&self) -> [usize; 2] {
        [0, 1].map(|i| (self.tile[i] - 1) * self.shape.stride + self.shape.kernel[i])
    }

    /// C·H·W: numbers of the input in one polynomial.
    fn block(&self) -> usize {
        let [h, w] = self.tile_input();
        self.channels * h * w
    }

    fn tiles(&self) -> [usize; 2] {
        let out = self.shape.output();
        [0, 1].map(|i| out[i].div_ceil(self.tile[i]))
    }

    /// Tiles of the picture.
    #[must_use]
    pub fn tile_count(&self) -> usize {
        let [rows, columns] = self.tiles();
        rows * columns
    }

    /// Polynomials that one tile's channels take.
    #[must_use]
    pub fn channel_groups(&self) -> usize {
        self.shape.channels.div_ceil(self.channels)
    }

    /// Polynomials that one tile's outputs take.
    #[must_use]
    pub fn filter_groups(&self) -> usize {
        self.shape.filters.div_ceil(self.filters)
    }

    /// Ciphertexts of a request: tile by tile, [`channel_groups`](Self::channel_groups) each.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.tile_count() * self.channel_groups()
    }

    /// Ciphertexts of a response: tile by tile, [`filter_groups`](Self::filter_groups) each.
    #[must_use]
    pub fn responses(&self) -> usize {
        self.tile_count() * self.filter_groups()
    }

    /// The most outputs that one ciphertext of a response holds.
    #[must_use]
    pub fn most_wanted(&self) -> usize {
        self.filters * self.tile[0] * self.tile[1]
    }

    /// The largest weight, in absolute value, with which every response is decrypted rightly; see
    /// [`crate::noise`]. It follows from the shape alone.
    #[must_use]
    pub fn most_weight(&self, params: &Params) -> u32 {
        noise::most_weight(params, self.filters * self.shape.patch())
    }

    fn channel_group(&self, group: usize) -> Range<usize> {
        group * self.channels..self.shape.channels.min((group + 1) * self.channels)
    }

    /// The filters of a group.
    pub(crate) fn filter_group(&self, group: usize) -> Range<usize> {
        group * self.filters..self.shape.filters.min((group + 1) * self.filters)
    }

    /// O: the exponent of the first filter's first output.
    fn origin(&self) -> usize {
        let [h, w] = self.tile_input();
        let [kh, kw] = self.shape.kernel;
        h * w * (self.filters * self.channels - 1) + w * (kh - 1) + kw - 1
    }

    /// The polynomial of channel group `group` of tile `tile`.
    ///
    /// # Panics
    /// When the input is not as long as the shape says, or there is no such polynomial.
    #[must_use]
    pub fn input(&self, input: &[u32], tile: usize, group: usize) -> Vec<u32> {
        let shape = &self.shape;
        assert_eq!(input.len(), shape.inputs(), "input of another shape");
        assert!(tile < self.tile_count() && group < self.channel_groups(), "a polynomial of the request");
        let [h, w] = self.tile_input();
        let [top, left] = self.corner(tile).map(|n| n * shape.stride);
        let mut poly = vec![0; self.size];
        for (c, channel) in self.channel_group(group).enumerate() {
            let channel = &input[channel * shape.height * shape.width..][..shape.height * shape.width];
            for (y, x) in (0..h).flat_map(|y| (0..w).map(move |x| (y, x))) {
                // Outside of the picture is padding, or beyond the last tile's end: zero.
                let place = (top + y).checked_sub(shape.padding).zip((left + x).checked_sub(shape.padding));
                if let Some((row, column)) = place.filter(|&(row, column)| row < shape.height && column < shape.width) {
                    poly[(c * h + y) * w + x] = channel[row * shape.width + column];
                }
            }
        }
        poly
    }

    /// The polynomial of the weights from channel group `channels` to filter group `filters`, the
    /// same for all tiles.
    ///
    /// # Panics
    /// When there are not as many weights as the shape says, or there is no such polynomial.
    #[must_use]
    pub fn weights(&self, weights: &[i32], filters: usize, channels: usize) -> Vec<i32> {
        let shape = &self.shape;
        assert_eq!(weights.len(), shape.weights(), "weights of another shape");
        assert!(filters < self.filter_groups() && channels < self.channel_groups(), "a polynomial of the weights");
        let ([h, w], [kh, kw]) = (self.tile_input(), shape.kernel);
        let mut poly = vec![0; self.size];
        for (m, filter) in self.filter_group(filters).enumerate() {
            for (c, channel) in self.channel_group(channels).enumerate() {
                for (i, j) in (0..kh).flat_map(|i| (0..kw).map(move |j| (i, j))) {
                    let weight = weights[((filter * shape.channels + channel) * kh + i) * kw + j];
                    poly[self.origin() - m * self.block() - (c * h + i) * w - j] = weight;
                }
            }
        }
        poly
    }

    /// The coefficients of filter group `group` of tile `tile` that are outputs, in the order in
    /// which they are sent.
    ///
    /// # Panics
    /// When there is no such polynomial.
    #[must_use]
    pub fn wanted(&self, tile: usize, group: usize) -> Vec<Wanted> {
        assert!(tile < self.tile_count() && group < self.filter_groups(), "a polynomial of the response");
        let [out_h, out_w] = self.shape.output();
        let [_, w] = self.tile_input();
        let [top, left] = self.corner(tile);
        let [height, width] = [self.tile[0].min(out_h - top), self.tile[1].min(out_w - left)];
        let mut wanted = Vec::with_capacity(self.most_wanted());
        for (m, filter) in self.filter_group(group).enumerate() {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let coefficient = self.origin() - m * self.block() + (y * w + x) * self.shape.stride;
                wanted.push(Wanted { coefficient, output: (filter * out_h + top + y) * out_w + left + x });
            }
        }
        wanted
    }

    /// The first output of a tile.
    fn corner(&self, tile: usize) -> [usize; 2] {
        let [_, columns] = self.tiles();
        [tile / columns * self.tile[0], tile % columns * self.tile[1]]
    }
}

/// The sizes of parts when n things are cut into 1, 2, 3, … parts, each size once, the largest
/// first.
fn parts(n: usize) -> impl Iterator<Item = usize> {
    let next = move |&part: &usize| {
        // The fewest pieces that make the parts smaller.
        (part > 1).then(|| n.div_ceil(n.div_ceil(part - 1)))
    };
    std::iter::successors(Some(n), next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;
    use tacit_compute::{Kernels as _, Scalar};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The layer by products of polynomials, in the clear.
    fn by_polynomials(packing: &Packing, weights: &[i32], input: &[u32]) -> Vec<Option<u32>> {
        let mut out = vec![None; packing.shape().outputs()];
        for tile in 0..packing.tile_count() {
            for filters in 0..packing.filter_groups() {
                let mut sum = vec![0u32; packing.size];
                for channels in 0..packing.channel_groups() {
                    let (x, w) = (packing.input(input, tile, channels), packing.weights(weights, filters, channels));
                    for (i, &w) in w.iter().enumerate().filter(|(_, w)| **w != 0) {
                        for (j, &x) in x.iter().enumerate().filter(|(_, x)| **x != 0) {
                            let term = x.wrapping_mul(w as u32);
                            let term = if i + j < packing.size { term } else { term.wrapping_neg() };
                            let place = &mut sum[(i + j) % packing.size];
                            *place = place.wrapping_add(term);
                        }
                    }
                }
                let wanted = packing.wanted(tile, filters);
                assert!(wanted.len() <= packing.most_wanted());
                for Wanted { coefficient, output } in wanted {
                    assert_eq!(out[output].replace(sum[coefficient]), None, "an output twice");
                }
            }
        }
        out
    }

    fn is_the_layer(packing: &Packing, seed: u32) {
        let shape = packing.shape();
        let numbers = |n: usize, salt: u32| {
            (0..n as u32).map(move |i| (i ^ seed).wrapping_mul(salt).wrapping_mul(i ^ 0x9e37_79b9) | 1)
        };
        let weights: Vec<i32> = numbers(shape.weights(), 0x85eb_ca6b).map(u32::cast_signed).collect();
        let input: Vec<u32> = numbers(shape.inputs(), 0xc2b2_ae35).collect();
        let mut expected = vec![0; shape.outputs()];
        let unsigned: Vec<u32> = weights.iter().map(|&w| w as u32).collect();
        Scalar.convolve(shape, &unsigned, &input, &mut expected);
        let expected: Vec<_> = expected.into_iter().map(Some).collect();
        assert_eq!(by_polynomials(packing, &weights, &input), expected, "{packing:?}");
    }

    fn layer(channels: usize, size: usize, filters: usize, kernel: usize, padding: usize) -> Convolution {
        Convolution { channels, height: size, width: size, filters, kernel: [kernel; 2], stride: 1, padding }
    }

    /// Every cut of small layers into polynomials of 64 coefficients, not only the best one, and
    /// exactly full ones too.
    #[test]
    fn every_cut_is_right() {
        let shapes = [
            layer(3, 4, 5, 3, 1),
            Convolution { stride: 2, ..layer(2, 5, 3, 2, 0) },
            Convolution { kernel: [1, 3], ..layer(4, 4, 4, 1, 1) },
            layer(7, 1, 9, 1, 0),
            layer(8, 1, 8, 1, 0),
        ];
        for shape in shapes {
            let [h, w] = shape.output();
            for (a, b) in (1..=h).flat_map(|a| (1..=w).map(move |b| (a, b))) {
                for (channels, filters) in (1..=shape.channels).flat_map(|c| (1..=shape.filters).map(move |m| (c, m))) {
                    let packing = Packing { shape, size: 64, channels, filters, tile: [a, b] };
                    if packing.block() * filters <= packing.size {
                        is_the_layer(&packing, 1);
                    }
                }
            }
        }
    }

    #[test]
    fn the_best_cut_is_the_best_of_all() {
        let params = Params { size: 128, ..WORD_32 };
        for shape in [layer(5, 6, 7, 3, 1), layer(20, 1, 30, 1, 0), Convolution { stride: 2, ..layer(3, 9, 4, 3, 0) }] {
            let best = Packing::best(&shape, &params).unwrap();
            let [h, w] = shape.output();
            for (a, b) in (1..=h).flat_map(|a| (1..=w).map(move |b| (a, b))) {
                for (channels, filters) in (1..=shape.channels).flat_map(|c| (1..=shape.filters).map(move |m| (c, m))) {
                    let packing = Packing { shape, size: 128, channels, filters, tile: [a, b] };
                    if packing.block() * filters <= packing.size {
                        assert!(best.burden(&params).0 <= packing.burden(&params).0, "{packing:?} beats {best:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Packing::convolution(&layer(1, 65, 1, 65, 0)), None);
        assert!(Packing::convolution(&layer(1, 64, 1, 64, 0)).is_some());
        assert_eq!(Packing::convolution(&layer(1, 4, 1, 5, 0)), None, "a kernel larger than the picture");
    }

    #[test]
    fn parts_are_all_sizes_of_equal_cuts() {
        for n in 1..200usize {
            let expected: HashSet<usize> = (1..=n).map(|count| n.div_ceil(count)).collect();
            assert_eq!(parts(n).collect::<HashSet<_>>(), expected);
            assert_eq!(parts(n).count(), expected.len());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn random_layers(
            (channels, height, width, filters) in (1..6usize, 1..9usize, 1..9usize, 1..6usize),
            kernel in [1..4usize, 1..4usize], stride in 1..4usize, padding in 0..3usize, seed: u32,
        ) {
            let shape = Convolution { channels, height, width, filters, kernel, stride, padding };
            let params = Params { size: 256, ..WORD_32 };
            if let Some(packing) = Packing::best(&shape, &params) {
                is_the_layer(&packing, seed);
            }
        }
    }
}
