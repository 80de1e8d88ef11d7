//! A peer connection by the `webrtc` crate, with the operations that a meeting needs.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use tacit_session::{Code, Fault};
use tacit_signaling_messages::IceServer;
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder, RTCIceCandidateInit,
    RTCIceCandidateType, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnectionIceEvent, RTCPeerConnectionState,
    RTCSessionDescription, RTCStatsReportEntry, SettingEngineBuilder, StatsSelector,
};

use super::channel::Channel;
use crate::flow::HIGH;
use crate::meeting::Config;
use crate::peer::{FromPeer, PRESENCE, Path, State, WORK};
use crate::{Candidate, Description};

/// Bytes that may arrive before this program reads them. The crate's 1 MiB stalls a fast sender.
pub const RECEIVE_WINDOW: u32 = 4 << 20;

/// Bytes that may wait to be sent.
pub const SEND_BUFFER: usize = HIGH;

/// A peer connection with its two channels. Dropping it closes it, and the other side notices at
/// once.
pub(crate) struct Peer {
    calls: Calls,
}

impl Peer {
    pub(crate) async fn new(
        config: &Config,
        open_channel: impl FnOnce(Channel),
        report: impl Fn(FromPeer) + Clone + Send + Sync + 'static,
    ) -> Result<Self, Fault> {
        let setting = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            .with_sctp_max_receive_buffer_size(RECEIVE_WINDOW)
            .build();
        let policy = if config.relay_only { RTCIceTransportPolicy::Relay } else { RTCIceTransportPolicy::All };
        let servers = RTCConfigurationBuilder::new()
            .with_ice_servers(config.ice_servers.iter().map(ice_server).collect())
            .with_ice_transport_policy(policy);
        let connection = PeerConnectionBuilder::new()
            .with_configuration(servers.build())
            .with_setting_engine(setting)
            .with_handler(Arc::new(Reporter(report.clone())))
            .with_udp_addrs(sockets(&config.addresses))
            .with_data_channel_send_buffer_limit(SEND_BUFFER)
            .build()
            .await
            .map_err(|error| Fault::new(Code::ConnectionFailed, format!("no peer connection: {error}")))?;
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        open_channel(Channel(channel(&connection, WORK).await?));
        let presence = channel(&connection, PRESENCE).await?;
        super::spawn(async move {
            loop {
                match presence.poll().await {
                    Some(DataChannelEvent::OnOpen) => report(FromPeer::Present),
                    Some(DataChannelEvent::OnClosing | DataChannelEvent::OnClose) | None => {
                        return report(FromPeer::Gone);
                    }
                    Some(_) => {}
                }
            }
        });
        Ok(Self { calls: Calls { connection, is_settled: Rc::new(Cell::new(true)) } })
    }

    /// Returns a handle for asynchronous calls: the peer itself may be dropped in the meantime.
    pub(crate) fn calls(&self) -> Calls {
        self.calls.clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let connection = Arc::clone(&self.calls.connection);
        super::finish(async move {
            // A closed connection stays closed.
            let _ = connection.close().await;
        });
    }
}

/// The asynchronous calls on a peer connection.
#[derive(Clone)]
pub(crate) struct Calls {
    connection: Arc<dyn PeerConnection>,
    is_settled: Rc<Cell<bool>>,
}

impl Calls {
    /// Makes an offer, sets it, and returns it.
    pub(crate) async fn offer(&self, restart: bool) -> Result<String, Fault> {
        if restart {
            self.connection.restart_ice().await.map_err(ours)?;
        }
        let offer = self.connection.create_offer(None).await.map_err(ours)?;
        self.is_settled.set(false);
        self.set_local(offer).await
    }

    /// Sets the other side's description; after an offer, makes the answer, sets it, and returns
    /// it.
    pub(crate) async fn apply(&self, description: &Description) -> Result<Option<String>, Fault> {
        let (read, asks) = match description {
            Description::Offer(sdp) => (RTCSessionDescription::offer(sdp.clone()), true),
            Description::Answer(sdp) => (RTCSessionDescription::answer(sdp.clone()), false),
        };
        let theirs = |_| Fault::peer("a description that WebRTC does not take");
        self.connection.set_remote_description(read.map_err(theirs)?).await.map_err(theirs)?;
        self.is_settled.set(!asks);
        if !asks {
            return Ok(None);
        }
        let answer = self.connection.create_answer(None).await.map_err(ours)?;
        let sdp = self.set_local(answer).await?;
        self.is_settled.set(true);
        Ok(Some(sdp))
    }

