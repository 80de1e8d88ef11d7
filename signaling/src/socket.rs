//! One WebSocket: reads a party's requests, writes the replies in its queue, and closes both when
//! necessary.
//!
//! The bounds, in the order in which an abuser meets them: a frame longer than [`MAX_FRAME`] is not
//! read to its end; each frame costs a token; a socket that has not asked for a seat in time, or
//! does not answer a ping, is closed; one that does not read its replies loses its seat (see `hub`)
//! and then its connection.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::FusedStream;
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use tacit_signaling_messages::{Body, MAX_FRAME, Refusal, Reply, Request, VERSION};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error as WireError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_util::sync::CancellationToken;

use crate::config::Limits;
use crate::hub::{Ask, Hub, Post, Seat};
use crate::ice::Ice;
use crate::limits::{Bucket, Rate, Visit};
use crate::wire::Metered;

/// The server's state that a socket's task uses.
pub(crate) struct Surroundings {
    pub(crate) hub: Arc<Hub>,
    pub(crate) ice: Arc<Ice>,
    pub(crate) visit: Arc<Visit>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) closing: CancellationToken,
}

/// Serves one upgraded connection until either side ends it.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, around: Surroundings) {
    let mut line = Line::new(stream, &around).await;
    let parting = converse(&mut line, &around).await;
    if let Some(parting) = parting {
        line.part(parting).await;
    }
}

/// The maximum time for the closing handshake, even if the client does not read.
const FAREWELL: Duration = Duration::from_secs(1);

/// The maximum number of bytes that are read and dropped after the close frame.
const MOST_DRAINED: usize = 1 << 20;

/// The last reply on a socket and its close code.
#[derive(Debug, PartialEq, Eq)]
struct Parting {
    reply: Option<Reply>,
    code: CloseCode,
    reason: &'static str,
}

impl Parting {
    fn quiet(code: CloseCode, reason: &'static str) -> Self {
        Parting { reply: None, code, reason }
    }

    fn malformed(code: CloseCode, reason: &'static str) -> Self {
        Parting { reply: Some(Reply::Refused { reason: Refusal::Malformed }), code, reason }
    }

    fn after(reply: Reply) -> Self {
        let (code, reason) = match &reply {
            Reply::Refused { reason } => match reason {
                Refusal::Version => (CloseCode::Policy, "another version"),
                Refusal::UnknownRoom => (CloseCode::Policy, "no such room"),
                Refusal::RoomFull => (CloseCode::Policy, "the room is full"),
                Refusal::Malformed => (CloseCode::Policy, "not allowed at this point"),
                Refusal::ServerFull => (CloseCode::Again, "too many rooms"),
                Refusal::Busy => (CloseCode::Again, "no place in time"),
                Refusal::TooMany => (CloseCode::Again, "too many requests"),
                Refusal::Expired => (CloseCode::Normal, "the room's time is over"),
                Refusal::ShuttingDown => (CloseCode::Away, "shutting down"),
            },
            _ => (CloseCode::Normal, "the room is closed"),
        };
        Parting { reply: Some(reply), code, reason }
    }
}

impl From<Refusal> for Parting {
    fn from(reason: Refusal) -> Self {
        Parting::after(Reply::Refused { reason })
    }
}

/// Runs the conversation and returns its last reply, or `None` if the other end is gone.
///
/// The seat is left when this returns, before the last reply is sent: the peer need not wait for
/// it.
async fn converse(line: &mut Line<impl AsyncRead + AsyncWrite + Unpin>, around: &Surroundings) -> Option<Parting> {
    let limits = &around.limits;
    let rate = Rate::per_second(limits.messages_per_second, limits.message_burst);
    let mut bucket = Bucket::full(Instant::now().into_std());
    let first_word_by = Instant::now() + limits.first_word;
    let (queue, mut posts) = mpsc::channel(limits.queue.get() as usize);
    let mut queue = Some(queue);
    let mut seat: Option<Seat> = None;
    let mut pinged = false;
    let mut heard_at = Instant::now();

    loop {
        let silent_until = heard_at + limits.ping_after + if pinged { limits.pong_within } else { Duration::ZERO };
        tokio::select! {
            // The order matters: when the server ends the peer leaves as well, and the shutdown
            // must be reported first.
            biased;

            () = around.closing.cancelled() => return Some(Refusal::ShuttingDown.into()),

            post = posts.recv() => match post {
                Some(Post { reply, last: true }) => return Some(Parting::after(reply)),
                Some(Post { reply, last: false }) => line.say(&reply).await.ok()?,
                None => return Some(Parting::quiet(CloseCode::Policy, "too slow")),
            },

            heard = line.hear() => {
                heard_at = Instant::now();
                pinged = false;
                if !bucket.take(rate, heard_at.into_std()) {
                    return Some(Refusal::TooMany.into());
                }
                let request = match heard {
                    Heard::Request(request) => request,
                    Heard::Sign => continue,
                    Heard::Nonsense(parting) => return Some(parting),
                    Heard::End => return None,
                    Heard::Goodbye => {
                        seat.take().into_iter().for_each(Seat::give_up);
                        return None;
                    }
                };
                match answer(request, &mut seat, &mut queue, around).await {
                    Ok(Some(reply)) => line.say(&reply).await.ok()?,
                    Ok(None) => {}
                    Err(parting) => return Some(parting),
                }
            }

            () = sleep_until(silent_until) => {
                if pinged {
                    return Some(Parting::quiet(CloseCode::Policy, "no answer to a ping"));
                }
                line.ping().await.ok()?;
                pinged = true;
            }

            () = sleep_until(first_word_by), if seat.is_none() => {
                return Some(Parting::quiet(CloseCode::Policy, "nothing was asked for"));
            }
        }
    }
}

