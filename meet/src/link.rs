//! [`ChannelLink`]: a link over a WebRTC data channel, or over a port to where the channel is.
//!
//! A channel that was transferred to a worker is used there directly. Where a browser cannot transfer it, the page keeps it
//! and [`relay`](crate::relay()) joins it to a [`MessagePort`], whose other end goes to the worker. On that port parts of messages
//! pass as transferred buffers; a number grants that many more bytes, so that neither side can run ahead of the other;
//! a word says how it ended.
//!
//! `send` puts a whole message into an outbox and then waits until the transport has taken enough of it. So a `send` that
//! is dropped half-way has sent its message whole or not at all, and two tasks may send at once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use tacit_session::{Link, LinkError};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessageEvent, MessagePort, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

use crate::chunks::{Inbox, MAX_MESSAGE, Parts};
use crate::events::Listener;

/// Bytes that may wait in the browser. Far below the 16 MiB at which `send` throws.
pub(crate) const HIGH: usize = 4 << 20;

/// The channel calls for more when less than this is waiting.
pub(crate) const LOW: u32 = 1 << 20;

/// A port acknowledges what it took in steps of this many bytes.
const STEP: usize = 256 << 10;

/// A link over a data channel. Dropping it closes the channel in good order.
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
    flow: RefCell<Flow>,
}

#[derive(Default)]
struct Flow {
    open: bool,
    end: Option<LinkError>,
    inbox: Inbox,
    outbox: VecDeque<Parts>,
    /// Bytes in the outbox.
    queued: usize,
    /// Port: bytes that the page will still take.
    granted: usize,
    /// Port: bytes that were taken and not acknowledged.
    owed: usize,
    waiting: Vec<Waker>,
}

impl Flow {
    /// Remembers whom to wake, once: a task may look often between two events.
    fn wait(&mut self, cx: &Context<'_>) {
        if !self.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
    }
}

impl ChannelLink {
    /// Over a channel, open or opening; in the worker after the transfer, or on the page.
    #[must_use]
    pub fn new(channel: RtcDataChannel) -> Self {
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        channel.set_buffered_amount_low_threshold(LOW);
        let state = channel.ready_state();
        let target = channel.clone();
        let inner = Inner::new(Wire::Channel(channel));
        inner.flow.borrow_mut().open = state == RtcDataChannelState::Open;
        let on = |name, f: fn(&Inner, JsValue)| inner.listen(&target, name, f);
        let listeners = vec![
            on("open", |inner, _| inner.opened()),
            on("message", |inner, event| inner.arrived(data(&event))),
            on("bufferedamountlow", |inner, _| inner.pump()),
            on("error", |inner, event| {
                if !left(&event) {
                    inner.ended(LinkError::Lost);
                }
            }),
            on("close", |inner, _| inner.ended(LinkError::Closed)),
        ];
        if matches!(state, RtcDataChannelState::Closing | RtcDataChannelState::Closed) {
            inner.ended(LinkError::Closed);
        }
        Self { inner, _listeners: listeners }
    }

    /// Over the port that [`relay`](crate::relay()) returned, in the worker.
    #[must_use]
    pub fn over_port(port: MessagePort) -> Self {
        let target = port.clone();
        let inner = Inner::new(Wire::Port(port));
        let listeners = vec![inner.listen(&target, "message", |inner, event| inner.told(data(&event)))];
        // Listeners that are added, unlike `onmessage`, do not start a port.
        target.start();
        Self { inner, _listeners: listeners }
    }
}

