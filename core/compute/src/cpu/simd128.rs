//! `simd128` of WebAssembly: four words at once.
//!
//! A module that uses it does not load in an engine without it, so calling it needs no check. There
//! is no high half of a 32-bit product; two extended multiplications (32 × 32 → 64 bits on two
//! lanes each) and a shuffle make one.

use std::arch::wasm32::*;

use super::tiles::{self, Kernel, TILE_COLUMNS, TILE_ROWS, Tile};
use crate::modulus::Factor;
use crate::{Kernels, Matmul, Modulus, NttTable};

/// The back end in vectors of WebAssembly.
#[derive(Clone, Copy, Debug, Default)]
pub struct Simd128;

impl Kernels for Simd128 {
    fn forward(&self, table: &NttTable, polys: &mut [u32]) {
        assert!(polys.len().is_multiple_of(table.size()), "a whole number of polynomials");
        polys.chunks_exact_mut(table.size()).for_each(|poly| forward(table, poly));
    }

    fn inverse(&self, table: &NttTable, polys: &mut [u32]) {
        assert!(polys.len().is_multiple_of(table.size()), "a whole number of polynomials");
        polys.chunks_exact_mut(table.size()).for_each(|poly| inverse(table, poly));
    }

    fn multiply_accumulate(&self, modulus: &Modulus, terms: &[(&[u32], &[u32])], out: &mut [u32]) {
        assert!(terms.iter().all(|(a, b)| a.len() == out.len() && b.len() == out.len()), "slices of one length");
        let whole = out.len() / BLOCK * BLOCK;
        multiply_accumulate(*modulus, terms, &mut out[..whole]);
        let rest: Vec<_> = terms.iter().map(|(a, b)| (&a[whole..], &b[whole..])).collect();
        super::Scalar.multiply_accumulate(modulus, &rest, &mut out[whole..]);
    }

    fn matmul(&self, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]) {
        tiles::matmul(self, size, a, b, out);
    }
}

/// Four words of a polynomial.
type Four = [u32; 4];

#[inline]
#[target_feature(enable = "simd128")]
#[expect(unsafe_code, reason = "a vector load takes a pointer")]
fn load(words: &Four) -> v128 {
    // SAFETY: the reference is to 16 readable bytes, and vector loads of WebAssembly need no
    // alignment.
    unsafe { v128_load(std::ptr::from_ref(words).cast()) }
}

#[inline]
#[target_feature(enable = "simd128")]
#[expect(unsafe_code, reason = "a vector store takes a pointer")]
fn store(words: &mut Four, x: v128) {
    // SAFETY: the reference is to 16 writable bytes, and vector stores of WebAssembly need no
    // alignment.
    unsafe { v128_store(std::ptr::from_mut(words).cast(), x) }
}

/// A factor in all lanes, or one in each.
#[derive(Clone, Copy)]
struct Factors {
    value: v128,
    shoup: v128,
}

impl Factors {
    /// The same, without the compiler's knowing. It would widen the companion once, ahead of a
    /// loop, and then find no extended multiplications in it any more, but 64-bit ones, which cost
    /// three times as much.
    #[inline]
    #[target_feature(enable = "simd128")]
    fn again(&self) -> Self {
        Self { value: self.value, shoup: opaque(&self.shoup) }
    }
}

#[inline]
#[target_feature(enable = "simd128")]
#[expect(unsafe_code, reason = "a volatile load takes a pointer")]
fn opaque(x: &v128) -> v128 {
    // SAFETY: a reference is a valid, aligned pointer to an initialised value, and a vector may be
    // copied.
    unsafe { std::ptr::read_volatile(x) }
}

#[inline]
#[target_feature(enable = "simd128")]
fn splat(factor: Factor) -> Factors {
    Factors { value: u32x4_splat(factor.value), shoup: u32x4_splat(factor.shoup) }
}

/// factor·x modulo p in [0, 2p), for any x.
#[inline]
#[target_feature(enable = "simd128")]
fn shoup(x: v128, factor: Factors, p: v128) -> v128 {
    let low = u64x2_extmul_low_u32x4(x, factor.shoup);
    let high = u64x2_extmul_high_u32x4(x, factor.shoup);
    let q = i32x4_shuffle::<1, 3, 5, 7>(low, high);
    u32x4_sub(u32x4_mul(x, factor.value), u32x4_mul(q, p))
}

