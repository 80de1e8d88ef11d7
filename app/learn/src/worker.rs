//! What takes long, in a thread of its own, so that the page stays quick.
//!
//! ```text
//!  page                             worker
//!   { script, program } ──────────▸           where this program is
//!                       ◂── { what, ms, … }   each thing that was done, see `Done`
//! ```

use js_sys::{Object, Reflect};
use tacit_lessons::paillier::{Done, real};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, WorkerOptions, WorkerType};

/// Next to the page.
const SCRIPT: &str = "/learn/worker.js";

/// What the page hears of a piece of work.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) what: String,
    pub(crate) ms: f64,
    pub(crate) bytes: Option<u64>,
    pub(crate) read: Option<f64>,
}

/// A running worker. Dropping it ends it.
pub(crate) struct Worker {
    inner: web_sys::Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Worker {
    /// Starts the work with real keys; `on` hears of each piece. `None` where the browser does not let a worker start.
    pub(crate) fn start(on: impl Fn(Heard) + 'static) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let inner = web_sys::Worker::new_with_options(SCRIPT, &options).ok()?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let get = |name: &str| Reflect::get(&event.data(), &name.into()).ok();
            let number = |name| get(name).and_then(|value| value.as_f64());
            if let (Some(what), Some(ms)) = (get("what").and_then(|what| what.as_string()), number("ms")) {
                on(Heard { what, ms, bytes: number("bytes").map(|bytes| bytes as u64), read: number("read") });
            }
        });
        inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let address = Object::new();
        for (name, selector) in [("script", "link[rel=modulepreload]"), ("program", "link[rel=preload][href$='.wasm']")]
        {
            let link = leptos::prelude::document().query_selector(selector).ok()??;
            let origin = leptos::prelude::window().location().origin().ok()?;
            let place = format!("{origin}{}", link.get_attribute("href")?);
            Reflect::set(&address, &name.into(), &place.into()).ok()?;
        }
        inner.post_message(&address).ok()?;
        Some(Self { inner, _on_message: on_message })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.inner.terminate();
    }
}

/// In the worker: does everything once, and says so piece by piece.
pub(crate) fn listen() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let performance = Reflect::get(&scope, &"performance".into()).unwrap_or_default();
    let now = Reflect::get(&performance, &"now".into()).ok().and_then(|now| now.dyn_into::<js_sys::Function>().ok());
    let clock = move || {
        let ms = now.as_ref().and_then(|now| now.call0(&performance).ok()?.as_f64());
        ms.unwrap_or_default()
    };
    let mut emit = |done: &Done| {
        let message = Object::new();
        let fields = [
            ("what", Some(done.what.into())),
            ("ms", Some(done.ms.into())),
            ("bytes", done.bytes.map(|bytes| (bytes as f64).into())),
            ("read", done.read.map(JsValue::from)),
        ];
        for (name, value) in
            fields.into_iter().filter_map(|(name, value): (&str, Option<JsValue>)| Some((name, value?)))
        {
            Reflect::set(&message, &name.into(), &value).ok();
        }
        scope.post_message(&message).ok();
    };
    real(&mut crate::lessons::prg(), &clock, &mut emit).ok();
}
