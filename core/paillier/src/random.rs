//! Our generator, as the crates for large numbers and for primes want it.

use rand_core::{Infallible, TryCryptoRng, TryRng};
use tacit_symmetric::Prg;

/// A [`Prg`] that is lent.
pub(crate) struct Random<'a>(pub(crate) &'a mut Prg);

impl TryRng for Random<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(out);
        Ok(())
    }
}

// ChaCha8 from a seed that nobody else knows.
impl TryCryptoRng for Random<'_> {}