/// x − bound where that is not negative.
#[inline]
#[target_feature(enable = "simd128")]
fn below(x: v128, bound: v128) -> v128 {
    u32x4_min(x, u32x4_sub(x, bound))
}

/// p and 2p in all lanes.
#[derive(Clone, Copy)]
struct Bounds {
    p: v128,
    two_p: v128,
}

impl Bounds {
    #[inline]
    #[target_feature(enable = "simd128")]
    fn of(modulus: Modulus) -> Self {
        Self { p: u32x4_splat(modulus.value()), two_p: u32x4_splat(2 * modulus.value()) }
    }

    /// The forward butterfly (Cooley–Tukey): keeps values below 4p (Harvey).
    #[inline]
    #[target_feature(enable = "simd128")]
    fn forward(self, x: &mut v128, y: &mut v128, root: Factors) {
        let a = below(*x, self.two_p);
        let b = shoup(*y, root, self.p);
        *x = u32x4_add(a, b);
        *y = u32x4_add(a, u32x4_sub(self.two_p, b));
    }

    /// The inverse butterfly (Gentleman–Sande): keeps values below 2p.
    #[inline]
    #[target_feature(enable = "simd128")]
    fn inverse(self, x: &mut v128, y: &mut v128, root: Factors) {
        let (a, b) = (*x, *y);
        *x = below(u32x4_add(a, b), self.two_p);
        *y = shoup(u32x4_add(a, u32x4_sub(self.two_p, b)), root, self.p);
    }
}

/// The forward transform of one polynomial: two layers in one pass over memory, the last four in
/// registers.
#[target_feature(enable = "simd128")]
fn forward(table: &NttTable, poly: &mut [u32]) {
    let (bounds, roots, n) = (Bounds::of(table.modulus()), table.forward(), poly.len());
    let (fours, _) = poly.as_chunks_mut::<4>();
    let mut blocks = 1;
    if n.trailing_zeros() % 2 == 1 {
        let root = splat(roots.get(1));
        let (low, high) = fours.split_at_mut(n / 8);
        for (low, high) in low.iter_mut().zip(high) {
            let (mut x, mut y) = (load(low), load(high));
            bounds.forward(&mut x, &mut y, root.again());
            store(low, x);
            store(high, y);
        }
        blocks = 2;
    }
    while blocks < n / 16 {
        for (i, block) in fours.chunks_exact_mut(n / 4 / blocks).enumerate() {
            let first = splat(roots.get(blocks + i));
            let second = [splat(roots.get(2 * (blocks + i))), splat(roots.get(2 * (blocks + i) + 1))];
            for [a, b, c, d] in quarters(block) {
                let (mut x, mut y, mut z, mut w) = (load(a), load(b), load(c), load(d));
                let first = first.again();
                bounds.forward(&mut x, &mut z, first);
                bounds.forward(&mut y, &mut w, first);
                bounds.forward(&mut x, &mut y, second[0].again());
                bounds.forward(&mut z, &mut w, second[1].again());
                store(a, x);
                store(b, y);
                store(c, z);
                store(d, w);
            }
        }
        blocks *= 4;
    }
    let (sixteens, _) = fours.as_chunks_mut::<4>();
    let (values, companions) = (LastRoots::of(&roots.value), LastRoots::of(&roots.shoup));
    for (sixteen, (value, companion)) in sixteens.iter_mut().zip(values.zip(companions)) {
        let mut v = load_all(sixteen);
        let [x, y, z, w] = &mut v;
        let root = Factors { value: value.eight(), shoup: companion.eight() };
        bounds.forward(x, z, root);
        bounds.forward(y, w, root);
        let (value_four, shoup_four) = (value.four(), companion.four());
        bounds.forward(x, y, Factors { value: value_four[0], shoup: shoup_four[0] });
        bounds.forward(z, w, Factors { value: value_four[1], shoup: shoup_four[1] });
        v = transpose(v);
        let [x, y, z, w] = &mut v;
        let root = Factors { value: value.two(), shoup: companion.two() };
        bounds.forward(x, z, root);
        bounds.forward(y, w, root);
        let (value_one, shoup_one) = (value.one(), companion.one());
        bounds.forward(x, y, Factors { value: value_one[0], shoup: shoup_one[0] });
        bounds.forward(z, w, Factors { value: value_one[1], shoup: shoup_one[1] });
        for x in [x, y, z, w] {
            *x = below(below(*x, bounds.two_p), bounds.p);
        }
        store_all(sixteen, transpose(v));
    }
}

