//! Rows of measurements, and how often work runs in a second, on whatever clock the caller has:
//! nothing in `core/` knows one. The same measuring code runs in the terminal and in a browser's
//! Worker.

pub mod heap;

/// One measurement.
pub struct Row {
    /// The measured operation.
    pub bench: &'static str,
    /// Which way.
    pub variant: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
}

impl Row {
    /// The row as a line of JSON; `host` says where it was measured.
    #[must_use]
    pub fn to_json(&self, host: &str) -> String {
        let Self { bench, variant, value, unit } = self;
        format!(r#"{{"bench":"{bench}","variant":"{variant}","host":"{host}","value":{value:.3},"unit":"{unit}"}}"#)
    }
}

/// How many times a second `work` runs: the best of several tries, each long enough for a Worker's
/// coarse clock. Whatever else the machine does can only make a try slower.
pub fn per_second(clock: &dyn Fn() -> f64, mut work: impl FnMut()) -> f64 {
    const TRY_MS: f64 = 2.0;
    const ALL_MS: f64 = 300.0;
    const TRIES: u32 = 5;
    let (mut best, mut spent, mut tries, mut times) = (0.0f64, 0.0, 0, 1u32);
    while tries < TRIES || spent < ALL_MS {
        let start = clock();
        (0..times).for_each(|_| work());
        let took = clock() - start;
        spent += took;
        if took >= TRY_MS {
            best = best.max(f64::from(times) / took * 1e3);
            tries += 1;
        } else {
            times *= 2;
        }
    }
    best
}
