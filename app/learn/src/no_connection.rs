//! Outside a browser no page reaches itself; the lessons are only compiled here, to be checked and tested.

use tacit_session::{Code, Fault};
use wasm_bindgen::JsValue;

/// What stands in its place.
pub(crate) use tacit_session::lockstep::QueueLink as End;

pub(crate) fn end(_: &JsValue) -> Option<End> {
    None
}

pub(crate) struct Connection;

impl Connection {
    #[expect(clippy::unused_async, reason = "in a browser it takes time")]
    pub(crate) async fn open(_: [&web_sys::Worker; 2]) -> Result<Self, Fault> {
        Err(Code::Unsupported.into())
    }
}
