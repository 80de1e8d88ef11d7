//! 128 bits.

use std::ops::{BitXor, BitXorAssign};

use zeroize::{Zeroize, Zeroizing};

/// 128 bits: a key, a node of a tree, an oblivious transfer's message.
///
/// It may be secret, so it is not `Debug` and compares in constant time. It is `Copy` because
/// kernels move it by value in their inner loops; whoever keeps one beyond a function wipes it, and
/// keeps many of them as [`Blocks`].
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Block([u64; 2]);

/// Blocks that are wiped when dropped.
pub type Blocks = Zeroizing<Vec<Block>>;

impl Block {
    /// All bits zero.
    pub const ZERO: Self = Self([0; 2]);

    /// From two words, the low one first.
    #[must_use]
    pub const fn new(words: [u64; 2]) -> Self {
        Self(words)
    }

    /// Two words, the low one first.
    #[must_use]
    pub const fn words(self) -> [u64; 2] {
        self.0
    }

    /// From little-endian bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let x = u128::from_le_bytes(bytes);
        Self([x as u64, (x >> 64) as u64])
    }

    /// Little-endian bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.0[0]) | u128::from(self.0[1]) << 64).to_le_bytes()
    }

    /// Bit `i` as the lowest bit of a word.
    ///
    /// # Panics
    /// When `i` is not below 128.
    #[must_use]
    pub const fn bit(self, i: usize) -> u64 {
        self.0[i / 64] >> (i % 64) & 1
    }

    /// This block when `bit` is 1, zero when it is 0, without a branch.
    #[must_use]
    pub const fn when(self, bit: u64) -> Self {
        let mask = (bit & 1).wrapping_neg();
        Self([self.0[0] & mask, self.0[1] & mask])
    }
}

impl BitXor for Block {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        Self([self.0[0] ^ other.0[0], self.0[1] ^ other.0[1]])
    }
}

impl BitXorAssign for Block {
    fn bitxor_assign(&mut self, other: Self) {
        *self = *self ^ other;
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        (self.0[0] ^ other.0[0]) | (self.0[1] ^ other.0[1]) == 0
    }
}

impl Eq for Block {}

impl Zeroize for Block {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_words_and_bits_agree() {
        let block = Block::new([0x0706_0504_0302_0100, 0x8f0e_0d0c_0b0a_0908]);
        let bytes = block.to_bytes();
        assert_eq!(&bytes[..15], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
        assert!(Block::from_bytes(bytes) == block);
        for i in 0..128 {
            assert_eq!(block.bit(i), u64::from(bytes[i / 8] >> (i % 8) & 1));
        }
        assert!(block.when(1) == block && block.when(0) == Block::ZERO);
    }
}
