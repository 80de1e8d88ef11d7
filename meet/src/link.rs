//! [`ChannelLink`]: a link over a WebRTC data channel, or over a port to where the channel is.
//!
//! A channel that was transferred to a worker is used there directly. Where a browser cannot transfer it, the page keeps it
//! and [`relay`] joins it to a [`MessagePort`], whose other end goes to the worker. On that port parts of messages
//! pass as transferred buffers; a number grants that many more bytes, so that neither side can run ahead of the other;
//! a word says how it ended.
//!
//! `send` puts a whole message into an outbox and then waits until the transport has taken enough of it. So a `send` that
//! is dropped half-way has sent its message whole or not at all, and two tasks may send at once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use tacit_session::{Link, LinkError};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessageChannel, MessageEvent, MessagePort, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

use crate::chunks::{Inbox, MAX_MESSAGE, MAX_WAITING, Parts};
use crate::events::Listener;

/// Bytes that may wait in the browser. Far below the 16 MiB at which `send` throws.
const HIGH: usize = 4 << 20;

/// The channel calls for more when less than this is waiting.
const LOW: u32 = 1 << 20;

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

    /// Over the port that [`relay`] returned, in the worker.
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
            flow.waiting.push(cx.waker().clone());
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
            flow.waiting.push(cx.waker().clone());
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

const CLOSED: &str = "closed";
const LOST: &str = "lost";
const FLOODED: &str = "flooded";

/// Joins a channel to a port, for a browser that cannot transfer channels. The port goes to the worker, which makes a
/// [`ChannelLink::over_port`] of it. The relay ends when the channel closes or the worker's link is dropped.
///
/// # Errors
/// The browser's, where there are no message channels.
pub fn relay(channel: RtcDataChannel) -> Result<MessagePort, JsValue> {
    let pair = MessageChannel::new()?;
    let (near, far) = (pair.port1(), pair.port2());
    channel.set_binary_type(RtcDataChannelType::Arraybuffer);
    channel.set_buffered_amount_low_threshold(LOW);
    let relay = Rc::new(Relay { channel, port: near, flow: RefCell::default() });
    let (channel, near) = (&relay.channel, &relay.port);
    let on = |target: &web_sys::EventTarget, name, f: fn(&Relay, JsValue)| {
        let relay = Rc::clone(&relay);
        Listener::new(target, name, move |event| f(&relay, event))
    };
    // The listeners hold the relay and the relay holds them, until it ends.
    let listeners = vec![
        on(channel, "open", |relay, _| relay.grant(HIGH)),
        on(channel, "message", |relay, event| relay.to_port(data(&event))),
        on(channel, "bufferedamountlow", |relay, _| relay.pump()),
        on(channel, "error", |relay, event| {
            if !left(&event) {
                relay.end(LOST);
            }
        }),
        on(channel, "close", |relay, _| relay.end(CLOSED)),
        on(near, "message", |relay, event| relay.to_channel(data(&event))),
    ];
    relay.flow.borrow_mut().listeners = listeners;
    near.start();
    if channel.ready_state() == RtcDataChannelState::Open {
        relay.grant(HIGH);
    }
    Ok(far)
}

struct Relay {
    channel: RtcDataChannel,
    port: MessagePort,
    flow: RefCell<RelayFlow>,
}

#[derive(Default)]
struct RelayFlow {
    /// From the worker, not yet on the channel. Bounded by what was granted.
    outbox: VecDeque<ArrayBuffer>,
    /// Bytes that the worker has not acknowledged.
    unread: usize,
    /// The worker is done; close the channel when the outbox is empty.
    closing: bool,
    listeners: Vec<Listener>,
}

impl Relay {
    fn grant(&self, bytes: usize) {
        let _ = self.port.post_message(&(bytes as f64).into());
    }

    fn to_port(&self, data: JsValue) {
        let Ok(buffer) = data.dyn_into::<ArrayBuffer>() else { return self.end(FLOODED) };
        let unread = {
            let mut flow = self.flow.borrow_mut();
            flow.unread += buffer.byte_length() as usize;
            flow.unread
        };
        // The worker bounds what it keeps; this bounds what is on the way to a worker that is busy.
        if unread > MAX_WAITING || post(&self.port, &buffer).is_err() {
            self.end(FLOODED);
        }
    }

    fn to_channel(&self, data: JsValue) {
        if let Some(bytes) = data.as_f64() {
            let mut flow = self.flow.borrow_mut();
            flow.unread = flow.unread.saturating_sub(bytes as usize);
            return;
        }
        match data.dyn_into::<ArrayBuffer>() {
            Ok(buffer) => self.flow.borrow_mut().outbox.push_back(buffer),
            Err(_) => self.flow.borrow_mut().closing = true,
        }
        self.pump();
    }

    fn pump(&self) {
        let (mut taken, mut lost) = (0, false);
        let done = {
            let mut flow = self.flow.borrow_mut();
            while let Some(buffer) = flow.outbox.front() {
                let length = buffer.byte_length() as usize;
                if length > HIGH.saturating_sub(self.channel.buffered_amount() as usize) {
                    break;
                }
                lost = self.channel.send_with_array_buffer(buffer).is_err();
                if lost {
                    break;
                }
                taken += length;
                flow.outbox.pop_front();
            }
            flow.closing && flow.outbox.is_empty()
        };
        if taken > 0 {
            self.grant(taken);
        }
        if lost && self.channel.ready_state() == RtcDataChannelState::Open {
            self.end(LOST);
        } else if done {
            self.channel.close();
        }
    }

    fn end(&self, how: &'static str) {
        let listeners = std::mem::take(&mut self.flow.borrow_mut().listeners);
        if listeners.is_empty() {
            return;
        }
        let _ = self.port.post_message(&how.into());
        self.channel.close();
        self.port.close();
    }
}

fn post(port: &MessagePort, buffer: &ArrayBuffer) -> Result<(), JsValue> {
    port.post_message_with_transferable(buffer, &Array::of1(buffer))
}

fn data(event: &JsValue) -> JsValue {
    event.dyn_ref::<MessageEvent>().map_or(JsValue::UNDEFINED, MessageEvent::data)
}

/// Whether an error event only says that the other side closed its connection: browsers report that as an SCTP abort by
/// its user, cause 12, and then as a close.
fn left(event: &JsValue) -> bool {
    let error = Reflect::get(event, &"error".into()).unwrap_or_default();
    Reflect::get(&error, &"sctpCauseCode".into()).is_ok_and(|cause| cause.as_f64() == Some(12.0))
}
