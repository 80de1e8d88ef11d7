//! The filter between the network and the TURN library, which bounds little of what strangers may
//! make it do.
//!
//! - The library keeps every nonce that it ever gave out, and gives one to every client that asks.
//!   So the gate requests one from the library, as a client would, gives the same one to every
//!   client for a while, and itself rejects a request with another. A nonce guards against requests
//!   that are recorded and replayed later; for that it need only be new from time to time.
//! - The library keeps as many permissions and channels as are requested: here they cost tokens,
//!   see [`Ledger::may_name_peer`].
//! - The library searches for an even port (which old telephones want) until it finds one, even
//!   where there is none.
//! - The library stops at the first error of its socket, and may deadlock when a permission ends as
//!   it is renewed. The gate records when the library last asked for a datagram, and
//!   [`Relay`](super::Relay) restarts a library that has stopped asking.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use stun::agent::TransactionId;
use stun::attributes::{ATTR_EVEN_PORT, ATTR_MESSAGE_INTEGRITY, ATTR_NONCE, ATTR_REALM};
use stun::error_code::{CODE_STALE_NONCE, CODE_UNAUTHORIZED, ErrorCode, ErrorCodeAttribute};
use stun::message::{
    CLASS_ERROR_RESPONSE, CLASS_REQUEST, METHOD_ALLOCATE, METHOD_BINDING, METHOD_CHANNEL_BIND,
    METHOD_CREATE_PERMISSION, METHOD_REFRESH, Message, MessageType,
};
use stun::textattrs::TextAttribute;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use webrtc_util::{Conn, Error};

use super::REALM;
use super::ledger::Ledger;
use crate::limits::{Allowance, Doorkeeper, PLACES, Rate};

/// How long one nonce is handed out. The library accepts each for an hour, the gate this one and
/// the previous one.
const NONCE_FOR: Duration = Duration::from_secs(25 * 60);

/// The gate's own client address when it asks for a nonce; no datagram comes from there.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

/// The library never takes this long for one datagram.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// The delay after an error of the system, to avoid a busy loop.
const BREATHER: Duration = Duration::from_millis(50);

/// The socket of the TURN server, as the library sees it.
pub(crate) struct Gate {
    socket: Arc<UdpSocket>,
    ledger: Arc<Ledger>,
    callers: Arc<Doorkeeper>,
    nonces: Mutex<Nonces>,
    /// The time since when the library works on a datagram; `None` while it waits for one.
    busy_since: Mutex<Option<Instant>>,
    retired: CancellationToken,
}

#[derive(Default)]
struct Nonces {
    now: Option<String>,
    before: Option<String>,
    asked: Option<Instant>,
}

/// The gate's decision about a datagram.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Pass,
    Drop,
    Answer(Vec<u8>),
}

impl Gate {
    pub(crate) fn new(socket: Arc<UdpSocket>, ledger: Arc<Ledger>) -> Arc<Self> {
        Arc::new(Gate {
            socket,
            ledger,
            callers: callers(),
            nonces: Mutex::default(),
            busy_since: Mutex::default(),
            retired: CancellationToken::new(),
        })
    }

    /// Makes a gate that receives nothing by itself, for [`crate::fuzz`].
    pub(crate) async fn closed() -> std::io::Result<Arc<Self>> {
        Ok(Self::new(Arc::new(UdpSocket::bind("127.0.0.1:0").await?), Ledger::new(4, 4)))
    }

    /// Judges a datagram, for [`crate::fuzz`]; signed ones also as if they had the right nonce.
    pub(crate) fn try_judge(&self, datagram: &[u8]) {
        lock(&self.nonces).now = Some("nonce".to_owned());
        if let Verdict::Answer(answer) = self.judge(datagram, NOBODY) {
            self.learn(&answer);
        }
        self.learn(datagram);
    }

    /// Tells whether the library was given a datagram and has not returned for too long.
    pub(crate) fn is_stuck(&self) -> bool {
        lock(&self.busy_since).is_some_and(|since| since.elapsed() > STUCK_AFTER)
    }

    /// Closes the gate: nothing more comes from it.
    pub(crate) fn retire(&self) {
        self.retired.cancel();
    }

    fn judge(&self, datagram: &[u8], from: SocketAddr) -> Verdict {
        match datagram {
            // A payload between parties, in a channel or in an indication: the library knows
            // whether the channel exists.
            [0x40..=0x7f, ..] | [0x00, 0x16, ..] => return Verdict::Pass,
            // Rejects half of all noise.
            [0x00..=0x3f, ..] => {}
            _ => return Verdict::Drop,
        }
        let mut request = Message { raw: datagram.to_vec(), ..Message::default() };
        if request.decode().is_err() || request.typ.class != CLASS_REQUEST {
            return Verdict::Drop;
        }
        let now = Instant::now().into_std();
        if !self.callers.admit(from.ip(), now).is_some_and(|visit| visit.may_open_socket(now)) {
            return Verdict::Drop;
        }
        let names_peer = match request.typ.method {
            METHOD_BINDING => return Verdict::Pass,
            METHOD_ALLOCATE | METHOD_REFRESH => false,
            METHOD_CREATE_PERMISSION | METHOD_CHANNEL_BIND => true,
            _ => return Verdict::Drop,
        };
        if !request.contains(ATTR_MESSAGE_INTEGRITY) {
            return self.challenge(&request, CODE_UNAUTHORIZED);
        }
        let shown = request.get(ATTR_NONCE).unwrap_or_default();
        if !lock(&self.nonces).know(&shown) {
            return self.challenge(&request, CODE_STALE_NONCE);
        }
        if request.contains(ATTR_EVEN_PORT) || (names_peer && !self.ledger.may_name_peer(from, now)) {
            return Verdict::Drop;
        }
        Verdict::Pass
    }

