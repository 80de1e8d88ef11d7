//! The operator's metrics: counts, never identities. In Prometheus' text format, on an address of
//! its own.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of events since the start.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) rooms: AtomicU64,
    pub(crate) introductions: AtomicU64,
    pub(crate) bodies: AtomicU64,
    pub(crate) refusals: AtomicU64,
}

impl Counts {
    /// Increments a counter.
    pub(crate) fn one(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns all metrics as text: the counters, and the current numbers of open rooms and tasks.
    pub(crate) fn text(&self, open_rooms: usize, tasks: usize) -> String {
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, value: u64| write(&mut text, name, kind, help, value);
        metric("rooms", "gauge", "Rooms and doors that are open now.", open_rooms as u64);
        metric("connections", "gauge", "Connections and sockets that are open now.", tasks as u64);
        for (name, help, counter) in [
            ("rooms_total", "Rooms and doors that were opened.", &self.rooms),
            ("introductions_total", "Guests who met a host.", &self.introductions),
            ("bodies_total", "Sealed bodies that were passed on.", &self.bodies),
            ("refusals_total", "Requests for a seat that were refused.", &self.refusals),
        ] {
            metric(name, "counter", help, counter.load(Ordering::Relaxed));
        }
        text
    }
}

/// Appends one metric.
pub(crate) fn write(text: &mut String, name: &str, kind: &str, help: &str, value: u64) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP tacit_{name} {help}\n# TYPE tacit_{name} {kind}\ntacit_{name} {value}");
}
