//! Measures the kernels natively.
//!
//! `cargo run --release -p tacit-compute --example bench_kernels -- --json` prints one JSON object
//! a line; without `--json`, a table.

use std::time::Instant;

use tacit_compute::measure;
use tacit_measure::Row;

fn main() {
    let json = std::env::args().any(|argument| argument == "--json");
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64() * 1e3;
    measure::all(&clock, &mut |row: &Row| {
        if json {
            println!("{}", row.to_json("native"));
        } else {
            println!("{:<22}{:<26}{:>12.2} {}", row.bench, row.variant, row.value, row.unit);
        }
    });
}
