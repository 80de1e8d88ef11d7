//! The relay, as clients see it: the TURN client is the `turn` crate's, the server is ours around
//! the same crate's.

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{House, Party, join, soon};
use data_encoding::BASE64;
use tacit_signaling::{Config, Server, Turn, TurnTerms};
use tacit_signaling_messages::{IceServer, Reply};
use tokio::net::UdpSocket;
use turn::client::{Client, ClientConfig};
use webrtc_util::Conn;

fn on_loopback(terms: TurnTerms) -> Option<Turn> {
    Some(Turn { listen: "127.0.0.1:0".into(), terms })
}

async fn house(terms: TurnTerms) -> House {
    House::serving(Config { turn: on_loopback(terms), ..Config::default() }).await
}

/// Connects two parties who have just met, each with the servers that it was told of.
async fn meet(house: &House) -> [(Party, Vec<IceServer>); 2] {
    let (mut host, room) = house.host().await;
    let mut guest = house.enter().await;
    guest.say(&join(room)).await;
    let (Reply::Joined { ice: guests, .. }, Reply::PeerJoined { ice: hosts }) = (guest.hear().await, host.hear().await)
    else {
        panic!("wanted two who meet")
    };
    [(host, hosts), (guest, guests)]
}

/// Returns the only server that a party was told of: its address, a username and a credential.
fn told(servers: &[IceServer]) -> (SocketAddr, String, String) {
    let [server] = servers else { panic!("{servers:?}") };
    let [stun, turn] = server.urls.as_slice() else { panic!("{server:?}") };
    let address = turn.strip_prefix("turn:").and_then(|rest| rest.strip_suffix("?transport=udp")).expect(turn);
    assert_eq!(stun, &format!("stun:{address}"));
    (address.parse().unwrap(), server.username.clone().unwrap(), server.credential.clone().unwrap())
}

async fn client(server: SocketAddr, username: &str, password: &str) -> Client {
    let config = ClientConfig {
        stun_serv_addr: server.to_string(),
        turn_serv_addr: server.to_string(),
        username: username.into(),
        password: password.into(),
        realm: String::new(),
        software: String::new(),
        rto_in_ms: 0,
        conn: Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap()),
        vnet: None,
    };
    let client = Client::new(config).await.unwrap();
    client.listen().await.unwrap();
    client
}

/// Makes a client for these `servers`, and its relayed end.
async fn allocate(servers: &[IceServer]) -> (Client, impl Conn + use<>) {
    let (server, username, password) = told(servers);
    let client = client(server, &username, &password).await;
    let relayed = soon("an allocation", client.allocate()).await.unwrap();
    (client, relayed)
}

/// Tells whether the server grants an allocation to a client with this username and password.
async fn admits(server: SocketAddr, username: &str, password: &str) -> bool {
    let client = client(server, username, password).await;
    let admitted = soon("an answer", client.allocate()).await.is_ok();
    client.close().await.unwrap();
    admitted
}

/// Opens the path between two relayed ends: each must have named its peer before it receives from
/// it.
///
/// The datagrams that were sent for this arrive on the path any number of times.
async fn open_way(a: &impl Conn, b: &impl Conn) {
    let (to_a, to_b) = (a.local_addr().unwrap(), b.local_addr().unwrap());
    soon("permissions", a.send_to(b"knock", to_b)).await.unwrap();
    soon("permissions", b.send_to(b"knock", to_a)).await.unwrap();
}

async fn hears(relayed: &impl Conn, wanted: &[u8]) -> SocketAddr {
    let mut buffer = [0; 1500];
    loop {
        let (length, from) = soon("a datagram", relayed.recv_from(&mut buffer)).await.unwrap();
        if &buffer[..length] == wanted {
            return from;
        }
        assert_eq!(&buffer[..length], b"knock");
    }
}

