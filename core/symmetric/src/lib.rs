//! ChaCha: the one permutation behind the generator and the hash.
//!
//! WebAssembly has no AES instruction, so the usual fixed-key-AES hash and AES-CTR generator are
//! slow there. ChaCha needs only additions, rotations and exclusive ors on 32-bit words, which
//! `simd128` does four at a time. So everything symmetric below the protocols is made of it:
//! [`Prg`] expands seeds, [`hash`](hash()) and [`double`] are a one-call sponge on the bare
//! permutation.
//!
//! # Measured
//!
//! | generator | wasm, MB/s | native, MB/s |
//! |---|---|---|
//! | **ChaCha8, this crate** | **3,250** | 3,120 |
//! | ChaCha12, this crate | 2,200 | 2,270 |
//! | ChaCha20, this crate | 1,350 | 1,390 |
//! | BLAKE3, extended output | 1,160 | 10,400 |
//! | AES-128, in software | 310 | 320 |
//! | AES-128, by the processor | – | 45,000 |
//!
//! | hash of 128 bits | wasm, million a second | native, million a second |
//! |---|---|---|
//! | ChaCha8 sponge, this crate | 55 | 55 |
//! | **ChaCha12 sponge, this crate** | **37** | 39 |
//! | ChaCha20 sponge, this crate | 21 | 22 |
//! | BLAKE3 | 16 | 15 |
//! | AES-128 with a fixed key, in software | 20 | 20 |
//! | AES-128 with a fixed key, by the processor | – | 2,800 |
//!
//! One thread of a two-core x86-64 server that had other work; wasm is V8 with `simd128`; a
//! fixed-key hash is counted as one encryption, and is weaker than what is asked for here. Both
//! parties must compute the same, so a native party does not get AES where a browser has none.
//! `cargo xtask bench primitives` measures again; the rows that are not ours come from
//! `bench_primitives` of the crate `tacit-ot`.
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

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
