//! The heavy integer kernels: number-theoretic transforms, pointwise products, products of matrices
//! and convolutions.
//!
//! Two kinds of arithmetic take nearly all the time of a classification. Lattice encryption
//! multiplies polynomials modulo primes of at most 30 bits; linear layers multiply matrices modulo
//! 2^32. Both are whole numbers, so every back end gives the same bits, and one test suite holds
//! them all to it.
//!
//! The kernels are pure functions on slices. They do not branch on values and do not index by them,
//! so they may be given secrets.
//!
//! # Back ends
//!
//! [`Scalar`] is plain code for any machine and the yardstick. In WebAssembly there is `Simd128`
//! besides, which asks for `simd128` function by function. [`Cpu`] is the faster one of where we
//! are. These have [`Kernels`], which answer at once.
//!
//! [`Gpu`] is the graphics processor, which answers later. [`Compute`] is work in pieces large
//! enough for it, and [`Processor`] does each on whichever is faster here; what the graphics
//! processor does not do, for whatever reason, is done on the other.
//!
//! # Measured
//!
//! | kernel | `Simd128`, V8 | `Scalar`, V8 |
//! |---|---|---|
//! | forward transform, N = 4096 | 8.5 µs | 57 µs |
//! | inverse transform, N = 4096 | 8.3 µs | 60 µs |
//! | one term of a sum of products, N = 4096 | 1.0 µs | 2.7 µs |
//! | matrix product 512³ modulo 2^32 | 44 Gop/s | 7 Gop/s |
//! | convolution 32 to 32 channels, 3×3 on 32×32 | 640 µs | 2,600 µs |
//!
//! One thread of a two-core x86-64 server that had much other work; lower bounds therefore.
//! `cargo run --release -p tacit-compute --example bench_kernels` measures again natively.
//!
//! ```
//! use tacit_compute::{Cpu, Kernels, Modulus, NttTable};
//!
//! // X · X^4095 = X^4096 = -1 modulo X^4096 + 1.
//! let modulus = Modulus::new(1_073_692_673);
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
mod gpu;
pub mod measure;
mod modulus;
mod ntt;
mod processor;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod suite_large;

use std::ops::Range;
use std::rc::{Rc, Weak};

use zeroize::Zeroizing;

pub use convolution::Convolution;
#[cfg(target_arch = "wasm32")]
pub use cpu::Simd128;
pub use cpu::{Cpu, Scalar};
pub use gpu::{Found, Gpu, GpuError, Sleep};
pub use modulus::{Factor, Modulus};
pub use ntt::NttTable;
pub use processor::{Force, Operation, Processor, Report};

/// The kernels, one piece of work at a time, at once. Every implementation gives the same bits.
pub trait Kernels {
    /// Transforms polynomials of Z_p\[X\]/(X^N + 1), one behind the other, in place: from
    /// coefficients below p to values below p, in the order that [`NttTable`] says.
    ///
    /// # Panics
    /// When `polys` is not a whole number of polynomials.
    fn forward(&self, table: &NttTable, polys: &mut [u32]);

    /// The inverse of [`forward`](Self::forward), scaled.
    ///
    /// # Panics
    /// When `polys` is not a whole number of polynomials.
    fn inverse(&self, table: &NttTable, polys: &mut [u32]);

    /// Pointwise Σ aᵢ·bᵢ modulo p over any number of pairs, written to `out`. All values are below
    /// p.
    ///
    /// # Panics
    /// When a slice is not as long as `out`.
    fn multiply_accumulate(&self, modulus: &Modulus, terms: &[(&[u32], &[u32])], out: &mut [u32]);

    /// The product of `a` (`rows` × `inner`) and `b` (`inner` × `columns`) modulo 2^32, written to
    /// `out`; all by rows.
    ///
    /// # Panics
    /// When a slice is not as long as its shape says.
    fn matmul(&self, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]);

    /// The convolution of one picture modulo 2^32, written to `out` as filters × height × width;
    /// see [`Convolution`].
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

/// Work in large pieces, done wherever it is done soonest. Every implementation gives the same
/// bits.
///
/// Every type with [`Kernels`] implements it with them, and is done at once.
pub trait Compute {
    /// Transforms polynomials one behind the other, in place, as [`Kernels::forward`] or
    /// [`Kernels::inverse`].
    ///
    /// # Panics
    /// When `polys` is not a whole number of polynomials.
    fn transform(&self, table: &NttTable, way: Way, polys: &mut [u32]) -> impl Future<Output = ()>;

