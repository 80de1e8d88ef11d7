//! Measures the scheme natively: `cargo run --release -p tacit-paillier --example bench_paillier`
//! prints one JSON object a line.

use std::time::Instant;

fn main() -> Result<(), tacit_paillier::Error> {
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64() * 1e3;
    tacit_paillier::measure::all(&clock, &mut |row| println!("{}", row.to_json("native")))
}
