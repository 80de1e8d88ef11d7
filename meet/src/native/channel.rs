//! [`ChannelLink`]: a link over a data channel of the `webrtc` crate.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures::future::AbortHandle;
use tacit_session::{Link, LinkError};
use webrtc::data_channel::{DataChannel, DataChannelEvent};

use crate::flow::Flow;

/// A data channel without a reader yet.
pub struct Channel(pub(super) Arc<dyn DataChannel>);

impl Channel {
    /// Wraps a channel that was made outside of a meeting; it must be ordered and reliable.
    #[must_use]
    pub fn over(channel: Arc<dyn DataChannel>) -> Self {
        Self(channel)
    }
}

/// A link over a data channel. Dropping it delivers pending messages and closes the channel.
pub struct ChannelLink {
    flow: Rc<Flow>,
    channel: Arc<dyn DataChannel>,
    tasks: [AbortHandle; 2],
}

impl ChannelLink {
    /// Makes a link over a channel, open or opening; call it inside a
    /// [`LocalSet`](tokio::task::LocalSet).
    #[must_use]
    pub fn new(Channel(channel): Channel) -> Self {
        let flow = Rc::new(Flow::default());
        let reader = super::spawn_abortable(read(Rc::clone(&flow), Arc::clone(&channel)));
        let writer = super::spawn_abortable(write(Rc::clone(&flow), Arc::clone(&channel)));
        Self { flow, channel, tasks: [reader, writer] }
    }
}

impl Link for ChannelLink {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        self.flow.send(message, || {}).await
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        self.flow.recv().await
    }
}

impl Drop for ChannelLink {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
        super::finish(close(Arc::clone(&self.channel)));
    }
}

/// The time for pending messages to arrive after the link was dropped.
const FAREWELL: Duration = Duration::from_secs(1);

/// Closes a channel once the other side has all messages: unlike a browser, the crate drops the
/// rest.
async fn close(channel: Arc<dyn DataChannel>) {
    let delivered = async {
        // The crate has no event for this.
        while channel.outstanding_bytes().await.is_ok_and(|bytes| bytes > 0) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, delivered).await;
    // A closed channel stays closed.
    let _ = channel.close().await;
}

/// Reads messages until the channel ends.
async fn read(flow: Rc<Flow>, channel: Arc<dyn DataChannel>) {
    let how = loop {
        match channel.poll().await {
            Some(DataChannelEvent::OnOpen) => flow.opened(),
            Some(DataChannelEvent::OnMessage(message)) => {
                // Parts of messages are binary; a text is invalid.
                let part = if message.is_string { Err(LinkError::Flooded) } else { flow.arrived(&message.data) };
                if let Err(error) = part {
                    flow.ended(error);
                    let _ = channel.close().await;
                    return;
                }
            }
            Some(DataChannelEvent::OnClose | DataChannelEvent::OnClosing) | None => break LinkError::Closed,
            Some(_) => {}
        }
    };
    flow.ended(how);
}

/// Writes queued parts to the channel. It takes more as the other side acknowledges; see
/// [`HIGH`](crate::flow::HIGH).
async fn write(flow: Rc<Flow>, channel: Arc<dyn DataChannel>) {
    while let Some(part) = flow.outgoing().await {
        if channel.send(BytesMut::from(part.as_slice())).await.is_err() {
            return flow.ended(LinkError::Lost);
        }
        flow.wake();
    }
}
