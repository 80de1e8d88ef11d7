//! Two parties meet, a third does not; and every way in which a meeting ends.

mod common;

use std::time::Duration;

use common::{House, Party, answer, join, resume, soon};
use tacit_signaling::{Config, Limits};
use tacit_signaling_messages::{Refusal, Reply, Request, Room, VERSION};
use tokio::io::AsyncReadExt as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[tokio::test]
async fn two_parties_meet_and_talk() {
    let house = House::open().await;
    let (mut host, mut guest, room) = house.pair().await;
    assert_eq!(room, Room(1));
    host.relay("offer").await;
    assert_eq!(guest.hear_relay().await, "offer");
    guest.relay("answer").await;
    for number in 0..20 {
        guest.relay(&format!("candidate-{number}")).await;
    }
    assert_eq!(host.hear_relay().await, "answer");
    for number in 0..20 {
        assert_eq!(host.hear_relay().await, format!("candidate-{number}"));
    }
}

#[tokio::test]
async fn the_longest_body_gets_through() {
    let house = House::open().await;
    let (mut host, mut guest, _) = house.pair().await;
    let body = "x".repeat(tacit_signaling_messages::MAX_BODY);
    host.relay(&body).await;
    assert_eq!(guest.hear_relay().await, body);
}

#[tokio::test]
async fn a_third_person_is_refused_and_both_are_told() {
    let house = House::open().await;
    let (mut host, mut guest, room) = house.pair().await;
    let mut third = house.enter().await;
    third.say(&join(room)).await;
    third.is_refused(Refusal::RoomFull, CloseCode::Policy).await;
    assert_eq!(host.hear().await, Reply::Knocked);
    assert_eq!(guest.hear().await, Reply::Knocked);
    // The two parties continue undisturbed.
    host.relay("still here").await;
    assert_eq!(guest.hear_relay().await, "still here");
}

#[tokio::test]
async fn nobody_takes_the_seat_of_a_guest_who_left() {
    let house = House::open().await;
    let (mut host, guest, room) = house.pair().await;
    drop(guest);
    assert_eq!(host.hear().await, Reply::PeerLeft);
    let mut second = house.enter().await;
    second.say(&join(room)).await;
    second.is_refused(Refusal::RoomFull, CloseCode::Policy).await;
    assert_eq!(host.hear().await, Reply::Knocked);
}

#[tokio::test]
async fn the_guest_hears_that_the_host_left() {
    let house = House::open().await;
    let (mut host, mut guest, _) = house.pair().await;
    host.socket.close(None).await.unwrap();
    assert_eq!(guest.hear().await, Reply::PeerLeft);
    // A body that it relays now is dropped, and its socket stays open.
    guest.relay("hello?").await;
    guest.say(&Request::Close).await;
    guest.is_closed(CloseCode::Normal).await;
}

/// Waits until the server has hung up: then it knows that this party has left.
async fn is_over(mut party: common::Party) {
    let mut rest = Vec::new();
    soon("the end", party.socket.get_mut().read_to_end(&mut rest)).await.unwrap();
}

/// A socket may break silently, and nobody can be sure that the server noticed.
#[tokio::test]
async fn a_host_whose_socket_is_cut_comes_back_to_its_room() {
    let house = House::open().await;
    let mut host = house.enter().await;
    host.say(&Request::Create { version: VERSION }).await;
    let Reply::Created { room, ticket: Some(ticket) } = host.hear().await else { panic!("no room with a ticket") };
    drop(host);
    let mut back = house.enter().await;
    back.say(&resume(room, ticket.clone())).await;
    assert_eq!(back.hear().await, Reply::Resumed);
    // The second time the server cannot have noticed yet.
    let mut again = house.enter().await;
    again.say(&resume(room, ticket.clone())).await;
    assert_eq!(again.hear().await, Reply::Resumed);
    back.is_refused(Refusal::RoomFull, CloseCode::Policy).await;
    let mut guest = house.enter().await;
    guest.say(&join(room)).await;
    assert_eq!(guest.hear().await, Reply::Joined { ice: Vec::new(), away: false });
    assert_eq!(again.hear().await, Reply::PeerJoined { ice: Vec::new() });
    again.relay("hello").await;
    assert_eq!(guest.hear_relay().await, "hello");
    // Once the host has relayed a body, nobody takes its seat.
    let mut late = house.enter().await;
    late.say(&resume(room, ticket)).await;
    late.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
}

