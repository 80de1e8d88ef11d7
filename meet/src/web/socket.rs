//! The browser's socket to the signaling server.

use std::rc::Rc;

use tacit_session::{Code, Fault};
use tacit_signaling_messages::{Request, SOCKET_PATH};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessageEvent, WebSocket};

use super::events::Listener;
use crate::signaling::FromServer;

/// An open or opening socket. Dropping it sends the queued requests and closes it.
pub(crate) struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

impl Socket {
    /// Starts to connect. `report` is called from the browser's event loop, never from within this
    /// call.
    pub(crate) fn open(url: &str, report: impl Fn(FromServer) + 'static) -> Result<Self, Fault> {
        let socket = WebSocket::new(url).map_err(|_| Fault::new(Code::ServerUnreachable, "not a WebSocket address"))?;
        let report = Rc::new(report);
        let listen = |name, read: fn(JsValue) -> FromServer| {
            let report = Rc::clone(&report);
            Listener::new(&socket, name, move |event| report(read(event)))
        };
        // A failed connection fires `error` and then `close`: the second suffices.
        let listeners = [
            listen("open", |_| FromServer::Opened),
            listen("message", |event| read(&event)),
            listen("close", |_| FromServer::Lost),
        ];
        Ok(Self { socket, _listeners: listeners })
    }

    /// Sends a request. A closed socket drops it: its `Lost` is on the way.
    pub(crate) fn send(&self, request: &Request) {
        // Checked first, because the browser logs an error for sending on a closed socket.
        if self.socket.ready_state() == WebSocket::OPEN
            && let Ok(text) = serde_json::to_string(request)
        {
            let _ = self.socket.send_with_str(&text);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

fn read(event: &JsValue) -> FromServer {
    let text = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
    text.map_or(FromServer::Lost, |text| FromServer::read(&text))
}

/// Returns the socket address of the server that this page came from.
pub(crate) fn own_server() -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}{SOCKET_PATH}", location.host().ok()?))
}