/// The inverse transform of one polynomial: the forward one's passes backwards.
#[target_feature(enable = "simd128")]
fn inverse(table: &NttTable, poly: &mut [u32]) {
    let (bounds, roots, n) = (Bounds::of(table.modulus()), table.inverse(), poly.len());
    let (fours, _) = poly.as_chunks_mut::<4>();
    let (sixteens, _) = fours.as_chunks_mut::<4>();
    let (values, companions) = (LastRoots::of(&roots.value), LastRoots::of(&roots.shoup));
    for (sixteen, (value, companion)) in sixteens.iter_mut().zip(values.zip(companions)) {
        let mut v = transpose(load_all(sixteen));
        let [x, y, z, w] = &mut v;
        let (value_one, shoup_one) = (value.one(), companion.one());
        bounds.inverse(x, y, Factors { value: value_one[0], shoup: shoup_one[0] });
        bounds.inverse(z, w, Factors { value: value_one[1], shoup: shoup_one[1] });
        let root = Factors { value: value.two(), shoup: companion.two() };
        bounds.inverse(x, z, root);
        bounds.inverse(y, w, root);
        v = transpose(v);
        let [x, y, z, w] = &mut v;
        let (value_four, shoup_four) = (value.four(), companion.four());
        bounds.inverse(x, y, Factors { value: value_four[0], shoup: shoup_four[0] });
        bounds.inverse(z, w, Factors { value: value_four[1], shoup: shoup_four[1] });
        let root = Factors { value: value.eight(), shoup: companion.eight() };
        bounds.inverse(x, z, root);
        bounds.inverse(y, w, root);
        store_all(sixteen, v);
    }
    let mut blocks = n / 64;
    while blocks > 1 {
        for (i, block) in fours.chunks_exact_mut(n / 4 / blocks).enumerate() {
            let first = [splat(roots.get(2 * (blocks + i))), splat(roots.get(2 * (blocks + i) + 1))];
            let second = splat(roots.get(blocks + i));
            for [a, b, c, d] in quarters(block) {
                let (mut x, mut y, mut z, mut w) = (load(a), load(b), load(c), load(d));
                bounds.inverse(&mut x, &mut y, first[0].again());
                bounds.inverse(&mut z, &mut w, first[1].again());
                let second = second.again();
                bounds.inverse(&mut x, &mut z, second);
                bounds.inverse(&mut y, &mut w, second);
                store(a, x);
                store(b, y);
                store(c, z);
                store(d, w);
            }
        }
        blocks /= 4;
    }
    let scale = table.scale().map(|factor| splat(factor));
    if blocks == 1 {
        // Two layers are left, as everywhere else, and the last of them scales.
        let first = [splat(roots.get(2)), splat(roots.get(3))];
        for [a, b, c, d] in quarters(fours) {
            let (mut x, mut y, mut z, mut w) = (load(a), load(b), load(c), load(d));
            bounds.inverse(&mut x, &mut y, first[0].again());
            bounds.inverse(&mut z, &mut w, first[1].again());
            let scale = [scale[0].again(), scale[1].again()];
            let [x, z] = last_layer(bounds, x, z, scale);
            let [y, w] = last_layer(bounds, y, w, scale);
            store(a, x);
            store(b, y);
            store(c, z);
            store(d, w);
        }
    } else {
        let (low, high) = fours.split_at_mut(n / 8);
        for (low, high) in low.iter_mut().zip(high) {
            let [x, y] = last_layer(bounds, load(low), load(high), [scale[0].again(), scale[1].again()]);
            store(low, x);
            store(high, y);
        }
    }
}

