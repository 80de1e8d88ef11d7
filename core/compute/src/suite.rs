//! One suite for all back ends: each is held to the definitions, bit by bit.

use proptest::prelude::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Convolution, Kernels, Matmul, Modulus, NttTable, Scalar};

/// Primes of 17, 27 and 30 bits that are 1 modulo 2·8192. The last is one of the product's.
pub(crate) const PRIMES: [u32; 3] = [65_537, 133_857_281, 1_073_692_673];

/// The product's primes, which are 1 modulo 2·4096.
pub(crate) const IN_USE: [u32; 2] = [1_073_692_673, 1_073_668_097];

/// Runs a check on every back end that there is here.
macro_rules! on_every_back_end {
    ($check:ident($($argument:expr),*)) => {
        $check(&Scalar, $($argument),*);
        #[cfg(target_arch = "wasm32")]
        $check(&crate::Simd128, $($argument),*);
    };
}

/// Words that are often extreme.
pub(crate) fn words(seed: u64, len: usize) -> Vec<u32> {
    let mut state = seed;
    let mut next = || {
        // SplitMix64 (Steele et al. 2014): any generator will do here.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    };
    (0..len)
        .map(|_| match next() {
            x if x >> 61 == 0 => 0,
            x if x >> 61 == 1 => u32::MAX,
            x => x as u32,
        })
        .collect()
}

/// Residues that are often 0 or p − 1.
pub(crate) fn residues(p: u32, seed: u64, len: usize) -> Vec<u32> {
    words(seed, len).into_iter().map(|x| if x == u32::MAX { p - 1 } else { x % p }).collect()
}

fn schoolbook(p: u32, a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut product = vec![0; a.len()];
    for (i, &x) in a.iter().enumerate().filter(|(_, x)| **x != 0) {
        for (j, &y) in b.iter().enumerate() {
            let term = u64::from(x) * u64::from(y) % u64::from(p);
            let place = (i + j) % a.len();
            // X^N = -1.
            let term = if i + j < a.len() { term } else { u64::from(p) - term };
            product[place] = ((u64::from(product[place]) + term) % u64::from(p)) as u32;
        }
    }
    product
}

fn negacyclic_product(c: &impl Kernels, p: u32, a: &[u32], b: &[u32]) -> Vec<u32> {
    let table = NttTable::new(Modulus::new(p), a.len());
    let mut both = [a, b].concat();
    c.forward(&table, &mut both);
    let (a, b) = both.split_at(a.len());
    let mut product = vec![1; a.len()];
    c.multiply_accumulate(&table.modulus(), &[(a, b)], &mut product);
    c.inverse(&table, &mut product);
    product
}

fn is_the_schoolbook_product(c: &impl Kernels, p: u32, a: &[u32], b: &[u32]) {
    assert_eq!(negacyclic_product(c, p, a, b), schoolbook(p, a, b));
}

#[test]
fn products_at_the_sizes_in_use() {
    let all = [4096, 8192].into_iter().flat_map(|n| PRIMES.map(|p| (n, p)));
    for (n, p) in all.chain(IN_USE.map(|p| (4096, p))) {
        // One factor with few terms keeps the schoolbook quick.
        let mut few = vec![0; n];
        residues(p, 1, 40).into_iter().enumerate().for_each(|(i, x)| few[i * 97 % n] = x);
        on_every_back_end!(is_the_schoolbook_product(p, &few, &residues(p, 2, n)));
    }
}

#[test]
fn products_of_extremes() {
    for (n, p) in [32, 64, 128, 256].into_iter().flat_map(|n| PRIMES.map(|p| (n, p))) {
        for (a, b) in [(0, p - 1), (p - 1, p - 1), (1, p - 1)] {
            on_every_back_end!(is_the_schoolbook_product(p, &vec![a; n], &vec![b; n]));
        }
    }
}

/// The order that [`NttTable`] documents.
fn values_are_in_the_documented_order(c: &impl Kernels, p: u32, n: usize) {
    let modulus = Modulus::new(p);
    let poly = residues(p, 3, n);
    let root = (2..).map(|g| modulus.pow(g, (p - 1) / (2 * n as u32))).find(|&w| modulus.pow(w, n as u32) == p - 1);
    let mut values = poly.clone();
    c.forward(&NttTable::new(modulus, n), &mut values);
    for (i, &value) in values.iter().enumerate() {
        let reversed = i.reverse_bits() >> (usize::BITS - n.trailing_zeros());
        let x = modulus.pow(root.unwrap(), 2 * reversed as u32 + 1);
        let expected = poly.iter().rev().fold(0, |sum, &c| modulus.add(modulus.mul(sum, x), c));
        assert_eq!(value, expected, "value {i} of {n} modulo {p}");
    }
}

#[test]
fn values_of_polynomials() {
    for p in PRIMES {
        for n in [32, 64, 128, 256] {
            on_every_back_end!(values_are_in_the_documented_order(p, n));
        }
    }
}

fn comes_back(c: &impl Kernels, p: u32, n: usize) {
    let table = NttTable::new(Modulus::new(p), n);
    for polys in [residues(p, 4, 3 * n), vec![p - 1; n], vec![0; n]] {
        let mut there = polys.clone();
        c.forward(&table, &mut there);
        assert!(there.iter().all(|&x| x < p), "reduced");
        let mut expected = polys.clone();
        Scalar.forward(&table, &mut expected);
        assert_eq!(there, expected, "the same bits as plain words");
        c.inverse(&table, &mut there);
        assert_eq!(there, polys, "there and back");
    }
}

#[test]
fn transforms_come_back() {
    for n in [4096, 8192] {
        for p in PRIMES {
            on_every_back_end!(comes_back(p, n));
        }
    }
}

fn sums_products(c: &impl Kernels, p: u32, count: usize, len: usize, extreme: bool) {
    let make = |seed| if extreme { vec![p - 1; len] } else { residues(p, seed, len) };
    let polys: Vec<_> = (0..2 * count as u64).map(make).collect();
    let terms: Vec<_> = polys.chunks_exact(2).map(|pair| (&pair[0][..], &pair[1][..])).collect();
    let mut out = vec![7; len];
    c.multiply_accumulate(&Modulus::new(p), &terms, &mut out);
    for (i, &out) in out.iter().enumerate() {
        let sum: u128 = terms.iter().map(|(a, b)| u128::from(a[i]) * u128::from(b[i])).sum();
        assert_eq!(u128::from(out), sum % u128::from(p));
    }
}

#[test]
fn sums_of_products() {
    for p in PRIMES {
        // Around the lengths at which sums are reduced in between: every 12 products at 30 bits,
        // every 96 at 27.
        for count in [0, 1, 4, 11, 12, 13, 24, 25, 70, 95, 96, 97, 200] {
            on_every_back_end!(sums_products(p, count, 48, true));
            on_every_back_end!(sums_products(p, count, 83, false));
        }
    }
}

fn multiplies(c: &impl Kernels, size: Matmul, a: &[u32], b: &[u32]) {
    let Matmul { rows, inner, columns } = size;
    let mut out = vec![9; rows * columns];
    c.matmul(size, a, b, &mut out);
    for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
        let term = |k: usize| a[i * inner + k].wrapping_mul(b[k * columns + j]);
        let expected = (0..inner).map(term).fold(0, u32::wrapping_add);
        assert_eq!(out[i * columns + j], expected, "({i}, {j}) of {size:?}");
    }
}

