//! Measures the share of a data channel's speed that a link reaches: this program against a page in
//! Chromium, on loopback.
//!
//! `cargo xtask bench transfer` runs it through `e2e/bench/transfer.js`, which carries the
//! descriptions between the two and measures the other direction. On stdout, one JSON object per
//! line: `offer`, then each `candidate`, then `bare` and `link`, the megabytes per second that this
//! side sent. On stdin, one line: `answer`.

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;
    use std::time::Instant;

    use bytes::BytesMut;
    use serde_json::{Value, json};
    use tacit_meet::{Channel, ChannelLink, RECEIVE_WINDOW, SEND_BUFFER};
    use tacit_session::{Link as _, LinkError};
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
    use webrtc::peer_connection::{
        PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCPeerConnectionIceEvent,
        RTCSessionDescription, SettingEngineBuilder,
    };

    type Failure = Box<dyn std::error::Error + Send + Sync>;

    // `e2e/bench/transfer-worker.js` has the same.
    const ROUNDS: usize = 7;
    /// Bytes of one transfer.
    const ALL: usize = 64 << 20;
    /// Bytes of a message on the bare channel: every implementation accepts this size.
    const PART: usize = 64 << 10;
    /// Bytes of a message through the link.
    const MESSAGE: usize = 1 << 20;

    /// Prints the ICE candidates of this side for the caller.
    struct Candidates;

    #[async_trait::async_trait]
    impl PeerConnectionEventHandler for Candidates {
        async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
            if let Ok(init) = event.candidate.to_json() {
                println!("{}", json!({ "candidate": init.candidate }));
            }
        }
    }

    pub(crate) async fn measure() -> Result<(), Failure> {
        // A peer connection as a meeting makes it, with one more channel.
        let setting = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            .with_sctp_max_receive_buffer_size(RECEIVE_WINDOW)
            .build();
        let connection = PeerConnectionBuilder::new()
            .with_setting_engine(setting)
            .with_handler(Arc::new(Candidates))
            .with_udp_addrs(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))])
            .with_data_channel_send_buffer_limit(SEND_BUFFER)
            .build()
            .await?;
        let channel = async |label, id| {
            let init = RTCDataChannelInit { negotiated: Some(id), ..RTCDataChannelInit::default() };
            connection.create_data_channel(label, Some(init)).await
        };
        let link = ChannelLink::new(Channel::over(channel("link", 0).await?));
        let bare = channel("bare", 1).await?;

        let offer = connection.create_offer(None).await?;
        println!("{}", json!({ "offer": offer.sdp }));
        connection.set_local_description(offer).await?;
        let line = BufReader::new(tokio::io::stdin()).lines().next_line().await?.ok_or("no answer")?;
        let answer: Value = serde_json::from_str(&line)?;
        let answer = answer["answer"].as_str().ok_or("no answer")?;
        connection.set_remote_description(RTCSessionDescription::answer(answer.to_owned())?).await?;

        while !matches!(bare.poll().await.ok_or("the channel closed")?, DataChannelEvent::OnOpen) {}
        // Both sides announce themselves over the link, because the bare channel may lose early
        // messages.
        link.send(Vec::new()).await.map_err(lost)?;
        link.recv().await.map_err(lost)?;
        for _ in 0..ROUNDS {
            take_bare(&bare).await?;
            take(&link).await.map_err(lost)?;
            let started = Instant::now();
            send_bare(&bare).await?;
            println!("{}", json!({ "bare": speed(started) }));
            let started = Instant::now();
            send(&link).await.map_err(lost)?;
            println!("{}", json!({ "link": speed(started) }));
        }
        connection.close().await?;
        Ok(())
    }

    /// Sends on the bare channel, which accepts the next message when it has room.
    async fn send_bare(channel: &Arc<dyn DataChannel>) -> Result<(), Failure> {
        for _ in 0..ALL / PART {
            channel.send(BytesMut::zeroed(PART)).await?;
        }
        next(channel).await.map(drop)
    }

    async fn take_bare(channel: &Arc<dyn DataChannel>) -> Result<(), Failure> {
        let mut came = 0;
        while came < ALL {
            came += next(channel).await?.len();
        }
        Ok(channel.send(BytesMut::zeroed(1)).await?)
    }

    /// Returns the next message.
    async fn next(channel: &Arc<dyn DataChannel>) -> Result<BytesMut, Failure> {
        loop {
            if let DataChannelEvent::OnMessage(message) = channel.poll().await.ok_or("the channel closed")? {
                return Ok(message.data);
            }
        }
    }

    async fn send(link: &ChannelLink) -> Result<(), LinkError> {
        for _ in 0..ALL / MESSAGE {
            link.send(vec![0; MESSAGE]).await?;
        }
        link.recv().await.map(drop)
    }

    async fn take(link: &ChannelLink) -> Result<(), LinkError> {
        for _ in 0..ALL / MESSAGE {
            link.recv().await?;
        }
        link.send(Vec::new()).await
    }

    /// Returns megabytes per second, from the first byte until the other side has them all.
    fn speed(started: Instant) -> f64 {
        ALL as f64 / 1e6 / started.elapsed().as_secs_f64()
    }

    fn lost(error: LinkError) -> Failure {
        format!("the link ended: {error:?}").into()
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tokio::task::LocalSet::new().run_until(native::measure()).await
}

#[cfg(target_arch = "wasm32")]
fn main() {}
