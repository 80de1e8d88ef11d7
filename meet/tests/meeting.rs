//! Whole meetings between two parties in one page. Only the server is a stand-in: a relay in the
//! page, which a test can make misbehave. The server itself, and two separate browsers, are tested
//! elsewhere.
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::join;
use tacit_meet::{ChannelLink, Config, Event, GuestInvite, Meeting, Path, host, join as enter};
use tacit_session::{Code, Link as _, LinkError};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
/** What is to happen, in order: browsers do not keep the order of short timers by themselves. */
const jobs = [];
function later(job) {
    jobs.push(job);
    setTimeout(() => jobs.shift()());
}
/** A signaling server with one room, in the page. `tamper(fromHost, index, body)` says what arrives. */
class Server {
    constructor() {
        this.seats = [];
        this.counts = [0, 0];
        this.tamper = (fromHost, index, body) => [body];
        this.refuse = null;
        this.closed = false;
    }
    take(socket, text) {
        const request = JSON.parse(text);
        if (this.refuse) return socket.hear({ type: "refused", reason: this.refuse });
        if (request.type === "create") {
            this.seats = [socket];
            socket.hear({ type: "created", room: 7, ticket: "ticket" });
        } else if (request.type === "resume") {
            if (this.closed || request.room !== 7 || request.ticket !== "ticket") {
                return socket.hear({ type: "refused", reason: "unknown-room" });
            }
            this.seats[0] = socket;
            socket.hear({ type: "resumed" });
        } else if (request.type === "join") {
            if (request.room !== 7 || this.closed) return socket.hear({ type: "refused", reason: "unknown-room" });
            if (this.seats.length === 2) {
                this.seats[0].hear({ type: "knocked" });
                return socket.hear({ type: "refused", reason: "room-full" });
            }
            this.seats.push(socket);
            socket.hear({ type: "joined" });
            this.seats[0].hear({ type: "peer-joined" });
        } else if (request.type === "relay") {
            const seat = this.seats.indexOf(socket);
            const index = this.counts[seat]++;
            for (const body of this.tamper(seat === 0, index, request.body)) {
                this.seats[1 - seat]?.hear({ type: "relay", body });
            }
        } else if (request.type === "close") {
            this.closed = true;
            this.left(socket);
        }
    }
    left(socket) {
        const seat = this.seats.indexOf(socket);
        if (seat < 0 || socket.gone) return;
        socket.gone = true;
        this.seats[1 - seat]?.hear({ type: "peer-left" });
    }
}
class FakeSocket extends EventTarget {
    constructor() {
        super();
        this.server = globalThis.tacitServer;
        this.shut = false;
        this.readyState = real.CONNECTING;
        later(() => {
            if (this.shut) return;
            this.readyState = real.OPEN;
            this.dispatchEvent(new Event("open"));
        });
    }
    send(text) { later(() => this.server.take(this, text)); }
    hear(reply) {
        later(() => this.shut || this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(reply) })));
    }
    close() {
        this.shut = true;
        this.readyState = real.CLOSED;
        later(() => this.server.left(this));
    }
    drop() {
        this.shut = true;
        this.readyState = real.CLOSED;
        this.dispatchEvent(new Event("close"));
    }
}
const real = globalThis.WebSocket;
export function fresh_server() {
    globalThis.tacitServer = new Server();
    globalThis.WebSocket = FakeSocket;
}
export function no_server() { globalThis.WebSocket = real; }
export function refuse(reason) { globalThis.tacitServer.refuse = reason; }
export function say_to_host(json) { globalThis.tacitServer.seats[0].hear(JSON.parse(json)); }
export function drop_sockets() { globalThis.tacitServer.seats.forEach((socket) => socket.drop()); }
export function close_room() { globalThis.tacitServer.closed = true; }
export function is_closed() { return globalThis.tacitServer.closed; }
export function alter(from_host, index, how) {
    globalThis.tacitServer.tamper = (fromHost, n, body) => {
        if (fromHost !== from_host || n !== index) return [body];
        const flipped = (body[40] === "A" ? "B" : "A");
        if (how === "flip") return [body.slice(0, 40) + flipped + body.slice(41)];
        if (how === "drop") return [];
        return [body, body];
    };
}
export function put_page_away() { globalThis.dispatchEvent(new Event("pagehide")); }
"#)]
extern "C" {
    fn fresh_server();
    fn no_server();
    fn refuse(reason: &str);
    fn say_to_host(json: &str);
    fn drop_sockets();
    fn close_room();
    fn is_closed() -> bool;
    fn alter(from_host: bool, index: u32, how: &str);
    fn put_page_away();
}