#[test]
fn matrices_at_the_edges_of_tiles_and_blocks() {
    let edges = [1, 3, 4, 5, 7, 8, 9, 16, 17];
    for size in edges.into_iter().flat_map(|rows| edges.map(|columns| Matmul { rows, inner: 6, columns })) {
        on_every_back_end!(multiplies(size, &words(1, size.rows * 6), &words(2, 6 * size.columns)));
    }
    for inner in [1, 2, 511, 512, 513, 1025] {
        for (rows, columns) in [(5, 1), (5, 3), (9, 11)] {
            let size = Matmul { rows, inner, columns };
            on_every_back_end!(multiplies(size, &words(3, rows * inner), &words(4, inner * columns)));
        }
    }
    for (rows, columns) in [(255, 4), (256, 5), (257, 9), (520, 2)] {
        let size = Matmul { rows, inner: 3, columns };
        on_every_back_end!(multiplies(size, &words(5, rows * 3), &words(6, 3 * columns)));
    }
    let size = Matmul { rows: 6, inner: 600, columns: 10 };
    on_every_back_end!(multiplies(size, &[u32::MAX; 3600], &[u32::MAX; 6000]));
}

#[test]
fn empty_matrices() {
    for (rows, inner, columns) in [(0, 3, 4), (3, 0, 5), (3, 4, 0)] {
        let size = Matmul { rows, inner, columns };
        on_every_back_end!(multiplies(size, &vec![1; rows * inner], &vec![1; inner * columns]));
    }
}

