//! Measures the gain of altered programs, one row for each attack: `attack, runs, allowed_bits,
//! gained_bits, crashed, peak_mb`.
//!
//! Bits are of one run: those that the agreement opens to the cheater, and those that it learned of
//! the other side's secret on average. `crashed` counts runs in which the honest program panicked
//! or waited for ever; `peak_mb` is the most memory that all runs took at once, both parties
//! together.

use tacit_cheats::ATTACKS;
use tacit_measure::heap::Counting;

#[global_allocator]
static HEAP: Counting = Counting::new();

fn main() {
    for attack in ATTACKS {
        let (report, peak) = HEAP.peak_of(|| attack.play(attack.runs));
        println!(
            r#"{{"bench":"cheats","attack":"{}","runs":{},"allowed_bits":{:.2},"gained_bits":{:.2},"crashed":{},"peak_mb":{:.1}}}"#,
            report.attack,
            report.runs,
            report.allowed_bits,
            report.gained_bits,
            report.crashed,
            peak as f64 / f64::from(1 << 20),
        );
    }
}
