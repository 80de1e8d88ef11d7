//! The page's side of the compute worker: what goes in, what comes out.
//!
//! Messages are objects with a `kind`, and mostly with `bytes`, which [`handover`](tacit_jobs::handover) packs. Their buffers are given
//! away with them, so that an input is in one place at a time, and whoever reads it wipes it there:
//!
//! ```text
//!  page                                       worker
//!   program { program } ─────────▸                             what it runs, compiled
//!                                ◂── ready                     its program is up
//!   channel { channel | port } ──▸                             the data channel, or a port that relays it
//!   pair { bytes: Pairing } ─────▸                             how the pairing begins
//!   command { bytes: Command } ──▸
//!   typed { bytes: String } ─────▸                             an amount as it was typed
//!   wire { from } ───────────────▸                             what has crossed, from this message on
//!   network { bytes: Network } ──▸                             what network a rehearsal should be like
//!   look { bytes: Look } ────────▸                             in a rehearsal: a picture on its way through a model
//!   hold { bytes: bool } ────────▸                             in a rehearsal: whether every message that comes waits
//!   pass {} ─────────────────────▸                             lets one of them through
//!                                ◂── event { bytes: Stamped }
//!                                ◂── understood { bytes: Amount or why not }
//!                                ◂── wire { bytes: Slice }
//!                                ◂── look { bytes: Lens or why not }
//!                                ◂── waiting { bytes: usize }  how many messages wait
//!                                ◂── closed                    the pairing is over
//!                                ◂── missing                   its program does not start
//! ```

use std::cell::RefCell;

use js_sys::{Array, Object, Reflect, Uint8Array, WebAssembly};
use serde::Serialize;
use tacit_jobs::Stamped;
use tacit_jobs::handover::{pack, unpack};
use tacit_session::{Code, Fault};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, MessageEvent, RtcDataChannel};

use crate::app::Shown;
use crate::browser;

/// What Trunk calls the worker's loader.
const SCRIPT: &str = "/tacit-worker_loader.js";

/// What it calls the worker's program.
const PROGRAM: &str = "/tacit-worker_bg.wasm";

thread_local! {
    /// The program, once it was compiled. All workers of a page share it: what the browser's compiler has learnt about it in
    /// one pairing, the next one has from the beginning.
    static COMPILED: RefCell<Option<WebAssembly::Module>> = const { RefCell::new(None) };
}

/// The program that workers run.
async fn program() -> Result<WebAssembly::Module, Fault> {
    if let Some(module) = COMPILED.with_borrow(Clone::clone) {
        return Ok(module);
    }
    let response = web_sys::window().ok_or_else(missing)?.fetch_with_str(PROGRAM);
    let module = JsFuture::from(WebAssembly::compile_streaming(&response)).await.map_err(|_| missing())?;
    let module: WebAssembly::Module = module.dyn_into().map_err(|_| missing())?;
    COMPILED.set(Some(module.clone()));
    Ok(module)
}

/// What the worker says.
pub(crate) enum Said {
    /// Its program is up.
    Ready,
    Event(Stamped),
    /// What was asked for.
    Shown(Shown),
    /// The pairing is over, and its last words are out.
    Closed,
    /// It broke, or could not be loaded.
    Broke(Fault),
}

/// A running worker. Dropping it ends it.
pub(crate) struct Worker {
    inner: web_sys::Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Worker {
    /// Loads the worker and listens to it.
    ///
    /// # Errors
    /// [`Code::Unsupported`] when the browser does not let one start.
    pub(crate) fn start(on: impl Fn(Said) + Clone + 'static) -> Result<Self, Fault> {
        let options = web_sys::WorkerOptions::new();
        options.set_name(browser::compute());
        let inner = web_sys::Worker::new_with_options(SCRIPT, &options)
            .map_err(|_| Fault::new(Code::Unsupported, "the browser refused to start a worker"))?;
        let (hear, worker, unavailable) = (on.clone(), inner.clone(), on.clone());
        wasm_bindgen_futures::spawn_local(async move {
            match program().await {
                // A module can be cloned, and an ended worker drops it.
                Ok(program) => drop(worker.post_message(&object("program", "program", &program))),
                Err(fault) => unavailable(Said::Broke(fault)),
            }
        });
        let on_message = Closure::new(move |message: MessageEvent| hear(read(&message.data())));
        let on_error = Closure::new(move |error: Event| {
            // An error in our own program has a message, which names a place in it. A script that did not come has none:
            // then the server is gone, for it came from there.
            let message = Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
            on(Said::Broke(match message {
                Some(message) => Fault::internal(format!("worker: {message}")),
                None => missing(),
            }));
        });
        inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        inner.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { inner, _on_message: on_message, _on_error: on_error })
    }

    /// Hands over the data channel. Must be called in the same task that created it: later no browser transfers it.
    ///
    /// # Errors
    /// [`Code::Unsupported`] when the channel can neither be transferred nor relayed.
    pub(crate) fn channel(&self, channel: RtcDataChannel) -> Result<(), Fault> {
        tacit_meet::hand_over(channel, &self.inner)
            .map_err(|_| Fault::new(Code::Unsupported, "the data channel does not reach the worker"))
    }

    /// Says something of a kind that goes in as `bytes`.
    pub(crate) fn post(&self, kind: &str, what: &impl Serialize) {
        let bytes = Uint8Array::from(&pack(what)[..]);
        let transfer = Array::of1(&bytes.buffer());
        // A fresh buffer can always be transferred, and an ended worker drops it.
        self.inner.post_message_with_transfer(&object(kind, "bytes", &bytes), &transfer).ok();
    }

    /// Asks for what has crossed, from this message on.
    pub(crate) fn wire(&self, from: u64) {
        // A number is always cloneable.
        self.inner.post_message(&object("wire", "from", &(from as f64).into())).ok();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onerror(None);
        self.inner.terminate();
    }
}

fn object(kind: &str, key: &str, value: &JsValue) -> Object {
    let object = Object::new();
    // Setting a property of a fresh object does not fail.
    Reflect::set(&object, &"kind".into(), &kind.into()).ok();
    Reflect::set(&object, &key.into(), value).ok();
    object
}

fn missing() -> Fault {
    Fault::new(Code::ServerUnreachable, "the worker did not load")
}

fn read(message: &JsValue) -> Said {
    let get = |key: &str| Reflect::get(message, &key.into()).unwrap_or_default();
    let bytes = || get("bytes").dyn_into().map_or_else(|_| Vec::new(), |bytes: Uint8Array| bytes.to_vec());
    match get("kind").as_string().as_deref() {
        Some("ready") => Said::Ready,
        Some("closed") => Said::Closed,
        Some("missing") => Said::Broke(missing()),
        Some("look") => Said::Shown(Shown::Lens(bytes())),
        Some("waiting") => Said::Shown(Shown::Waiting(unpack(&bytes()).unwrap_or_default())),
        Some("understood") => match unpack(&bytes()) {
            Ok(understood) => Said::Shown(Shown::Understood(understood)),
            Err(_) => Said::Broke(Fault::internal("worker: an amount that cannot be read")),
        },
        Some("wire") => match unpack(&bytes()) {
            Ok(slice) => Said::Shown(Shown::Wire(slice)),
            Err(_) => Said::Broke(Fault::internal("worker: a record that cannot be read")),
        },
        Some("event") => match unpack(&bytes()) {
            Ok(stamped) => Said::Event(stamped),
            Err(_) => Said::Broke(Fault::internal("worker: an event that cannot be read")),
        },
        _ => Said::Broke(Fault::internal("worker: a message of no known kind")),
    }
}
