//! The compute worker: the protocol side of the page, in a thread of its own, so that a busy screen never holds up a
//! protocol nor a protocol a screen.
//!
//! It talks to the page in messages `{ kind, … }`:
//!
//! | from the page | |
//! |---|---|
//! | `program` + `program` | to the loader: the worker's program, compiled |
//! | `channel` + `channel` or `port` | the link: a transferred data channel, or a port that the page relays |
//! | `pair` + `text` | JSON of [`Pairing`](tacit_jobs::Pairing): begin |
//! | `command` + `text` | JSON of [`Command`](tacit_jobs::Command) |
//! | `wire` + `from` | asks for the messages that crossed, from this one on |
//! | `look` + `text` | in a rehearsal: JSON of a [`Look`](tacit_jobs::rehearsal::Look) |
//! | `network` + `text` | in a rehearsal: JSON of the network that it should be like; the first one comes before the link |
//!
//! Its name says on what it computes: `gpu`, `cpu`, or nothing for whichever is faster.
//!
//! | to the page | |
//! |---|---|
//! | `ready` | the worker listens |
//! | `event` + `text` | JSON of [`Stamped`](tacit_jobs::Stamped) |
//! | `wire` + `text` | JSON of [`Slice`](tacit_jobs::record::Slice): the next messages, some hundred at most |
//! | `look` + `text` | JSON of what was seen, or of why not |
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
