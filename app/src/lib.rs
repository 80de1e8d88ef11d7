//! What two people see and press, as two programs: the *page* that two people open, and the *rehearsal*, in which one person is
//! both of them. They render what the meeting and the worker say, and compute nothing.
//!
//! `app` is the state machine of one party, free of any browser. `page` holds it in a signal and draws a screen for each
//! state; `driver` carries out what it asks for, with the `worker` and the meeting. The protocol runs in the worker, so that
//! this thread only ever draws. `rehearsal` puts two such parties beside each other, and what crosses between them.
//!
//! The rehearsal is a program of its own because most people only ever need the page, and should not wait for more.

#![cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "natively only the tests run"))]
#![expect(unreachable_pub, reason = "Leptos makes every component public")]

mod app;
mod browser;
#[cfg(target_arch = "wasm32")]
mod driver;
#[cfg(not(target_arch = "wasm32"))]
#[path = "no_driver.rs"]
mod driver;
mod page;
mod parts;
mod rehearsal;
mod screens;
#[cfg(target_arch = "wasm32")]
mod worker;

use leptos::prelude::IntoView;
use tacit_parts::text;

/// Shows the page, and whoever comes with an invite the way to their peer.
pub fn page() {
    show(page::App);
}

/// Shows the rehearsal, or a transcript.
pub fn rehearsal() {
    show(rehearsal::App);
}

fn show<V: IntoView + 'static>(app: fn() -> V) {
    tacit_parts::browser::show_panics();
    leptos::mount::mount_to_body(app);
    tacit_parts::browser::page_is_up();
}
