//! Bits packed into machine words, so that a layer of gates over many of them is a few word
//! operations.

use std::ops::{BitAnd, BitXor, BitXorAssign, Not, Range};

use zeroize::Zeroize;

/// A vector over GF(2), least significant bit first, 64 to a word. Bits beyond its length are
/// always zero.
///
/// It holds public values and secret shares alike, so it is neither `Debug` nor `Clone` by derive,
/// compares in constant time, and is wiped when dropped. All operations take time that depends on
/// lengths only.
pub struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// `len` zeros.
    #[must_use]
    pub fn zeros(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// `len` bits out of `words`; what lies beyond is dropped.
    ///
    /// # Panics
    /// When there are fewer than `len` bits.
    #[must_use]
    pub fn from_words(mut words: Vec<u64>, len: usize) -> Self {
        assert!(words.len() * 64 >= len, "fewer words than bits");
        words.truncate(len.div_ceil(64));
        let mut bits = Self { words, len };
        bits.clear_tail();
        bits
    }

    /// Bit `i` is `f(i)`.
    #[must_use]
    pub fn from_fn(len: usize, f: impl Fn(usize) -> bool) -> Self {
        let mut bits = Self::zeros(len);
        for i in 0..len {
            bits.words[i / 64] |= u64::from(f(i)) << (i % 64);
        }
        bits
    }

    /// The number of bits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Bit `i`.
    ///
    /// # Panics
    /// When `i` is not below the length.
    #[must_use]
    pub fn get(&self, i: usize) -> bool {
        assert!(i < self.len, "bit {i} of {}", self.len);
        self.words[i / 64] >> (i % 64) & 1 == 1
    }

    /// The bits, one by one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = bool> {
        (0..self.len).map(|i| self.words[i / 64] >> (i % 64) & 1 == 1)
    }

    /// Another vector of the same bits. Named, because copying a share should be seen.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { words: self.words.clone(), len: self.len }
    }

    /// The bits of a range.
    ///
    /// # Panics
    /// When the range does not lie within.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len, "slice beyond the end");
        let len = range.len();
        let (first, shift) = (range.start / 64, range.start % 64);
        let word = |i: usize| self.words.get(i).copied().unwrap_or(0);
        let words = (0..len.div_ceil(64))
            .map(|i| {
                let low = word(first + i) >> shift;
                // Two shifts, because one by 64 is undefined.
                low | word(first + i + 1) << 1 << (63 - shift)
            })
            .collect();
        Self::from_words(words, len)
    }

    /// Takes the first `n` bits off the front.
    ///
    /// # Panics
    /// When there are fewer.
    #[must_use]
    pub fn take_front(&mut self, n: usize) -> Self {
        let front = self.slice(0..n);
        *self = self.slice(n..self.len);
        front
    }

    /// Appends `other`.
    pub fn append(&mut self, other: &Self) {
        let shift = self.len % 64;
        if shift == 0 {
            self.words.extend_from_slice(&other.words);
        } else {
            for &word in &other.words {
                let last = self.words.len() - 1;
                self.words[last] |= word << shift;
                self.words.push(word >> (64 - shift));
            }
        }
        self.len += other.len;
        self.words.truncate(self.len.div_ceil(64));
    }

    /// Cut into blocks of `block` bits: the blocks at even places, and those at odd places.
    ///
    /// # Panics
    /// When there is no even number of whole blocks.
    #[must_use]
    pub fn unzip(&self, block: usize) -> (Self, Self) {
        if block == 1 {
            return self.unzip_bits();
        }
        assert!(block > 0 && self.len.is_multiple_of(2 * block), "an odd number of blocks has no pairs");
        let gather = |first: usize| {
            let mut blocks = Self { words: Vec::with_capacity(self.words.len() / 2 + 1), len: 0 };
            for start in (first..self.len).step_by(2 * block) {
                blocks.append(&self.slice(start..start + block));
            }
            blocks
        };
        (gather(0), gather(block))
    }

    /// The bits at even places and the bits at odd places.
    fn unzip_bits(&self) -> (Self, Self) {
        assert!(self.len.is_multiple_of(2), "an odd number of bits has no pairs");
        let half = self.len / 2;
        let gather = |shift: u32| {
            let words = self
                .words
                .chunks(2)
                .map(|pair| {
                    let high = pair.get(1).copied().unwrap_or(0);
                    compress_even(pair[0] >> shift) | compress_even(high >> shift) << 32
                })
                .collect();
            Self::from_words(words, half)
        };
        (gather(0), gather(1))
    }

    /// The number of bytes that [`to_bytes`](Self::to_bytes) returns for `len` bits.
    #[must_use]
    pub const fn bytes_for(len: usize) -> usize {
        len.div_ceil(8)
    }

    /// Little-endian bytes, as few as hold the bits.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.words.iter().flat_map(|w| w.to_le_bytes()).collect();
        bytes.truncate(Self::bytes_for(self.len));
        bytes
    }

    /// Reads `len` bits back; `None` unless there are exactly as many bytes as needed and no bit
    /// beyond is set.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], len: usize) -> Option<Self> {
        if bytes.len() != Self::bytes_for(len) {
            return None;
        }
        let words = bytes
            .chunks(8)
            .map(|chunk| {
                let mut word = [0; 8];
                for (to, from) in word.iter_mut().zip(chunk) {
                    *to = *from;
                }
                u64::from_le_bytes(word)
            })
            .collect();
        let mut bits = Self { words, len };
        let last = bits.words.last().copied();
        bits.clear_tail();
        (bits.words.last().copied() == last).then_some(bits)
    }

    fn clear_tail(&mut self) {
        if !self.len.is_multiple_of(64)
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << (self.len % 64)) - 1;
        }
    }

    fn zip_with(&self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        assert_eq!(self.len, other.len, "vectors of different lengths");
        let words = self.words.iter().zip(&other.words).map(|(a, b)| f(*a, *b)).collect();
        Self { words, len: self.len }
    }
}

