//! Where this worker computes, found out in the background.

use std::rc::Rc;
use std::time::Duration;

use tacit_jobs::{Force, Processor};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::page::{now, scope};

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
        chosen.choose(force, Rc::new(|time| Box::pin(sleep(time))), &now).await;
    });
    processor
}

/// Ends after a while.
pub(crate) async fn sleep(time: Duration) {
    let milliseconds = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    let promise = js_sys::Promise::new(&mut |done, _| {
        // A scope without timers would never answer: then there is no patience at all.
        if scope().set_timeout_with_callback_and_timeout_and_arguments_0(&done, milliseconds).is_err() {
            let _ = done.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(promise).await;
}