#[tokio::test]
async fn every_party_gets_a_credential_of_its_own_that_ends() {
    let house = house(TurnTerms { lifetime: Duration::from_secs(3600), ..TurnTerms::default() }).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        for (_, servers) in meet(&house).await {
            let (_, username, credential) = told(&servers);
            let (until, id) = username.split_once(':').unwrap();
            assert!((now + 3600..now + 3660).contains(&until.parse().unwrap()), "{until}");
            assert_eq!(id.len(), 24);
            assert_eq!(BASE64.decode(credential.as_bytes()).unwrap().len(), 20);
            assert!(seen.insert(username) && seen.insert(credential));
        }
    }
}

#[tokio::test]
async fn others_servers_are_told_of_as_they_are() {
    let other = tacit_signaling::parse_ice_server("turn:192.0.2.1,me,secret").unwrap();
    let config = Config { ice_servers: vec![other.clone()], ..Config::default() };
    let house = House::serving(config).await;
    for (_, servers) in meet(&house).await {
        assert_eq!(servers, std::slice::from_ref(&other));
    }
    let house = House::serving(Config {
        ice_servers: vec![other.clone()],
        turn: on_loopback(TurnTerms::default()),
        ..Config::default()
    })
    .await;
    for (_, servers) in meet(&house).await {
        assert_eq!(servers.len(), 2);
        assert_eq!(servers[1], other);
    }
}

