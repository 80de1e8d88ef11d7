//! One owner, a door, and many guests: how they meet, and what strangers can do about it.

mod common;

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::time::Duration;

use common::{House, answer, join};
use futures::future::join_all;
use tacit_signaling::Limits;
use tacit_signaling_messages::{Refusal, Reply, Request, Room, Ticket, VERSION};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[tokio::test]
async fn guests_ring_are_answered_and_talk() {
    let house = House::open().await;
    let (mut owner, door) = house.door().await;
    assert_eq!(door, Room(1));
    let mut pairs = Vec::new();
    for _ in 0..3 {
        let mut guest = house.ring(door).await;
        let host = house.answer(owner.hear_call().await).await;
        assert_eq!(guest.hear().await, Reply::Joined { ice: Vec::new(), away: false });
        pairs.push((host, guest));
    }
    for (number, (host, guest)) in pairs.iter_mut().enumerate() {
        host.relay(&format!("offer {number}")).await;
        guest.relay(&format!("answer {number}")).await;
        assert_eq!(guest.hear_relay().await, format!("offer {number}"));
        assert_eq!(host.hear_relay().await, format!("answer {number}"));
    }
    // Each room is an ordinary one: it ends in the usual ways, and the others do not notice.
    let mut pairs = pairs.into_iter();
    let (mut host, mut guest) = pairs.next().unwrap();
    guest.say(&Request::Close).await;
    guest.is_closed(CloseCode::Normal).await;
    assert_eq!(host.hear().await, Reply::PeerLeft);
    host.is_closed(CloseCode::Normal).await;
    let (host, mut guest) = pairs.next().unwrap();
    drop(host);
    assert_eq!(guest.hear().await, Reply::PeerLeft);
    let (mut host, mut guest) = pairs.next().unwrap();
    host.relay("still here").await;
    assert_eq!(guest.hear_relay().await, "still here");
}

#[tokio::test]
async fn tickets_are_long_and_never_the_same() {
    let house = House::open().await;
    let (mut owner, door) = house.door().await;
    let mut tickets = HashSet::new();
    for _ in 0..20 {
        let _guest = house.ring(door).await;
        let Ticket(text) = owner.hear_call().await;
        assert_eq!(text.len(), 22, "128 bits");
        assert!(tickets.insert(text));
    }
}

#[tokio::test]
async fn a_ticket_is_good_once_and_only_while_the_guest_is_there() {
    let house = House::open().await;
    let (mut owner, door) = house.door().await;
    let _first = house.ring(door).await;
    let used = owner.hear_call().await;
    let _host = house.answer(used.clone()).await;

    let mut second = house.ring(door).await;
    let gone = owner.hear_call().await;
    second.say(&Request::Close).await;
    second.is_closed(CloseCode::Normal).await;

    for ticket in [used, gone, Ticket("guessed".into()), Ticket(String::new())] {
        let mut late = house.enter().await;
        late.say(&answer(ticket)).await;
        late.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
    }
}

#[tokio::test]
async fn when_the_owner_goes_the_door_is_gone_and_its_rooms_go_on() {
    let house = House::open().await;
    for closes in [true, false] {
        let (mut owner, door) = house.door().await;
        let mut met = house.ring(door).await;
        let mut host = house.answer(owner.hear_call().await).await;
        assert_eq!(met.hear().await, Reply::Joined { ice: Vec::new(), away: false });
        let mut rings = house.ring(door).await;
        owner.hear_call().await;
        if closes {
            owner.say(&Request::Close).await;
            owner.is_closed(CloseCode::Normal).await;
        } else {
            drop(owner);
        }
        rings.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
        let mut late = house.enter().await;
        late.say(&join(door)).await;
        late.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
        met.relay("still here").await;
        assert_eq!(host.hear_relay().await, "still here");
    }
}

/// Otherwise guests who ring and say nothing would use up the sockets that the owner's address may
/// open, and with them the door.
#[tokio::test]
async fn a_socket_that_answers_is_not_counted() {
    // One socket for the door, one for each guest, and one that is given back.
    let limits = Limits { sockets_per_minute: NonZeroU32::new(1 + 7 + 1).unwrap(), ..Limits::default() };
    let house = House::with(limits).await;
    let (mut owner, door) = house.door().await;
    let mut pairs = Vec::new();
    for _ in 0..7 {
        let guest = house.ring(door).await;
        pairs.push((house.answer(owner.hear_call().await).await, guest));
    }
}

#[tokio::test]
async fn an_owner_comes_back_to_the_number_of_before() {
    let house = House::open().await;
    let (mut owner, door) = house.door().await;
    owner.say(&Request::Close).await;
    owner.is_closed(CloseCode::Normal).await;
    let mut again = house.enter().await;
    again.say(&Request::Open { version: VERSION, room: Some(door) }).await;
    assert_eq!(again.hear().await, Reply::Created { room: door, ticket: None });
    // The same holds on another server, or after a restart.
    let elsewhere = House::open().await;
    let mut moved = elsewhere.enter().await;
    moved.say(&Request::Open { version: VERSION, room: Some(Room(17)) }).await;
    assert_eq!(moved.hear().await, Reply::Created { room: Room(17), ticket: None });
    let _guest = elsewhere.ring(Room(17)).await;
    moved.hear_call().await;
}

