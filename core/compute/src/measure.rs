//! How fast the kernels are here.
//!
//! Nothing in `core/` knows a clock, so the caller brings one: the terminal's, or a browser
//! Worker's.
//!
//! | `bench` | `variant` | `unit` |
//! |---|---|---|
//! | `ntt-forward`, `ntt-inverse` | `N=4096 30 bits`, `N=8192 30 bits` | µs for one transform |
//! | `multiply-accumulate` | `N=4096, 16 terms` | µs for one term |
//! | `matmul` | `512x512x512`, `64x576x256`, `128x4096x1` | Gop/s: a product and a sum are two |
//! | `convolution` | `32 to 32, 3x3 on 32x32` | µs |
//!
//! A variant of [`Cpu`] has no mark; in WebAssembly the same rows follow with `, scalar` for
//! `Scalar`.

use std::hint::black_box;

use tacit_measure::{Row, per_second};

use crate::{Convolution, Cpu, Kernels, Matmul, Modulus, NttTable};

/// Measures everything. `clock` gives milliseconds; `emit` gets each row as soon as it is known.
pub fn all(clock: &dyn Fn() -> f64, emit: &mut dyn FnMut(&Row)) {
    back_end(&Cpu, "", clock, emit);
    #[cfg(target_arch = "wasm32")]
    back_end(&crate::Scalar, ", scalar", clock, emit);
}

fn back_end(c: &impl Kernels, mark: &str, clock: &dyn Fn() -> f64, emit: &mut dyn FnMut(&Row)) {
    let mut row = |bench, variant: &str, value, unit| {
        emit(&Row { bench, variant: format!("{variant}{mark}"), value, unit });
    };

    for (variant, p, n) in [("N=4096 30 bits", 1_073_692_673, 4096), ("N=8192 30 bits", 1_073_692_673, 8192)] {
        let table = NttTable::new(Modulus::new(p), n);
        let mut poly: Vec<u32> = (0..n as u32).collect();
        let times = per_second(clock, || c.forward(&table, black_box(&mut poly)));
        row("ntt-forward", variant, 1e6 / times, "µs");
        let times = per_second(clock, || c.inverse(&table, black_box(&mut poly)));
        row("ntt-inverse", variant, 1e6 / times, "µs");
    }

    let modulus = Modulus::new(1_073_692_673);
    let polys: Vec<Vec<u32>> = (0..32).map(|i| (i..i + 4096).collect()).collect();
    let terms: Vec<(&[u32], &[u32])> = polys.chunks_exact(2).map(|pair| (&pair[0][..], &pair[1][..])).collect();
    let mut out = vec![0; 4096];
    let times = per_second(clock, || c.multiply_accumulate(&modulus, black_box(&terms), black_box(&mut out)));
    row("multiply-accumulate", "N=4096, 16 terms", 1e6 / times / 16.0, "µs");

    for (rows, inner, columns) in [(512, 512, 512), (64, 576, 256), (128, 4096, 1)] {
        let (a, b) = (vec![3; rows * inner], vec![5; inner * columns]);
        let mut out = vec![0; rows * columns];
        let size = Matmul { rows, inner, columns };
        let times = per_second(clock, || c.matmul(size, black_box(&a), black_box(&b), black_box(&mut out)));
        let operations = 2.0 * (rows * inner * columns) as f64;
        row("matmul", &format!("{rows}x{inner}x{columns}"), operations * times / 1e9, "Gop/s");
    }

    let shape = Convolution { channels: 32, height: 32, width: 32, filters: 32, kernel: [3, 3], stride: 1, padding: 1 };
    let (weights, input) = (vec![3; shape.weights()], vec![5; shape.inputs()]);
    let mut out = vec![0; shape.outputs()];
    let times = per_second(clock, || c.convolve(&shape, black_box(&weights), black_box(&input), black_box(&mut out)));
    row("convolution", "32 to 32, 3x3 on 32x32", 1e6 / times, "µs");
}
