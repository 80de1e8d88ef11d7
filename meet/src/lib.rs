//! Finding and trusting the other party: invite, PAKE, words, sealed signaling, the WebRTC link.
//!
//! The signaling server introduces two parties and is trusted with nothing. What they share is an [`Invite`]; from it a
//! PAKE makes a key that the server cannot have, and everything that follows travels sealed under that key:
//!
//! ```text
//!  host                                server (relays)                              guest
//!   Invite { room, link secret, words } ──── link, code or QR, outside Tacit ────▸ GuestInvite
//!                                                       ◂── hello: method, SPAKE2 X
//!   SPAKE2 Y ──▸
//!                                                       ◂── confirmation under the key
//!   the host decides: right → its confirmation ──▸      wrong → the room closes, for good
//!   sealed: offer, commitment to a nonce ──▸
//!                                                       ◂── sealed: answer, the guest's nonce
//!   sealed: the host's nonce ──▸
//!   both: three words from the key, the nonces and the DTLS fingerprints
//! ```
//!
//! Then WebRTC carries the data: [`Link`](tacit_session::Link)s over a data channel, cut into chunks.
//!
//! Everything except what touches the browser is a pure state machine and is tested natively.

pub mod chunks;
mod entropy;
mod introduction;
mod invite;
mod letter;
mod pake;
mod qr;
mod seal;
mod secret;
mod words;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod desk;
#[cfg(target_arch = "wasm32")]
mod events;
#[cfg(target_arch = "wasm32")]
mod link;
#[cfg(target_arch = "wasm32")]
mod peer;
#[cfg(target_arch = "wasm32")]
mod relay;
#[cfg(target_arch = "wasm32")]
mod signaling;
#[cfg(target_arch = "wasm32")]
mod ties;

pub use entropy::{Entropy, Os};
pub use introduction::{Action, Introduction};
pub use invite::{GuestInvite, Invite};
pub use letter::{Candidate, Description};
pub use pake::Method;
pub use qr::Qr;
pub use tacit_signaling_messages::{IceServer, Room};
pub use words::complete;

#[cfg(target_arch = "wasm32")]
pub use browser::{Config, Event, Meeting, host, join};
#[cfg(target_arch = "wasm32")]
pub use link::ChannelLink;
#[cfg(target_arch = "wasm32")]
pub use peer::Path;
#[cfg(target_arch = "wasm32")]
pub use relay::relay;
