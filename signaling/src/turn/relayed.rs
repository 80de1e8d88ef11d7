//! The sockets at which relayed parties are reached: one per allocation, with its limits.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::net::UdpSocket;
use tokio::time::Instant;
use turn::relay::RelayAddressGenerator;
use webrtc_util::{Conn, Error};

use super::ledger::{Lease, Ledger, Tally};
use super::peers::Peers;
use crate::limits::{Bucket, Rate};

/// Makes a socket for each allocation.
pub(crate) struct Relayed {
    /// The local address of the sockets.
    pub(crate) bind: IpAddr,
    /// The address that parties are told.
    pub(crate) shown: IpAddr,
    pub(crate) ports: RangeInclusive<u16>,
    /// The rate of one allocation in bytes per second, each way.
    pub(crate) share: NonZeroU32,
    pub(crate) peers: Peers,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) tally: Arc<Tally>,
}

/// How many ports are tried before an allocation fails.
const TRIES: usize = 64;

#[async_trait]
impl RelayAddressGenerator for Relayed {
    fn validate(&self) -> Result<(), turn::Error> {
        Ok(())
    }

    async fn allocate_conn(
        &self,
        ipv4: bool,
        _: u16,
    ) -> Result<(Arc<dyn Conn + Send + Sync>, SocketAddr), turn::Error> {
        if self.shown.is_ipv4() != ipv4 {
            return Err(turn::Error::ErrInvalidRequestedFamilyValue);
        }
        let (socket, port) = self.bind().await.ok_or(turn::Error::ErrMaxRetriesExceeded)?;
        let now = Instant::now().into_std();
        let lease = self.ledger.open(port, now).ok_or(turn::Error::ErrMaxRetriesExceeded)?;
        self.tally.allocations.fetch_add(1, Ordering::Relaxed);
        let conn = RelayedSocket {
            socket,
            peers: self.peers.clone(),
            ledger: self.ledger.clone(),
            tally: self.tally.clone(),
            rate: Rate::per_second(self.share, self.share),
            out: Mutex::new(Bucket::full(now)),
            home: Mutex::new(Bucket::full(now)),
            _lease: lease,
        };
        Ok((Arc::new(conn), SocketAddr::new(self.shown, port)))
    }
}

impl Relayed {
    /// Binds a socket to the first free port from a random one on, so that a stranger cannot tell
    /// which are in use.
    async fn bind(&self) -> Option<(UdpSocket, u16)> {
        let mut random = [0; 2];
        getrandom::fill(&mut random).ok()?;
        let start = usize::from(u16::from_ne_bytes(random)) % self.ports.len();
        let round = self.ports.clone().skip(start).chain(self.ports.clone());
        for port in round.take(TRIES.min(self.ports.len())) {
            if let Ok(socket) = UdpSocket::bind((self.bind, port)).await {
                return Some((socket, port));
            }
        }
        None
    }
}

/// The far side of an allocation. Datagrams that may not pass are dropped silently, as networks do.
struct RelayedSocket {
    socket: UdpSocket,
    peers: Peers,
    ledger: Arc<Ledger>,
    tally: Arc<Tally>,
    rate: Rate,
    out: Mutex<Bucket>,
    home: Mutex<Bucket>,
    _lease: Lease,
}

impl RelayedSocket {
    fn may_pass(&self, peer: SocketAddr, length: usize, bucket: &Mutex<Bucket>) -> bool {
        if !self.peers.allow(peer, |port| self.ledger.has_port(port)) {
            self.tally.denied.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let now = Instant::now().into_std();
        if !bucket.lock().unwrap_or_else(PoisonError::into_inner).take_many(length, self.rate, now) {
            self.tally.dropped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.tally.bytes.fetch_add(u64::from(length), Ordering::Relaxed);
        true
    }
}

#[async_trait]
impl Conn for RelayedSocket {
    async fn send_to(&self, datagram: &[u8], peer: SocketAddr) -> Result<usize, Error> {
        if !self.may_pass(peer, datagram.len(), &self.out) {
            return Ok(datagram.len());
        }
        Ok(self.socket.send_to(datagram, peer).await?)
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        loop {
            let (length, peer) = self.socket.recv_from(buffer).await?;
            if self.may_pass(peer, length, &self.home) {
                return Ok((length, peer));
            }
        }
    }

    fn local_addr(&self) -> Result<SocketAddr, Error> {
        Ok(self.socket.local_addr()?)
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// The socket is closed when its last owner drops it.
    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }

    fn as_any(&self) -> &(dyn std::any::Any + Send + Sync) {
        self
    }

    // The library does not connect these sockets.

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
