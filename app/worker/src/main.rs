//! The compute worker: the protocol side of the page, in a thread of its own, so that a busy screen never holds up a
//! protocol nor a protocol a screen.
//!
//! It talks to the page in messages `{ kind, … }`, whose `bytes` [`handover`](tacit_jobs::handover) packs:
//!
//! | from the page | |
//! |---|---|
//! | `program` + `program` | to the loader: the worker's program, compiled |
//! | `channel` + `channel` or `port` | the link: a transferred data channel, or a port that the page relays |
//! | `pair` + `bytes` | a [`Pairing`](tacit_jobs::Pairing): begin |
//! | `command` + `bytes` | a [`Command`](tacit_jobs::Command) |
//! | `wire` + `from` | asks for the messages that crossed, from this one on |
//! | `look` + `bytes` | in a rehearsal: a [`Look`](tacit_jobs::rehearsal::Look) |
//! | `network` + `bytes` | in a rehearsal: the network that it should be like; the first one comes before the link |
//! | `hold` + `bytes` | in a rehearsal: whether every message that comes waits |
//! | `pass` | lets one of them through |
//!
//! Its name says on what it computes: `gpu`, `cpu`, or nothing for whichever is faster.
//!
//! | to the page | |
//! |---|---|
//! | `ready` | the worker listens |
//! | `event` + `bytes` | a [`Stamped`](tacit_jobs::Stamped) event |
//! | `wire` + `bytes` | a [`Slice`](tacit_record::Slice): the next messages, some hundred at most |
//! | `look` + `bytes` | a [`Lens`](tacit_jobs::rehearsal::Lens), or why not |
//! | `waiting` + `bytes` | how many messages wait |
//! | `missing` | from the loader: the worker's program does not start |
//! | `closed` | the other side has heard the last word: the connection may be closed |

#[cfg(target_arch = "wasm32")]
mod paced;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod processor;
#[cfg(target_arch = "wasm32")]
mod watchdog;

#[cfg(target_arch = "wasm32")]
fn main() {
    page::listen();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("The compute worker runs inside the page. To build and serve the page, run: cargo xtask demo");
    std::process::exit(2);
}
