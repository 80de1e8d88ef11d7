//! Hostile and broken clients, and that other parties do not notice them.

mod common;

use std::num::NonZeroU32;
use std::time::Duration;

use common::{House, Party, frame, join, soon};
use futures::{SinkExt, StreamExt};
use tacit_signaling::Limits;
use tacit_signaling_messages::{Body, MAX_BODY, MAX_FRAME, Refusal, Reply, Request, Room, SOCKET_PATH, VERSION};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Message};

const TEXT: u8 = 0x81;
const TEXT_BEGINS: u8 = 0x01;
const CONTINUES: u8 = 0x00;
const ENDS: u8 = 0x80;

fn some(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Runs `attack` in a room of its own while two others talk, and checks that they still can.
async fn beside_a_pair(house: &House, attack: impl AsyncFnOnce(Party)) {
    let (mut host, mut guest, _) = house.pair().await;
    attack(house.enter().await).await;
    host.relay("undisturbed").await;
    assert_eq!(guest.hear_relay().await, "undisturbed");
    guest.relay("so am I").await;
    assert_eq!(host.hear_relay().await, "so am I");
}

#[tokio::test]
async fn text_that_is_not_a_request() {
    let house = House::open().await;
    for bad in ["", "{", "null", "[]", r#"{"type":"create"}"#, r#"{"type":"join","version":3,"room":-1}"#, "\u{0}"] {
        beside_a_pair(&house, async |mut party: Party| {
            party.send(Message::text(bad)).await;
            party.is_refused(Refusal::Malformed, CloseCode::Invalid).await;
        })
        .await;
    }
}

#[tokio::test]
async fn deeply_nested_json() {
    let house = House::open().await;
    beside_a_pair(&house, async |mut party: Party| {
        party.send(Message::text("[".repeat(MAX_FRAME))).await;
        party.is_refused(Refusal::Malformed, CloseCode::Invalid).await;
    })
    .await;
}

#[tokio::test]
async fn binary() {
    let house = House::open().await;
    beside_a_pair(&house, async |mut party: Party| {
        party.send(Message::binary(vec![0; 100])).await;
        party.is_refused(Refusal::Malformed, CloseCode::Unsupported).await;
    })
    .await;
}

#[tokio::test]
async fn text_that_is_not_utf8() {
    let house = House::open().await;
    beside_a_pair(&house, async |mut party: Party| {
        party.send_raw(&frame(TEXT, &[0xff, 0xfe])).await;
        party.is_refused(Refusal::Malformed, CloseCode::Invalid).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_a_frame() {
    let house = House::open().await;
    // Reserved bits, a reserved opcode, a fragmented ping, a continuation without a start, no mask.
    let unmasked = vec![TEXT, 2, b'{', b'}'];
    let bads = [frame(0xf1, b"{}"), frame(0x83, b"{}"), frame(0x09, b""), frame(ENDS, b"{}"), unmasked];
    for bad in bads {
        beside_a_pair(&house, async |mut party: Party| {
            party.send_raw(&bad).await;
            party.is_refused(Refusal::Malformed, CloseCode::Protocol).await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_long() {
    let house = House::with(Limits { max_body: 100, ..Limits::default() }).await;
    let (mut host, mut guest, _) = house.pair().await;
    host.relay(&"x".repeat(100)).await;
    assert_eq!(guest.hear_relay().await.len(), 100);
    host.relay(&"x".repeat(101)).await;
    host.is_refused(Refusal::Malformed, CloseCode::Size).await;
    assert_eq!(guest.hear().await, Reply::PeerLeft);
}

#[tokio::test]
async fn a_frame_that_is_too_long() {
    let house = House::open().await;
    beside_a_pair(&house, async |mut party: Party| {
        party.relay(&"x".repeat(MAX_BODY + 1000)).await;
        party.is_refused(Refusal::Malformed, CloseCode::Size).await;
    })
    .await;
}

#[tokio::test]
async fn a_gigabyte_announced() {
    let house = House::open().await;
    beside_a_pair(&house, async |mut party: Party| {
        let mut head = vec![TEXT, 0x80 | 127];
        head.extend((1u64 << 30).to_be_bytes());
        head.extend([0; 4]);
        party.send_raw(&head).await;
        party.is_refused(Refusal::Malformed, CloseCode::Size).await;
    })
    .await;
}

#[tokio::test]
async fn a_request_in_fragments_is_a_request() {
    let house = House::open().await;
    let mut party = house.enter().await;
    for bytes in [frame(TEXT_BEGINS, br#"{"type":"cre"#), frame(0x89, b"ping"), frame(CONTINUES, b"")] {
        party.send_raw(&bytes).await;
    }
    party.send_raw(&frame(ENDS, br#"ate","version":3}"#)).await;
    assert!(matches!(party.hear().await, Reply::Created { room: Room(1), .. }));
}

#[tokio::test]
async fn fragments_that_together_are_too_long() {
    let house = House::open().await;
    beside_a_pair(&house, async |mut party: Party| {
        party.send_raw(&frame(TEXT_BEGINS, &[b' '; MAX_FRAME])).await;
        party.send_raw(&frame(CONTINUES, &[b' '; 1])).await;
        party.is_refused(Refusal::Malformed, CloseCode::Size).await;
    })
    .await;
}

#[tokio::test]
async fn empty_fragments_without_end() {
    let house = House::open().await;
    beside_a_pair(&house, async |mut party: Party| {
        party.send_raw(&frame(TEXT_BEGINS, b"")).await;
        party.send_raw(&frame(CONTINUES, b"").repeat(MAX_FRAME)).await;
        party.is_refused(Refusal::Malformed, CloseCode::Size).await;
    })
    .await;
}

#[tokio::test]
async fn more_messages_than_the_rate_allows() {
    let limits = Limits { messages_per_second: some(1), message_burst: some(5), ..Limits::default() };
    let house = House::with(limits).await;
    let (mut host, mut guest, _) = house.pair().await;
    for _ in 0..100 {
        // The server closes the socket part way.
        let request = serde_json::to_string(&Request::Relay { body: Body("x".into()) }).unwrap();
        if host.socket.send(Message::text(request)).await.is_err() {
            break;
        }
    }
    host.is_refused(Refusal::TooMany, CloseCode::Again).await;
    let mut heard = 0;
    while let Reply::Relay { .. } = guest.hear().await {
        heard += 1;
    }
    // Two tokens were spent on the room and the first body, and the test is slow enough for a few
    // to be refilled.
    assert!((3..50).contains(&heard), "{heard}");
}

#[tokio::test]
async fn pings_cost_like_messages() {
    let limits = Limits { messages_per_second: some(1), message_burst: some(5), ..Limits::default() };
    let house = House::with(limits).await;
    beside_a_pair(&house, async |mut party: Party| {
        party.send_raw(&frame(0x89, b"").repeat(100)).await;
        party.is_refused(Refusal::TooMany, CloseCode::Again).await;
    })
    .await;
}

#[tokio::test]
async fn too_many_rooms() {
    let house = House::with(Limits { max_rooms: 2, ..Limits::default() }).await;
    let (_first, _) = house.host().await;
    let (mut second, _) = house.host().await;
    let mut third = house.enter().await;
    third.say(&Request::Create { version: VERSION }).await;
    third.is_refused(Refusal::ServerFull, CloseCode::Again).await;
    // A guest needs no new room, and a closed room makes space.
    second.say(&Request::Close).await;
    second.is_closed(CloseCode::Normal).await;
    let (_fourth, room) = house.host().await;
    let mut guest = house.enter().await;
    guest.say(&join(room)).await;
    assert_eq!(guest.hear().await, Reply::Joined { ice: Vec::new(), away: false });
}

#[tokio::test]
async fn a_flood_of_joins_from_one_address() {
    let house = House::with(Limits { seats_per_minute: some(5), ..Limits::default() }).await;
    let (mut host, mut guest, _) = house.pair().await;
    // Two seats are taken; three guesses are left, and one more for each twelve seconds that this
    // takes.
    let mut guesses = 0;
    loop {
        let mut guesser = house.enter().await;
        guesser.say(&join(Room(100 + guesses))).await;
        match guesser.hear().await {
            Reply::Refused { reason: Refusal::UnknownRoom } => guesses += 1,
            Reply::Refused { reason: Refusal::TooMany } => break guesser.is_closed(CloseCode::Again).await,
            other => panic!("{other:?}"),
        }
    }
    assert!((3..20).contains(&guesses), "{guesses}");
    host.relay("undisturbed").await;
    assert_eq!(guest.hear_relay().await, "undisturbed");
}

#[tokio::test]
async fn a_flood_of_sockets_from_one_address() {
    let house = House::with(Limits { sockets_per_minute: some(3), ..Limits::default() }).await;
    let mut opened = 0;
    let refused = loop {
        match house.enter_with(&[]).await {
            Ok(_) => opened += 1,
            Err(status) => break status,
        }
    };
    assert_eq!(refused, 429);
    assert!((3..20).contains(&opened), "{opened}");
    // A client that only reads the page is still served.
    assert_eq!(house.ask("GET", "/healthz", "").await.status, 200);
}

#[tokio::test]
async fn more_connections_than_one_address_may_hold() {
    let house = House::with(Limits { connections_per_address: 2, ..Limits::default() }).await;
    let (mut host, _) = house.host().await;
    let (_other, _) = house.host().await;
    // An upgraded socket still counts, so the third connection is dropped.
    let mut third = TcpStream::connect(house.address).await.unwrap();
    drop(third.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await);
    let mut answer = Vec::new();
    drop(soon("the end", third.read_to_end(&mut answer)).await);
    assert!(answer.is_empty());
    // Its place is free once it ends.
    host.say(&Request::Close).await;
    host.is_closed(CloseCode::Normal).await;
    drop(host);
    soon("a free place", async {
        loop {
            let mut again = TcpStream::connect(house.address).await.unwrap();
            drop(again.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await);
            let mut answer = Vec::new();
            drop(again.read_to_end(&mut answer).await);
            if answer.starts_with(b"HTTP/1.1 200") {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_of_another_origin() {
    let house = House::open().await;
    let here = format!("http://{}", house.address);
    assert!(house.enter_with(&[("origin", &here)]).await.is_ok());
    for elsewhere in ["http://evil.example", "http://127.0.0.1:1", "null", "https://127.0.0.1.evil.example"] {
        assert_eq!(house.enter_with(&[("origin", elsewhere)]).await.err(), Some(403), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_request_that_is_no_handshake() {
    let house = House::open().await;
    assert_eq!(house.ask("GET", SOCKET_PATH, "").await.status, 426);
    assert_eq!(house.ask("POST", SOCKET_PATH, "Content-Length: 0\r\n").await.status, 426);
    let old = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\nSec-WebSocket-Key: x\r\n";
    assert_eq!(house.ask("GET", SOCKET_PATH, old).await.status, 426);
}

#[tokio::test]
async fn headers_that_never_end() {
    let house = House::with(Limits { first_word: Duration::from_millis(200), ..Limits::default() }).await;
    // The connection of a slow sender is closed, and answered at most with an error.
    let answer = house.raw(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{answer:?}");
    let silent = house.raw(b"").await;
    assert!(silent.is_empty() || silent.starts_with(b"HTTP/1.1 408"), "{silent:?}");
}

#[tokio::test]
async fn headers_that_are_too_many() {
    let house = House::open().await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}", "x".repeat(1 << 20));
    // The server may answer and hang up before it has read it all.
    drop(stream.write_all(request.as_bytes()).await);
    let mut answer = Vec::new();
    drop(soon("the end", stream.read_to_end(&mut answer)).await);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{answer:?}");
    assert_eq!(house.ask("GET", "/healthz", "").await.status, 200);
}

#[tokio::test]
async fn garbage_instead_of_http() {
    let house = House::open().await;
    let answer = house.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{answer:?}");
}

#[tokio::test]
async fn a_socket_that_never_asks_for_anything() {
    let house = House::with(Limits { first_word: Duration::from_secs(2), ..Limits::default() }).await;
    house.enter().await.is_closed(CloseCode::Policy).await;
    // A member with a seat may be silent for longer: it is told of a guest by an event, not by a
    // timer.
    let (mut host, room) = house.host().await;
    house.enter().await.is_closed(CloseCode::Policy).await;
    let mut guest = house.enter().await;
    guest.say(&join(room)).await;
    assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
}

#[tokio::test]
async fn a_half_open_socket() {
    let limits =
        Limits { ping_after: Duration::from_millis(100), pong_within: Duration::from_secs(2), ..Limits::default() };
    let house = House::with(limits).await;
    let (mut host, mut guest, _) = house.pair().await;
    // The guest's machine has gone: nothing answers, and nothing says so. The host lives, because
    // it is polled.
    assert_eq!(host.hear().await, Reply::PeerLeft);
    // After the pings that it never answered, the guest reads the end of the stream.
    let mut rest = Vec::new();
    soon("the end", guest.socket.get_mut().read_to_end(&mut rest)).await.unwrap();
    assert!(rest.starts_with(&[0x89, 0]), "a ping first: {rest:?}");
    host.relay("into the empty room").await;
    host.say(&Request::Close).await;
    host.is_closed(CloseCode::Normal).await;
}

#[tokio::test]
async fn a_reader_that_is_too_slow() {
    let limits = Limits {
        queue: some(4),
        messages_per_second: some(1_000_000),
        message_burst: some(1_000_000),
        write_within: Duration::from_millis(500),
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let (mut host, room) = house.host().await;
    // A small receive buffer fills early.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(house.address).await.unwrap();
    let url = format!("ws://{}{SOCKET_PATH}", house.address);
    let (socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    let mut slow = Party { socket };
    slow.say(&join(room)).await;
    assert_eq!(slow.hear().await, Reply::Joined { ice: Vec::new(), away: false });
    assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
    // The host sends and the guest does not read, until the server closes the guest.
    let request = serde_json::to_string(&Request::Relay { body: Body("x".repeat(MAX_BODY)) }).unwrap();
    let (mut mouth, mut ear) = host.socket.split();
    let mut sent = 0;
    let speak = async {
        loop {
            mouth.send(Message::text(request.as_str())).await.unwrap();
            sent += request.len();
        }
    };
    let heard = soon("the guest to lose its seat", async {
        tokio::select! {
            never = speak => never,
            heard = ear.next() => heard,
        }
    });
    let heard = heard.await.unwrap().unwrap();
    assert_eq!(heard, Message::text(serde_json::to_string(&Reply::PeerLeft).unwrap()));
    // The guest can still read the bytes that were written, and then its connection ends.
    let mut rest = Vec::new();
    drop(soon("the end", slow.socket.get_mut().read_to_end(&mut rest)).await);
    assert!(rest.len() < sent, "not everything was kept for it");
}

#[tokio::test]
async fn a_client_that_only_sends_after_it_was_refused() {
    let house = House::open().await;
    beside_a_pair(&house, async |mut party: Party| {
        party.send_raw(&frame(TEXT, b"nonsense")).await;
        // The refusal must not be lost to a reset because of unread bytes.
        party.send_raw(&frame(TEXT, &[b'x'; 1000]).repeat(100)).await;
        party.is_refused(Refusal::Malformed, CloseCode::Invalid).await;
    })
    .await;
}

#[tokio::test]
async fn a_ping_is_answered() {
    let house = House::open().await;
    let mut party = house.enter().await;
    party.send(Message::Ping(Bytes::from_static(b"are you there"))).await;
    let pong = soon("a pong", party.socket.next()).await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong(Bytes::from_static(b"are you there")));
}