#[tokio::test]
async fn a_wrong_credential_is_refused() {
    let house = house(TurnTerms::default()).await;
    let [(_, first), (_, second)] = meet(&house).await;
    let (server, username, password) = told(&first);
    let (_, others, _) = told(&second);
    assert!(!admits(server, &username, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=").await);
    assert!(!admits(server, &others, &password).await, "a password goes with its username");
    // A later expiry is another username, so the password does not match.
    let (until, id) = username.split_once(':').unwrap();
    let longer = format!("{}:{id}", until.parse::<u64>().unwrap() + 1);
    assert!(!admits(server, &longer, &password).await);
    assert!(!admits(server, "me", "secret").await);
    assert!(admits(server, &username, &password).await);
}

#[tokio::test]
async fn an_expired_credential_is_refused() {
    let house = house(TurnTerms { lifetime: Duration::ZERO, ..TurnTerms::default() }).await;
    let [(_, servers), _] = meet(&house).await;
    let (server, username, password) = told(&servers);
    assert!(!admits(server, &username, &password).await);
}

#[tokio::test]
async fn stun_needs_no_credential() {
    let house = house(TurnTerms::default()).await;
    let [(_, servers), _] = meet(&house).await;
    let (server, ..) = told(&servers);
    let client = client(server, "", "").await;
    let seen = soon("a binding", client.send_binding_request()).await.unwrap();
    assert!(seen.ip().is_loopback());
}

#[tokio::test]
async fn datagrams_go_from_one_relayed_party_to_the_other() {
    let house = house(TurnTerms { ports: 50_000..=50_999, ..TurnTerms::default() }).await;
    let [(_, hosts), (_, guests)] = meet(&house).await;
    let ((_a, host), (_b, guest)) = (allocate(&hosts).await, allocate(&guests).await);
    let (at_host, at_guest) = (host.local_addr().unwrap(), guest.local_addr().unwrap());
    assert!((50_000..=50_999).contains(&at_host.port()) && (50_000..=50_999).contains(&at_guest.port()));
    open_way(&host, &guest).await;
    for number in 0..50u8 {
        // Every length up to what one path carries.
        let datagram = vec![number; 1 + usize::from(number) * 24];
        host.send_to(&datagram, at_guest).await.unwrap();
        assert_eq!(hears(&guest, &datagram).await, at_host);
        guest.send_to(&datagram, at_host).await.unwrap();
        assert_eq!(hears(&host, &datagram).await, at_guest);
    }
}

#[tokio::test]
async fn the_relay_does_not_send_into_the_machine_it_stands_on() {
    let turn = on_loopback(TurnTerms { private_peers: true, ..TurnTerms::default() });
    let house = House::serving(Config { metrics: Some("127.0.0.1:0".into()), turn, ..Config::default() }).await;
    let service = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let [(_, hosts), (_, guests)] = meet(&house).await;
    let ((_a, host), (_b, guest)) = (allocate(&hosts).await, allocate(&guests).await);
    open_way(&host, &guest).await;
    // The client believes that it may: the permission is given, the datagram is not sent.
    soon("a permission", host.send_to(b"secrets?", service.local_addr().unwrap())).await.unwrap();
    // Nobody at a refused address reaches a relayed party either.
    service.send_to(b"from inside", host.local_addr().unwrap()).await.unwrap();
    // The server handles datagrams in order, so any results of the earlier ones have arrived by
    // then.
    host.send_to(b"after", guest.local_addr().unwrap()).await.unwrap();
    hears(&guest, b"after").await;
    guest.send_to(b"after", host.local_addr().unwrap()).await.unwrap();
    hears(&host, b"after").await;
    assert!(service.try_recv(&mut [0; 64]).is_err());

    let figures = house.figures().await;
    let figure = |name: &str| -> u64 {
        let line = figures.lines().find_map(|line| line.strip_prefix(&format!("tacit_{name} ")));
        line.expect(&figures).parse().unwrap()
    };
    assert_eq!(figure("turn_allocations"), 2);
    assert_eq!(figure("turn_allocations_total"), 2);
    assert!(figure("turn_denied_total") >= 2, "{figures}");
    assert!(figure("turn_bytes_total") >= 10, "{figures}");
    house.ended().await;
}

#[tokio::test]
async fn allocations_are_counted_by_credential_and_in_all() {
    let house = house(TurnTerms { allocations: 3, allocations_each: 2, ..TurnTerms::default() }).await;
    let [(_, hosts), (_, guests)] = meet(&house).await;
    let (server, username, password) = told(&hosts);
    let _held = (allocate(&hosts).await, allocate(&hosts).await);
    assert!(!admits(server, &username, &password).await, "a third on one credential");
    let _third = allocate(&guests).await;
    let (_, username, password) = told(&guests);
    assert!(!admits(server, &username, &password).await, "a fourth in all");
}

#[tokio::test]
async fn what_is_beyond_a_share_is_dropped() {
    let rate = std::num::NonZeroU32::new(1000).unwrap();
    let house = house(TurnTerms { rate, ..TurnTerms::default() }).await;
    let [(_, hosts), (_, guests)] = meet(&house).await;
    let ((_a, host), (_b, guest)) = (allocate(&hosts).await, allocate(&guests).await);
    open_way(&host, &guest).await;
    // One datagram larger than a second's worth never passes; a small one after it does.
    host.send_to(&[1; 1100], guest.local_addr().unwrap()).await.unwrap();
    host.send_to(b"small", guest.local_addr().unwrap()).await.unwrap();
    hears(&guest, b"small").await;
}

#[tokio::test]
async fn garbage_does_not_stop_the_relay() {
    let house = house(TurnTerms::default()).await;
    let [(_, hosts), _] = meet(&house).await;
    let (server, username, password) = told(&hosts);
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut state = 1u64;
    for number in 0..5000u32 {
        let datagram: Vec<u8> = (0..number % 120)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        stranger.send_to(&datagram, server).await.unwrap();
        if number % 50 == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert!(admits(server, &username, &password).await);
}

#[tokio::test]
async fn a_relay_that_nobody_could_reach_is_said() {
    for (listen, name) in [("0.0.0.0:0", None), ("[::]:0", Some("0.0.0.0"))] {
        let terms = TurnTerms { name: name.map(str::to_owned), ..TurnTerms::default() };
        let turn = Some(Turn { listen: listen.into(), terms });
        let trouble =
            Server::bind(Config { listen: "127.0.0.1:0".into(), turn, ..Config::default() }).await.err().unwrap();
        assert!(trouble.remedy().contains("--turn-name"), "{trouble}");
    }
    let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let turn = Some(Turn { listen: taken.local_addr().unwrap().to_string(), terms: TurnTerms::default() });
    let trouble = Server::bind(Config { listen: "127.0.0.1:0".into(), turn, ..Config::default() }).await.err().unwrap();
    assert!(trouble.remedy().contains("--turn"), "{trouble}");
}
