//! Words of a few bits each as bytes, the lowest bits first, without gaps.
#![deny(clippy::indexing_slicing)]

/// Bytes that `n` words of `bits` bits take.
#[must_use]
pub const fn bytes(bits: u32, n: usize) -> usize {
    (n * bits as usize).div_ceil(8)
}

/// Appends words. What is above their `bits` bits is dropped.
///
/// # Panics
/// When `bits` is more than 32.
pub fn write(bits: u32, words: impl Iterator<Item = u32>, out: &mut Vec<u8>) {
    assert!(bits <= u32::BITS, "words of 32 bits at most");
    let mask = mask(bits);
    let (mut buffer, mut held) = (0u64, 0);
    for word in words {
        buffer |= (u64::from(word) & mask) << held;
        held += bits;
        // At most 31 bits were held, so that 63 is the most there is; whole words leave at once.
        if held >= u32::BITS {
            out.extend_from_slice(&(buffer as u32).to_le_bytes());
            buffer >>= u32::BITS;
            held -= u32::BITS;
        }
    }
    let rest = buffer.to_le_bytes();
    out.extend(rest.iter().take(held.div_ceil(8) as usize));
}

/// Reads as many words as `out` has room for; whether there are exactly as many bytes as needed and
/// the bits that fill the last one are zero, so that a list of words has one form.
///
/// # Panics
/// When `bits` is more than 32.
#[must_use]
pub fn read(bits: u32, bytes: &[u8], out: &mut [u32]) -> bool {
    assert!(bits <= u32::BITS, "words of 32 bits at most");
    if bytes.len() != self::bytes(bits, out.len()) {
        return false;
    }
    let mask = mask(bits);
    let mut chunks = bytes.chunks(4);
    let (mut buffer, mut held) = (0u64, 0);
    for out in out {
        if held < bits {
            // There is one: the number of bytes is right.
            let mut next = [0; 4];
            next.iter_mut().zip(chunks.next().unwrap_or_default()).for_each(|(to, &from)| *to = from);
            buffer |= u64::from(u32::from_le_bytes(next)) << held;
            held += u32::BITS;
        }
        *out = (buffer & mask) as u32;
        buffer >>= bits;
        held -= bits;
    }
    buffer == 0
}

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_layout_is_the_documented_one() {
        let mut out = Vec::new();
        write(27, [1, 1].into_iter(), &mut out);
        assert_eq!(out, [1, 0, 0, 8, 0, 0, 0]);
        out.clear();
        write(3, [7, 8, 2].into_iter(), &mut out);
        assert_eq!(out, [0b1000_0111, 0]);
        out.clear();
        write(0, [7, 8, 2].into_iter(), &mut out);
        assert!(out.is_empty() && read(0, &out, &mut [5; 3]));
    }

    proptest! {
        #[test]
        fn words_come_back(words: Vec<u32>, bits in 0..33u32, change in -1..2isize) {
            let mut bytes = Vec::new();
            write(bits, words.iter().copied(), &mut bytes);
            prop_assert_eq!(bytes.len(), super::bytes(bits, words.len()));
            let mut out = vec![9; words.len()];
            prop_assert!(read(bits, &bytes, &mut out));
            prop_assert!(out.iter().zip(&words).all(|(&out, &word)| u64::from(out) == u64::from(word) & mask(bits)));
            bytes.resize((bytes.len().cast_signed() + change).max(0).cast_unsigned(), 0);
            prop_assert_eq!(read(bits, &bytes, &mut out), bytes.len() == super::bytes(bits, words.len()));
        }

        #[test]
        fn foreign_bytes_are_refused_or_equal(bytes in proptest::collection::vec(any::<u8>(), 0..40), bits in 0..33u32, n in 0..80usize) {
            let mut out = vec![0; n];
            if read(bits, &bytes, &mut out) {
                let mut again = Vec::new();
                write(bits, out.into_iter(), &mut again);
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
