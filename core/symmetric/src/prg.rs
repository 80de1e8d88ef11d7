//! The generator: ChaCha with 8 rounds.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Block;
use crate::chacha::{STREAM_WORDS, keystream};

/// Rounds of the generator: one more than the best attacks known reach (Aumasson, *Too Much
/// Crypto*, 2019).
const ROUNDS: usize = 8;

/// Bytes of one batch of key stream.
const BATCH: usize = STREAM_WORDS * 8;

/// A deterministic generator. Who knows its seed knows its output, so it is neither `Debug` nor
/// `Clone`, and it is wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Prg {
    stream: Stream,
    counter: u64,
    batch: [u64; STREAM_WORDS],
    /// Bytes of `batch` already given out.
    used: usize,
}

impl Prg {
    /// The generator of a seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { stream: Stream::from_seed(seed, 0), counter: 0, batch: [0; STREAM_WORDS], used: BATCH }
    }

    /// Fills `out` with the next bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        let mut out = out;
        while !out.is_empty() {
            if self.used == BATCH {
                self.stream.batch(self.counter, &mut self.batch);
                self.counter += 1;
                self.used = 0;
            }
            let n = out.len().min(BATCH - self.used);
            let (now, later) = out.split_at_mut(n);
            let bytes = self.batch.iter().flat_map(|word| word.to_le_bytes());
            for (to, from) in now.iter_mut().zip(bytes.skip(self.used)) {
                *to = from;
            }
            self.used += n;
            out = later;
        }
    }

    /// The next bytes as an array.
    #[must_use]
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// The next 8 bytes.
    #[must_use]
    pub fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// Fills `out` with words: whole batches, what is left of the last one is not given out later.
    pub fn fill_u64s(&mut self, out: &mut [u64]) {
        for chunk in out.chunks_mut(STREAM_WORDS) {
            match chunk.try_into() {
                Ok(batch) => self.stream.batch(self.counter, batch),
                Err(_) => {
                    self.stream.batch(self.counter, &mut self.batch);
                    let n = chunk.len();
                    chunk.copy_from_slice(&self.batch[..n]);
                }
            }
            self.counter += 1;
        }
        self.used = BATCH;
    }

    /// The next block.
    #[must_use]
    pub fn block(&mut self) -> Block {
        Block::from_bytes(self.bytes())
    }

    /// A generator for one purpose, named by `label`, that this one never coincides with.
    ///
    /// It takes 32 bytes of this generator, so that two children of the same name differ too.
    #[must_use]
    pub fn fork(&mut self, label: &[u8]) -> Self {
        let mut key: [u8; 32] = self.bytes();
        let child = Self::from_seed(*blake3::keyed_hash(&key, label).as_bytes());
        key.zeroize();
        child
    }
}

/// A key stream that is read at any place, in batches of 2048 bits.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Stream {
    key: [u32; 8],
    nonce: u64,
}

impl Stream {
    /// Bits of a batch.
    pub const BITS: usize = BATCH * 8;

    /// The stream of a seed under a public `nonce`.
    #[must_use]
    pub fn from_seed(mut seed: [u8; 32], nonce: u64) -> Self {
        let word = |i: usize| u32::from_le_bytes([seed[4 * i], seed[4 * i + 1], seed[4 * i + 2], seed[4 * i + 3]]);
        let key = std::array::from_fn(word);
        seed.zeroize();
        Self { key, nonce }
    }

    /// The stream whose seed is a pair of blocks.
    #[must_use]
    pub fn from_blocks(pair: [Block; 2], nonce: u64) -> Self {
        let [[a, b], [c, d]] = pair.map(Block::words);
        let halves = |x: u64| [x as u32, (x >> 32) as u32];
        let ([k0, k1], [k2, k3], [k4, k5], [k6, k7]) = (halves(a), halves(b), halves(c), halves(d));
        Self { key: [k0, k1, k2, k3, k4, k5, k6, k7], nonce }
    }

    /// Batch `index`.
    pub fn batch(&self, index: u64, out: &mut [u64; STREAM_WORDS]) {
        keystream::<ROUNDS>(&self.key, index.wrapping_mul(4), self.nonce, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn pieces_of_any_size_make_the_same_stream() {
        let mut whole = vec![0; 3 * BATCH];
        Prg::from_seed([3; 32]).fill(&mut whole);
        let (mut prg, mut pieces) = (Prg::from_seed([3; 32]), Vec::new());
        for n in (1..).take_while(|n| n * (n + 1) / 2 <= whole.len()) {
            let mut piece = vec![0; n];
            prg.fill(&mut piece);
            pieces.extend(piece);
        }
        assert_eq!(pieces, whole[..pieces.len()]);
    }

    #[test]
    fn words_are_whole_batches_of_the_same_stream() {
        let mut bytes = vec![0; 3 * BATCH];
        Prg::from_seed([4; 32]).fill(&mut bytes);
        let mut words = vec![0; STREAM_WORDS + 5];
        let mut prg = Prg::from_seed([4; 32]);
        prg.fill_u64s(&mut words);
        let from_words: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        assert_eq!(from_words, bytes[..from_words.len()]);
        assert_eq!(prg.next_u64().to_le_bytes(), bytes[2 * BATCH..2 * BATCH + 8]);
    }

    #[test]
    fn children_differ_by_name_and_by_time() {
        let children = |names: [&[u8]; 2]| {
            let mut prg = Prg::from_seed([5; 32]);
            names.map(|name| prg.fork(name).next_u64())
        };
        let [a, a_again] = children([b"a", b"a"]);
        let [b, _] = children([b"b", b"b"]);
        assert!(a != a_again && a != b && [a, a_again] == children([b"a", b"a"]));
    }

    #[test]
    fn a_stream_is_read_at_any_place() {
        let stream = Stream::from_blocks([Block::new([1, 2]), Block::new([3, 4])], 0);
        let mut seed = [0; 32];
        for (i, byte) in [1, 2, 3, 4].into_iter().enumerate() {
            seed[8 * i] = byte;
        }
        let mut words = vec![0; 3 * STREAM_WORDS];
        Prg::from_seed(seed).fill_u64s(&mut words);
        let mut batch = [0; STREAM_WORDS];
        stream.batch(2, &mut batch);
        assert_eq!(batch, words[2 * STREAM_WORDS..]);
    }
}
