//! Links over real data channels: two peer connections in one page.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use futures::future::{join, join3};
use js_sys::Promise;
use tacit_meet::chunks::{MAX_MESSAGE, PART};
use tacit_meet::{ChannelLink, relay};
use tacit_session::{Link, LinkError};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{
    RtcDataChannel, RtcDataChannelInit, RtcDataChannelState, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcSdpType,
    RtcSessionDescriptionInit,
};

wasm_bindgen_test_configure!(run_in_browser);

/// Two connections in one page that know each other. Both close when this is dropped.
struct Wire {
    connections: [RtcPeerConnection; 2],
    channels: [RtcDataChannel; 2],
    _handlers: Vec<Closure<dyn FnMut(RtcPeerConnectionIceEvent)>>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.connections.iter().for_each(RtcPeerConnection::close);
    }
}

impl Wire {
    fn new() -> Self {
        let connections = [(); 2].map(|()| RtcPeerConnection::new().unwrap());
        let channels = connections.each_ref().map(|connection| {
            let init = RtcDataChannelInit::new();
            init.set_negotiated(true);
            init.set_id(0);
            connection.create_data_channel_with_data_channel_dict("tacit", &init)
        });
        Self { connections, channels, _handlers: Vec::new() }
    }

    /// Connects; the links are made before, as in a page.
    async fn connect(&mut self) {
        let [a, b] = self.connections.each_ref();
        let described = Rc::new(RefCell::new(Some(Vec::new())));
        for (from, to) in [(a, b), (b, a)] {
            let (to, early) = (to.clone(), Rc::clone(&described));
            let handler = Closure::new(move |event: RtcPeerConnectionIceEvent| {
                let Some(candidate) = event.candidate() else { return };
                match early.borrow_mut().as_mut() {
                    Some(early) => early.push((to.clone(), candidate)),
                    None => drop(to.add_ice_candidate_with_opt_rtc_ice_candidate(Some(&candidate))),
                }
            });
            from.set_onicecandidate(Some(handler.as_ref().unchecked_ref()));
            self._handlers.push(handler);
        }
        let offer = JsFuture::from(a.create_offer()).await.unwrap();
        describe(a, b, RtcSdpType::Offer, &offer).await;
        let answer = JsFuture::from(b.create_answer()).await.unwrap();
        describe(b, a, RtcSdpType::Answer, &answer).await;
        for (to, candidate) in described.take().unwrap() {
            JsFuture::from(to.add_ice_candidate_with_opt_rtc_ice_candidate(Some(&candidate))).await.unwrap();
        }
    }
}

async fn describe(from: &RtcPeerConnection, to: &RtcPeerConnection, kind: RtcSdpType, description: &JsValue) {
    let sdp = js_sys::Reflect::get(description, &"sdp".into()).unwrap().as_string().unwrap();
    let init = RtcSessionDescriptionInit::new(kind);
    init.set_sdp(&sdp);
    JsFuture::from(from.set_local_description(&init)).await.unwrap();
    JsFuture::from(to.set_remote_description(&init)).await.unwrap();
}

/// The transport between a link and its channel.
#[derive(Clone, Copy, Debug)]
enum Way {
    Direct,
    Relayed,
}

fn link(channel: &RtcDataChannel, way: Way) -> ChannelLink {
    match way {
        Way::Direct => ChannelLink::new(channel.clone()),
        Way::Relayed => ChannelLink::over_port(relay(channel.clone()).unwrap()),
    }
}

async fn links(way: Way) -> (Wire, ChannelLink, ChannelLink) {
    let mut wire = Wire::new();
    let [a, b] = wire.channels.each_ref().map(|channel| link(channel, way));
    wire.connect().await;
    (wire, a, b)
}