impl Link for ChannelLink {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        if message.len() > MAX_MESSAGE {
            return Err(LinkError::Flooded);
        }
        self.inner.until(|flow| flow.open && flow.queued == 0).await?;
        {
            let mut flow = self.inner.flow.borrow_mut();
            flow.queued += message.len();
            flow.outbox.push_back(Parts::of(message));
        }
        self.inner.pump();
        self.inner.until(|flow| flow.queued == 0).await
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        poll_fn(|cx| {
            let mut flow = self.inner.flow.borrow_mut();
            if let Some(message) = flow.inbox.take() {
                return Poll::Ready(Ok(message));
            }
            if let Some(end) = flow.end {
                return Poll::Ready(Err(end));
            }
            flow.wait(cx);
            Poll::Pending
        })
        .await
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
        Rc::new(Self { wire, flow: RefCell::default() })
    }

    fn listen(self: &Rc<Self>, target: &web_sys::EventTarget, name: &'static str, f: fn(&Self, JsValue)) -> Listener {
        let inner = Rc::downgrade(self);
        Listener::new(target, name, move |event| {
            if let Some(inner) = inner.upgrade() {
                f(&inner, event);
            }
        })
    }

    /// Waits until it holds, or for the end.
    async fn until(&self, holds: impl Fn(&Flow) -> bool) -> Result<(), LinkError> {
        poll_fn(|cx| {
            let mut flow = self.flow.borrow_mut();
            if let Some(end) = flow.end {
                return Poll::Ready(Err(end));
            }
            if holds(&flow) {
                return Poll::Ready(Ok(()));
            }
            flow.wait(cx);
            Poll::Pending
        })
        .await
    }

    fn wake(&self) {
        let waiting = std::mem::take(&mut self.flow.borrow_mut().waiting);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn opened(&self) {
        self.flow.borrow_mut().open = true;
        self.wake();
    }

    /// The first reason counts. What has arrived can still be read.
    fn ended(&self, how: LinkError) {
        {
            let mut flow = self.flow.borrow_mut();
            flow.end.get_or_insert(how);
            flow.outbox.clear();
            flow.queued = 0;
        }
        self.wake();
    }

    /// A part of a message came.
    fn arrived(&self, data: JsValue) {
        let part = data.dyn_into::<ArrayBuffer>().map(|buffer| Uint8Array::new(&buffer).to_vec());
        let result = {
            let mut flow = self.flow.borrow_mut();
            if flow.end.is_some() {
                return;
            }
            // A text is no part of a message.
            part.map_err(|_| LinkError::Flooded).and_then(|part| {
                flow.owed += part.len();
                flow.inbox.put(&part)
            })
        };
        match result {
            Ok(()) => self.wake(),
            Err(error) => {
                self.ended(error);
                self.close();
            }
        }
    }

    /// The page said something over the port.
    fn told(&self, data: JsValue) {
        if let Some(bytes) = data.as_f64() {
            {
                let mut flow = self.flow.borrow_mut();
                flow.open = true;
                flow.granted += bytes as usize;
            }
            self.wake();
            self.pump();
        } else if let Some(word) = data.as_string() {
            self.ended(match word.as_str() {
                CLOSED => LinkError::Closed,
                FLOODED => LinkError::Flooded,
                _ => LinkError::Lost,
            });
        } else {
            self.arrived(data);
            let owed = {
                let mut flow = self.flow.borrow_mut();
                if flow.owed < STEP { 0 } else { std::mem::take(&mut flow.owed) }
            };
            if let (Wire::Port(port), 1..) = (&self.wire, owed) {
                let _ = port.post_message(&(owed as f64).into());
            }
        }
    }

    /// Hands to the transport what it has room for.
    fn pump(&self) {
        let mut flow = self.flow.borrow_mut();
        let mut lost = false;
        while let Some(length) = flow.outbox.front().and_then(Parts::next_len) {
            let room = match &self.wire {
                Wire::Channel(channel) => HIGH.saturating_sub(channel.buffered_amount() as usize),
                Wire::Port(_) => flow.granted,
            };
            if length > room {
                break;
            }
            let Some(part) = flow.outbox.front_mut().and_then(Iterator::next) else { break };
            lost = match &self.wire {
                Wire::Channel(channel) => channel.send_with_u8_array(&part).is_err(),
                Wire::Port(port) => {
                    flow.granted -= length;
                    post(port, &Uint8Array::from(part.as_slice()).buffer()).is_err()
                }
            };
            flow.queued -= length - 1;
            if flow.outbox.front().is_some_and(|parts| parts.next_len().is_none()) {
                flow.outbox.pop_front();
            }
            if lost {
                break;
            }
        }
        drop(flow);
        match &self.wire {
            // A channel that closes throws, and then reports that it is closed.
            Wire::Channel(channel) if lost && channel.ready_state() == RtcDataChannelState::Open => {
                self.ended(LinkError::Lost);
            }
            _ => self.wake(),
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

/// What a port is told at the end.
pub(crate) const CLOSED: &str = "closed";
pub(crate) const LOST: &str = "lost";
pub(crate) const FLOODED: &str = "flooded";

/// Hands a part over; the sender's copy is gone.
pub(crate) fn post(port: &MessagePort, buffer: &ArrayBuffer) -> Result<(), JsValue> {
    port.post_message_with_transferable(buffer, &Array::of1(buffer))
}

/// What a message event carries.
pub(crate) fn data(event: &JsValue) -> JsValue {
    event.dyn_ref::<MessageEvent>().map_or(JsValue::UNDEFINED, MessageEvent::data)
}

/// Whether an error event only says that the other side closed its connection: browsers report that as an SCTP abort by
/// its user, cause 12, and then as a close.
pub(crate) fn left(event: &JsValue) -> bool {
    let error = Reflect::get(event, &"error".into()).unwrap_or_default();
    Reflect::get(&error, &"sctpCauseCode".into()).is_ok_and(|cause| cause.as_f64() == Some(12.0))
}
