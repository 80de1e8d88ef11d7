//! Altered parties. Each plays a real protocol against the real other side, lies, and measures what
//! it gains.
//!
//! An [`Attack`] is played many times, with a new secret each time. It counts the bits of the other
//! side's secret that it learns ([`gain`]), beside the bits that the agreement opens to it, and how
//! often the honest program panicked or waited for ever. `cargo xtask bench cheats` prints a row
//! for each; the test of this room plays each of them a few times.
//!
//! | module | who lies | about what |
//! |---|---|---|
//! | [`requests`] | the client | its encrypted request, to read weights |
//! | [`responses`] | the model's owner | its encrypted products, to read the client's key |
//! | [`transfers`] | the receiver of transfers | corrections, to read the sender's correlation |
//! | [`shares`] | either | shares on the way and at the end, to read more than the answer (Lehmkuhl et al., *MUSE*, 2021) |
//! | [`programs`] | anybody | plans, frames and their number, to crash, fill or hold the other program |

use std::panic::{AssertUnwindSafe, catch_unwind};

pub mod gain;
mod people;
pub mod programs;
pub mod requests;
pub mod responses;
pub mod shares;
pub mod transfers;

use gain::Gain;

/// One way to cheat.
pub struct Attack {
    /// Its name in the table.
    pub name: &'static str,
    /// Bits that the agreement opens to the cheater in one run.
    pub allowed: f64,
    /// The number of runs in the benchmark.
    pub runs: u64,
    /// The number of runs in the test.
    pub few: u64,
    /// Plays it once, against a secret that the seed draws.
    play: fn(u64) -> gain::Play,
}

/// The outcome of an attack.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its name.
    pub attack: &'static str,
    /// The number of runs.
    pub runs: u64,
    /// Bits that the agreement opens to the cheater in one run.
    pub allowed_bits: f64,
    /// Bits that it learned in one run, on average.
    pub gained_bits: f64,
    /// Runs in which the honest program panicked, or waited for ever.
    pub crashed: u64,
}

/// Every attack.
pub const ATTACKS: &[Attack] = &[
    requests::READ_WEIGHTS,
    responses::READ_KEY,
    transfers::FLIP_CORRECTIONS,
    transfers::BEND_TREES,
    shares::STEER,
    shares::SPOIL,
    shares::COMPARE,
    programs::FORGE_FRAMES,
    programs::FLOOD,
    programs::FILL,
];

/// Bytes that depend on the run, and on what they are for.
fn seed_of(run: u64, purpose: u8) -> [u8; 32] {
    let mut seed = [purpose; 32];
    seed[..8].copy_from_slice(&run.to_le_bytes());
    seed
}

impl Attack {
    /// Plays it so many times.
    #[must_use]
    pub fn play(&self, runs: u64) -> Report {
        let (mut gain, mut crashed) = (Gain::default(), 0);
        for seed in 0..runs {
            // Lockstep panics where both parties wait for ever.
            match catch_unwind(AssertUnwindSafe(|| (self.play)(seed))) {
                Ok(play) => gain.count(play),
                Err(_) => crashed += 1,
            }
        }
        Report { attack: self.name, runs, allowed_bits: self.allowed, gained_bits: gain.bits(), crashed }
    }
}

impl Report {
    /// Whether the cheater gained no more than it may, and every honest program came to an end.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.gained_bits <= self.allowed_bits && self.crashed == 0
    }
}