#[tokio::test]
async fn a_guest_who_comes_while_the_host_is_away_waits_for_it() {
    let house = House::open().await;
    let mut host = house.enter().await;
    host.say(&Request::Create { version: VERSION }).await;
    let Reply::Created { room, ticket: Some(ticket) } = host.hear().await else { panic!("no room with a ticket") };
    host.socket.close(None).await.unwrap();
    is_over(host).await;
    let mut guest = house.enter().await;
    guest.say(&join(room)).await;
    assert_eq!(guest.hear().await, Reply::Joined { ice: Vec::new(), away: true });
    guest.relay("hello").await;
    let mut back = house.enter().await;
    back.say(&resume(room, ticket)).await;
    assert_eq!(back.hear().await, Reply::Resumed);
    assert_eq!(back.hear().await, Reply::PeerJoined { ice: Vec::new() });
    assert_eq!(back.hear_relay().await, "hello");
    back.relay("hello yourself").await;
    assert_eq!(guest.hear_relay().await, "hello yourself");
}

/// A browser sends a close code when its page is closed.
#[tokio::test]
async fn a_host_whose_page_is_closed_does_not_come_back() {
    let house = House::open().await;
    let mut host = house.enter().await;
    host.say(&Request::Create { version: VERSION }).await;
    let Reply::Created { room, ticket: Some(ticket) } = host.hear().await else { panic!("no room with a ticket") };
    host.socket.close(Some(CloseFrame { code: CloseCode::Away, reason: "".into() })).await.unwrap();
    is_over(host).await;
    for request in [resume(room, ticket), join(room)] {
        let mut late = house.enter().await;
        late.say(&request).await;
        late.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
    }
}

#[tokio::test]
async fn close_closes_for_both() {
    let house = House::open().await;
    let (mut host, mut guest, room) = house.pair().await;
    guest.relay("the code was wrong").await;
    guest.say(&Request::Close).await;
    guest.is_closed(CloseCode::Normal).await;
    assert_eq!(host.hear_relay().await, "the code was wrong");
    assert_eq!(host.hear().await, Reply::PeerLeft);
    host.is_closed(CloseCode::Normal).await;
    let mut late = house.enter().await;
    late.say(&join(room)).await;
    late.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
}

#[tokio::test]
async fn an_old_code_does_not_reach_the_next_room() {
    let house = House::open().await;
    let (mut first, old) = house.host().await;
    first.say(&Request::Close).await;
    first.is_closed(CloseCode::Normal).await;
    let (_second, new) = house.host().await;
    assert_ne!(old, new);
    let mut guest = house.enter().await;
    guest.say(&join(old)).await;
    guest.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
}

#[tokio::test]
async fn a_room_that_nobody_enters_expires() {
    let house = House::with(Limits { waiting: Duration::from_millis(100), ..Limits::default() }).await;
    let (mut host, room) = house.host().await;
    host.is_refused(Refusal::Expired, CloseCode::Normal).await;
    let mut guest = house.enter().await;
    guest.say(&join(room)).await;
    guest.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
}

#[tokio::test]
async fn a_joined_room_has_a_lifetime_too() {
    let house = House::with(Limits { lifetime: Duration::from_millis(300), ..Limits::default() }).await;
    let (mut host, mut guest, _) = house.pair().await;
    host.is_refused(Refusal::Expired, CloseCode::Normal).await;
    guest.is_refused(Refusal::Expired, CloseCode::Normal).await;
}

#[tokio::test]
async fn another_version_is_told_so() {
    let house = House::open().await;
    let requests = [Request::Create { version: VERSION + 1 }, Request::Join { version: VERSION + 1, room: Room(1) }];
    for request in requests {
        let mut party = house.enter().await;
        party.say(&request).await;
        party.is_refused(Refusal::Version, CloseCode::Policy).await;
    }
}

#[tokio::test]
async fn what_is_not_allowed_at_this_point_is_refused() {
    let house = House::open().await;
    let malformed = |mut party: common::Party| async move {
        party.is_refused(Refusal::Malformed, CloseCode::Policy).await;
    };

    let mut nowhere = house.enter().await;
    nowhere.relay("to whom?").await;
    malformed(nowhere).await;

    let mut nowhere = house.enter().await;
    nowhere.say(&Request::Close).await;
    malformed(nowhere).await;

    let (mut alone, _) = house.host().await;
    alone.relay("anybody?").await;
    malformed(alone).await;

    let (mut twice, _) = house.host().await;
    twice.say(&Request::Create { version: VERSION }).await;
    malformed(twice).await;

    let (mut own_guest, room) = house.host().await;
    own_guest.say(&join(room)).await;
    malformed(own_guest).await;
}

