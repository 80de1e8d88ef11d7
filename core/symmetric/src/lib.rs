//! ChaCha: the one permutation behind the generator and the hash.
//!
//! WebAssembly has no AES instruction, so the usual fixed-key-AES hash and AES-CTR generator are slow there. ChaCha
//! needs only additions, rotations and exclusive ors on 32-bit words, which `simd128` does four at a time. So
//! everything symmetric below the protocols is made of it: [`Prg`] expands seeds, [`hash`](hash()) and [`double`] are a
//! one-call sponge on the bare permutation.
//!
//! ```
//! use tacit_symmetric::{Block, Prg, hash};
//!
//! let mut prg = Prg::from_seed([7; 32]);
//! let (x, y) = (prg.block(), prg.block());
//! assert!(x != y);
//! assert!(hash(0, 1, x) != hash(0, 2, x), "the tweak separates");
//! ```

mod block;
pub mod chacha;
pub mod hash;
mod prg;

pub use block::{Block, Blocks};
pub use hash::{double, double_many, hash, hash_many};
pub use prg::{Prg, Stream};
