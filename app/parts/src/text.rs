//! Figures as people read them.

/// Bytes in decimal units: `312 B`, `2.9 kB`, `52 kB`, `1.2 MB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{} kB", three_figures(n as f64 / 1e3)),
        _ => format!("{} MB", three_figures(n as f64 / 1e6)),
    }
}

/// A duration in milliseconds: `0.4 ms`, `8.2 ms`, `140 ms`, `1.2 s`.
pub fn duration(ms: f64) -> String {
    let ms = ms.max(0.0);
    if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1e3)
    }
}

/// A round-trip time, where tenths say nothing: `3 ms`, or `under 1 ms`.
pub fn round_trip(ms: f64) -> String {
    if ms < 1.0 { "under 1 ms".into() } else { format!("{ms:.0} ms") }
}

/// With commas between thousands: `940`, `10,300`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// `1 round`, `9 rounds`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// One decimal below ten, none above.
fn three_figures(x: f64) -> String {
    if x < 9.95 { format!("{x:.1}") } else { format!("{x:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(
            [0, 312, 999, 1_000, 2_949, 9_950, 51_940].map(bytes),
            ["0 B", "312 B", "999 B", "1.0 kB", "2.9 kB", "10 kB", "52 kB"]
        );
        assert_eq!(bytes(1_240_000), "1.2 MB");
        assert_eq!(
            [0.0, 0.44, 8.21, 9.96, 140.4, 999.7, 1_240.0].map(duration),
            ["0.0 ms", "0.4 ms", "8.2 ms", "10 ms", "140 ms", "1.0 s", "1.2 s"]
        );
        assert_eq!(round_trip(0.3), "under 1 ms");
        assert_eq!(round_trip(3.2), "3 ms");
        assert_eq!(count(1, "round", "rounds"), "1 round");
        assert_eq!(count(9, "round", "rounds"), "9 rounds");
        assert_eq!([0, 940, 10_300, 1_000_007].map(thousands), ["0", "940", "10,300", "1,000,007"]);
    }

    #[test]
    fn a_clock_that_ran_backwards_is_not_shown_as_negative() {
        assert_eq!(duration(-3.0), "0.0 ms");
    }
}