/// Moves the bits at even places of a word into its lower half.
fn compress_even(mut x: u64) -> u64 {
    x &= 0x5555_5555_5555_5555;
    x = (x | x >> 1) & 0x3333_3333_3333_3333;
    x = (x | x >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    x = (x | x >> 4) & 0x00ff_00ff_00ff_00ff;
    x = (x | x >> 8) & 0x0000_ffff_0000_ffff;
    (x | x >> 16) & 0x0000_0000_ffff_ffff
}

impl FromIterator<bool> for Bits {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let (mut words, mut len) = (Vec::new(), 0);
        for bit in bits {
            if len % 64 == 0 {
                words.push(0);
            }
            if let Some(last) = words.last_mut() {
                *last |= u64::from(bit) << (len % 64);
            }
            len += 1;
        }
        Self { words, len }
    }
}

impl BitXor for &Bits {
    type Output = Bits;
    fn bitxor(self, other: &Bits) -> Bits {
        self.zip_with(other, |a, b| a ^ b)
    }
}

impl BitAnd for &Bits {
    type Output = Bits;
    fn bitand(self, other: &Bits) -> Bits {
        self.zip_with(other, |a, b| a & b)
    }
}

impl BitXorAssign<&Bits> for Bits {
    fn bitxor_assign(&mut self, other: &Bits) {
        assert_eq!(self.len, other.len, "vectors of different lengths");
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a ^= b;
        }
    }
}

impl Not for &Bits {
    type Output = Bits;
    fn not(self) -> Bits {
        Bits::from_words(self.words.iter().map(|w| !w).collect(), self.len)
    }
}

impl PartialEq for Bits {
    fn eq(&self, other: &Self) -> bool {
        // No early exit: the vectors may be shares.
        self.len == other.len && self.words.iter().zip(&other.words).fold(0, |d, (a, b)| d | (a ^ b)) == 0
    }
}

impl Eq for Bits {}

impl Drop for Bits {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn list(bits: &Bits) -> Vec<bool> {
        (0..bits.len()).map(|i| bits.get(i)).collect()
    }

    fn pack(list: &[bool]) -> Bits {
        Bits::from_fn(list.len(), |i| list[i])
    }

    proptest! {
        #[test]
        fn operations_are_those_on_lists(a in vec(any::<bool>(), 0..300), seed in any::<u64>()) {
            let b: Vec<bool> = (0..a.len()).map(|i| seed.rotate_left(i as u32 * 7) & 1 == 1).collect();
            let (x, y) = (pack(&a), pack(&b));
            let both = |f: fn(bool, bool) -> bool| a.iter().zip(&b).map(|(p, q)| f(*p, *q)).collect::<Vec<_>>();
            prop_assert_eq!(list(&(&x ^ &y)), both(|p, q| p ^ q));
            prop_assert_eq!(list(&(&x & &y)), both(|p, q| p & q));
            prop_assert_eq!(list(&!&x), a.iter().map(|p| !p).collect::<Vec<_>>());
            prop_assert!((&(&x ^ &y) ^ &y) == x);
        }

        #[test]
        fn bytes_read_back(a in vec(any::<bool>(), 0..300)) {
            let x = pack(&a);
            prop_assert_eq!(x.to_bytes().len(), Bits::bytes_for(a.len()));
            prop_assert!(Bits::from_bytes(&x.to_bytes(), a.len()).is_some_and(|y| y == x));
        }

        #[test]
        fn foreign_bytes_are_refused_or_equal(bytes in vec(any::<u8>(), 0..40), len in 0usize..300) {
            if let Some(bits) = Bits::from_bytes(&bytes, len) {
                prop_assert_eq!(bits.to_bytes(), bytes);
            }
        }

        #[test]
        fn slices_and_joins(a in vec(any::<bool>(), 0..300), b in vec(any::<bool>(), 0..200), cut in any::<prop::sample::Index>()) {
            let at = cut.index(a.len() + 1);
            let mut rest = pack(&a);
            let front = rest.take_front(at);
            prop_assert_eq!(list(&front), &a[..at]);
            prop_assert_eq!(list(&rest), &a[at..]);
            let mut joined = front;
            joined.append(&rest);
            joined.append(&pack(&b));
            prop_assert_eq!(list(&joined), [a, b].concat());
        }

        #[test]
        fn pairs_come_apart(a in vec(any::<(bool, bool)>(), 0..200)) {
            let flat: Vec<bool> = a.iter().flat_map(|(p, q)| [*p, *q]).collect();
            let (even, odd) = pack(&flat).unzip(1);
            prop_assert_eq!(list(&even), a.iter().map(|p| p.0).collect::<Vec<_>>());
            prop_assert_eq!(list(&odd), a.iter().map(|p| p.1).collect::<Vec<_>>());
        }

        #[test]
        fn pairs_of_blocks_come_apart(block in 1..150usize, pairs in 0..4usize, seed: u64) {
            let a: Vec<bool> = (0..2 * block * pairs).map(|i| seed.rotate_left(i as u32 * 13) & 1 == 1).collect();
            let (even, odd) = pack(&a).unzip(block);
            let of = |first| a.chunks(block).skip(first).step_by(2).flatten().copied().collect::<Vec<_>>();
            prop_assert_eq!(list(&even), of(0));
            prop_assert_eq!(list(&odd), of(1));
        }

        #[test]
        fn bits_are_collected(a in vec(any::<bool>(), 0..300)) {
            prop_assert!(a.iter().copied().collect::<Bits>() == pack(&a));
        }
    }
}
