//! The number of bits that a cheating party gains.

use std::collections::BTreeMap;

/// The result of one run of an attack.
#[derive(Clone, Copy)]
pub enum Play {
    /// The cheater guessed `all` independent fair bits of the secret, and `right` of them rightly.
    Guessed {
        /// Right guesses.
        right: u32,
        /// All guesses.
        all: u32,
    },
    /// The cheater read so many bits of the secret, and was sure of them.
    Read {
        /// Bits.
        bits: f64,
    },
    /// The secret was this, and the cheater's view, as far as it depends on the secret, came to
    /// that.
    Saw {
        /// The secret: one of a few.
        secret: u64,
        /// A summary of the view.
        view: u64,
    },
    /// The cheater wanted to do harm, and learned nothing.
    Harmed,
}

/// The sum of the results of all runs of an attack.
#[derive(Default)]
pub struct Gain {
    runs: u32,
    right: u32,
    all: u32,
    read: f64,
    seen: BTreeMap<(u64, u64), u32>,
}

impl Gain {
    /// Counts one run.
    pub fn count(&mut self, play: Play) {
        self.runs += 1;
        match play {
            Play::Guessed { right, all } => {
                self.right += right;
                self.all += all;
            }
            Play::Read { bits } => self.read += bits,
            Play::Saw { secret, view } => *self.seen.entry((secret, view)).or_default() += 1,
            Play::Harmed => {}
        }
    }

    /// Bits that one run gave on average: what was read, what guesses are worth beyond chance, and
    /// the information that views have of secrets.
    #[must_use]
    pub fn bits(&self) -> f64 {
        if self.runs == 0 {
            return 0.0;
        }
        let runs = f64::from(self.runs);
        self.read / runs + worth(self.right, self.all) / runs + information(&self.seen)
    }
}

/// Bits that guesses of fair bits are worth: with a right part p of n guesses, n·(1 − H(p)), where
/// p is first taken towards one half by 6.6 standard deviations, which chance exceeds once in 2^34.
fn worth(right: u32, all: u32) -> f64 {
    let n = f64::from(all);
    let advantage = (f64::from(right) / n.max(1.0) - 0.5).abs() - 6.6 * 0.5 / n.max(1.0).sqrt();
    if advantage <= 0.0 {
        return 0.0;
    }
    let p = 0.5 + advantage;
    let part = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    n * (1.0 - part(p) - part(1.0 - p))
}

/// The mutual information of secrets and views, in bits, by their counts, less the bias of that
/// estimate (Miller 1955). At most the logarithm of the number of secrets, and of views.
fn information(seen: &BTreeMap<(u64, u64), u32>) -> f64 {
    let all = f64::from(seen.values().sum::<u32>());
    let (mut secrets, mut views) = (BTreeMap::<u64, f64>::new(), BTreeMap::<u64, f64>::new());
    for (&(secret, view), &count) in seen {
        *secrets.entry(secret).or_default() += f64::from(count);
        *views.entry(view).or_default() += f64::from(count);
    }
    let term = |(&(secret, view), &count): (&(u64, u64), &u32)| {
        let count = f64::from(count);
        count / all * (count * all / (secrets[&secret] * views[&view])).log2()
    };
    let plain: f64 = seen.iter().map(term).sum();
    let free = secrets.len() as f64 + views.len() as f64 - seen.len() as f64 - 1.0;
    let most = (secrets.len().min(views.len()).max(1) as f64).log2();
    (plain + free / (2.0 * all.max(1.0) * std::f64::consts::LN_2)).clamp(0.0, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gained(plays: impl IntoIterator<Item = Play>) -> f64 {
        let mut gain = Gain::default();
        plays.into_iter().for_each(|play| gain.count(play));
        gain.bits()
    }

    #[test]
    fn sure_guesses_count_and_chance_does_not() {
        assert!(gained([Play::Guessed { right: 10_000, all: 10_000 }]) > 7000.0);
        assert_eq!(gained([Play::Guessed { right: 5_100, all: 10_000 }]), 0.0);
        assert!(gained([Play::Guessed { right: 7_500, all: 10_000 }]) > 1000.0);
        assert_eq!(gained([Play::Harmed, Play::Read { bits: 3.0 }]), 1.5);
    }

    #[test]
    fn a_view_tells_as_much_as_it_depends_on_the_secret() {
        let saw = |view: fn(u64) -> u64| gained((0..400).map(|i| Play::Saw { secret: i % 16, view: view(i) }));
        assert!((saw(|i| i % 16) - 4.0).abs() < 0.05);
        assert!((saw(|i| i % 2) - 1.0).abs() < 0.05);
        assert!(saw(|_| 7) == 0.0 && saw(|i| i / 16 % 2) < 0.05);
    }
}
