//! Residues and switched coefficients as bytes: a fixed number of bits each, the lowest first,
//! without gaps.
#![deny(clippy::indexing_slicing)]

use tacit_ring::packed;

use crate::params::PRIME_BITS;
use crate::{Context, Malformed};

/// Bytes that so many residues take.
pub(crate) const fn bytes(residues: usize) -> usize {
    packed::bytes(PRIME_BITS, residues)
}

/// Appends residues.
pub(crate) fn write(residues: impl Iterator<Item = u32>, out: &mut Vec<u8>) {
    packed::write(PRIME_BITS, residues, out);
}

/// Reads a polynomial's residues: N for each prime.
///
/// # Errors
/// When there are more or fewer bytes, or a residue is not reduced: a polynomial has one form.
pub(crate) fn read(context: &Context, bytes: &[u8], out: &mut [u32]) -> Result<(), Malformed> {
    let has_form = packed::read(PRIME_BITS, bytes, out);
    let limbs = out.chunks_exact(context.size()).zip(context.primes());
    // Collected over all residues, so that time tells nothing.
    let reduced = limbs.fold(true, |good, (limb, prime)| {
        let p = prime.modulus.value();
        limb.iter().fold(good, |good, &residue| good & (residue < p))
    });
    if has_form & reduced { Ok(()) } else { Err(Malformed) }
}

/// Bytes that `n` numbers of `bits` bits take; `bits` is even and at most 64.
pub(crate) const fn wide_bytes(bits: u32, n: usize) -> usize {
    packed::bytes(bits / 2, 2 * n)
}

/// Appends numbers of `bits` bits, in halves.
pub(crate) fn write_wide(bits: u32, numbers: impl Iterator<Item = u64>, out: &mut Vec<u8>) {
    // `packed` drops what is above a half.
    let halves = numbers.flat_map(|x| [x as u32, (x >> (bits / 2)) as u32]);
    packed::write(bits / 2, halves, out);
}

/// Reads `n` numbers of `bits` bits. Every number of them is one, so that only the length can be
/// wrong, and the bits that fill the last byte.
///
/// # Errors
/// When either is.
pub(crate) fn read_wide(bits: u32, bytes: &[u8], n: usize) -> Result<Vec<u64>, Malformed> {
    if bytes.len() != wide_bytes(bits, n) {
        return Err(Malformed);
    }
    let mut halves = vec![[0; 2]; n];
    if packed::read(bits / 2, bytes, halves.as_flattened_mut()) {
        Ok(halves.into_iter().map(|[low, high]| u64::from(low) | u64::from(high) << (bits / 2)).collect())
    } else {
        Err(Malformed)
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test, not a decoder")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn decode(bytes: &[u8]) -> Result<Vec<u32>, Malformed> {
        let context = Context::shared();
        let mut out = vec![0; context.words()];
        read(context, bytes, &mut out).map(|()| out)
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let mut out = Vec::new();
        write([1, 1].into_iter(), &mut out);
        assert_eq!(out, [1, 0, 0, 0x40, 0, 0, 0, 0]);
        out.clear();
        write_wide(44, [1 | 1 << 43, 3].into_iter(), &mut out);
        assert_eq!(out, [1, 0, 0, 0, 0, 0x38, 0, 0, 0, 0, 0]);
        out.clear();
        write_wide(38, [(1 << 38) - 1, 0, 0, 1 << 37].into_iter(), &mut out);
        assert_eq!(out.len(), 19);
        assert_eq!((&out[..6], &out[16..]), (&[0xff, 0xff, 0xff, 0xff, 0x3f, 0][..], &[0, 0, 0x80][..]));
    }

    #[test]
    fn residues_that_are_not_reduced_are_refused() {
        let context = Context::shared();
        let (size, [p, other]) = (context.size(), context.params().primes);
        let encode = |first: u32, last: u32| {
            let mut residues = vec![5; context.words()];
            (residues[size - 1], residues[2 * size - 1]) = (first, last);
            let mut out = Vec::new();
            write(residues.into_iter(), &mut out);
            out
        };
        assert!(decode(&encode(p - 1, other - 1)).is_ok());
        assert_eq!(decode(&encode(p, 0)), Err(Malformed));
        assert_eq!(decode(&encode(0, other)), Err(Malformed));
        let whole = encode(0, 0);
        assert_eq!(decode(&whole[1..]), Err(Malformed));
        assert_eq!(decode(&[&whole[..], &[0]].concat()), Err(Malformed));
    }

    #[test]
    fn a_bit_beyond_the_last_number_is_refused() {
        assert_eq!(read_wide(38, &[0, 0, 0, 0, 0x20], 1), Ok(vec![1 << 37]));
        assert_eq!(read_wide(38, &[0, 0, 0, 0, 0x40], 1), Err(Malformed));
    }

    proptest! {
        #[test]
        fn numbers_come_back(numbers: Vec<u64>, half in 1..32u32, change in -1..2isize) {
            let bits = 2 * half;
            let mut out = Vec::new();
            write_wide(bits, numbers.iter().copied(), &mut out);
            prop_assert_eq!(out.len(), wide_bytes(bits, numbers.len()));
            let expected: Vec<u64> = numbers.iter().map(|x| x & ((1 << bits) - 1)).collect();
            prop_assert_eq!(read_wide(bits, &out, numbers.len()), Ok(expected));
            if change != 0 {
                let length = out.len();
                out.resize((length.cast_signed() + change).max(0).cast_unsigned(), 0);
                prop_assert_eq!(read_wide(bits, &out, numbers.len()).is_ok(), out.len() == length);
            }
        }
    }
}
