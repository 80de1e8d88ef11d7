//! The server: rooms with two seats, relay, the hosted page.
//!
//! It introduces two parties and is trusted with nothing: bodies pass through it sealed, and it keeps no more than a
//! number per room and an outgoing queue per socket, all in memory, all bounded by [`Limits`].
//!
//! ```text
//! main ── Server ── accept loop, one task a connection
//!           ├─ Page    the built page, compressed once, with its Content-Security-Policy
//!           ├─ socket  one task a WebSocket ── Hub ── Rooms (a pure state machine)
//!           └─ Relay   STUN and TURN, if asked for, with a credential for each socket
//! ```
//!
//! Addresses are used to count ([`Limits::seats_per_minute`] and its neighbours) and are never written anywhere.
//!
//! ```no_run
//! # async fn example() -> Result<(), tacit_signaling::Trouble> {
//! use tacit_signaling::{Config, Server};
//!
//! let server = Server::bind(Config { listen: "127.0.0.1:0".into(), ..Config::default() }).await?;
//! println!("listening on port {}", server.address().port());
//! server.run(async { drop(tokio::signal::ctrl_c().await) }).await;
//! # Ok(())
//! # }
//! ```

mod config;
mod csp;
mod handshake;
mod hub;
mod ice;
mod limits;
mod metrics;
mod page;
mod rooms;
mod server;
mod socket;
mod tls;
mod trouble;
mod turn;
mod wire;

pub use config::{Config, Limits, parse_duration};
pub use ice::parse_ice_server;
pub use page::PageFrom;
pub use server::Server;
pub use tls::Tls;
pub use trouble::Trouble;
pub use turn::{Turn, TurnTerms};
