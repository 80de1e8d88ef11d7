//! The processor as a back end.

mod scalar;
#[cfg(target_arch = "wasm32")]
mod simd128;
mod tiles;

pub use scalar::Scalar;
#[cfg(not(target_arch = "wasm32"))]
pub use scalar::Scalar as Cpu;
#[cfg(target_arch = "wasm32")]
pub use simd128::Simd128;
#[cfg(target_arch = "wasm32")]
pub use simd128::Simd128 as Cpu;

use zeroize::Zeroizing;

use crate::{Compute, Convolution, Kernels, Matmul, NttTable, Products, Resident, Way};

impl<K: Kernels> Compute for K {
    async fn transform(&self, table: &NttTable, way: Way, polys: &mut [u32]) {
        match way {
            Way::Forward => self.forward(table, polys),
            Way::Inverse => self.inverse(table, polys),
        }
    }

    async fn products(&self, products: &Products<'_>) -> Zeroizing<Vec<u32>> {
        sum_products(self, products)
    }

    async fn multiply(&self, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]) {
        self.matmul(size, a, b, out);
    }

    async fn multiply_wide(&self, size: Matmul, a: &[u64], b: &[u64], out: &mut [u64]) {
        size.check(a, b, out);
        let Matmul { rows: _, inner, columns } = size;
        out.fill(0);
        if out.is_empty() || inner == 0 {
            return;
        }
        for (row, out) in a.chunks_exact(inner).zip(out.chunks_exact_mut(columns)) {
            for (&x, b) in row.iter().zip(b.chunks_exact(columns)) {
                out.iter_mut().zip(b).for_each(|(sum, &y)| *sum = sum.wrapping_add(x.wrapping_mul(y)));
            }
        }
    }

    async fn convolve_all(&self, shape: &Convolution, weights: &Resident, inputs: &[u32], out: &mut [u32]) {
        shape.count(inputs, out);
        for (input, out) in inputs.chunks_exact(shape.inputs()).zip(out.chunks_exact_mut(shape.outputs())) {
            self.convolve(shape, weights.words(), input, out);
        }
    }

    async fn convolve_wide(&self, shape: &Convolution, weights: &[u64], inputs: &[u64], out: &mut [u64]) {
        shape.count(inputs, out);
        let size = Matmul { rows: shape.filters, inner: shape.patch(), columns: shape.positions() };
        for (input, out) in inputs.chunks_exact(shape.inputs()).zip(out.chunks_exact_mut(shape.outputs())) {
            self.multiply_wide(size, weights, &shape.patches(input), out).await;
        }
    }
}

/// See [`Compute::products`].
pub(crate) fn sum_products(kernels: &impl Kernels, products: &Products<'_>) -> Zeroizing<Vec<u32>> {
    products.check();
    let Products { tables, inner, columns, weights, fresh, keys, inputs, .. } = products;
    let (words, rows) = (products.words(), products.rows.clone());
    let mut out = Zeroizing::new(vec![0; rows.len() * columns * words]);
    let mut fresh = Zeroizing::new(fresh.to_vec());
    let sums = out.chunks_exact_mut(columns * words);
    for ((row, fresh), sums) in rows.zip(fresh.chunks_exact_mut(words)).zip(sums) {
        let mut at = 0;
        for table in *tables {
            let limb = at..at + table.size();
            at = limb.end;
            kernels.forward(table, &mut fresh[limb.clone()]);
            for (column, sum) in sums.chunks_exact_mut(words).enumerate() {
                let of_poly = |index: usize| index * words + limb.start..index * words + limb.end;
                let terms = (0..*inner)
                    .map(|k| (&weights.words()[of_poly(row * inner + k)], &inputs[of_poly(k * columns + column)]));
                let key = (&fresh[limb.clone()], &keys[of_poly(column)]);
                let terms: Vec<_> = [key].into_iter().chain(terms).collect();
                let sum = &mut sum[limb.clone()];
                kernels.multiply_accumulate(&table.modulus(), &terms, sum);
                kernels.inverse(table, sum);
            }
        }
    }
    out
}
