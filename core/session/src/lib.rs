//! Two parties, one link: what every protocol stands on.
//!
//! A protocol is an `async fn` that takes a [`Session`] and data. The session frames [`Message`]s
//! onto a [`Link`], checks what comes back, and writes both down in a [`Ledger`]. Nothing here
//! knows a transport, a clock, a thread or a screen: in the browser the link is a WebRTC data
//! channel, in a test it is a queue of [`lockstep`].
//!
//! ```
//! use tacit_session::{Cost, Fault, Link, Malformed, Message, Session, Stage, Tag, lockstep};
//!
//! struct Half(u8);
//! impl Message for Half {
//!     const TAG: Tag = Tag::OpenBits;
//!     type Shape = ();
//!     fn encode(&self) -> Vec<u8> { vec![self.0] }
//!     fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
//!         match body { [x] => Ok(Half(*x)), _ => Err(Malformed) }
//!     }
//! }
//!
//! /// Both parties learn the XOR of what they hold. Cost: one byte each way, one round.
//! async fn open(s: &mut Session<impl Link>, mine: u8) -> Result<u8, Fault> {
//!     let theirs = s.exchange(&Half(mine), ()).await?;
//!     Ok(mine ^ theirs.0)
//! }
//!
//! let (alice, bob) = lockstep::run(
//!     async |mut s| open(&mut s, 0b1100).await,
//!     async |mut s| open(&mut s, 0b1010).await,
//! );
//! assert_eq!((alice.unwrap(), bob.unwrap()), (0b0110, 0b0110));
//! ```

pub mod damage;
mod fault;
mod lanes;
mod ledger;
mod link;
pub mod lockstep;
mod message;
mod party;
mod session;
mod stage;
mod tag;

pub use fault::{Blame, Code, Fault};
pub use lanes::{Lane, Pump, lanes};
pub use ledger::{Cost, Direction, Entry, Ledger};
pub use link::{Link, LinkError, MAX_MESSAGE};
pub use message::{HEADER, Malformed, Message};
pub use party::Party;
pub use session::Session;
pub use stage::Stage;
pub use tag::Tag;
