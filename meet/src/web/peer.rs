//! The browser's peer connection, with the operations that a meeting needs.

use js_sys::{Array, Function, Map, Reflect};
use tacit_session::{Code, Fault};
use tacit_signaling_messages::IceServer;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelInit, RtcIceCandidateInit, RtcIceServer, RtcIceTransportPolicy,
    RtcOfferOptions, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType,
    RtcSessionDescriptionInit, RtcSignalingState,
};

use super::events::Listener;
use crate::meeting::Config;
use crate::peer::{FromPeer, PRESENCE, Path, State, WORK};
use crate::{Candidate, Description};

/// A peer connection with its two channels. Dropping it closes it, and the other side notices at
/// once.
///
/// The channel of the computation is given to a worker if the browser supports that.
pub(crate) struct Peer {
    connection: RtcPeerConnection,
    _presence: RtcDataChannel,
    _listeners: [Listener; 4],
}

impl Peer {
    /// Calls `open_channel` before awaiting anything: only then can a channel still be transferred.
    #[expect(clippy::unused_async, reason = "elsewhere it takes time")]
    pub(crate) async fn new(
        config: &Config,
        open_channel: impl FnOnce(RtcDataChannel),
        report: impl Fn(FromPeer) + Clone + 'static,
    ) -> Result<Self, Fault> {
        let unsupported = |_| Fault::new(Code::Unsupported, "no peer connection");
        let wanted = RtcConfiguration::new();
        wanted.set_ice_servers(&config.ice_servers.iter().map(ice_server).collect::<Array>());
        if config.relay_only {
            wanted.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
        }
        let connection = RtcPeerConnection::new_with_configuration(&wanted).map_err(unsupported)?;
        open_channel(channel(&connection, WORK));
        let presence = channel(&connection, PRESENCE);
        let listen =
            |target: &web_sys::EventTarget, name, read: fn(&RtcPeerConnection, JsValue) -> Option<FromPeer>| {
                let (report, connection) = (report.clone(), connection.clone());
                Listener::new(target, name, move |event| {
                    if let Some(news) = read(&connection, event) {
                        report(news);
                    }
                })
            };
        let listeners = [
            listen(&connection, "icecandidate", |_, event| candidate(&event).map(FromPeer::Candidate)),
            listen(&connection, "connectionstatechange", |c, _| state(c.connection_state()).map(FromPeer::State)),
            listen(&presence, "open", |_, _| Some(FromPeer::Present)),
            listen(&presence, "close", |_, _| Some(FromPeer::Gone)),
        ];
        Ok(Self { connection, _presence: presence, _listeners: listeners })
    }

    /// Returns a handle for asynchronous calls: the peer itself may be dropped in the meantime.
    pub(crate) fn calls(&self) -> Calls {
        Calls(self.connection.clone())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// The asynchronous calls on a peer connection.
pub(crate) struct Calls(RtcPeerConnection);

impl Calls {
    /// Makes an offer, sets it, and returns it.
    pub(crate) async fn offer(&self, restart: bool) -> Result<String, Fault> {
        let options = RtcOfferOptions::new();
        options.set_ice_restart(restart);
        let offer = JsFuture::from(self.0.create_offer_with_rtc_offer_options(&options))
            .await
            .map_err(|error| browser(&error))?;
        self.set_local(RtcSdpType::Offer, &offer).await
    }

    /// Sets the other side's description; after an offer, makes the answer, sets it, and returns
    /// it.
    pub(crate) async fn apply(&self, description: &Description) -> Result<Option<String>, Fault> {
        let (kind, sdp) = match description {
            Description::Offer(sdp) => (RtcSdpType::Offer, sdp),
            Description::Answer(sdp) => (RtcSdpType::Answer, sdp),
        };
        let init = RtcSessionDescriptionInit::new(kind);
        init.set_sdp(sdp);
        JsFuture::from(self.0.set_remote_description(&init))
            .await
            .map_err(|_| Fault::peer("a description that the browser does not take"))?;
        if kind == RtcSdpType::Answer {
            return Ok(None);
        }
        let answer = JsFuture::from(self.0.create_answer()).await.map_err(|error| browser(&error))?;
        self.set_local(RtcSdpType::Answer, &answer).await.map(Some)
    }

    async fn set_local(&self, kind: RtcSdpType, description: &JsValue) -> Result<String, Fault> {
        let sdp = text(description, "sdp").ok_or_else(|| Fault::internal("a description without text"))?;
        let init = RtcSessionDescriptionInit::new(kind);
        init.set_sdp(&sdp);
        JsFuture::from(self.0.set_local_description(&init)).await.map_err(|error| browser(&error))?;
        Ok(sdp)
    }

    /// Adds a candidate. One that the browser rejects is skipped: others may work.
    pub(crate) async fn reach(&self, candidate: &Candidate) {
        let init = RtcIceCandidateInit::new(&candidate.line);
        init.set_sdp_mid(candidate.mid.as_deref());
        init.set_sdp_m_line_index(candidate.index);
        let _ = JsFuture::from(self.0.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init))).await;
    }

