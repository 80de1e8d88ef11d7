//! The source of randomness: the machine, or a test's seed.

/// A source of unpredictable bytes. Passed in, so that tests are deterministic.
pub trait Entropy {
    /// Fills `out`.
    fn fill(&mut self, out: &mut [u8]);
}

/// The operating system's or the browser's generator.
#[derive(Clone, Copy, Default)]
pub struct Os;

impl Entropy for Os {
    fn fill(&mut self, out: &mut [u8]) {
        // Without randomness there are no secrets, so continuing would be worse than stopping.
        getrandom::fill(out).expect("the machine has a random number generator");
    }
}

/// Returns `N` fresh bytes.
pub(crate) fn bytes<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}

/// Returns a uniform number below 2048.
pub(crate) fn index(entropy: &mut dyn Entropy) -> u16 {
    u16::from_le_bytes(bytes(entropy)) % 2048
}

/// The same source under the trait that `spake2` asks for.
pub(crate) struct Rng06<'a>(pub(crate) &'a mut dyn Entropy);

impl rand_core_06::RngCore for Rng06<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(bytes(self.0))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(bytes(self.0))
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core_06::Error> {
        self.0.fill(out);
        Ok(())
    }
}

impl rand_core_06::CryptoRng for Rng06<'_> {}

/// BLAKE3 in output mode over a seed.
#[cfg(test)]
pub(crate) struct Seeded(blake3::OutputReader);

#[cfg(test)]
impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
    }
}

#[cfg(test)]
impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}
