//! A test server on a free loopback port, and parties that speak to it. Nothing here waits for a
//! clock: the only time-out is the one that turns a hang into a failure.

#![allow(dead_code, reason = "each test file is a crate of its own and uses a part of this")]
#![allow(unreachable_pub, reason = "shared between test crates by `mod`")]

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use tacit_signaling::{Config, Limits, Server};
use tacit_signaling_messages::{Body, Refusal, Reply, Request, Room, SOCKET_PATH, Ticket, VERSION};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

/// The time after which a test counts as hung: longer than any step on a busy machine.
pub const HANG: Duration = Duration::from_secs(60);

/// Awaits `future`; a hang fails the test.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(HANG, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited too long for {what}"),
    }
}

/// A running server; it ends when dropped.
pub struct House {
    pub address: SocketAddr,
    metrics: Option<SocketAddr>,
    end: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl House {
    pub async fn open() -> House {
        House::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> House {
        House::serving(Config { limits, ..Config::default() }).await
    }

    pub async fn serving(config: Config) -> House {
        let server = Server::bind(Config { listen: "127.0.0.1:0".into(), ..config }).await.unwrap();
        let (address, metrics) = (server.address(), server.metrics_address());
        let (end, ended) = oneshot::channel::<()>();
        let task = tokio::spawn(server.run(async { drop(ended.await) }));
        House { address, metrics, end: Some(end), task }
    }

    /// Asks the server to end, without waiting for it.
    pub fn ask_to_end(&mut self) {
        drop(self.end.take());
    }

    /// Waits until the server has ended.
    pub async fn ended(mut self) {
        self.ask_to_end();
        soon("the server to end", &mut self.task).await.unwrap();
    }

    pub async fn enter(&self) -> Party {
        self.enter_with(&[]).await.unwrap()
    }

    /// Performs a handshake with additional headers; returns the status if it is refused.
    pub async fn enter_with(&self, headers: &[(&'static str, &str)]) -> Result<Party, u16> {
        Party::enter(self.address, headers).await
    }

    /// Connects a host with an open room.
    pub async fn host(&self) -> (Party, Room) {
        let mut host = self.enter().await;
        host.say(&Request::Create { version: VERSION }).await;
        match host.hear().await {
            Reply::Created { room, .. } => (host, room),
            other => panic!("{other:?}"),
        }
    }

    /// Connects two parties who have just met: the host has relayed a body.
    pub async fn pair(&self) -> (Party, Party, Room) {
        let (mut host, room) = self.host().await;
        let mut guest = self.enter().await;
        guest.say(&join(room)).await;
        assert_eq!(guest.hear().await, Reply::Joined { ice: Vec::new(), away: false });
        assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
        host.relay("hello").await;
        assert_eq!(guest.hear_relay().await, "hello");
        (host, guest, room)
    }

    /// Connects an owner with an open door.
    pub async fn door(&self) -> (Party, Room) {
        let mut owner = self.enter().await;
        owner.say(&Request::Open { version: VERSION, room: None }).await;
        match owner.hear().await {
            Reply::Created { room, .. } => (owner, room),
            other => panic!("{other:?}"),
        }
    }

    /// Connects a guest who rings at a door.
    pub async fn ring(&self, room: Room) -> Party {
        let mut guest = self.enter().await;
        guest.say(&join(room)).await;
        assert_eq!(guest.hear().await, Reply::Ringing);
        guest
    }

    /// Takes the seat opposite a ringing guest.
    pub async fn answer(&self, ticket: Ticket) -> Party {
        let mut host = self.enter().await;
        host.say(&answer(ticket)).await;
        assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
        host
    }

    /// Returns the operator's metrics as text; the configuration must serve them.
    pub async fn figures(&self) -> String {
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let answer = Answer::parse(&raw(self.metrics.unwrap(), request).await);
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body).unwrap()
    }

    /// Sends `request` as it is and returns all bytes until the server closes.
    pub async fn raw(&self, request: &[u8]) -> Vec<u8> {
        raw(self.address, request).await
    }

    /// Makes one plain request on a connection of its own.
    pub async fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        Answer::parse(&self.raw(request.as_bytes()).await)
    }
}

async fn raw(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    soon("the server to close", stream.read_to_end(&mut answer)).await.unwrap();
    answer
}

/// The response of [`House::ask`].
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Answer {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Answer { status, headers, body: bytes[end + 4..].to_vec() }
    }

    /// Returns the only header with that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(this, _)| this == name).map(|(_, value)| value.as_str());
        let first = found.next();
        assert_eq!(found.next(), None, "{name} twice");
        first
    }
}

/// One end of a WebSocket.
pub struct Party {
    pub socket: WebSocketStream<TcpStream>,
}

impl Party {
    /// Performs a handshake with the server at `address`; returns the status if it is refused.
    pub async fn enter(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Party, u16> {
        let mut request = format!("ws://{address}{SOCKET_PATH}").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        match soon("the handshake", tokio_tungstenite::client_async(request, stream)).await {
            Ok((socket, _)) => Ok(Party { socket }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn say(&mut self, request: &Request) {
        self.send(Message::text(serde_json::to_string(request).unwrap())).await;
    }

    pub async fn send(&mut self, message: Message) {
        soon("sending", self.socket.send(message)).await.unwrap();
    }

    pub async fn relay(&mut self, text: &str) {
        self.say(&Request::Relay { body: Body(text.into()) }).await;
    }

    /// Returns the next reply.
    pub async fn hear(&mut self) -> Reply {
        loop {
            match soon("a reply", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("wanted a reply, got {other:?}"),
            }
        }
    }

    /// Expects a guest's call as the next reply.
    pub async fn hear_call(&mut self) -> Ticket {
        match self.hear().await {
            Reply::Called { ticket } => ticket,
            other => panic!("{other:?}"),
        }
    }

    pub async fn hear_relay(&mut self) -> String {
        match self.hear().await {
            Reply::Relay { body: Body(text) } => text,
            other => panic!("{other:?}"),
        }
    }

    /// Expects this refusal next, and then a close frame with this code.
    pub async fn is_refused(&mut self, reason: Refusal, code: CloseCode) {
        assert_eq!(self.hear().await, Reply::Refused { reason });
        self.is_closed(code).await;
    }

    /// Expects a close frame with this code next, and then the end.
    pub async fn is_closed(&mut self, code: CloseCode) {
        loop {
            match soon("the close frame", self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    assert_eq!(frame.code, code, "{}", frame.reason);
                    break;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("wanted the end, got {other:?}"),
            }
        }
        let after = soon("the end", self.socket.next()).await;
        assert!(after.is_none(), "{after:?}");
    }

    /// Sends bytes below the WebSocket.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        soon("sending", self.socket.get_mut().write_all(bytes)).await.unwrap();
    }
}

/// Makes a request to take the first seat of a room again.
pub fn resume(room: Room, ticket: Ticket) -> Request {
    Request::Resume { version: VERSION, room, ticket }
}

pub fn join(room: Room) -> Request {
    Request::Join { version: VERSION, room }
}

pub fn answer(ticket: Ticket) -> Request {
    Request::Answer { version: VERSION, ticket }
}

/// Makes a client frame with a mask of zeros, which leaves the payload readable.
pub fn frame(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first_byte];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
