//! Transfers a channel to a worker.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessagePort, RtcDataChannel, Worker};

use super::{ChannelLink, relay};

/// Gives a channel to a worker, in a message `{ kind: "channel", channel }`; where this browser
/// transfers no channels, `port` replaces it, and the page [relays](relay()). Must be called in the
/// task that created the channel: later no browser transfers it.
///
/// # Errors
/// The browser's, when the channel can neither be transferred nor relayed.
pub fn hand_over(channel: RtcDataChannel, worker: &Worker) -> Result<(), JsValue> {
    let post = |name: &str, what: &JsValue| {
        let message = Object::new();
        Reflect::set(&message, &"kind".into(), &"channel".into())?;
        Reflect::set(&message, &name.into(), what)?;
        worker.post_message_with_transfer(&message, &Array::of1(what))
    };
    post("channel", &channel).or_else(|_| post("port", &relay(channel)?.into()))
}

impl ChannelLink {
    /// In the worker: makes the link over the channel or port that [`hand_over`] gave; `None` if
    /// the message is another one. It listens at once, so that no message that arrives is lost.
    #[must_use]
    pub fn handed_over(message: &JsValue) -> Option<Self> {
        let get = |name: &str| Reflect::get(message, &name.into()).unwrap_or_default();
        let channel = get("channel").dyn_into::<RtcDataChannel>().map(Self::new);
        channel.or_else(|_| get("port").dyn_into::<MessagePort>().map(Self::over_port)).ok()
    }
}