/// Lets the browser's event loop take one turn.
async fn turn() {
    let promise = Promise::new(&mut |resolve, _| {
        web_sys::window().unwrap().set_timeout_with_callback(&resolve).unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

fn message(length: usize, salt: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31 + salt * 7 + (i >> 8)) as u8).collect()
}

async fn lengths_come_through(way: Way) {
    let (_wire, a, b) = links(way).await;
    let lengths = [0, 1, PART - 1, PART, PART + 1, 0, 200_000, 8 << 20, 3];
    let send = async |link: &ChannelLink, salt| {
        for (n, length) in lengths.into_iter().enumerate() {
            link.send(message(length, n + salt)).await.unwrap();
        }
    };
    let receive = async |link: &ChannelLink, salt| {
        for (n, length) in lengths.into_iter().enumerate() {
            // Not `assert_eq`: a difference of 8 MiB would be printed.
            assert!(link.recv().await.unwrap() == message(length, n + salt), "{way:?}, message {n}");
        }
    };
    join(join(send(&a, 0), receive(&a, 50)), join(send(&b, 50), receive(&b, 0))).await;
}

#[wasm_bindgen_test]
async fn messages_of_any_length_come_through_in_order() {
    lengths_come_through(Way::Direct).await;
}

#[wasm_bindgen_test]
async fn messages_of_any_length_come_through_a_relay() {
    lengths_come_through(Way::Relayed).await;
}

async fn pressure_goes_back(way: Way) {
    let (wire, a, b) = links(way).await;
    let all = 24;
    let highest = RefCell::new(0);
    let send = async {
        for n in 0..all {
            a.send(message(1 << 20, n)).await.unwrap();
            let waiting = wire.channels[0].buffered_amount();
            let mut highest = highest.borrow_mut();
            *highest = waiting.max(*highest);
        }
    };
    let receive = async {
        for n in 0..all {
            assert!(b.recv().await.unwrap() == message(1 << 20, n));
        }
    };
    join(send, receive).await;
    let highest = *highest.borrow();
    assert!(highest > 0 && highest <= 4 << 20, "{way:?}: {highest} bytes waited in the browser");
}

#[wasm_bindgen_test]
async fn pressure_goes_back_to_the_sender() {
    pressure_goes_back(Way::Direct).await;
}

#[wasm_bindgen_test]
async fn pressure_goes_back_through_a_relay() {
    pressure_goes_back(Way::Relayed).await;
}

async fn closing_comes_after_the_last_message(way: Way) {
    let (_wire, a, b) = links(way).await;
    a.send(message(300_000, 1)).await.unwrap();
    a.send(vec![2]).await.unwrap();
    drop(a);
    assert!(b.recv().await.unwrap() == message(300_000, 1));
    assert_eq!(b.recv().await, Ok(vec![2]));
    assert_eq!(b.recv().await, Err(LinkError::Closed));
    assert_eq!(b.recv().await, Err(LinkError::Closed), "and it stays so");
    assert_eq!(b.send(vec![3]).await, Err(LinkError::Closed));
}

#[wasm_bindgen_test]
async fn a_link_that_is_dropped_closes_in_good_order() {
    closing_comes_after_the_last_message(Way::Direct).await;
}

#[wasm_bindgen_test]
async fn a_link_that_is_dropped_closes_in_good_order_through_a_relay() {
    closing_comes_after_the_last_message(Way::Relayed).await;
}

#[wasm_bindgen_test]
async fn a_connection_that_the_other_side_ends_is_closed_and_not_lost() {
    for way in [Way::Direct, Way::Relayed] {
        let (wire, a, b) = links(way).await;
        let (sent, received) = join(a.send(vec![1]), b.recv()).await;
        assert_eq!((sent, received), (Ok(()), Ok(vec![1])));
        wire.connections[0].close();
        assert_eq!(b.recv().await, Err(LinkError::Closed), "{way:?}");
    }
}

#[wasm_bindgen_test]
async fn what_is_sent_early_waits_for_the_channel_to_open() {
    for way in [Way::Direct, Way::Relayed] {
        let mut wire = Wire::new();
        let [a, b] = wire.channels.each_ref().map(|channel| link(channel, way));
        let early = a.send(vec![7]);
        let ((), sent, received) = join3(wire.connect(), early, b.recv()).await;
        assert_eq!((sent, received), (Ok(()), Ok(vec![7])), "{way:?}");
    }
}

#[wasm_bindgen_test]
async fn a_channel_that_never_opens_ends() {
    let wire = Wire::new();
    let a = ChannelLink::new(wire.channels[0].clone());
    wire.channels[0].close();
    // A small message would wait in the outbox; one of this size waits for room, and learns that
    // there will be none.
    assert_eq!(a.send(message(1 << 20, 1)).await, Err(LinkError::Closed));
    assert_eq!(a.send(vec![1]).await, Err(LinkError::Closed));
    assert_eq!(a.recv().await, Err(LinkError::Closed));
}

/// Polls a future a single time and drops it.
fn poke<T>(future: impl Future<Output = T>) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[wasm_bindgen_test]
async fn a_dropped_recv_has_taken_nothing_and_a_dropped_send_sends_all_or_nothing() {
    for way in [Way::Direct, Way::Relayed] {
        let (_wire, a, b) = links(way).await;
        assert!(!poke(b.recv()), "nothing is there yet");
        let (sent, received) = join(a.send(vec![1]), b.recv()).await;
        assert_eq!((sent, received), (Ok(()), Ok(vec![1])));

        // 20 MiB do not fit into the browser's buffer, so this send is dropped while its message is
        // on the way.
        assert!(!poke(a.send(message(20 << 20, 2))));
        let (sent, received) = join(a.send(vec![3]), async { (b.recv().await, b.recv().await) }).await;
        assert_eq!(sent, Ok(()));
        assert!(received.0.unwrap() == message(20 << 20, 2), "{way:?}");
        assert_eq!(received.1, Ok(vec![3]), "{way:?}");
    }
}

#[wasm_bindgen_test]
async fn two_senders_do_not_mix_their_parts() {
    for way in [Way::Direct, Way::Relayed] {
        let (_wire, a, b) = links(way).await;
        let send = async |salt: u8| {
            for _ in 0..8 {
                a.send(vec![salt; 700_000]).await.unwrap();
            }
        };
        let receive = async {
            for _ in 0..16 {
                let message = b.recv().await.unwrap();
                assert_eq!(message.len(), 700_000);
                assert!(message.iter().all(|&byte| byte == message[0]), "{way:?}");
            }
        };
        join3(send(1), send(2), receive).await;
    }
}

#[wasm_bindgen_test]
async fn a_message_beyond_the_limit_is_not_sent() {
    let (_wire, a, b) = links(Way::Direct).await;
    assert_eq!(a.send(vec![0; MAX_MESSAGE + 1]).await, Err(LinkError::Flooded));
    let (sent, received) = join(a.send(vec![1]), b.recv()).await;
    assert_eq!((sent, received), (Ok(()), Ok(vec![1])));
}

#[wasm_bindgen_test]
async fn what_no_link_sends_ends_the_link() {
    type Hostile = fn(&RtcDataChannel);
    let hostile: [(&str, Hostile); 4] = [
        ("text", |channel| channel.send_with_str("hello").unwrap()),
        ("empty", |channel| channel.send_with_u8_array(&[]).unwrap()),
        ("a flag that does not exist", |channel| channel.send_with_u8_array(&[9, 1]).unwrap()),
        ("a short part that is not the last", |channel| channel.send_with_u8_array(&[1, 1]).unwrap()),
    ];
    for way in [Way::Direct, Way::Relayed] {
        for (name, act) in hostile {
            let (wire, a, b) = links(way).await;
            let (sent, received) = join(a.send(vec![1]), b.recv()).await;
            assert_eq!((sent, received), (Ok(()), Ok(vec![1])));
            act(&wire.channels[0]);
            assert_eq!(b.recv().await, Err(LinkError::Flooded), "{way:?}, {name}");
            // And it says so to the other side by closing.
            assert_eq!(a.recv().await, Err(LinkError::Closed), "{way:?}, {name}");
        }
    }
}

#[wasm_bindgen_test]
async fn a_message_that_never_ends_is_cut_off_at_the_limit() {
    let (wire, _a, b) = links(Way::Direct).await;
    let channel = &wire.channels[0];
    let part = [vec![1u8], vec![0; PART]].concat();
    let flood = async {
        // Twice the longest message, or until the other side closes.
        for _ in 0..2 * MAX_MESSAGE / PART {
            while channel.buffered_amount() > 4 << 20 {
                turn().await;
            }
            if channel.ready_state() != RtcDataChannelState::Open {
                return true;
            }
            let _ = channel.send_with_u8_array(&part);
        }
        false
    };
    while channel.ready_state() == RtcDataChannelState::Connecting {
        turn().await;
    }
    let (stopped, received) = join(flood, b.recv()).await;
    assert_eq!(received, Err(LinkError::Flooded));
    assert!(stopped);
}

#[wasm_bindgen_test]
async fn a_link_that_is_dropped_lets_go_of_its_channel() {
    let (wire, a, b) = links(Way::Direct).await;
    let (sent, received) = join(a.send(vec![1]), b.recv()).await;
    assert_eq!((sent, received), (Ok(()), Ok(vec![1])));
    drop((a, b));
    while wire.channels.iter().any(|channel| channel.ready_state() != RtcDataChannelState::Closed) {
        turn().await;
    }
}
