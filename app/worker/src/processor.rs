//! Where this worker computes, found out in the background.

use std::rc::Rc;

use tacit_jobs::{Force, Processor};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::page::{now, scope};

/// How long the graphics processor may take to answer, in milliseconds. What it takes longer for, the processor would long have
/// done.
const PATIENCE: i32 = 5_000;

/// The processor alone, and what is better as soon as it is found.
pub(crate) fn start() -> Rc<Processor> {
    let processor = Rc::new(Processor::cpu());
    let force = match scope().name().as_str() {
        "gpu" => Force::Gpu,
        "cpu" => Force::Cpu,
        _ => Force::Nothing,
    };
    let chosen = Rc::clone(&processor);
    wasm_bindgen_futures::spawn_local(async move {
        chosen.choose(force, Rc::new(|| Box::pin(sleep(PATIENCE))), &now).await;
    });
    processor
}

/// Ends after so many milliseconds.
async fn sleep(milliseconds: i32) {
    let promise = js_sys::Promise::new(&mut |done, _| {
        // A scope without timers would never answer: then there is no patience at all.
        if scope().set_timeout_with_callback_and_timeout_and_arguments_0(&done, milliseconds).is_err() {
            let _ = done.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(promise).await;
}
