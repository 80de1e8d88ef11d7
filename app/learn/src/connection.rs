//! The connection between the two parties' workers: a real peer connection, from the page to itself.

use std::cell::RefCell;
use std::rc::Rc;

use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use leptos::prelude::set_timeout_with_handle;
use tacit_meet::{Event, OpenChannel, Rehearsal, hand_over, rehearse};
use tacit_session::{Code, Fault};
use wasm_bindgen::JsValue;

/// What a worker plays over.
pub(crate) use tacit_meet::ChannelLink as End;

/// In a worker: its end of the connection, if this message has it.
pub(crate) fn end(message: &JsValue) -> Option<End> {
    End::handed_over(message)
}

/// How long a page may take to reach itself. It takes a fraction of a second, or does not come about at all, and then somebody waits for a
/// lesson.
const PATIENCE: Duration = Duration::from_secs(10);

/// Both ends. Dropping it closes them.
pub(crate) struct Connection {
    _rehearsal: Rehearsal,
}

impl Connection {
    /// Connects Alice's worker with Bob's, whose programs must be up.
    ///
    /// # Errors
    /// When the page does not reach itself: some browsers have no peer connections, and some are told to make none.
    pub(crate) async fn open(workers: [&web_sys::Worker; 2]) -> Result<Self, Fault> {
        let (tell, told) = oneshot::channel();
        let tell = Rc::new(RefCell::new(Some(tell)));
        // The first word counts.
        let say = move |result: Result<(), Fault>| drop(tell.take().map(|tell| tell.send(result)));
        let open_channels = workers.map(|worker| -> OpenChannel {
            let (worker, say) = (worker.clone(), say.clone());
            Box::new(move |channel| {
                if hand_over(channel, &worker).is_err() {
                    say(Err(Fault::new(Code::Unsupported, "the data channel does not reach the worker")));
                }
            })
        });
        let rehearsal = rehearse(open_channels, move |_, event| match event {
            Event::Connected { .. } => say(Ok(())),
            Event::Failed(fault) => say(Err(fault)),
            _ => {}
        });
        let (ring, late) = oneshot::channel();
        let timer = set_timeout_with_handle(
            move || {
                // Nobody hears it once the page has reached itself.
                ring.send(()).ok();
            },
            PATIENCE,
        );
        let came = select(told, late).await;
        if let Ok(timer) = timer {
            timer.clear();
        }
        let Either::Left((Ok(result), _)) = came else { return Err(Code::ConnectionFailed.into()) };
        result?;
        Ok(Self { _rehearsal: rehearsal })
    }
}