    /// Tells whether no description is pending.
    pub(crate) fn settled(&self) -> bool {
        self.0.signaling_state() == RtcSignalingState::Stable
    }

    /// Returns the path in use and its round-trip time in milliseconds, once the browser knows.
    pub(crate) async fn path(&self) -> Option<(Path, Option<f64>)> {
        let report: Map = JsFuture::from(self.0.get_stats()).await.ok()?.unchecked_into();
        let mut pair = None;
        let mut chosen = None;
        let mut look = |value: JsValue, _key: JsValue| match text(&value, "type").as_deref() {
            Some("transport") => chosen = chosen.take().or_else(|| text(&value, "selectedCandidatePairId")),
            // Firefox has no transport entries, but marks the selected pair.
            Some("candidate-pair") if flag(&value, "selected") => pair = Some(value),
            _ => {}
        };
        report.for_each(&mut look);
        let pair = chosen.map(|id| report.get(&id.into())).or(pair).filter(JsValue::is_object)?;
        let relayed = ["localCandidateId", "remoteCandidateId"].into_iter().any(|end| {
            text(&pair, end)
                .is_some_and(|id| text(&report.get(&id.into()), "candidateType").as_deref() == Some("relay"))
        });
        let rtt = field(&pair, "currentRoundTripTime").and_then(|value| value.as_f64()).map(|seconds| seconds * 1e3);
        Some((if relayed { Path::Relayed } else { Path::Direct }, rtt))
    }
}

/// Tells whether this browser has peer connections with data channels at all.
pub(crate) fn supported() -> bool {
    field(&js_sys::global(), "RTCPeerConnection").is_some_and(|value| value.is_instance_of::<Function>())
}

fn channel(connection: &RtcPeerConnection, (label, id): (&str, u16)) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(id);
    init.set_ordered(true);
    connection.create_data_channel_with_data_channel_dict(label, &init)
}

fn state(state: RtcPeerConnectionState) -> Option<State> {
    match state {
        RtcPeerConnectionState::Connected => Some(State::Connected),
        RtcPeerConnectionState::Disconnected => Some(State::Disconnected),
        RtcPeerConnectionState::Failed => Some(State::Failed),
        RtcPeerConnectionState::Closed => Some(State::Closed),
        _ => None,
    }
}

fn ice_server(server: &IceServer) -> RtcIceServer {
    let out = RtcIceServer::new();
    out.set_urls(&server.urls.iter().map(|url| JsValue::from_str(url)).collect::<Array>());
    if let Some(username) = &server.username {
        out.set_username(username);
    }
    if let Some(credential) = &server.credential {
        out.set_credential(credential);
    }
    out
}

fn candidate(event: &JsValue) -> Option<Candidate> {
    let candidate = event.dyn_ref::<RtcPeerConnectionIceEvent>()?.candidate()?;
    let line = candidate.candidate();
    // An empty candidate announces that there are no more, which ICE detects by itself.
    let some = !line.is_empty();
    some.then(|| Candidate { line, mid: candidate.sdp_mid(), index: candidate.sdp_m_line_index() })
}

/// Returns the fault for an operation of the browser that should never fail.
fn browser(error: &JsValue) -> Fault {
    Fault::internal(text(error, "message").unwrap_or_else(|| "the browser refused".to_owned()))
}