    /// Sums of products of polynomials; see [`Products`]. Row by row and column by column, by
    /// coefficients.
    ///
    /// # Panics
    /// When a slice is not as long as its shape says.
    fn products(&self, products: &Products<'_>) -> impl Future<Output = Zeroizing<Vec<u32>>>;

    /// How many rows of [`products`](Self::products) are best asked for at once: as few as possible
    /// where that gains nothing, for all are in memory.
    fn rows_at_once(&self) -> usize {
        1
    }

    /// The product of matrices modulo 2^32, as [`Kernels::matmul`].
    ///
    /// # Panics
    /// When a slice is not as long as its shape says.
    fn multiply(&self, size: Matmul, a: &[u32], b: &[u32], out: &mut [u32]) -> impl Future<Output = ()>;

    /// The same modulo 2^64.
    ///
    /// # Panics
    /// When a slice is not as long as its shape says.
    fn multiply_wide(&self, size: Matmul, a: &[u64], b: &[u64], out: &mut [u64]) -> impl Future<Output = ()>;

    /// The convolutions of pictures, one behind the other, modulo 2^32, as [`Kernels::convolve`].
    ///
    /// # Panics
    /// When a slice is not as long as the shape says, or `inputs` is not a whole number of
    /// pictures.
    fn convolve_all(
        &self,
        shape: &Convolution,
        weights: &Resident,
        inputs: &[u32],
        out: &mut [u32],
    ) -> impl Future<Output = ()>;

    /// The same modulo 2^64.
    ///
    /// # Panics
    /// When a slice is not as long as the shape says, or `inputs` is not a whole number of
    /// pictures.
    fn convolve_wide(
        &self,
        shape: &Convolution,
        weights: &[u64],
        inputs: &[u64],
        out: &mut [u64],
    ) -> impl Future<Output = ()>;
}

/// There, or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From coefficients to values.
    Forward,
    /// From values to coefficients.
    Inverse,
}

/// Words that stay the same, so that a back end may keep its own copy of them. Wiped when the last
/// owner drops them.
pub struct Resident(Rc<Zeroizing<Vec<u32>>>);

impl Resident {
    /// Makes them stay.
    #[must_use]
    pub fn new(words: Zeroizing<Vec<u32>>) -> Self {
        Self(Rc::new(words))
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.0
    }

    /// Lives as long as an owner does; while it is kept, no other words have its address.
    pub(crate) fn watch(&self) -> Weak<Zeroizing<Vec<u32>>> {
        Rc::downgrade(&self.0)
    }
}

/// Sums of products of polynomials modulo X^N + 1 and some primes, as the owner of a linear layer
/// answers with: fresh(row)·key(column) + Σ weight(row, k)·input(k, column), row by row and column
/// by column.
///
/// A polynomial is N words for each prime, one prime behind the other. All but `fresh` are
/// transformed.
pub struct Products<'a> {
    /// A table for each prime, all of one N.
    pub tables: &'a [NttTable],
    /// The rows that are asked for.
    pub rows: Range<usize>,
    /// Terms of a sum.
    pub inner: usize,
    /// Columns.
    pub columns: usize,
    /// Those of all rows, each of `inner` polynomials.
    pub weights: &'a Resident,
    /// One for each row that is asked for, by coefficients.
    pub fresh: &'a [u32],
    /// One for each column.
    pub keys: &'a [u32],
    /// `inner` rows of `columns`.
    pub inputs: &'a [u32],
}

impl Products<'_> {
    /// Words of a polynomial.
    #[must_use]
    pub fn words(&self) -> usize {
        self.tables.iter().map(NttTable::size).sum()
    }

    /// Holds the slices to the shape.
    fn check(&self) {
        let Self { rows, inner, columns, weights, fresh, keys, inputs, .. } = self;
        let words = self.words();
        assert!(rows.end * inner * words <= weights.words().len(), "weights for every row");
        assert_eq!(fresh.len(), rows.len() * words, "a fresh polynomial for every row");
        assert_eq!(keys.len(), columns * words, "a key for every column");
        assert_eq!(inputs.len(), inner * columns * words, "inputs of another shape");
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
    fn check<T>(self, a: &[T], b: &[T], out: &[T]) {
        assert_eq!(a.len(), self.rows * self.inner, "the first matrix has another shape");
        assert_eq!(b.len(), self.inner * self.columns, "the second matrix has another shape");
        assert_eq!(out.len(), self.rows * self.columns, "the product has another shape");
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
