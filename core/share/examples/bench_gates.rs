//! Measures gates natively: `cargo run --release -p tacit-share --example bench_gates` prints one
//! JSON object a line.

use std::time::Instant;

fn main() -> Result<(), tacit_session::Fault> {
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64() * 1e3;
    tacit_share::measure::all(&clock, &mut |row| println!("{}", row.to_json("native")))
}
