//! The heavy integer kernels behind one trait: number-theoretic transforms, pointwise products, products of matrices
//! and convolutions.
//!
//! Two kinds of arithmetic take nearly all the time of a classification. Lattice encryption multiplies polynomials
//! modulo primes of at most 30 bits; linear layers multiply matrices modulo 2^32. Both are whole numbers, so every back
//! end gives the same bits, and one test suite holds them all to it.
//!
//! The kernels are pure functions on slices. They do not branch on values and do not index by them, so they may be
//! given secrets.
//!
//! # Back ends
//!
//! [`Scalar`] is plain code for any machine and the yardstick. In WebAssembly there is `Simd128` besides, which asks for
//! `simd128` function by function. [`Cpu`] is the faster one of where we are.
//!
//! # Measured
//!
//! | kernel | `Simd128`, V8 | `Scalar`, V8 |
//! |---|---|---|
//! | forward transform, N = 4096, 27 bits | 8.5 µs | 57 µs |
//! | inverse transform, N = 4096, 27 bits | 8.3 µs | 60 µs |
//! | one term of a sum of products, N = 4096 | 1.0 µs | 2.7 µs |
//! | matrix product 512³ modulo 2^32 | 44 Gop/s | 7 Gop/s |
//! | convolution 32 to 32 channels, 3×3 on 32×32 | 640 µs | 2,600 µs |
//!
//! One thread of a two-core x86-64 server that had much other work; lower bounds therefore.
//! `cargo run --release -p tacit-compute --example bench_kernels` measures again natively.
//!
//! ```
//! use tacit_compute::{Compute, Cpu, Modulus, NttTable};
//!
//! // X · X^4095 = X^4096 = -1 modulo X^4096 + 1.
//! let modulus = Modulus::new(134_176_769);
//! let table = NttTable::new(modulus, 4096);
//! let (mut x, mut y) = (vec![0; 4096], vec![0; 4096]);
//! (x[1], y[4095]) = (1, 1);
//! Cpu.forward(&table, &mut x);
//! Cpu.forward(&table, &mut y);
//! let mut product = vec![0; 4096];
//! Cpu.multiply_accumulate(&modulus, &[(&x, &y)], &mut product);
//! Cpu.inverse(&table, &mut product);
//! assert_eq!(product[0], modulus.value() - 1);
//! assert!(product[1..].iter().all(|&c| c == 0));
//! ```

mod convolution;
mod cpu;
pub mod measure;
mod modulus;
mod ntt;
#[cfg(test)]
mod suite;

pub use convolution::Convolution;
#[cfg(target_arch = "wasm32")]
pub use cpu::Simd128;
pub use cpu::{Cpu, Scalar};
pub use modulus::{Factor, Modulus};
pub use ntt::NttTable;

/// The kernels. Every implementation gives the same bits.
pub trait Compute {
    /// Transforms polynomials of Z_p\[X\]/(X^N + 1), one behind the other, in place: from coefficients below p to
    /// values below p, in the order that [`NttTable`] says.
    ///
    /// # Panics
    /// When `polys` is not a whole number of polynomials.
    fn forward(&self, table: &NttTable, polys: &mut [u32]);

    /// The inverse of [`forward`](Self::forward), scaled.
    ///
    /// # Panics
    /// When `polys` is not a whole number of polynomials.
    fn inverse(&self, table: &NttTable, polys: &mut [u32]);

    /// Pointwise Σ aᵢ·bᵢ modulo p over any number of pairs, written to `out`. All values are below p.
    ///
    /// # Panics
    /// When a slice is not as long as `out`.
    fn multiply_accumulate(&self, modulus: &Modulus, terms: &[(&[u32], &[u32])], out: &mut [u32]);

    /// The product of `a` (`rows` × `inner`) and `b` (`inner` × `columns`) modulo 2^32, written to `out`; all by rows.
    ///
    /// # Panics
    /// When a slice is not as long as its shape says.
    fn matmul(&self, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]);

    /// The convolution of one picture modulo 2^32, written to `out` as filters × height × width; see [`Convolution`].
    ///
    /// # Panics
    /// When a slice is not as long as the shape says.
    fn convolve(&self, shape: &Convolution, weights: &[u32], input: &[u32], out: &mut [u32]) {
        assert_eq!(weights.len(), shape.weights(), "weights of another shape");
        assert_eq!(out.len(), shape.outputs(), "output of another shape");
        let patches = shape.patches(input);
        let size = Matmul { rows: shape.filters, inner: shape.patch(), columns: shape.positions() };
        self.matmul(size, weights, &patches, out);
    }
}

/// The size of a product of matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matmul {
    /// Rows of the first and of the product.
    pub rows: usize,
    /// Columns of the first, rows of the second.
    pub inner: usize,
    /// Columns of the second and of the product.
    pub columns: usize,
}

impl Matmul {
    /// Holds the slices to the shape.
    fn check(self, a: &[u32], b: &[u32], out: &[u32]) {
        assert_eq!(a.len(), self.rows * self.inner, "the first matrix has another shape");
        assert_eq!(b.len(), self.inner * self.columns, "the second matrix has another shape");
        assert_eq!(out.len(), self.rows * self.columns, "the product has another shape");
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