#[tokio::test]
async fn ending_tells_everybody_and_is_prompt() {
    let mut house = House::open().await;
    let (mut host, mut guest, _) = house.pair().await;
    let (mut waiting, _) = house.host().await;
    let mut undecided = house.enter().await;
    house.ask_to_end();
    for party in [&mut host, &mut guest, &mut waiting, &mut undecided] {
        party.is_refused(Refusal::ShuttingDown, CloseCode::Away).await;
    }
    let address = house.address;
    house.ended().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn ending_does_not_wait_for_those_who_do_not_listen() {
    let mut house = House::open().await;
    let (host, _) = house.host().await;
    let silent = tokio::net::TcpStream::connect(house.address).await.unwrap();
    house.ask_to_end();
    house.ended().await;
    drop((host, silent));
}

/// The metrics hold counts, never identities: only names and numbers of our own.
#[tokio::test]
async fn an_operator_sees_how_many() {
    let config = Config { listen: "127.0.0.1:0".into(), metrics: Some("127.0.0.1:0".into()), ..Config::default() };
    let server = tacit_signaling::Server::bind(config).await.unwrap();
    let (address, metrics) = (server.address(), server.metrics_address().unwrap());
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(server.run(async { drop(ended.await) }));
    let figures = async || {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = tokio::net::TcpStream::connect(metrics).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        soon("the figures", stream.read_to_string(&mut answer)).await.unwrap();
        let number = |line: &str| line.rsplit(' ').next().unwrap().parse::<u64>().ok();
        let lines = answer.lines().filter(|line| line.starts_with("tacit_"));
        lines.map(|line| (line.split(' ').next().unwrap().to_owned(), number(line).unwrap())).collect::<Vec<_>>()
    };
    let of = |figures: &[(String, u64)], name: &str| figures.iter().find(|(this, _)| this == name).unwrap().1;
    assert_eq!(of(&figures().await, "tacit_rooms_total"), 0);

    let mut host = Party::enter(address, &[]).await.unwrap();
    host.say(&Request::Create { version: VERSION }).await;
    let Reply::Created { room, .. } = host.hear().await else { panic!("no room") };
    let mut guest = Party::enter(address, &[]).await.unwrap();
    guest.say(&join(room)).await;
    assert_eq!(
        (guest.hear().await, host.hear().await),
        (Reply::Joined { ice: Vec::new(), away: false }, Reply::PeerJoined { ice: Vec::new() })
    );
    guest.relay("sealed").await;
    assert_eq!(host.hear_relay().await, "sealed");
    let mut third = Party::enter(address, &[]).await.unwrap();
    third.say(&join(Room(room.0 + 1))).await;
    third.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;

    // A guest at a door counts as introduced when it is answered, not before.
    let mut owner = Party::enter(address, &[]).await.unwrap();
    owner.say(&Request::Open { version: VERSION, room: None }).await;
    let Reply::Created { room: door, .. } = owner.hear().await else { panic!("no door") };
    let mut rings = Party::enter(address, &[]).await.unwrap();
    rings.say(&join(door)).await;
    assert_eq!(rings.hear().await, Reply::Ringing);
    assert_eq!(of(&figures().await, "tacit_introductions_total"), 1);
    let mut answers = Party::enter(address, &[]).await.unwrap();
    answers.say(&answer(owner.hear_call().await)).await;
    assert_eq!(answers.hear().await, Reply::PeerJoined { ice: Vec::new() });

    let figures = figures().await;
    // The room, the door, and the room behind it.
    let wanted =
        [("rooms", 3), ("rooms_total", 2), ("introductions_total", 2), ("bodies_total", 1), ("refusals_total", 1)];
    for (name, value) in wanted {
        assert_eq!(of(&figures, &format!("tacit_{name}")), value, "{name} of {figures:?}");
    }
    assert!(of(&figures, "tacit_connections") >= 2, "{figures:?}");
    drop(end);
    soon("the server to end", task).await.unwrap();
}
