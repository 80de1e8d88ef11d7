//! Every altered party gains at most what is agreed, and no honest program crashes, is filled or
//! held.

use tacit_cheats::ATTACKS;
use tacit_measure::heap::Counting;

#[global_allocator]
static HEAP: Counting = Counting::new();

/// The most memory of a run, both parties together, none of which has a plan of more than some
/// hundred kilobytes.
const MOST: usize = 64 << 20;

/// One test, since there is one heap.
#[test]
fn every_attack_gains_what_is_agreed_at_most() {
    for attack in ATTACKS {
        let (report, peak) = HEAP.peak_of(|| attack.play(attack.few));
        assert!(report.holds(), "{report:?}");
        assert!(peak < MOST, "{}: {peak} bytes", report.attack);
    }
}
