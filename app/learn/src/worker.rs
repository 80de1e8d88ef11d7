//! A party in a thread of its own: this program once more, without a page; and the page's side of it.
//!
//! ```text
//!  page                                        worker
//!   { script, program } ──────────▸                         this program, compiled, for the loader (`worker.js`)
//!                                  ◂── Said::Up             it listens; before that it is told nothing else
//!   { kind, channel | port } ─────▸                         its end of the connection, see `tacit_meet::hand_over`
//!   Asked ────────────────────────▸                         what it is to play, and as whom
//!                                  ◂── Said::Done           a piece of work that takes long
//!                                  ◂── Said::Over           what each that it played reports
//! ```
//!
//! [`Asked`] and [`Said`] go as bytes, which [`handover`](tacit_jobs::handover) packs. A party's worker gets that
//! party's [`Task`] and nothing of the other's. After a fault it drops its end, because nobody knows what is still on its way.

use std::cell::RefCell;
use std::rc::Rc;

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use js_sys::{Object, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use tacit_jobs::handover::{pack, unpack};
use tacit_lessons::paillier::Done;
use tacit_lessons::party::{Aside, Report, Task, play, play_both};
use tacit_session::{Fault, Party};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, Event, MessageEvent, WorkerOptions, WorkerType};

use crate::connection::{self, End};
use crate::lessons::prg;

/// Next to the page.
const SCRIPT: &str = "/learn/worker.js";

/// What a worker is to play.
#[derive(Serialize, Deserialize)]
pub(crate) enum Asked {
    /// One party, over its end of the connection.
    One(Party, Task),
    /// Both, in lockstep: where there is no connection.
    Both([Task; 2]),
}

/// What it says.
#[derive(Serialize, Deserialize)]
pub(crate) enum Said {
    Up,
    Done(Done),
    /// One report for each party that it played.
    Over(Vec<Report>),
}

/// A running worker. Dropping it ends it.
pub(crate) struct Worker {
    inner: web_sys::Worker,
    said: UnboundedReceiver<Said>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Worker {
    /// Starts a worker of this name, and waits until its program is up. `None` where the browser does not let one start.
    pub(crate) async fn start(name: &str) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(name);
        let inner = web_sys::Worker::new_with_options(SCRIPT, &options).ok()?;
        let (hear, said) = unbounded();
        let broken = hear.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match unpack(&Uint8Array::new(&event.data()).to_vec()) {
                // After the end nobody listens.
                Ok(said) => drop(hear.unbounded_send(said)),
                Err(_) => hear.close_channel(),
            }
        });
        let on_error = Closure::<dyn FnMut(Event)>::new(move |_| broken.close_channel());
        inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        inner.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let mut worker = Self { inner, said, _on_message: on_message, _on_error: on_error };
        let program = Object::new();
        let link = leptos::prelude::document().query_selector("link[rel=modulepreload]").ok()??;
        let script = format!("{}{}", leptos::prelude::window().location().origin().ok()?, link.get_attribute("href")?);
        Reflect::set(&program, &"script".into(), &script.into()).ok()?;
        Reflect::set(&program, &"program".into(), &wasm_bindgen::module()).ok()?;
        worker.inner.post_message(&program).ok()?;
        matches!(worker.hear().await, Some(Said::Up)).then_some(worker)
    }

    /// The browser's own.
    pub(crate) fn inner(&self) -> &web_sys::Worker {
        &self.inner
    }

    /// Has it play, to the end; `done` hears of each piece that takes long. `None` when it breaks.
    pub(crate) async fn play(&mut self, asked: &Asked, done: &dyn Fn(Done)) -> Option<Vec<Report>> {
        self.inner.post_message(&Uint8Array::from(&pack(asked)[..])).ok()?;
        loop {
            match self.hear().await? {
                Said::Up => {}
                Said::Done(piece) => done(piece),
                Said::Over(reports) => return Some(reports),
            }
        }
    }

    async fn hear(&mut self) -> Option<Said> {
        self.said.next().await
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onerror(None);
        self.inner.terminate();
    }
}

/// In the worker: plays what it is asked to, for ever.
pub(crate) fn listen() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let own_end = Rc::new(RefCell::new(None));
    let here = scope.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let message = event.data();
        let Some(bytes) = message.dyn_ref::<Uint8Array>() else {
            // The end listens within this task, so that nothing that arrives is lost.
            own_end.replace(connection::end(&message).map(Rc::new));
            return;
        };
        if let Ok(asked) = unpack(&bytes.to_vec()) {
            let (scope, own_end) = (here.clone(), Rc::clone(&own_end));
            spawn_local(async move { say(&scope, &Said::Over(played(&scope, asked, &own_end).await)) });
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    say(&scope, &Said::Up);
}

async fn played(scope: &DedicatedWorkerGlobalScope, asked: Asked, own_end: &RefCell<Option<Rc<End>>>) -> Vec<Report> {
    let aside = Aside {
        clock: &|| scope.performance().map_or(0.0, |clock| clock.now()),
        tell: &|done| say(scope, &Said::Done(done)),
    };
    match asked {
        Asked::One(party, task) => {
            let link = own_end.borrow().clone();
            let report = match link {
                Some(link) => play(party, link, task, &mut prg(), aside).await,
                None => {
                    Report { held: Err(Fault::internal("a party without a connection")), sent: Vec::new(), heard: 0 }
                }
            };
            if report.held.is_err() {
                own_end.take();
            }
            vec![report]
        }
        Asked::Both(tasks) => play_both(tasks, &mut [prg(), prg()], aside).into(),
    }
}

fn say(scope: &DedicatedWorkerGlobalScope, said: &Said) {
    // Bytes are always cloneable.
    scope.post_message(&Uint8Array::from(&pack(said)[..])).ok();
}
