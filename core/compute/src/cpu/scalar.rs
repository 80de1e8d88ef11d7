//! Plain words: the yardstick, and the back end of machines without a better one.

use super::tiles::{self, Kernel, TILE_COLUMNS, TILE_ROWS, Tile};
use crate::modulus::{min, shoup};
use crate::{Kernels, Matmul, Modulus, NttTable};

/// The back end in plain words. Compilers make vectors of its loops where the machine surely has
/// them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scalar;

impl Kernels for Scalar {
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
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            multiply_accumulate(*modulus, terms, block * BLOCK, out);
        }
    }

    fn matmul(&self, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]) {
        tiles::matmul(self, size, a, b, out);
    }
}

/// Cooley–Tukey butterflies with Harvey's lazy reductions: values stay below 4p from layer to
/// layer.
fn forward(table: &NttTable, poly: &mut [u32]) {
    let (modulus, roots) = (table.modulus(), table.forward());
    let p = modulus.value();
    let mut blocks = 1;
    while blocks < poly.len() {
        let half = poly.len() / blocks / 2;
        for (i, block) in poly.chunks_exact_mut(2 * half).enumerate() {
            let root = roots.get(blocks + i);
            let (low, high) = block.split_at_mut(half);
            for (x, y) in low.iter_mut().zip(high) {
                let a = min(*x, x.wrapping_sub(2 * p));
                let b = shoup(*y, root, p);
                (*x, *y) = (a + b, a + 2 * p - b);
            }
        }
        blocks *= 2;
    }
    for x in poly {
        *x = modulus.below(min(*x, x.wrapping_sub(2 * p)));
    }
}

/// Gentleman–Sande butterflies; values stay below 2p. The last layer scales.
fn inverse(table: &NttTable, poly: &mut [u32]) {
    let (modulus, roots) = (table.modulus(), table.inverse());
    let p = modulus.value();
    let mut blocks = poly.len() / 2;
    while blocks > 1 {
        let half = poly.len() / blocks / 2;
        for (i, block) in poly.chunks_exact_mut(2 * half).enumerate() {
            let root = roots.get(blocks + i);
            let (low, high) = block.split_at_mut(half);
            for (x, y) in low.iter_mut().zip(high) {
                let (a, b) = (*x, *y);
                *x = min(a + b, (a + b).wrapping_sub(2 * p));
                *y = shoup(a + 2 * p - b, root, p);
            }
        }
        blocks /= 2;
    }
    let [scale, scaled_root] = table.scale();
    let (low, high) = poly.split_at_mut(poly.len() / 2);
    for (x, y) in low.iter_mut().zip(high) {
        let (a, b) = (*x, *y);
        *x = modulus.scale(scale, a + b);
        *y = modulus.scale(scaled_root, a + 2 * p - b);
    }
}

/// Coefficients that are summed up side by side.
const BLOCK: usize = 64;

/// Coefficients `start..` of the sum.
fn multiply_accumulate(modulus: Modulus, terms: &[(&[u32], &[u32])], start: usize, out: &mut [u32]) {
    let mut sums = [0; BLOCK];
    for terms in terms.chunks(modulus.terms_at_once()) {
        for (a, b) in terms {
            let (a, b) = (&a[start..start + out.len()], &b[start..start + out.len()]);
            for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                *sum += u64::from(a) * u64::from(b);
            }
        }
        sums.iter_mut().for_each(|sum| *sum = modulus.below_wide(*sum));
    }
    for (out, &sum) in out.iter_mut().zip(&sums) {
        *out = modulus.scale(modulus.montgomery(), modulus.montgomery_reduce(sum));
    }
}

impl Kernel for Scalar {
    fn tile(&self, left: &[[u32; TILE_ROWS]], right: &[[u32; TILE_COLUMNS]], tile: &mut Tile) {
        let mut sums = *tile;
        for (left, right) in left.iter().zip(right) {
            for (sums, &left) in sums.iter_mut().zip(left) {
                for (sum, &right) in sums.iter_mut().zip(right) {
                    *sum = sum.wrapping_add(left.wrapping_mul(right));
                }
            }
        }
        *tile = sums;
    }

    fn dot(&self, left: &[u32], right: &[u32]) -> u32 {
        left.iter().zip(right).fold(0, |sum, (&a, &b)| sum.wrapping_add(a.wrapping_mul(b)))
    }
}