/// One person in a meeting.
struct Person {
    meeting: Option<Meeting>,
    events: UnboundedReceiver<Event>,
    link: Rc<RefCell<Option<ChannelLink>>>,
}

impl Person {
    fn new(
        start: impl FnOnce(Config, Box<dyn FnOnce(web_sys::RtcDataChannel)>, Box<dyn FnMut(Event)>) -> Meeting,
    ) -> Self {
        let (queue, events) = unbounded();
        let link = Rc::new(RefCell::new(None));
        let place = Rc::clone(&link);
        let open = Box::new(move |channel| *place.borrow_mut() = Some(ChannelLink::new(channel)));
        let on = Box::new(move |event| {
            let _ = queue.unbounded_send(event);
        });
        Self { meeting: Some(start(Config::default(), open, on)), events, link }
    }

    fn host() -> Self {
        Self::new(host)
    }

    fn guest(text: &str) -> Self {
        let invite = GuestInvite::parse(text).unwrap();
        Self::new(|config, open, on| enter(config, invite, open, on))
    }

    async fn next(&mut self) -> Event {
        self.events.next().await.expect("the meeting says how it ends")
    }

    /// Returns the link and the code.
    async fn invited(&mut self) -> (String, String) {
        match self.next().await {
            Event::Invited { invite } => (invite.link("https://tacit.example"), invite.code()),
            other => panic!("{}", name(&other)),
        }
    }

