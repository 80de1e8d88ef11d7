//! The server: rooms with two seats, doors to rooms, relay, the hosted page.
//!
//! It introduces two parties and is trusted with nothing: bodies pass through it sealed, and it
//! keeps no more than a number per room and an outgoing queue per socket, all in memory, all
//! bounded by [`Limits`]. Several instances may share their rooms in a Redis ([`RoomsAt::Redis`]),
//! which then is trusted with as little.
//!
//! ```text
//! main ── Server ── accept loop, one task a connection
//!           ├─ Page    the built page, compressed once, with its Content-Security-Policy
//!           ├─ socket  one task a WebSocket ── Hub ┬─ Memory ── Rooms (a pure state machine)
//!           │                                      └─ Shared ── Redis, which runs the same machine (rooms.lua)
//!           └─ Relay   STUN and TURN, if asked for, with a credential for each socket
//! ```
//!
//! Addresses are used to count ([`Limits::seats_per_minute`] and its neighbours) and are never
//! written anywhere.
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
mod doors;
#[doc(hidden)]
pub mod fuzz;
mod handshake;
mod hub;
mod ice;
mod limits;
mod memory;
mod metrics;
mod numbers;
mod page;
mod rooms;
mod server;
mod shared;
mod socket;
mod tls;
mod trouble;
mod turn;
mod wire;

pub use config::{Config, Limits, RedisAt, RoomsAt, parse_duration};
pub use ice::parse_ice_server;
pub use page::PageFrom;
pub use server::Server;
pub use tls::Tls;
pub use trouble::Trouble;
pub use turn::{Turn, TurnTerms};