/// Executes a request: returns its reply, or the parting.
async fn answer(
    request: Request,
    seat: &mut Option<Seat>,
    queue: &mut Option<mpsc::Sender<Post>>,
    around: &Surroundings,
) -> Result<Option<Reply>, Parting> {
    match request {
        Request::Create { version }
        | Request::Resume { version, .. }
        | Request::Join { version, .. }
        | Request::Open { version, .. }
        | Request::Answer { version, .. }
            if version != VERSION =>
        {
            Err(Refusal::Version.into())
        }
        Request::Create { .. }
        | Request::Resume { .. }
        | Request::Join { .. }
        | Request::Open { .. }
        | Request::Answer { .. } => {
            // The queue can be taken once, so this is also where a second seat is refused.
            let queue = queue.take().ok_or(Refusal::Malformed)?;
            let (taken, reply) = take_seat(request, queue, around).await?;
            *seat = Some(taken);
            Ok(Some(reply))
        }
        Request::Relay { body: Body(text) } if text.len() > around.limits.max_body => {
            Err(Parting::malformed(CloseCode::Size, "the body is too long"))
        }
        Request::Relay { body } => {
            seat.as_ref().ok_or(Refusal::Malformed)?.relay(body).await?;
            Ok(None)
        }
        Request::Close => {
            seat.as_ref().ok_or(Refusal::Malformed)?.close().await;
            Err(Parting::quiet(CloseCode::Normal, "closed as asked"))
        }
    }
}

/// Grants a seat, if this address has not asked too often.
async fn take_seat(
    request: Request,
    queue: mpsc::Sender<Post>,
    around: &Surroundings,
) -> Result<(Seat, Reply), Refusal> {
    let ask = match request {
        Request::Create { .. } => Ask::Create,
        Request::Resume { room, ticket, .. } => Ask::Resume(room, ticket),
        Request::Open { room, .. } => Ask::Open(room),
        Request::Join { room, .. } => Ask::Join(room),
        Request::Answer { ticket, .. } => Ask::Answer(ticket),
        Request::Relay { .. } | Request::Close => return Err(Refusal::Malformed),
    };
    let now = Instant::now().into_std();
    if !matches!(ask, Ask::Answer(_)) {
        let may = around.visit.may_take_seat(now);
        return if may { around.hub.enter(ask, queue).await } else { Err(Refusal::TooMany) };
    }
    // The guest's ring was counted already. A wrong ticket counts, and an address that has tried
    // too often is refused before its ticket is checked, so that further guesses tell it nothing.
    if !around.visit.has_seat_left(now) {
        return Err(Refusal::TooMany);
    }
    let answered = around.hub.enter(ask, queue).await;
    match answered {
        // The owner's socket is not counted either; otherwise guests who say nothing would use up
        // the sockets that its address may open.
        Ok(_) => around.visit.forget_socket(now),
        Err(Refusal::UnknownRoom) => {
            let _counted = around.visit.may_take_seat(now);
        }
        Err(_) => {}
    }
    answered
}

/// An input from the client.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Request(Request),
    /// A ping or a pong: the client is alive.
    Sign,
    Nonsense(Parting),
    /// Closed or broken; nothing more can be sent.
    End,
    /// Closed by a browser whose page is gone.
    Goodbye,
}

/// The other end is gone, or does not read.
struct Gone;