    async fn set_local(&self, description: RTCSessionDescription) -> Result<String, Fault> {
        let sdp = description.sdp.clone();
        self.connection.set_local_description(description).await.map_err(ours)?;
        Ok(sdp)
    }

    /// Adds a candidate. A rejected one is skipped: others may work.
    pub(crate) async fn reach(&self, candidate: &Candidate) {
        let init = RTCIceCandidateInit {
            candidate: candidate.line.clone(),
            sdp_mid: candidate.mid.clone(),
            sdp_mline_index: candidate.index,
            ..RTCIceCandidateInit::default()
        };
        let _ = self.connection.add_ice_candidate(init).await;
    }

    /// Tells whether no description is pending.
    pub(crate) fn settled(&self) -> bool {
        self.is_settled.get()
    }

    /// Returns the path in use and its round-trip time in milliseconds, once known.
    pub(crate) async fn path(&self) -> Option<(Path, Option<f64>)> {
        let report = self.connection.get_stats(Instant::now(), StatsSelector::None).await;
        let chosen = &report.transport()?.selected_candidate_pair_id;
        let pair = report.candidate_pairs().find(|pair| pair.stats.id == *chosen)?;
        let relayed = [&pair.local_candidate_id, &pair.remote_candidate_id].into_iter().any(|id| {
            matches!(report.get(id), Some(RTCStatsReportEntry::LocalCandidate(end) | RTCStatsReportEntry::RemoteCandidate(end))
                if end.candidate_type == RTCIceCandidateType::Relay)
        });
        let rtt = pair.current_round_trip_time * 1e3;
        Some((if relayed { Path::Relayed } else { Path::Direct }, (rtt > 0.0).then_some(rtt)))
    }
}

/// Always true: this program brings its own WebRTC.
pub(crate) fn supported() -> bool {
    true
}

struct Reporter<R>(R);

#[async_trait::async_trait]
impl<R: Fn(FromPeer) + Send + Sync + 'static> PeerConnectionEventHandler for Reporter<R> {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        // The crate names no media section; there is one, and its name is in both descriptions.
        if let Ok(init) = event.candidate.to_json() {
            let mid = init.sdp_mid.filter(|mid| !mid.is_empty());
            (self.0)(FromPeer::Candidate(Candidate { line: init.candidate, mid, index: init.sdp_mline_index }));
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let state = match state {
            RTCPeerConnectionState::Connected => State::Connected,
            RTCPeerConnectionState::Disconnected => State::Disconnected,
            RTCPeerConnectionState::Failed => State::Failed,
            RTCPeerConnectionState::Closed => State::Closed,
            _ => return,
        };
        (self.0)(FromPeer::State(state));
    }
}

async fn channel(
    connection: &Arc<dyn PeerConnection>,
    (label, id): (&str, u16),
) -> Result<Arc<dyn DataChannel>, Fault> {
    let init = RTCDataChannelInit { negotiated: Some(id), ..RTCDataChannelInit::default() };
    connection.create_data_channel(label, Some(init)).await.map_err(ours)
}

/// Returns the addresses to listen on: the given ones, or all of this machine.
fn sockets(addresses: &[IpAddr]) -> Vec<SocketAddr> {
    let everywhere = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
    let chosen = if addresses.is_empty() { &everywhere[..] } else { addresses };
    chosen.iter().map(|&address| SocketAddr::new(address, 0)).collect()
}

fn ice_server(server: &IceServer) -> RTCIceServer {
    RTCIceServer {
        urls: server.urls.clone(),
        username: server.username.clone().unwrap_or_default(),
        credential: server.credential.clone().unwrap_or_default(),
    }
}

/// Returns the fault for an operation of the crate that should never fail.
fn ours(error: impl std::fmt::Display) -> Fault {
    Fault::internal(error.to_string())
}
