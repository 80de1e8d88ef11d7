//! Lattice encryption for linear layers.
//!
//! One party, the *client*, sends Enc(r). The other, the *owner*, knows a matrix W and answers
//! Enc(W·r − s) for a share s that it gets by answering. So they come to hold shares of W·r before
//! there is any input, and neither learns anything: the client sees W·r − s, which is uniform, and
//! the owner sees an encryption.
//!
//! The scheme is BFV (Brakerski 2012, Fan–Vercauteren 2012) cut down to what that takes:
//! encryption, sums, products with known polynomials, no product of ciphertexts and no rotations.
//! [`packing`] says how a layer becomes products of polynomials; [`linear`] puts all together and
//! is what protocols call, and argues why neither party learns more, also where the other one's
//! program is altered; [`origin`] has the halves of ciphertexts that nobody chooses; [`noise`]
//! bounds the noise.
//!
//! All is pure functions on data: bytes go in and come out, lengths are ours. Only the owner's
//! products may take their time, for they may be made on a graphics processor; see
//! [`tacit_compute::Compute`].
//!
//! ```
//! # use futures::FutureExt;
//! use tacit_compute::Cpu;
//! use tacit_rlwe::{Context, Origin, Packing, PublicKey, SecretKey, Weights, linear};
//! use tacit_symmetric::Prg;
//!
//! let context = Context::new();
//! let (mut client, mut owner) = (Prg::from_seed([1; 32]), Prg::from_seed([2; 32]));
//! let origin = Origin::new(0, owner.bytes());
//! let key = SecretKey::generate(&context, &Cpu, origin, &mut client);
//! let public = key.public_key(&context, &Cpu, &mut client);
//! let public = PublicKey::from_bytes(&context, origin, &public).unwrap();
//!
//! let packing = Packing::dense(3, 2);
//! let weights = Weights::new(&context, &Cpu, &packing, &[1, 2, 3, -1, 0, 10]);
//! let request = linear::request(&context, &Cpu, &key, &packing, &[5, 6, 7], &mut client);
//! let response = linear::respond(&context, &Cpu, &public, &packing, &weights, &request, &mut owner);
//! let (response, mine) = response.now_or_never().expect("the processor answers at once").unwrap();
//! let theirs = linear::finish(&context, &Cpu, &key, &packing, &response).unwrap();
//! for ((mine, theirs), product) in mine.iter().zip(theirs.iter()).zip([38u32, 65]) {
//!     // Rarely one off.
//!     assert!(mine.wrapping_add(*theirs).wrapping_sub(product).wrapping_add(1) <= 2);
//! }
//! ```

mod context;
pub mod linear;
pub mod noise;
pub mod origin;
pub mod packing;
pub mod params;
mod poly;
pub mod scheme;
mod wire;

pub use context::Context;
pub use linear::Weights;
pub use origin::Origin;
pub use packing::Packing;
pub use params::Params;
pub use poly::{Coeff, Ntt, Poly};
pub use scheme::{Ciphertext, PublicKey, Reply, SecretKey};

/// Bytes that do not have the expected form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
