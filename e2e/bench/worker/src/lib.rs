//! Measurements for a browser's Worker. The primitives: the same code as natively, with the Worker's clock. And one end of a
//! transfer through a link. And what stands in the page's place hands the product's worker.
//!
//! `cargo xtask bench` builds it, and the scripts in `e2e/bench` run it.

pub mod handover;
// A link is over a browser’s channel only in a browser.
#[cfg(target_arch = "wasm32")]
mod transfer;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds on the Worker's clock.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;

    /// Hands a message to whoever started the Worker.
    #[wasm_bindgen(js_name = postMessage)]
    fn post_message(text: &str);
}

/// Measures everything and posts each row as a line of JSON.
#[wasm_bindgen]
pub fn run() {
    let (clock, mut emit) = (|| now(), |row: &tacit_measure::Row| post_message(&row.to_json("chromium")));
    tacit_compute::measure::all(&clock, &mut emit);
    tacit_ot::measure::all(&clock, &mut emit);
    if let Err(fault) = tacit_share::measure::all(&clock, &mut emit) {
        panic!("{fault}");
    }
}
