//! Measures the primitives natively, and the candidates that were not taken beside them.
//!
//! `cargo run --release -p tacit-ot --example bench_primitives -- --json` prints one JSON object a
//! line; without `--json`, a table. The crate `aes` uses the processor's instruction; with
//! `RUSTFLAGS='--cfg aes_backend="soft"'` it does not, which is what WebAssembly has.

use std::hint::black_box;
use std::time::Instant;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt as _, KeyInit as _};
use tacit_measure::{Row, per_second};
use tacit_ot::measure;

/// Blocks of AES at once: enough to fill every pipeline.
const BLOCKS: usize = 64;

fn main() {
    let json = std::env::args().any(|argument| argument == "--json");
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64() * 1e3;
    let mut emit = |row: &Row| {
        if json {
            println!("{}", row.to_json("native"));
        } else {
            println!("{:<12}{:<20}{:>16.2} {}", row.bench, row.variant, row.value, row.unit);
        }
    };
    measure::all(&clock, &mut emit);
    candidates(&clock, &mut emit);
}

/// AES and BLAKE3 as generator and as hash.
fn candidates(clock: &dyn Fn() -> f64, emit: &mut dyn FnMut(&Row)) {
    let mut row = |bench, variant: &str, value, unit| emit(&Row { bench, variant: variant.into(), value, unit });

    let aes = Aes128::new(&Array::from([1; 16]));
    let mut blocks: Vec<_> = (0..BLOCKS as u8).map(|i| Array::from([i; 16])).collect();
    let times = per_second(clock, || aes.encrypt_blocks(black_box(&mut blocks)));
    row("prg", "aes128", (BLOCKS * 16) as f64 / 1e6 * times, "MB/s");
    row("hash", "aes128 fixed key", BLOCKS as f64 / 1e6 * times, "Mhash/s");

    let mut out = vec![0; 64 << 10];
    let times = per_second(clock, || {
        let mut hasher = blake3::Hasher::new();
        hasher.update(black_box(&[1; 32]));
        hasher.finalize_xof().fill(black_box(&mut out));
    });
    row("prg", "blake3", out.len() as f64 / 1e6 * times, "MB/s");
    let times = per_second(clock, || {
        black_box(blake3::hash(black_box(&[1; 32])));
    });
    row("hash", "blake3", times / 1e6, "Mhash/s");
}