/// The inverse's last butterfly: scales, and reduces all the way.
#[inline]
#[target_feature(enable = "simd128")]
fn last_layer(bounds: Bounds, x: v128, y: v128, [scale, scaled_root]: [Factors; 2]) -> [v128; 2] {
    let (sum, difference) = (u32x4_add(x, y), u32x4_add(x, u32x4_sub(bounds.two_p, y)));
    [below(shoup(sum, scale, bounds.p), bounds.p), below(shoup(difference, scaled_root, bounds.p), bounds.p)]
}

/// The same place in each quarter of a block.
#[inline]
fn quarters(block: &mut [Four]) -> impl Iterator<Item = [&mut Four; 4]> {
    let (low, high) = block.split_at_mut(block.len() / 2);
    let ((a, b), (c, d)) = (low.split_at_mut(low.len() / 2), high.split_at_mut(high.len() / 2));
    a.iter_mut().zip(b).zip(c.iter_mut().zip(d)).map(|((a, b), (c, d))| [a, b, c, d])
}

/// The roots that one block of 16 coefficients needs in the four layers with steps of 8, 4, 2
/// and 1.
#[derive(Clone, Copy)]
struct LastRoots<'a> {
    eight: u32,
    four: &'a [u32; 2],
    two: &'a Four,
    one: &'a [Four; 2],
}

