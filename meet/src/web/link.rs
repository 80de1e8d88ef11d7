//! [`ChannelLink`]: a link over a WebRTC data channel, or over a port to the page that has the
//! channel.
//!
//! A channel that was transferred to a worker is used there directly. Where a browser cannot
//! transfer it, the page keeps it and [`relay`](crate::relay()) joins it to a [`MessagePort`],
//! whose other end goes to the worker. On that port parts of messages pass as transferred buffers;
//! a number grants that many more bytes, so that neither side can run ahead of the other; a string
//! reports how it ended.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use tacit_session::{Link, LinkError};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessageEvent, MessagePort, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

use super::events::Listener;
use crate::chunks::OVERHEAD;
use crate::flow::{Flow, HIGH};

/// The channel asks for more when fewer bytes than this are waiting.
pub(crate) const LOW: u32 = 1 << 20;

/// A port acknowledges the bytes it took in steps of this size.
const STEP: usize = 256 << 10;

/// A link over a data channel. Dropping it delivers pending messages and closes the channel.
pub struct ChannelLink {
    inner: Rc<Inner>,
    _listeners: Vec<Listener>,
}

enum Wire {
    Channel(RtcDataChannel),
    Port(MessagePort),
}

struct Inner {
    wire: Wire,
    flow: Flow,
    /// Port: bytes that the page will still accept.
    granted: Cell<usize>,
    /// Port: bytes that were taken and not acknowledged, with the overhead of each part.
    owed: Cell<usize>,
}

impl ChannelLink {
    /// Makes a link over a channel, open or opening; in the worker after the transfer, or on the
    /// page.
    #[must_use]
    pub fn new(channel: RtcDataChannel) -> Self {
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        channel.set_buffered_amount_low_threshold(LOW);
        let state = channel.ready_state();
        let target = channel.clone();
        let inner = Inner::new(Wire::Channel(channel));
        if state == RtcDataChannelState::Open {
            inner.opened();
        }
        let on = |name, f: fn(&Inner, JsValue)| inner.listen(&target, name, f);
        let listeners = vec![
            on("open", |inner, _| inner.opened()),
            on("message", |inner, event| inner.arrived(data(&event))),
            on("bufferedamountlow", |inner, _| inner.pump()),
            on("error", |inner, event| {
                if !left(&event) {
                    inner.flow.ended(LinkError::Lost);
                }
            }),
            on("close", |inner, _| inner.flow.ended(LinkError::Closed)),
        ];
        if matches!(state, RtcDataChannelState::Closing | RtcDataChannelState::Closed) {
            inner.flow.ended(LinkError::Closed);
        }
        Self { inner, _listeners: listeners }
    }

    /// Makes a link over the port that [`relay`](crate::relay()) returned, in the worker.
    #[must_use]
    pub fn over_port(port: MessagePort) -> Self {
        let target = port.clone();
        let inner = Inner::new(Wire::Port(port));
        let listeners = vec![inner.listen(&target, "message", |inner, event| inner.told(data(&event)))];
        // Listeners that are added do not start a port, unlike `onmessage`.
        target.start();
        Self { inner, _listeners: listeners }
    }
}

impl Link for ChannelLink {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        self.inner.flow.send(message, || self.inner.pump()).await
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        self.inner.flow.recv().await
    }
}

impl Drop for ChannelLink {
    fn drop(&mut self) {
        match &self.inner.wire {
            Wire::Channel(channel) => channel.close(),
            Wire::Port(port) => {
                let _ = port.post_message(&CLOSED.into());
                port.close();
            }
        }
    }
}

impl Inner {
    fn new(wire: Wire) -> Rc<Self> {
        Rc::new(Self { wire, flow: Flow::default(), granted: Cell::new(0), owed: Cell::new(0) })
    }