/// A WebSocket that speaks [`Request`] and [`Reply`].
struct Line<T> {
    socket: WebSocketStream<Metered<T>>,
    ice: Arc<Ice>,
    write_within: Duration,
    closing: CancellationToken,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Line<T> {
    async fn new(stream: T, around: &Surroundings) -> Self {
        // Small buffers: most sockets sit idle for hours. No write is held back to fill a buffer.
        let config = WebSocketConfig::default()
            .read_buffer_size(2048)
            .write_buffer_size(0)
            .max_write_buffer_size(4 * MAX_FRAME)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        // Twice a frame leaves room for reading ahead and for fragments of a sensible size.
        let stream = Metered::new(stream, 2 * MAX_FRAME);
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
        Line {
            socket,
            ice: around.ice.clone(),
            write_within: around.limits.write_within,
            closing: around.closing.clone(),
        }
    }

    async fn hear(&mut self) -> Heard {
        let frame = self.socket.next().await;
        self.socket.get_mut().refill();
        match frame {
            Some(Ok(Message::Text(text))) => parse(&text),
            Some(Ok(Message::Binary(_))) => {
                Heard::Nonsense(Parting::malformed(CloseCode::Unsupported, "binary is not spoken here"))
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Heard::Sign,
            Some(Ok(Message::Close(frame))) => {
                // The library has queued the answer; polling once more sends it.
                drop(timeout(FAREWELL, self.socket.next()).await);
                let is_gone = frame.is_some_and(|frame| frame.code == CloseCode::Away);
                if is_gone { Heard::Goodbye } else { Heard::End }
            }
            Some(Ok(Message::Frame(_))) | None => Heard::End,
            Some(Err(error)) => failed(&error),
        }
    }

    async fn say(&mut self, reply: &Reply) -> Result<(), Gone> {
        let text = serde_json::to_string(&self.ice.put_into(reply)).map_err(|_| Gone)?;
        self.send(Message::text(text)).await
    }

    async fn ping(&mut self) -> Result<(), Gone> {
        self.send(Message::Ping(Bytes::new())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Gone> {
        tokio::select! {
            biased;
            sent = timeout(self.write_within, self.socket.send(message)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(Gone),
            },
            // A client that does not read cannot be told either.
            () = self.closing.cancelled() => Err(Gone),
        }
    }

    async fn part(mut self, Parting { reply, code, reason }: Parting) {
        let goodbye = async {
            if let Some(text) = reply.and_then(|reply| serde_json::to_string(&reply).ok()) {
                self.socket.feed(Message::text(text)).await.ok()?;
            }
            self.socket.close(Some(CloseFrame { code, reason: reason.into() })).await.ok()?;
            // The answer to our close frame ends the loop. After an error nothing that arrives can
            // be interpreted.
            while !self.socket.is_terminated() {
                match self.socket.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(_)) => break,
                    None => return Some(()),
                }
            }
            self.socket.get_mut().wind_down(MOST_DRAINED).await.ok()
        };
        drop(timeout(FAREWELL, goodbye).await);
    }
}

fn parse(text: &str) -> Heard {
    /// A newer client may send more than we know; it must get a version error, not a malformed one.
    #[derive(Deserialize)]
    struct Versioned {
        version: u16,
    }
    match serde_json::from_str(text) {
        Ok(request) => Heard::Request(request),
        Err(_) => Heard::Nonsense(match serde_json::from_str(text) {
            Ok(Versioned { version }) if version != VERSION => Refusal::Version.into(),
            _ => Parting::malformed(CloseCode::Invalid, "not a request"),
        }),
    }
}

fn failed(error: &WireError) -> Heard {
    Heard::Nonsense(match error {
        WireError::Capacity(_) => Parting::malformed(CloseCode::Size, "the frame is too long"),
        WireError::Io(error) if error.kind() == std::io::ErrorKind::QuotaExceeded => {
            Parting::malformed(CloseCode::Size, "too much without a whole message")
        }
        WireError::Utf8(_) => Parting::malformed(CloseCode::Invalid, "text that is not UTF-8"),
        WireError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Heard::End,
        WireError::Protocol(_) => Parting::malformed(CloseCode::Protocol, "not a WebSocket frame"),
        _ => return Heard::End,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tacit_signaling_messages::Room;

    use super::*;

    #[test]
    fn a_newer_client_hears_about_versions_and_a_broken_one_about_its_words() {
        let newer = parse(r#"{"type":"create","version":4,"colour":"blue"}"#);
        assert_eq!(newer, Heard::Nonsense(Refusal::Version.into()));
        for bad in [r#"{"type":"create","version":3,"colour":"blue"}"#, r#"{"version":3}"#, "", "[", "null", "7"] {
            assert!(
                matches!(parse(bad), Heard::Nonsense(Parting { code: CloseCode::Invalid, .. })),
                "{bad}: {:?}",
                parse(bad)
            );
        }
        let join = Request::Join { version: VERSION, room: Room(7) };
        assert_eq!(parse(r#"{"type":"join","version":3,"room":7}"#), Heard::Request(join));
    }

    proptest! {
        #[test]
        fn whatever_is_understood_is_what_was_said(text in ".{0,200}") {
            if let Heard::Request(request) = parse(&text) {
                let said: serde_json::Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(serde_json::to_value(request).unwrap(), said);
            }
        }
    }
}
