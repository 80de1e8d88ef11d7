//! The native socket to the signaling server.

use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::{SinkExt as _, StreamExt as _};
use tacit_session::{Code, Fault};
use tacit_signaling_messages::{MAX_FRAME, Reply, Request};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, http::Request as Handshake};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::signaling::FromServer;

/// The time for queued requests to be sent after the socket was dropped.
const FAREWELL: Duration = Duration::from_secs(1);

/// An open or opening socket. Dropping it sends the queued requests and closes it.
pub(crate) struct Socket(UnboundedSender<String>);

impl Socket {
    /// Starts to connect. `report` is never called from within this call.
    pub(crate) fn open(url: &str, report: impl Fn(FromServer) + 'static) -> Result<Self, Fault> {
        let wrong = |_| Fault::new(Code::ServerUnreachable, "not a WebSocket address");
        let handshake = url.into_client_request().map_err(wrong)?;
        let (queue, requests) = unbounded();
        let farewell = super::FAREWELLS.token();
        super::spawn(async move {
            converse(handshake, requests, report).await;
            drop(farewell);
        });
        Ok(Self(queue))
    }

    /// Queues a request. A closed socket drops it: its `Lost` is on the way.
    pub(crate) fn send(&self, request: &Request) {
        if let Ok(text) = serde_json::to_string(request) {
            let _ = self.0.unbounded_send(text);
        }
    }
}

/// Parses a text frame; `None` if it is not a reply.
pub(crate) fn parse_reply(text: &str) -> Option<Reply> {
    serde_json::from_str(text).ok()
}

/// Runs both directions until either side is done.
async fn converse(handshake: Handshake<()>, mut requests: UnboundedReceiver<String>, report: impl Fn(FromServer)) {
    let config = WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
    // A socket that is dropped while it connects is not needed any more.
    let connected = tokio::select! {
        connected = connect_async_with_config(handshake, Some(config), true) => connected,
        () = ended(&mut requests) => return,
    };
    let Ok((mut socket, _)) = connected else { return report(FromServer::Lost) };
    report(FromServer::Opened);
    loop {
        tokio::select! {
            request = requests.next() => match request {
                Some(text) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return report(FromServer::Lost);
                    }
                }
                None => {
                    let _ = tokio::time::timeout(FAREWELL, close(socket)).await;
                    return;
                }
            },
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => report(FromServer::read(&text)),
                // The library answers pings by itself.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return report(FromServer::Lost),
            },
        }
    }
}

/// Waits until the sender of requests is dropped. No requests are sent before the socket is open.
async fn ended(requests: &mut UnboundedReceiver<String>) {
    while requests.next().await.is_some() {}
}

/// Sends a close frame, and waits for the answer.
async fn close(mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>) {
    if socket.close(None).await.is_ok() {
        while let Some(Ok(_)) = socket.next().await {}
    }
}