    fn listen(self: &Rc<Self>, target: &web_sys::EventTarget, name: &'static str, f: fn(&Self, JsValue)) -> Listener {
        let inner = Rc::downgrade(self);
        Listener::new(target, name, move |event| {
            if let Some(inner) = inner.upgrade() {
                f(&inner, event);
            }
        })
    }

    fn opened(&self) {
        self.flow.opened();
        self.pump();
    }

    /// Takes a part of a message.
    fn arrived(&self, data: JsValue) {
        // Parts of messages are binary; a text is invalid.
        let part = data.dyn_into::<ArrayBuffer>().map_err(|_| LinkError::Flooded);
        let result = part.and_then(|buffer| {
            let part = Uint8Array::new(&buffer).to_vec();
            self.owed.set(self.owed.get() + part.len() + OVERHEAD);
            self.flow.arrived(&part)
        });
        match result {
            Ok(()) if self.flow.next_len().is_some() => self.pump(),
            Ok(()) => {}
            Err(error) => {
                self.flow.ended(error);
                self.close();
            }
        }
    }

    /// Takes a message of the page over the port.
    fn told(&self, data: JsValue) {
        if let Some(bytes) = data.as_f64() {
            self.granted.set(self.granted.get() + bytes as usize);
            self.opened();
        } else if let Some(word) = data.as_string() {
            self.flow.ended(match word.as_str() {
                CLOSED => LinkError::Closed,
                FLOODED => LinkError::Flooded,
                _ => LinkError::Lost,
            });
        } else {
            self.arrived(data);
            if let (Wire::Port(port), STEP..) = (&self.wire, self.owed.get()) {
                let _ = port.post_message(&(self.owed.take() as f64).into());
            }
        }
    }

    /// Sends as many parts as the transport has room for.
    fn pump(&self) {
        let mut lost = false;
        while let Some(length) = self.flow.next_len() {
            let room = match &self.wire {
                Wire::Channel(channel) => HIGH.saturating_sub(channel.buffered_amount() as usize),
                Wire::Port(_) => self.granted.get(),
            };
            if length > room {
                break;
            }
            let Some(part) = self.flow.next() else { break };
            lost = match &self.wire {
                Wire::Channel(channel) => channel.send_with_u8_array(&part).is_err(),
                Wire::Port(port) => {
                    self.granted.set(self.granted.get() - length);
                    post(port, &Uint8Array::from(part.as_slice()).buffer()).is_err()
                }
            };
            if lost {
                break;
            }
        }
        match &self.wire {
            // A channel that closes throws, and then reports that it is closed.
            Wire::Channel(channel) if lost && channel.ready_state() == RtcDataChannelState::Open => {
                self.flow.ended(LinkError::Lost);
            }
            _ => self.flow.wake(),
        }
    }

    fn close(&self) {
        match &self.wire {
            Wire::Channel(channel) => channel.close(),
            Wire::Port(port) => {
                let _ = port.post_message(&CLOSED.into());
            }
        }
    }
}

/// The final messages on a port.
pub(crate) const CLOSED: &str = "closed";
pub(crate) const LOST: &str = "lost";
pub(crate) const FLOODED: &str = "flooded";

/// Transfers a part; the sender's copy is gone.
pub(crate) fn post(port: &MessagePort, buffer: &ArrayBuffer) -> Result<(), JsValue> {
    port.post_message_with_transferable(buffer, &Array::of1(buffer))
}

/// Returns the data of a message event.
pub(crate) fn data(event: &JsValue) -> JsValue {
    event.dyn_ref::<MessageEvent>().map_or(JsValue::UNDEFINED, MessageEvent::data)
}

/// Tells whether an error event only reports that the other side closed its connection: browsers
/// report that as an SCTP abort by its user, cause 12, and then as a close.
pub(crate) fn left(event: &JsValue) -> bool {
    let error = Reflect::get(event, &"error".into()).unwrap_or_default();
    Reflect::get(&error, &"sctpCauseCode".into()).is_ok_and(|cause| cause.as_f64() == Some(12.0))
}
