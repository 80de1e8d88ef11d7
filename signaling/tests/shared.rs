//! Two instances and one Redis: parties that meet do not notice, and parties that lose an instance
//! or the Redis are told.

mod common;
#[path = "common/redis.rs"]
mod redis_server;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use common::{HANG, House, Party, answer, join, resume, soon};
use futures::future::join_all;
use redis_server::Redis;
use tacit_signaling::{Config, Limits, Server, Trouble};
use tacit_signaling_messages::{Refusal, Reply, Request, Room, Ticket, VERSION};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

fn some(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Limits high enough for any test from one address.
fn generous() -> Limits {
    Limits { sockets_per_minute: some(100_000), seats_per_minute: some(100_000), ..Limits::default() }
}

async fn instance(redis: &Redis, limits: Limits) -> House {
    House::serving(Config { rooms: redis.url().parse().unwrap(), limits, ..Config::default() }).await
}

/// Starts two instances; `None` where there is no Redis.
async fn two(limits: Limits) -> Option<(Redis, House, House)> {
    let redis = Redis::start()?;
    let (here, there) = (instance(&redis, limits.clone()).await, instance(&redis, limits).await);
    Some((redis, here, there))
}

/// Connects a host here and a guest there, who have just met: the host has relayed a body.
async fn pair(here: &House, there: &House) -> (Party, Party, Room) {
    let (mut host, room) = here.host().await;
    let mut guest = there.enter().await;
    guest.say(&join(room)).await;
    assert_eq!(guest.hear().await, Reply::Joined { ice: Vec::new(), away: false });
    assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
    host.relay("hello").await;
    assert_eq!(guest.hear_relay().await, "hello");
    (host, guest, room)
}

async fn is_unknown(house: &House, request: Request) {
    let mut party = house.enter().await;
    party.say(&request).await;
    party.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
}

/// Waits until this instance shares rooms again.
async fn is_found_again(house: &House) {
    soon("Redis to be found again", async {
        loop {
            let mut party = house.enter().await;
            party.say(&join(Room(999))).await;
            match party.hear().await {
                Reply::Refused { reason: Refusal::UnknownRoom } => break,
                other => assert_eq!(other, Reply::Refused { reason: Refusal::ShuttingDown }),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_host_here_and_a_guest_there_meet_talk_and_part() {
    let Some((_redis, here, there)) = two(generous()).await else { return };
    let (mut host, mut guest, room) = pair(&here, &there).await;
    assert_eq!(room, Room(1));
    let body = "x".repeat(tacit_signaling_messages::MAX_BODY);
    host.relay(&body).await;
    assert_eq!(guest.hear_relay().await, body);
    for number in 0..50 {
        guest.relay(&format!("candidate \"{number}\"")).await;
    }
    for number in 0..50 {
        assert_eq!(host.hear_relay().await, format!("candidate \"{number}\""));
    }
    // A third party is turned away at either instance, and both members are told.
    let mut third = here.enter().await;
    third.say(&join(room)).await;
    third.is_refused(Refusal::RoomFull, CloseCode::Policy).await;
    assert_eq!(host.hear().await, Reply::Knocked);
    assert_eq!(guest.hear().await, Reply::Knocked);
    guest.say(&Request::Close).await;
    guest.is_closed(CloseCode::Normal).await;
    assert_eq!(host.hear().await, Reply::PeerLeft);
    host.is_closed(CloseCode::Normal).await;
    for house in [&here, &there] {
        is_unknown(house, join(room)).await;
    }
    // The room's number rests on both instances.
    assert_eq!(there.host().await.1, Room(2));
}

#[tokio::test]
async fn who_leaves_has_left_for_the_other_instance_too() {
    let Some((_redis, here, there)) = two(generous()).await else { return };
    let (host, mut guest, room) = pair(&here, &there).await;
    drop(host);
    assert_eq!(guest.hear().await, Reply::PeerLeft);
    guest.relay("hello?").await;
    let mut late = there.enter().await;
    late.say(&join(room)).await;
    late.is_refused(Refusal::RoomFull, CloseCode::Policy).await;
    assert_eq!(guest.hear().await, Reply::Knocked);
}

#[tokio::test]
async fn a_door_here_is_a_door_there() {
    let Some((_redis, here, there)) = two(generous()).await else { return };
    let (mut owner, door) = here.door().await;
    let mut first = there.ring(door).await;
    let mut second = here.ring(door).await;
    let (ticket, next) = (owner.hear_call().await, owner.hear_call().await);
    // The answer may arrive at an instance that was not involved before.
    let mut host = there.answer(next).await;
    assert_eq!(second.hear().await, Reply::Joined { ice: Vec::new(), away: false });
    host.relay("hello").await;
    assert_eq!(second.hear_relay().await, "hello");
    second.relay("hello yourself").await;
    assert_eq!(host.hear_relay().await, "hello yourself");
    is_unknown(&here, answer(Ticket("guessed".into()))).await;
    // The owner leaves: ringing guests are told, answered guests continue.
    owner.say(&Request::Close).await;
    owner.is_closed(CloseCode::Normal).await;
    first.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
    is_unknown(&there, answer(ticket)).await;
    is_unknown(&there, join(door)).await;
    second.relay("still here").await;
    assert_eq!(host.hear_relay().await, "still here");
    // The owner comes back, to the other instance.
    let mut again = there.enter().await;
    again.say(&Request::Open { version: VERSION, room: Some(door) }).await;
    assert_eq!(again.hear().await, Reply::Created { room: door, ticket: None });
}

#[tokio::test]
async fn two_hundred_who_come_at_once_get_one_seat() {
    let Some((_redis, here, there)) = two(generous()).await else { return };
    for _ in 0..5 {
        let (mut host, room) = here.host().await;
        let mut parties = join_all((0..200).map(|n| if n % 2 == 0 { here.enter() } else { there.enter() })).await;
        let replies = join_all(parties.iter_mut().map(async |party| {
            party.say(&join(room)).await;
            party.hear().await
        }))
        .await;
        let seats = replies.iter().filter(|reply| **reply == Reply::Joined { ice: Vec::new(), away: false }).count();
        let full = replies.iter().filter(|reply| **reply == Reply::Refused { reason: Refusal::RoomFull }).count();
        assert_eq!((seats, full), (1, 199));
        assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
    }
}

#[tokio::test]
async fn limits_are_for_all_instances_together() {
    let Some((_redis, here, there)) = two(Limits { max_rooms: 2, waiting_at_door: 1, ..generous() }).await else {
        return;
    };
    let (mut host, _) = here.host().await;
    let (_owner, door) = there.door().await;
    for house in [&here, &there] {
        let mut third = house.enter().await;
        third.say(&Request::Create { version: VERSION }).await;
        third.is_refused(Refusal::ServerFull, CloseCode::Again).await;
    }
    let _rings = here.ring(door).await;
    let mut busy = there.enter().await;
    busy.say(&join(door)).await;
    busy.is_refused(Refusal::Busy, CloseCode::Again).await;
    host.say(&Request::Close).await;
    host.is_closed(CloseCode::Normal).await;
    there.host().await;
}

#[tokio::test]
async fn rooms_and_rings_expire_and_redis_keeps_nothing() {
    let brief = Limits {
        waiting: Duration::from_secs(1),
        lifetime: Duration::from_secs(1),
        answer_within: Duration::from_millis(150),
        ..generous()
    };
    let Some((redis, here, there)) = two(brief).await else { return };
    let (mut alone, room) = here.host().await;
    alone.is_refused(Refusal::Expired, CloseCode::Normal).await;
    is_unknown(&there, join(room)).await;
    let (mut host, mut guest, _) = pair(&here, &there).await;
    for party in [&mut host, &mut guest] {
        party.is_refused(Refusal::Expired, CloseCode::Normal).await;
    }
    let (owner, door) = here.door().await;
    there.ring(door).await.is_refused(Refusal::Busy, CloseCode::Again).await;
    drop(owner);
    here.ended().await;
    there.ended().await;
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut left: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    left.sort_unstable();
    assert_eq!(left, ["tacit:door-rests", "tacit:fresh", "tacit:resting"], "numbers rest, and nothing else is left");
}

#[tokio::test]
async fn an_instance_that_ends_says_so_for_its_members() {
    let Some((_redis, mut here, there)) = two(generous()).await else { return };
    let (mut host, mut guest, _) = pair(&here, &there).await;
    let (_owner, door) = here.door().await;
    let mut rings = there.ring(door).await;
    here.ask_to_end();
    host.is_refused(Refusal::ShuttingDown, CloseCode::Away).await;
    assert_eq!(guest.hear().await, Reply::PeerLeft);
    rings.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
    here.ended().await;
}

/// An instance in a process of its own, which can be killed.
struct Process {
    child: Child,
    folder: PathBuf,
    address: std::net::SocketAddr,
}

impl Process {
    async fn start(redis: &Redis, name: &str) -> Process {
        let folder = std::env::temp_dir().join(format!("tacit-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("index.html"), "<title>Tacit</title>").unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tacit-signaling"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--log",
                "off",
                "--instance-silence",
                "3s",
                "--rooms",
                &redis.url(),
                "--page",
            ])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = soon("the announcement", lines.next_line()).await.unwrap().unwrap();
        let port: u16 = line.strip_prefix("Tacit is at http://localhost:").expect(&line).parse().unwrap();
        Process { child, folder, address: ([127, 0, 0, 1], port).into() }
    }

    async fn enter(&self) -> Party {
        Party::enter(self.address, &[]).await.unwrap()
    }

    #[cfg(unix)]
    async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let mut kill = Command::from(tacit_programs::command("kill"));
        assert!(kill.args(["-s", name, &id]).status().await.unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.start_kill());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[tokio::test]
async fn who_was_on_an_instance_that_died_has_left_and_a_host_that_waited_comes_back() {
    let Some(redis) = Redis::start() else { return };
    let here = instance(&redis, generous()).await;
    let mut there = Process::start(&redis, "dies").await;
    // One party has met another, one waits, one owns a door, and one rings at ours.
    let (mut host, met) = here.host().await;
    let mut guest = there.enter().await;
    guest.say(&join(met)).await;
    assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
    let mut waits = there.enter().await;
    waits.say(&Request::Create { version: VERSION }).await;
    let Reply::Created { room, ticket: Some(own) } = waits.hear().await else { panic!("no room") };
    let mut owns = there.enter().await;
    owns.say(&Request::Open { version: VERSION, room: None }).await;
    let Reply::Created { room: door, .. } = owns.hear().await else { panic!("no door") };
    let mut rings = here.ring(door).await;
    let (mut owner, ours) = here.door().await;
    let mut calls = there.enter().await;
    calls.say(&join(ours)).await;
    let ticket = owner.hear_call().await;

    soon("the process to die", there.child.kill()).await.unwrap();
    assert_eq!(host.hear().await, Reply::PeerLeft);
    rings.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
    is_unknown(&here, join(door)).await;
    is_unknown(&here, answer(ticket)).await;
    // The host who waited for a guest comes back to an instance that lives, and finds the guest who
    // joined in the meantime.
    let mut late = here.enter().await;
    late.say(&join(room)).await;
    assert_eq!(late.hear().await, Reply::Joined { ice: Vec::new(), away: true });
    late.relay("hello").await;
    is_unknown(&here, resume(room, Ticket("guessed".into()))).await;
    let mut back = here.enter().await;
    back.say(&resume(room, own)).await;
    assert_eq!(back.hear().await, Reply::Resumed);
    assert_eq!(back.hear().await, Reply::PeerJoined { ice: Vec::new() });
    assert_eq!(back.hear_relay().await, "hello");
    back.relay("hello yourself").await;
    assert_eq!(late.hear_relay().await, "hello yourself");
}

/// The instance did not die, and learns that it was taken for dead.
#[cfg(unix)]
#[tokio::test]
async fn an_instance_that_was_silent_for_too_long_begins_anew() {
    let Some(redis) = Redis::start() else { return };
    let here = instance(&redis, generous()).await;
    let there = Process::start(&redis, "sleeps").await;
    let (mut host, room) = here.host().await;
    let mut guest = there.enter().await;
    guest.say(&join(room)).await;
    assert_eq!(guest.hear().await, Reply::Joined { ice: Vec::new(), away: false });
    assert_eq!(host.hear().await, Reply::PeerJoined { ice: Vec::new() });
    there.signal("STOP").await;
    assert_eq!(host.hear().await, Reply::PeerLeft);
    there.signal("CONT").await;
    guest.is_refused(Refusal::ShuttingDown, CloseCode::Away).await;
    // It takes part again.
    soon("a room", async {
        loop {
            let mut next = there.enter().await;
            next.say(&Request::Create { version: VERSION }).await;
            match next.hear().await {
                Reply::Created { .. } => break,
                other => assert_eq!(other, Reply::Refused { reason: Refusal::ShuttingDown }),
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_has_a_seat_when_redis_goes_is_told_and_it_is_found_again() {
    let Some((mut redis, here, there)) = two(generous()).await else { return };
    let (mut host, mut guest, _) = pair(&here, &there).await;
    let (mut owner, door) = here.door().await;
    let mut rings = there.ring(door).await;
    owner.hear_call().await;
    redis.stop();
    for party in [&mut host, &mut guest, &mut owner, &mut rings] {
        party.is_refused(Refusal::ShuttingDown, CloseCode::Away).await;
    }
    for request in [Request::Create { version: VERSION }, join(door), answer(Ticket("any".into()))] {
        let mut unlucky = here.enter().await;
        unlucky.say(&request).await;
        unlucky.is_refused(Refusal::ShuttingDown, CloseCode::Away).await;
    }
    // The page is still served.
    assert_eq!(here.ask("GET", "/healthz", "").await.status, 200);
    redis.start_again();
    for house in [&here, &there] {
        is_found_again(house).await;
    }
    let (mut host, mut guest, _) = pair(&here, &there).await;
    host.relay("again").await;
    assert_eq!(guest.hear_relay().await, "again");
}

/// Notices are lost while an instance does not listen, so its members must not continue as if they
/// were not.
#[tokio::test]
async fn an_instance_that_loses_only_its_channel_begins_anew() {
    let Some((redis, here, there)) = two(generous()).await else { return };
    let (mut host, mut guest, _) = pair(&here, &there).await;
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let killed: u32 = redis::cmd("CLIENT").arg(&["KILL", "TYPE", "pubsub"]).query_async(&mut connection).await.unwrap();
    assert_eq!(killed, 2);
    for party in [&mut host, &mut guest] {
        // A party may first be told that the other has left.
        match party.hear().await {
            Reply::PeerLeft => party.is_refused(Refusal::ShuttingDown, CloseCode::Away).await,
            reply => {
                assert_eq!(reply, Reply::Refused { reason: Refusal::ShuttingDown });
                party.is_closed(CloseCode::Away).await;
            }
        }
    }
    for house in [&here, &there] {
        is_found_again(house).await;
    }
    pair(&here, &there).await;
}

#[tokio::test]
async fn without_redis_there_is_no_start() {
    let Some(mut redis) = Redis::start() else { return };
    redis.stop();
    let config = Config { listen: "127.0.0.1:0".into(), rooms: redis.url().parse().unwrap(), ..Config::default() };
    let trouble = tokio::time::timeout(HANG, Server::bind(config)).await.unwrap().err().unwrap();
    assert!(matches!(trouble, Trouble::Redis { .. }), "{trouble}");
    assert!(trouble.to_string().contains("127.0.0.1"), "{trouble}");
    assert!(trouble.remedy().contains("--rooms"), "{}", trouble.remedy());
}