    /// Returns the words, and whether they must be confirmed.
    async fn words(&mut self) -> ([&'static str; 3], bool) {
        assert_eq!(name(&self.next().await), "arrived");
        match self.next().await {
            Event::Words { words, confirm } => (words, confirm),
            other => panic!("{}", name(&other)),
        }
    }

    async fn connected(&mut self) -> Path {
        match self.next().await {
            Event::Connected { path, .. } => path,
            other => panic!("{}", name(&other)),
        }
    }

    /// Waits for the final fault and returns its code.
    async fn failure(&mut self) -> Code {
        loop {
            if let Event::Failed(fault) = self.next().await {
                assert!(self.events.next().await.is_none(), "nothing comes after the end");
                return fault.code;
            }
        }
    }

    fn leave(&mut self) {
        self.meeting.take().unwrap().close();
    }

    fn link(&self) -> ChannelLink {
        self.link.borrow_mut().take().unwrap()
    }
}

fn name(event: &Event) -> String {
    match event {
        Event::Invited { .. } => "invited".into(),
        Event::PeerArrived => "arrived".into(),
        Event::Proved => "proved".into(),
        Event::ServerLost => "server lost".into(),
        Event::ServerBack => "server back".into(),
        Event::HostAway => "host away".into(),
        Event::Knocked => "knocked".into(),
        Event::Ringing => "ringing".into(),
        Event::Words { .. } => "words".into(),
        Event::Connected { .. } => "connected".into(),
        Event::Reconnecting => "reconnecting".into(),
        Event::Failed(fault) => fault.to_string(),
    }
}

/// Two people who are connected.
async fn connected() -> (Person, Person) {
    fresh_server();
    let mut alice = Person::host();
    let (link, _) = alice.invited().await;
    let mut bob = Person::guest(&link);
    join(alice.words(), bob.words()).await;
    join(alice.connected(), bob.connected()).await;
    (alice, bob)
}

#[wasm_bindgen_test]
async fn two_people_meet_by_link_and_by_code() {
    for by_code in [false, true] {
        fresh_server();
        let mut alice = Person::host();
        let (link, code) = alice.invited().await;
        let mut bob = Person::guest(if by_code { &code } else { &link });
        let (a, b) = join(alice.words(), bob.words()).await;
        assert_eq!(a, b);
        assert_eq!(a.1, by_code);
        let paths = join(alice.connected(), bob.connected()).await;
        assert_eq!(paths, (Path::Direct, Path::Direct));
        let (a, b) = (alice.link(), bob.link());
        a.send(vec![1; 100_000]).await.unwrap();
        b.send(vec![2]).await.unwrap();
        assert!(b.recv().await.unwrap() == vec![1; 100_000]);
        assert_eq!(a.recv().await, Ok(vec![2]));
    }
}

#[wasm_bindgen_test]
async fn a_wrong_code_closes_the_room() {
    fresh_server();
    let mut alice = Person::host();
    let (link, code) = alice.invited().await;
    let wrong = if code == "7-zoo-zoo" { "7-zoo-zone" } else { "7-zoo-zoo" };
    let mut mallory = Person::guest(wrong);
    assert_eq!(join(alice.failure(), mallory.failure()).await, (Code::CodeWrong, Code::CodeWrong));
    while !is_closed() {
        futures::future::join(turn(), turn()).await;
    }
    let mut bob = Person::guest(&link);
    assert_eq!(bob.failure().await, Code::CodeUnknown);
}

#[wasm_bindgen_test]
async fn a_third_person_is_turned_away_and_the_two_go_on() {
    let (mut alice, bob) = connected().await;
    let mut carol = Person::guest("7-zoo-zoo");
    assert_eq!(carol.failure().await, Code::RoomFull);
    assert_eq!(name(&alice.next().await), "knocked");
    let (a, b) = (alice.link(), bob.link());
    a.send(vec![1]).await.unwrap();
    assert_eq!(b.recv().await, Ok(vec![1]));
}

#[wasm_bindgen_test]
async fn every_refusal_has_its_code() {
    for (reason, code) in [
        ("version", Code::VersionsDiffer),
        ("unknown-room", Code::CodeUnknown),
        ("room-full", Code::RoomFull),
        ("server-full", Code::ServerBusy),
        ("too-many", Code::TooManyTries),
        ("malformed", Code::Internal),
        ("expired", Code::InviteExpired),
        ("shutting-down", Code::ServerBusy),
    ] {
        fresh_server();
        refuse(reason);
        assert_eq!(Person::guest("7-zoo-zoo").failure().await, code, "{reason}");
    }
}

#[wasm_bindgen_test]
async fn a_server_that_is_not_there_is_unreachable() {
    no_server();
    for socket in ["ws://127.0.0.1:1/socket", "", "not an address"] {
        let mut alice = Person::new(|_, open, on| {
            host(Config { socket: socket.into(), ice_servers: vec![], relay_only: false }, open, on)
        });
        assert_eq!(alice.failure().await, Code::ServerUnreachable, "{socket}");
    }
}

#[wasm_bindgen_test]
async fn a_relay_that_alters_or_repeats_is_caught() {
    // The first sealed messages: the host's offer is its third body, the guest's answer the guest's
    // third.
    for (from_host, index, how) in [
        (true, 1, "repeat"),
        (true, 2, "flip"),
        (true, 2, "repeat"),
        (false, 2, "flip"),
        (false, 2, "repeat"),
        (true, 2, "drop"),
    ] {
        fresh_server();
        let mut alice = Person::host();
        let (link, _) = alice.invited().await;
        alter(from_host, index, how);
        let mut bob = Person::guest(&link);
        let codes = join(alice.failure(), bob.failure()).await;
        let caught = if from_host { codes.1 } else { codes.0 };
        assert_eq!(caught, Code::RelayAltered, "{from_host} {index} {how}: {codes:?}");
    }
}

#[wasm_bindgen_test]
async fn whoever_leaves_is_missed_at_once_before_and_after_the_connection() {
    fresh_server();
    let mut alice = Person::host();
    let (link, _) = alice.invited().await;
    let mut bob = Person::guest(&link);
    assert_eq!(name(&alice.next().await), "arrived");
    bob.leave();
    assert_eq!(alice.failure().await, Code::PeerLeft);

    let (mut alice, mut bob) = connected().await;
    let link = alice.link();
    bob.leave();
    assert_eq!(link.recv().await, Err(LinkError::Closed));
    assert_eq!(alice.failure().await, Code::PeerLeft);
    assert!(bob.events.next().await.is_none(), "whoever leaves is told nothing");
}

#[wasm_bindgen_test]
async fn a_peer_is_missed_without_the_server_too() {
    let (mut alice, mut bob) = connected().await;
    drop_sockets();
    let (a, b) = (alice.link(), bob.link());
    a.send(vec![1]).await.unwrap();
    assert_eq!(b.recv().await, Ok(vec![1]), "the connection does not need the server any more");
    bob.leave();
    assert_eq!(alice.failure().await, Code::PeerLeft);
}

#[wasm_bindgen_test]
async fn the_server_alone_cannot_end_what_is_connected() {
    let (alice, bob) = connected().await;
    say_to_host(r#"{"type":"peer-left"}"#);
    say_to_host(r#"{"type":"refused","reason":"shutting-down"}"#);
    let (a, b) = (alice.link(), bob.link());
    for n in 0..3 {
        turn().await;
        a.send(vec![n]).await.unwrap();
        assert_eq!(b.recv().await, Ok(vec![n]));
    }
}

#[wasm_bindgen_test]
async fn a_server_that_speaks_out_of_turn_is_not_followed() {
    for json in [r#"{"type":"peer-joined"}"#, r#"{"type":"joined"}"#, r#"{"type":"created","room":8}"#] {
        fresh_server();
        let mut alice = Person::host();
        let (link, _) = alice.invited().await;
        let _bob = Person::guest(&link);
        assert_eq!(name(&alice.next().await), "arrived");
        say_to_host(json);
        assert_eq!(alice.failure().await, Code::RelayAltered, "{json}");
    }
}

#[wasm_bindgen_test]
async fn a_host_whose_socket_is_cut_comes_back_and_is_met() {
    fresh_server();
    let mut alice = Person::host();
    let (link, _) = alice.invited().await;
    for _ in 0..2 {
        drop_sockets();
        assert_eq!(name(&alice.next().await), "server lost");
        assert_eq!(name(&alice.next().await), "server back");
    }
    let mut bob = Person::guest(&link);
    let (a, b) = join(alice.words(), bob.words()).await;
    assert_eq!(a, b);
    join(alice.connected(), bob.connected()).await;
}

#[wasm_bindgen_test]
async fn a_host_whose_room_is_gone_meanwhile_says_so() {
    fresh_server();
    let mut alice = Person::host();
    alice.invited().await;
    close_room();
    drop_sockets();
    assert_eq!(alice.failure().await, Code::InviteExpired);
}

#[wasm_bindgen_test]
async fn a_page_that_is_put_away_says_goodbye() {
    let (mut alice, mut bob) = connected().await;
    put_page_away();
    // A browser reports no further channel events to the side that closes a connection, and both
    // are on this page.
    assert_eq!(join(alice.failure(), bob.failure()).await, (Code::ConnectionLost, Code::ConnectionLost));
}

/// A connection that is closed while a request to the browser is pending, which is then never
/// answered.
#[wasm_bindgen_test]
async fn a_page_that_is_put_away_in_the_middle_of_it_says_so() {
    for turns in 0..12 {
        fresh_server();
        let mut alice = Person::host();
        let (link, _) = alice.invited().await;
        let mut bob = Person::guest(&link);
        join(alice.words(), bob.words()).await;
        for _ in 0..turns {
            turn().await;
        }
        put_page_away();
        assert_eq!(join(alice.failure(), bob.failure()).await, (Code::ConnectionLost, Code::ConnectionLost), "{turns}");
    }
}

#[wasm_bindgen_test]
async fn a_meeting_that_is_dropped_at_once_leaves_nothing_behind() {
    fresh_server();
    let mut alice = Person::host();
    alice.leave();
    assert!(alice.events.next().await.is_none());
}

/// Lets the browser's event loop take one turn.
async fn turn() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        web_sys::window().unwrap().set_timeout_with_callback(&resolve).unwrap();
    });
    wasm_bindgen_futures::JsFuture::from(promise).await.unwrap();
}
