//! The page's part where a browser cannot transfer a channel to a worker.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::ArrayBuffer;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessageChannel, MessagePort, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

use crate::chunks::{MAX_WAITING, OVERHEAD};
use crate::flow::HIGH;

use super::events::Listener;
use super::link::{CLOSED, FLOODED, LOST, LOW, data, left, post};

/// Joins a channel to a port, for a browser that cannot transfer channels. The port goes to the
/// worker, which makes a [`ChannelLink::over_port`](crate::ChannelLink::over_port) of it. The relay
/// ends when the channel closes or the worker's link is dropped.
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
    /// Parts from the worker that are not yet on the channel. Bounded by the granted bytes.
    outbox: VecDeque<ArrayBuffer>,
    /// Bytes that the worker has not acknowledged, with the overhead of each part.
    unread: usize,
    /// Set when the worker has ended; the channel closes when the outbox is empty.
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
            flow.unread += buffer.byte_length() as usize + OVERHEAD;
            flow.unread
        };
        // The worker bounds what it keeps; this bounds the bytes on the way to a worker that is
        // busy.
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
