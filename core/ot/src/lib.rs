//! Oblivious transfer: what every gate on private bits is made of.
//!
//! In a transfer the sender holds two messages and the receiver a bit; the receiver gets the
//! message that the bit names, and neither learns more. Here all transfers are *random*: messages
//! and bits come out of the protocol, before any input exists, and are used up later.
//!
//! ```text
//!  base::both          128 transfers each way, by elliptic curves         once per pairing, one round
//!      │
//!  tree                all of many seeds but one, and a check             once, with the first extension
//!      │
//!  soft_spoken         correlated transfers, by symmetric cryptography,   any number, one round each time
//!      │                and a check by a universal hash (universal)
//!  random              the correlation hashed away                        local
//!      │
//!  product             s·δ = u ⊕ v on packed bits                         local
//! ```
//!
//! Security is malicious. A corrupted party can guess bits of the other party's `Δ`: a guess at `b`
//! bits passes the checks with probability `2^-b`, and a failed check ends the pairing. The
//! transfers are *endemic* (Masny, Rindal 2019): a corrupted receiver may choose its bits and
//! messages, and a corrupted sender both messages; the honest party's outputs are uniform apart
//! from that. The protocols above need no more: an honest party masks secrets with its own choice
//! bits, or with messages that the other party did not choose.
//!
//! [`Engine`] holds all of it for both directions and is the only thing that other crates need:
//!
//! ```
//! use tacit_ot::Engine;
//! use tacit_session::lockstep;
//! use tacit_symmetric::Prg;
//!
//! let (alice, bob) = lockstep::run(
//!     async |mut s| {
//!         let mut engine = Engine::setup(&mut s, &mut Prg::from_seed([1; 32])).await?;
//!         engine.extend(&mut s, 100, 0).await
//!     },
//!     async |mut s| {
//!         let mut engine = Engine::setup(&mut s, &mut Prg::from_seed([2; 32])).await?;
//!         engine.extend(&mut s, 0, 100).await
//!     },
//! );
//! let sent = alice?.sender_products::<1>(100);
//! let got = bob?.receiver_products::<1>(100);
//! assert!(&got.s & &sent.delta[0] == &got.u[0] ^ &sent.v[0]);
//! # Ok::<(), tacit_session::Fault>(())
//! ```

#[cfg(test)]
mod altered;
pub mod base;
mod domain;
mod engine;
pub mod extension;
#[cfg(any(test, feature = "ideal"))]
pub mod ideal;
pub mod measure;
mod product;
pub mod random;
pub mod soft_spoken;
#[cfg(test)]
mod suite;
pub mod transpose;
mod tree;
mod universal;

pub use engine::{Begun, Engine, Pool};
pub use product::{ReceiverProducts, ReceiverWords, SenderProducts, SenderWords};

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