impl<'a> LastRoots<'a> {
    /// Those of every block, in order.
    #[inline]
    fn of(roots: &'a [u32]) -> impl Iterator<Item = Self> {
        let n = roots.len();
        let (four, _) = roots[n / 8..n / 4].as_chunks::<2>();
        let (two, _) = roots[n / 4..n / 2].as_chunks::<4>();
        let (one, _) = roots[n / 2..].as_chunks::<4>();
        let (one, _) = one.as_chunks::<2>();
        let layers = roots[n / 16..n / 8].iter().zip(four).zip(two.iter().zip(one));
        layers.map(|((&eight, four), (two, one))| Self { eight, four, two, one })
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn eight(self) -> v128 {
        opaque(&u32x4_splat(self.eight))
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn four(self) -> [v128; 2] {
        [opaque(&u32x4_splat(self.four[0])), opaque(&u32x4_splat(self.four[1]))]
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    fn two(self) -> v128 {
        load(self.two)
    }

    /// Those at even and those at odd places.
    #[inline]
    #[target_feature(enable = "simd128")]
    fn one(self) -> [v128; 2] {
        let (low, high) = (load(&self.one[0]), load(&self.one[1]));
        [i32x4_shuffle::<0, 2, 4, 6>(low, high), i32x4_shuffle::<1, 3, 5, 7>(low, high)]
    }
}

#[inline]
#[target_feature(enable = "simd128")]
fn load_all(words: &[Four; 4]) -> [v128; 4] {
    [load(&words[0]), load(&words[1]), load(&words[2]), load(&words[3])]
}

#[inline]
#[target_feature(enable = "simd128")]
fn store_all(words: &mut [Four; 4], [a, b, c, d]: [v128; 4]) {
    store(&mut words[0], a);
    store(&mut words[1], b);
    store(&mut words[2], c);
    store(&mut words[3], d);
}

/// Four rows to four columns.
#[inline]
#[target_feature(enable = "simd128")]
fn transpose([a, b, c, d]: [v128; 4]) -> [v128; 4] {
    let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
    let (ab_high, cd_high) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
    [
        i64x2_shuffle::<0, 2>(ab, cd),
        i64x2_shuffle::<1, 3>(ab, cd),
        i64x2_shuffle::<0, 2>(ab_high, cd_high),
        i64x2_shuffle::<1, 3>(ab_high, cd_high),
    ]
}

/// Coefficients that are summed up side by side: sums of 64 bits in eight registers.
const BLOCK: usize = 16;

/// The pointwise sum of products, for whole blocks.
#[target_feature(enable = "simd128")]
fn multiply_accumulate(modulus: Modulus, terms: &[(&[u32], &[u32])], out: &mut [u32]) {
    let bounds = Bounds::of(modulus);
    let (negated_inverse, unscale) = (u32x4_splat(modulus.negated_inverse()), splat(modulus.montgomery()));
    let p = modulus.value();
    let [upper_p, upper_two_p] = [p, 2 * p].map(|bound| u32x4(0, bound, 0, bound));
    let (blocks, _) = out.as_chunks_mut::<BLOCK>();
    for (i, out) in blocks.iter_mut().enumerate() {
        let range = i * BLOCK..(i + 1) * BLOCK;
        let (out, _) = out.as_chunks_mut::<4>();
        let mut sums = [[u64x2_splat(0); 2]; 4];
        for terms in terms.chunks(modulus.terms_at_once()) {
            for (a, b) in terms {
                let ((a, _), (b, _)) = (a[range.clone()].as_chunks::<4>(), b[range.clone()].as_chunks::<4>());
                for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                    let (a, b) = (load(a), load(b));
                    sum[0] = u64x2_add(sum[0], u64x2_extmul_low_u32x4(a, b));
                    sum[1] = u64x2_add(sum[1], u64x2_extmul_high_u32x4(a, b));
                }
            }
            // As `Modulus::below_wide`: the lower halves stay as they are.
            for sum in sums.as_flattened_mut() {
                *sum = below(below(*sum, upper_two_p), upper_p);
            }
        }
        let (p, unscale) = (opaque(&bounds.p), unscale.again());
        for (out, [low, high]) in out.iter_mut().zip(sums) {
            // Montgomery's reduction: the low halves are made zero, the high halves are the result.
            let q = u32x4_mul(i32x4_shuffle::<0, 2, 4, 6>(low, high), negated_inverse);
            let low = u64x2_add(low, u64x2_extmul_low_u32x4(q, p));
            let high = u64x2_add(high, u64x2_extmul_high_u32x4(q, p));
            let reduced = i32x4_shuffle::<1, 3, 5, 7>(low, high);
            store(out, below(shoup(reduced, unscale, bounds.p), bounds.p));
        }
    }
}

impl Kernel for Simd128 {
    fn tile(&self, left: &[[u32; TILE_ROWS]], right: &[[u32; TILE_COLUMNS]], out: &mut Tile) {
        tile(left, right, out);
    }

    fn dot(&self, left: &[u32], right: &[u32]) -> u32 {
        dot(left, right)
    }
}

#[target_feature(enable = "simd128")]
fn tile(left: &[[u32; TILE_ROWS]], right: &[[u32; TILE_COLUMNS]], out: &mut Tile) {
    let mut sums = [[u32x4_splat(0); 2]; TILE_ROWS];
    // Not unrolled: compilers then load far ahead, engines run out of registers, and it takes twice
    // as long.
    for (left, right) in left.iter().zip(right) {
        let (halves, _) = right.as_chunks::<4>();
        let right = [load(&halves[0]), load(&halves[1])];
        for (sums, &left) in sums.iter_mut().zip(left) {
            let left = u32x4_splat(left);
            sums[0] = u32x4_add(sums[0], u32x4_mul(left, right[0]));
            sums[1] = u32x4_add(sums[1], u32x4_mul(left, right[1]));
        }
    }
    for (out, sums) in out.iter_mut().zip(sums) {
        let (halves, _) = out.as_chunks_mut::<4>();
        for (out, sum) in halves.iter_mut().zip(sums) {
            store(out, u32x4_add(load(out), sum));
        }
    }
}

#[target_feature(enable = "simd128")]
fn dot(left: &[u32], right: &[u32]) -> u32 {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    let mut sums = [u32x4_splat(0); 2];
    for (left, right) in left.iter().zip(right) {
        let ((left, _), (right, _)) = (left.as_chunks::<4>(), right.as_chunks::<4>());
        sums[0] = u32x4_add(sums[0], u32x4_mul(load(&left[0]), load(&right[0])));
        sums[1] = u32x4_add(sums[1], u32x4_mul(load(&left[1]), load(&right[1])));
    }
    let mut lanes = [0; 4];
    store(&mut lanes, u32x4_add(sums[0], sums[1]));
    let rest = left_rest.iter().zip(right_rest).fold(0u32, |sum, (&a, &b)| sum.wrapping_add(a.wrapping_mul(b)));
    lanes.into_iter().fold(rest, u32::wrapping_add)
}
