//! The browser as a platform for meetings: its sockets, its WebRTC, its timers.

mod events;
mod hand;
mod link;
mod peer;
mod rehearsal;
mod relay;
mod reply;
mod socket;

pub use hand::hand_over;
pub use link::ChannelLink;
pub use rehearsal::{OpenChannel, Rehearsal, rehearse};
pub use relay::relay;

pub(crate) use events::Timer;
pub(crate) use peer::{Calls, Peer, supported};
pub(crate) use reply::parse as parse_reply;
pub(crate) use socket::{Socket, own_server};
pub(crate) use wasm_bindgen_futures::spawn_local as spawn;
pub(crate) use web_sys::RtcDataChannel as Channel;

/// Returns the wall-clock time in milliseconds.
pub(crate) fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// Runs a callback when the page is closed or suspended, for as long as this lives.
pub(crate) struct OnLeave {
    _listener: Option<events::Listener>,
}

impl OnLeave {
    pub(crate) fn new(f: impl Fn() + 'static) -> Self {
        Self { _listener: web_sys::window().map(|window| events::Listener::new(&window, "pagehide", move |_| f())) }
    }
}
