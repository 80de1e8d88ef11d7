//! Finding and trusting the other party: invite, PAKE, words, sealed signaling, the WebRTC link.
//!
//! The signaling server introduces two parties and is trusted with nothing. The parties share an
//! [`Invite`]; from it a PAKE makes a key that the server cannot have, and everything that follows
//! travels sealed under that key:
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
//! Then WebRTC carries the data: [`Link`](tacit_session::Link)s over a data channel, cut into
//! chunks.
//!
//! The parts without input and output are pure state machines. The parts with it (sockets, WebRTC,
//! timers) form a platform: `web`, in a browser, or `native`, over tokio and the `webrtc` crate.
//! `desk` drives a meeting on either.

mod address;
pub mod chunks;
mod desk;
mod door;
mod entropy;
mod flow;
#[doc(hidden)]
pub mod fuzz;
mod introduction;
mod invite;
mod legible;
mod letter;
mod meeting;
mod pake;
mod peer;
mod qr;
mod reader;
mod seal;
mod secret;
mod signaling;
mod ties;
mod words;

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
use native as platform;
#[cfg(target_arch = "wasm32")]
use web as platform;

pub use address::Address;
pub use door::{AtDoor, Door};
pub use entropy::{Entropy, Os};
pub use introduction::{Action, Introduction};
pub use invite::{DoorInvite, GuestInvite, Invite};
pub use letter::{Candidate, Description};
pub use meeting::{Config, Event, Meeting, answer, host, join};
pub use pake::Method;
pub use peer::Path;
pub use platform::ChannelLink;
pub use qr::Qr;
pub use secret::LinkSecret;
pub use tacit_signaling_messages::{IceServer, Room, Ticket};
pub use words::complete;

#[cfg(not(target_arch = "wasm32"))]
pub use native::{Channel, RECEIVE_WINDOW, SEND_BUFFER, farewells};
#[cfg(target_arch = "wasm32")]
pub use web::{OpenChannel, Rehearsal, hand_over, rehearse, relay};