fn field(value: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(value, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn text(value: &JsValue, name: &str) -> Option<String> {
    field(value, name)?.as_string()
}

fn flag(value: &JsValue, name: &str) -> bool {
    field(value, name).is_some_and(|value| value.is_truthy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChannelLink;
    use futures::StreamExt as _;
    use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
    use tacit_session::Link as _;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
    use web_sys::{Blob, BlobPropertyBag, Url, Worker};

    wasm_bindgen_test_configure!(run_in_browser);

    type News = UnboundedReceiver<FromPeer>;

    async fn peer(open_channel: impl FnOnce(RtcDataChannel)) -> (Peer, News) {
        let (queue, news): (UnboundedSender<FromPeer>, _) = unbounded();
        let report = move |report| {
            let _ = queue.unbounded_send(report);
        };
        (Peer::new(&Config::default(), open_channel, report).await.unwrap(), news)
    }

    /// Forwards candidates until the presence channel is open.
    async fn present(news: &mut News, to: &Calls) {
        loop {
            match news.next().await.unwrap() {
                FromPeer::Candidate(candidate) => to.reach(&candidate).await,
                FromPeer::Present => return,
                FromPeer::State(_) => {}
                FromPeer::Gone => panic!("closed before it was open"),
            }
        }
    }

    async fn introduce(a: &Calls, b: &Calls) {
        let offer = Description::Offer(a.offer(false).await.unwrap());
        assert!(!a.settled());
        let answer = b.apply(&offer).await.unwrap().unwrap();
        assert_eq!(a.apply(&Description::Answer(answer)).await.unwrap(), None);
        assert!(a.settled() && b.settled());
    }

    #[wasm_bindgen_test]
    async fn two_peers_connect_directly_restart_and_notice_the_end() {
        assert!(supported());
        let (a, mut news_a) = peer(|_| {}).await;
        let (b, mut news_b) = peer(|_| {}).await;
        let (calls_a, calls_b) = (a.calls(), b.calls());
        assert_eq!(calls_a.path().await, None);
        introduce(&calls_a, &calls_b).await;
        futures::future::join(present(&mut news_a, &calls_b), present(&mut news_b, &calls_a)).await;
        let (path, _) = calls_a.path().await.unwrap();
        assert_eq!(path, Path::Direct);

        let before = calls_a.0.local_description().unwrap().sdp();
        calls_a.offer(true).await.unwrap();
        let after = calls_a.0.local_description().unwrap().sdp();
        let ufrag = |sdp: &str| sdp.lines().find(|line| line.starts_with("a=ice-ufrag:")).map(str::to_owned);
        assert!(ufrag(&before).is_some() && ufrag(&before) != ufrag(&after));
        assert!(crate::words::Fingerprint::of(&before) == crate::words::Fingerprint::of(&after));

        drop(a);
        while !matches!(news_b.next().await.unwrap(), FromPeer::Gone) {}
    }

    /// Echoes the messages on the channel that it was given. Messages may arrive before the channel
    /// reports that it is open, and only then does it accept any.
    const ECHO: &str = "onmessage = ({ data: channel }) => {
        const early = [];
        channel.onopen = () => early.splice(0).forEach((message) => channel.send(message));
        channel.onmessage = ({ data }) => (channel.readyState === 'open' ? channel.send(data) : early.push(data));
    };";

    #[wasm_bindgen_test]
    async fn the_channel_can_be_given_to_a_worker_in_the_callback() {
        let options = BlobPropertyBag::new();
        options.set_type("text/javascript");
        let script = Blob::new_with_str_sequence_and_options(&Array::of1(&ECHO.into()), &options).unwrap();
        let url = Url::create_object_url_with_blob(&script).unwrap();
        let worker = Worker::new(&url).unwrap();
        let (a, mut news_a) = peer(|channel| {
            worker.post_message_with_transfer(&channel, &Array::of1(&channel)).unwrap();
        })
        .await;
        let mut link = None;
        let (b, mut news_b) = peer(|channel| link = Some(ChannelLink::new(channel))).await;
        let link = link.unwrap();
        introduce(&a.calls(), &b.calls()).await;
        futures::future::join(present(&mut news_a, &b.calls()), present(&mut news_b, &a.calls())).await;
        let message: Vec<u8> = (0..300_000u32).map(|n| n as u8).collect();
        let (sent, echo) = futures::future::join(link.send(message.clone()), link.recv()).await;
        assert_eq!(sent, Ok(()));
        assert!(echo.unwrap() == message);
        worker.terminate();
        Url::revoke_object_url(&url).unwrap();
    }
}
