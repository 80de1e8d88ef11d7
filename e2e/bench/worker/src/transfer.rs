//! One end of a transfer through a [`Link`], on the channel that the Worker was given, as in the product.
//!
//! `cargo xtask bench transfer` builds it, and `e2e/bench/transfer.js` runs it against `meet/examples/bench_transfer.rs`.

use tacit_meet::ChannelLink;
use tacit_session::{Link as _, LinkError};
use wasm_bindgen::prelude::*;
use web_sys::RtcDataChannel;

/// A link over a data channel.
#[wasm_bindgen]
pub struct Link(ChannelLink);

#[wasm_bindgen]
impl Link {
    /// Over a channel, open or opening.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(channel: RtcDataChannel) -> Self {
        Self(ChannelLink::new(channel))
    }

    /// Sends so many messages of so many bytes, and waits until the other side says that it has them.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn send(&self, messages: usize, bytes: usize) -> Result<(), JsError> {
        for _ in 0..messages {
            self.0.send(vec![0; bytes]).await.map_err(lost)?;
        }
        self.0.recv().await.map(drop).map_err(lost)
    }

    /// Takes so many messages, and says so.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn take(&self, messages: usize) -> Result<(), JsError> {
        for _ in 0..messages {
            self.0.recv().await.map_err(lost)?;
        }
        self.0.send(Vec::new()).await.map_err(lost)
    }
}

fn lost(error: LinkError) -> JsError {
    JsError::new(&format!("the link ended: {error:?}"))
}
