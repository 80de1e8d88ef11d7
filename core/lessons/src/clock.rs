//! Arithmetic modulo `m`: after `m − 1` comes 0 again.

use serde::{Deserialize, Serialize};
use tacit_symmetric::Prg;

/// Whole numbers modulo `m`, like the hours of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Clock(u64);

impl Clock {
    /// A clock of `m` hours.
    ///
    /// # Panics
    /// When there are none, or more than 2^32: products would not fit.
    #[must_use]
    pub const fn new(m: u64) -> Self {
        assert!(m > 0 && m <= 1 << 32, "a product of two numbers has to fit");
        Self(m)
    }

    /// The modulus.
    #[must_use]
    pub const fn hours(self) -> u64 {
        self.0
    }

    /// `x` modulo the number of hours.
    #[must_use]
    pub const fn wrap(self, x: u64) -> u64 {
        x % self.0
    }

    /// `x + y`.
    #[must_use]
    pub const fn add(self, x: u64, y: u64) -> u64 {
        self.wrap(self.wrap(x) + self.wrap(y))
    }

    /// `x − y`.
    #[must_use]
    pub const fn sub(self, x: u64, y: u64) -> u64 {
        self.wrap(self.wrap(x) + self.0 - self.wrap(y))
    }

    /// `x · y`.
    #[must_use]
    pub const fn mul(self, x: u64, y: u64) -> u64 {
        self.wrap(self.wrap(x) * self.wrap(y))
    }

    /// Draws a uniform number; draws above the last full multiple of the modulus are rejected.
    pub fn draw(self, prg: &mut Prg) -> u64 {
        let turns = u64::MAX / self.0 * self.0;
        loop {
            let x = prg.next_u64();
            if x < turns {
                return x % self.0;
            }
        }
    }
}

impl From<Clock> for u64 {
    fn from(clock: Clock) -> Self {
        clock.0
    }
}

impl TryFrom<u64> for Clock {
    type Error = &'static str;

    fn try_from(m: u64) -> Result<Self, Self::Error> {
        if m > 0 && m <= 1 << 32 { Ok(Self(m)) } else { Err("no clock of so many hours") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_round() {
        let ten = Clock::new(10);
        assert_eq!((ten.add(7, 8), ten.sub(3, 8), ten.mul(7, 8), ten.wrap(42)), (5, 5, 6, 2));
        assert_eq!(Clock::new(1 << 32).mul(u64::MAX, u64::MAX), 1);
    }

    #[test]
    fn draws_are_on_the_clock_and_reach_every_hour() {
        let mut prg = Prg::from_seed([1; 32]);
        let mut seen = [false; 10];
        (0..200).for_each(|_| seen[Clock::new(10).draw(&mut prg) as usize] = true);
        assert_eq!(seen, [true; 10]);
    }
}