fn convolves(c: &impl Kernels, shape: &Convolution) {
    let (weights, input) = (words(1, shape.weights()), words(2, shape.inputs()));
    let mut out = vec![3; shape.outputs()];
    c.convolve(shape, &weights, &input, &mut out);
    let ([out_h, out_w], [kh, kw]) = (shape.output(), shape.kernel);
    let mut out = out.into_iter();
    for (f, y, x) in (0..shape.filters).flat_map(|f| (0..out_h).flat_map(move |y| (0..out_w).map(move |x| (f, y, x)))) {
        let mut sum = 0u32;
        for (c, i, j) in (0..shape.channels).flat_map(|c| (0..kh).flat_map(move |i| (0..kw).map(move |j| (c, i, j)))) {
            let row = (y * shape.stride + i).wrapping_sub(shape.padding);
            let column = (x * shape.stride + j).wrapping_sub(shape.padding);
            if row < shape.height && column < shape.width {
                let weight = weights[((f * shape.channels + c) * kh + i) * kw + j];
                sum = sum.wrapping_add(weight.wrapping_mul(input[(c * shape.height + row) * shape.width + column]));
            }
        }
        assert_eq!(out.next(), Some(sum), "({f}, {y}, {x}) of {shape:?}");
    }
    assert_eq!(out.next(), None);
}

/// By hand: 1 2 3 / 4 5 6 / 7 8 9 with a diagonal kernel.
#[test]
fn a_convolution_by_hand() {
    let shape = Convolution { channels: 1, height: 3, width: 3, filters: 1, kernel: [2, 2], stride: 1, padding: 0 };
    let input: Vec<u32> = (1..10).collect();
    let mut out = [0; 4];
    Scalar.convolve(&shape, &[1, 0, 0, 10], &input, &mut out);
    assert_eq!(out, [51, 62, 84, 95]);
    let padded = Convolution { stride: 2, padding: 1, ..shape };
    Scalar.convolve(&padded, &[1, 0, 0, 10], &input, &mut out);
    assert_eq!(out, [10, 30, 70, 95]);
}

/// Shapes of convolutions that are valid.
fn shapes() -> impl Strategy<Value = Convolution> {
    let numbers = (1..4usize, 1..10usize, 1..10usize, 1..6usize, [1..5usize, 1..5usize], 1..4usize, 0..4usize);
    numbers
        .prop_map(|(channels, height, width, filters, kernel, stride, padding)| Convolution {
            channels,
            height,
            width,
            filters,
            kernel,
            stride,
            padding,
        })
        .prop_filter("the kernel must fit", Convolution::is_valid)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn products_of_random_polynomials(p in proptest::sample::select(&PRIMES), log in 5..8u32, seed: u64) {
        let n = 1 << log;
        on_every_back_end!(is_the_schoolbook_product(p, &residues(p, seed, n), &residues(p, !seed, n)));
    }

    #[test]
    fn products_of_random_matrices(rows in 1..40usize, inner in 1..70usize, columns in 1..40usize, seed: u64) {
        let (a, b) = (words(seed, rows * inner), words(!seed, inner * columns));
        on_every_back_end!(multiplies(Matmul { rows, inner, columns }, &a, &b));
    }

    #[test]
    fn random_convolutions(shape in shapes()) {
        on_every_back_end!(convolves(&shape));
    }
}
