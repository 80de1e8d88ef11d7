//! Networks that a rehearsal can be like.

use serde::Serialize;

/// What a network is like, as the worker takes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Network {
    #[serde(skip)]
    pub(crate) name: &'static str,
    #[serde(skip)]
    pub(crate) says: &'static str,
    /// Milliseconds from one party to the other.
    pub(crate) latency_ms: f64,
    /// Bytes a millisecond; none where there is no bound.
    pub(crate) bytes_per_ms: Option<f64>,
}

impl Network {
    /// From the nearest to the farthest.
    pub(crate) const ALL: [Network; 4] = [
        Network { name: "This machine", says: "as it is", latency_ms: 0.0, bytes_per_ms: None },
        Network { name: "Wi-Fi", says: "2 ms · 100 Mbit/s", latency_ms: 2.0, bytes_per_ms: Some(12_500.0) },
        Network { name: "4G", says: "25 ms · 20 Mbit/s", latency_ms: 25.0, bytes_per_ms: Some(2_500.0) },
        Network {
            name: "Another continent", says: "75 ms · 50 Mbit/s", latency_ms: 75.0, bytes_per_ms: Some(6_250.0)
        },
    ];

    /// Of the time that a run took: waiting for rounds, bytes on their way, and the machines' work, in milliseconds. In a round both
    /// speak at once, so it takes one way and not two.
    pub(crate) fn shares(self, rounds: u64, bytes: u64, ms: f64) -> [f64; 3] {
        let waiting = (rounds as f64 * self.latency_ms).min(ms);
        let moving = self.bytes_per_ms.map_or(0.0, |rate| bytes as f64 / rate).min(ms - waiting);
        [waiting, moving, ms - waiting - moving]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_whole() {
        let [here, .., far] = Network::ALL;
        assert_eq!(here.shares(8, 1000, 4.0), [0.0, 0.0, 4.0]);
        assert_eq!(far.shares(8, 62_500, 640.0), [600.0, 10.0, 30.0]);
        assert_eq!(far.shares(8, 62_500, 100.0), [100.0, 0.0, 0.0], "an estimate never exceeds what was measured");
    }
}
