//! The lessons: a program of its own, which loads only when somebody goes there.
//!
//! `page` knows which lesson the address names; `lessons` has one file for each; `parts` is what they are put together
//! from. What crosses between Alice and Bob here are real messages of real protocols (`tacit-lessons`), over a real
//! connection: each of the two `parties` is a `worker`, this program once more without a page. Only what runs thousands of times
//! runs in the page.

#![expect(unreachable_pub, reason = "Leptos makes every component public")]

#[cfg(target_arch = "wasm32")]
mod connection;
#[cfg(not(target_arch = "wasm32"))]
#[path = "no_connection.rs"]
mod connection;
mod lessons;
mod page;
mod parties;
mod parts;
mod worker;

fn main() {
    // The same program, in a worker of the page: there it is a party.
    if web_sys::window().is_none() {
        worker::listen();
        return;
    }
    tacit_parts::browser::show_panics();
    leptos::mount::mount_to_body(page::App);
    tacit_parts::browser::page_is_up();
}