    /// Asks the sender of `request` to sign it, with the current nonce.
    fn challenge(&self, request: &Message, code: ErrorCode) -> Verdict {
        let Some(nonce) = lock(&self.nonces).now.clone() else { return Verdict::Drop };
        let mut answer = Message::new();
        let built = answer.build(&[
            Box::new(request.transaction_id),
            Box::new(MessageType::new(request.typ.method, CLASS_ERROR_RESPONSE)),
            Box::new(ErrorCodeAttribute { code, reason: Vec::new() }),
            Box::new(TextAttribute::new(ATTR_NONCE, nonce)),
            Box::new(TextAttribute::new(ATTR_REALM, REALM.to_owned())),
        ]);
        built.map_or(Verdict::Drop, |()| Verdict::Answer(answer.raw))
    }

    /// Requests a nonce from the library, as a client of it.
    fn ask(&self, buffer: &mut [u8]) -> Option<usize> {
        lock(&self.nonces).asked = Some(Instant::now());
        let mut question = Message::new();
        question
            .build(&[Box::new(TransactionId::new()), Box::new(MessageType::new(METHOD_ALLOCATE, CLASS_REQUEST))])
            .ok()?;
        buffer.get_mut(..question.raw.len())?.copy_from_slice(&question.raw);
        Some(question.raw.len())
    }

    /// Reads the nonce from the library's answer.
    fn learn(&self, answer: &[u8]) {
        let mut message = Message { raw: answer.to_vec(), ..Message::default() };
        let nonce = message.decode().and_then(|()| message.get(ATTR_NONCE)).ok();
        if let Some(nonce) = nonce.and_then(|nonce| String::from_utf8(nonce).ok()) {
            let mut nonces = lock(&self.nonces);
            nonces.before = nonces.now.replace(nonce);
        }
    }

    fn hand_over(&self, length: usize, from: SocketAddr) -> Result<(usize, SocketAddr), Error> {
        *lock(&self.busy_since) = Some(Instant::now());
        Ok((length, from))
    }
}

impl Nonces {
    fn know(&self, shown: &[u8]) -> bool {
        [&self.now, &self.before].into_iter().flatten().any(|nonce| nonce.as_bytes() == shown)
    }

    fn due(&self) -> Instant {
        self.asked.map_or_else(Instant::now, |asked| asked + NONCE_FOR)
    }
}

/// Limits the requests from one address: enough for a class behind one address whose members all
/// meet at once.
fn callers() -> Arc<Doorkeeper> {
    const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
    const AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);
    let rate = Rate::per_second(PER_SECOND, AT_ONCE);
    // A datagram is a visit that is over at once, so only the rate counts.
    let allowance = Allowance { total: u32::MAX, connections: u32::MAX, sockets: rate, seats: rate };
    Doorkeeper::new(allowance, PLACES, Instant::now().into_std())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Maps IPv4-mapped addresses, which a socket for both families shows, to IPv4: clients would not
/// recognise them as theirs.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[async_trait]
impl Conn for Gate {
    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        *lock(&self.busy_since) = None;
        loop {
            let due = lock(&self.nonces).due();
            let received = tokio::select! {
                biased;
                () = self.retired.cancelled() => return Err(Error::ErrAlreadyClosed),
                () = sleep_until(due) => match self.ask(buffer) {
                    Some(length) => return self.hand_over(length, NOBODY),
                    None => continue,
                },
                received = self.socket.recv_from(buffer) => received,
            };
            let Ok((length, from)) = received else {
                sleep(BREATHER).await;
                continue;
            };
            let client = plain(from);
            match self.judge(buffer.get(..length).unwrap_or_default(), client) {
                Verdict::Pass => return self.hand_over(length, client),
                Verdict::Drop => {}
                Verdict::Answer(answer) => drop(self.socket.send_to(&answer, from).await),
            }
        }
    }

    async fn send_to(&self, datagram: &[u8], client: SocketAddr) -> Result<usize, Error> {
        if client == NOBODY {
            self.learn(datagram);
            return Ok(datagram.len());
        }
        let to = match (self.socket.local_addr()?, client) {
            (SocketAddr::V6(_), SocketAddr::V4(client)) => {
                SocketAddr::new(client.ip().to_ipv6_mapped().into(), client.port())
            }
            _ => client,
        };
        Ok(self.socket.send_to(datagram, to).await?)
    }

    fn local_addr(&self) -> Result<SocketAddr, Error> {
        Ok(self.socket.local_addr()?)
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// The library calls this at the end of every allocation, although other allocations share this
    /// socket.
    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }

    fn as_any(&self) -> &(dyn std::any::Any + Send + Sync) {
        self
    }

    // The library does not connect this one.

    async fn connect(&self, _: SocketAddr) -> Result<(), Error> {
        Err(Error::ErrUseClosedNetworkConn)
    }

    async fn recv(&self, _: &mut [u8]) -> Result<usize, Error> {
        Err(Error::ErrUseClosedNetworkConn)
    }

    async fn send(&self, _: &[u8]) -> Result<usize, Error> {
        Err(Error::ErrUseClosedNetworkConn)
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