#[tokio::test]
async fn nobody_rings_for_ever_and_a_door_waits_for_ever() {
    let limits = Limits {
        answer_within: Duration::from_millis(100),
        waiting: Duration::from_millis(1),
        lifetime: Duration::from_millis(1),
        ..Limits::default()
    };
    let house = House::with(limits).await;
    let (mut owner, door) = house.door().await;
    for _ in 0..2 {
        house.ring(door).await.is_refused(Refusal::Busy, CloseCode::Again).await;
        let mut late = house.enter().await;
        late.say(&answer(owner.hear_call().await)).await;
        late.is_refused(Refusal::UnknownRoom, CloseCode::Policy).await;
    }
}

#[tokio::test]
async fn what_is_not_allowed_at_a_door_is_refused() {
    let house = House::open().await;
    let (mut owner, door) = house.door().await;
    let mut guest = house.ring(door).await;
    guest.relay("let me in").await;
    guest.is_refused(Refusal::Malformed, CloseCode::Policy).await;
    owner.hear_call().await;
    let _next = house.ring(door).await;
    let ticket = owner.hear_call().await;
    // An answer is accepted only on a socket of its own.
    owner.say(&answer(ticket)).await;
    owner.is_refused(Refusal::Malformed, CloseCode::Policy).await;
    for request in [
        Request::Open { version: VERSION + 1, room: None },
        Request::Answer { version: VERSION + 1, ticket: Ticket("any".into()) },
    ] {
        let mut party = house.enter().await;
        party.say(&request).await;
        party.is_refused(Refusal::Version, CloseCode::Policy).await;
    }
}

#[tokio::test]
async fn a_flood_of_rings_is_bounded_and_others_do_not_notice() {
    let house = House::with(Limits { waiting_at_door: 5, ..Limits::default() }).await;
    let (mut host, mut guest, _) = house.pair().await;
    let (mut owner, door) = house.door().await;
    let mut parties = join_all((0..40).map(|_| house.enter())).await;
    let replies = join_all(parties.iter_mut().map(async |party| {
        party.say(&join(door)).await;
        party.hear().await
    }))
    .await;
    let rang = replies.iter().filter(|reply| **reply == Reply::Ringing).count();
    let busy = replies.iter().filter(|reply| **reply == Reply::Refused { reason: Refusal::Busy }).count();
    assert_eq!((rang, busy), (5, 35));
    // The owner was told of five guests and answers the first; then there is space for one more.
    let mut tickets = Vec::new();
    for _ in 0..5 {
        tickets.push(owner.hear_call().await);
    }
    let _host = house.answer(tickets.remove(0)).await;
    let _next = house.ring(door).await;
    owner.hear_call().await;
    host.relay("undisturbed").await;
    assert_eq!(guest.hear_relay().await, "undisturbed");
}

/// More calls than the owner's queue holds must not cost the owner the door.
#[tokio::test]
async fn an_owner_who_is_slow_to_read_keeps_the_door() {
    let limits = Limits { queue: NonZeroU32::new(1).unwrap(), ..Limits::default() };
    let house = House::with(limits).await;
    let (mut owner, door) = house.door().await;
    let mut parties = join_all((0..40).map(|_| house.enter())).await;
    join_all(parties.iter_mut().map(async |party| {
        party.say(&join(door)).await;
        assert_eq!(party.hear().await, Reply::Ringing);
    }))
    .await;
    let first = owner.hear_call().await;
    let _host = house.answer(first).await;
}

/// A wrong ticket counts as an attempt; a right one costs nothing.
#[tokio::test]
async fn tickets_cannot_be_guessed_at_full_speed() {
    let limits = Limits { seats_per_minute: NonZeroU32::new(6).unwrap(), ..Limits::default() };
    let house = House::with(limits).await;
    let (mut owner, door) = house.door().await;
    for _ in 0..3 {
        let _guest = house.ring(door).await;
        let _host = house.answer(owner.hear_call().await).await;
    }
    // Four seats are taken; two attempts are left, and one more for each ten seconds that this
    // takes.
    let mut guesses = 0;
    loop {
        let mut guesser = house.enter().await;
        guesser.say(&answer(Ticket(format!("guess-{guesses}")))).await;
        match guesser.hear().await {
            Reply::Refused { reason: Refusal::UnknownRoom } => guesses += 1,
            Reply::Refused { reason: Refusal::TooMany } => break guesser.is_closed(CloseCode::Again).await,
            other => panic!("{other:?}"),
        }
    }
    assert!((2..10).contains(&guesses), "{guesses}");
}
