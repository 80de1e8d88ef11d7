//! Decoding arbitrary bytes never panics, and a decoded message re-encodes to the same message.

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tacit_signaling_messages::{Body, IceServer, Refusal, Reply, Request, Room, Ticket};

/// Bytes that decode as a message re-encode and decode to an equal message.
fn check<M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let Ok(message) = serde_json::from_slice::<M>(bytes) else { return Ok(false) };
    let written = serde_json::to_vec(&message).unwrap();
    prop_assert_eq!(&serde_json::from_slice::<M>(&written).unwrap(), &message);
    Ok(true)
}

fn request() -> impl Strategy<Value = Request> {
    let room = || any::<u32>().prop_map(Room);
    prop_oneof![
        any::<u16>().prop_map(|version| Request::Create { version }),
        (any::<u16>(), proptest::option::of(room())).prop_map(|(version, room)| Request::Open { version, room }),
        (any::<u16>(), any::<String>())
            .prop_map(|(version, ticket)| Request::Answer { version, ticket: Ticket(ticket) }),
        (any::<u16>(), room()).prop_map(|(version, room)| Request::Join { version, room }),
        (any::<u16>(), room(), any::<String>()).prop_map(|(version, room, ticket)| Request::Resume {
            version,
            room,
            ticket: Ticket(ticket)
        }),
        any::<String>().prop_map(|body| Request::Relay { body: Body(body) }),
        Just(Request::Close),
    ]
}

fn ice() -> impl Strategy<Value = Vec<IceServer>> {
    let some_text = || proptest::option::of(any::<String>());
    let server = (proptest::collection::vec(any::<String>(), 0..3), some_text(), some_text());
    proptest::collection::vec(
        server.prop_map(|(urls, username, credential)| IceServer { urls, username, credential }),
        0..3,
    )
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        (any::<u32>(), proptest::option::of(any::<String>().prop_map(Ticket)))
            .prop_map(|(room, ticket)| Reply::Created { room: Room(room), ticket }),
        (ice(), any::<bool>()).prop_map(|(ice, away)| Reply::Joined { ice, away }),
        ice().prop_map(|ice| Reply::PeerJoined { ice }),
        any::<String>().prop_map(|ticket| Reply::Called { ticket: Ticket(ticket) }),
        any::<String>().prop_map(|body| Reply::Relay { body: Body(body) }),
        prop::sample::select(vec![Reply::Resumed, Reply::Ringing, Reply::Knocked, Reply::PeerLeft]),
        refusal().prop_map(|reason| Reply::Refused { reason }),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop::sample::select(&Refusal::ALL[..])
}

/// A message's bytes with a few of them changed, removed or inserted: much closer to a message than
/// random bytes are.
fn damaged<M: Serialize>(message: impl Strategy<Value = M>) -> impl Strategy<Value = Vec<u8>> {
    // Weighted towards the characters of JSON.
    let byte = || prop_oneof![any::<u8>(), prop::sample::select(br#"{}[]":,\0123456789-.eEnul "#.to_vec())];
    let change = (any::<prop::sample::Index>(), 0..3u8, byte());
    (message, proptest::collection::vec(change, 1..4)).prop_map(|(message, changes)| {
        let mut bytes = serde_json::to_vec(&message).unwrap();
        for (at, how, byte) in changes {
            let at = at.index(bytes.len() + 1);
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn what_is_said_is_understood(request in request(), reply in reply()) {
        prop_assert!(check::<Request>(&serde_json::to_vec(&request).unwrap())?);
        prop_assert!(check::<Reply>(&serde_json::to_vec(&reply).unwrap())?);
        prop_assert_eq!(&serde_json::from_slice::<Request>(&serde_json::to_vec(&request).unwrap()).unwrap(), &request);
        prop_assert_eq!(&serde_json::from_slice::<Reply>(&serde_json::to_vec(&reply).unwrap()).unwrap(), &reply);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check::<Request>(&bytes)?;
        check::<Reply>(&bytes)?;
    }

    #[test]
    fn damaged_requests_are_read_without_panic(bytes in damaged(request())) {
        check::<Request>(&bytes)?;
        check::<Reply>(&bytes)?;
    }

    #[test]
    fn damaged_replies_are_read_without_panic(bytes in damaged(reply())) {
        check::<Request>(&bytes)?;
        check::<Reply>(&bytes)?;
    }
}
