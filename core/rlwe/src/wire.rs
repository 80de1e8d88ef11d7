//! Residues as bytes: 27 bits each, the lowest first, without gaps.
#![deny(clippy::indexing_slicing)]

use tacit_ring::packed;

use crate::Malformed;
use crate::params::PRIME_BITS;

/// Bytes that so many residues take.
pub(crate) const fn bytes(residues: usize) -> usize {
    packed::bytes(PRIME_BITS as u32, residues)
}

/// Appends residues.
pub(crate) fn write(residues: impl Iterator<Item = u32>, out: &mut Vec<u8>) {
    packed::write(PRIME_BITS as u32, residues, out);
}

/// Reads as many residues as `out` has room for; `primes` gives for each what it must be below.
///
/// # Errors
/// When there are more or fewer bytes, a residue is not reduced, or the bits that fill the last byte are not zero: a
/// list of residues has one form.
pub(crate) fn read(bytes: &[u8], primes: impl Iterator<Item = u32>, out: &mut [u32]) -> Result<(), Malformed> {
    let has_form = packed::read(PRIME_BITS as u32, bytes, out);
    // Collected over all residues, so that time tells nothing.
    let reduced = out.iter().zip(primes).fold(true, |good, (&residue, prime)| good & (residue < prime));
    if has_form & reduced { Ok(()) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const P: u32 = 134_176_769;

    fn decode(bytes: &[u8], n: usize) -> Result<Vec<u32>, Malformed> {
        let mut out = vec![0; n];
        read(bytes, std::iter::repeat(P), &mut out).map(|()| out)
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let mut out = Vec::new();
        write([1, 1].into_iter(), &mut out);
        assert_eq!(out, [1, 0, 0, 8, 0, 0, 0]);
        assert_eq!(decode(&out, 2), Ok(vec![1, 1]));
    }

    #[test]
    fn what_is_not_reduced_or_not_zero_is_refused() {
        let mut out = Vec::new();
        write([P - 1, P].into_iter(), &mut out);
        assert_eq!(decode(&out, 2), Err(Malformed));
        assert_eq!(decode(&[0, 0, 0, 0b1000], 1), Err(Malformed), "a bit beyond the last residue");
        assert_eq!(decode(&[0, 0, 0, 0b0100], 1), Ok(vec![1 << 26]));
    }

    proptest! {
        #[test]
        fn residues_come_back(residues in proptest::collection::vec(0..P, 0..50), change in -1..2isize) {
            let mut out = Vec::new();
            write(residues.iter().copied(), &mut out);
            prop_assert_eq!(out.len(), bytes(residues.len()));
            prop_assert_eq!(decode(&out, residues.len()), Ok(residues.clone()));
            if change != 0 {
                out.resize((out.len().cast_signed() + change).max(0).cast_unsigned(), 0);
                let same = out.len() == bytes(residues.len());
                prop_assert_eq!(decode(&out, residues.len()).is_ok(), same);
            }
        }
    }
}
