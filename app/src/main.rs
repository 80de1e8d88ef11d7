//! The page: what two people see and press. It renders what the meeting and the worker say, and computes nothing.
//!
//! `app` is the state machine, free of any browser. `page` holds it in a signal and draws a screen for each state;
//! `driver` carries out what it asks for, with the `worker` and the meeting. The protocol runs in the worker, so that
//! this thread only ever draws.

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
mod screens;
#[cfg(target_arch = "wasm32")]
mod worker;

use tacit_parts::text;

fn main() {
    tacit_parts::browser::show_panics();
    leptos::mount::mount_to_body(page::App);
    tacit_parts::browser::page_is_up();
}
