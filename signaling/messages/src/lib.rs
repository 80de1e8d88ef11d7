//! Messages between a party and the signaling server: JSON text frames on one WebSocket.
//!
//! The server introduces two parties and then carries opaque [`Body`] values between them. It never
//! learns what is inside: `meet` seals every body under a key that only the invite carries. These
//! types are therefore everything the server can know.
//!
//! ```text
//! host                    server                    guest
//!  Create ─────────────▸
//!         ◂───────────── Created { room: 7, ticket }
//!                               ◂───────────────── Join { room: 7 }
//!         ◂───────────── PeerJoined      Joined ─▸
//!  Relay { body } ─────▸               Relay { body } ─▸
//!         ◂───────────── Relay { body }  ◂───── Relay { body }
//! ```
//!
//! A host whose socket breaks before it has relayed anything to a guest can take its seat again on
//! another socket. A guest who joins in the meantime waits for the host, and the guest's first body
//! is kept for it:
//!
//! ```text
//! host                    server                    guest
//!  (its socket breaks)          ◂───────────────── Join { room: 7 }
//!                                Joined { away: true } ─▸
//!                               ◂───────────────── Relay { body }
//! on another socket
//!  Resume { room: 7, ticket } ──▸
//!         ◂───────────── Resumed
//!         ◂───────────── PeerJoined
//!         ◂───────────── Relay { body }
//! ```
//!
//! A party that serves many guests opens a *door* instead of a room. Each guest who joins at the
//! door rings, and gets a room for two with the door's owner, who takes the first seat on a socket
//! of its own:
//!
//! ```text
//! owner                   server                    guest
//!  Open ───────────────▸
//!         ◂───────────── Created { room: 7 }
//!                               ◂───────────────── Join { room: 7 }
//!         ◂───────────── Called { ticket }  Ringing ─▸
//! on another socket
//!  Answer { ticket } ──▸
//!         ◂───────────── PeerJoined      Joined ─▸
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

/// The path of the WebSocket endpoint.
pub const SOCKET_PATH: &str = "/socket";

/// The version of this vocabulary; both sides send it and refuse another.
pub const VERSION: u16 = 3;

/// The longest [`Body`] that is relayed, in bytes of text. A sealed session description takes about
/// 4 kB.
pub const MAX_BODY: usize = 16 * 1024;

/// The longest frame either side reads: a body and its JSON around it.
pub const MAX_FRAME: usize = MAX_BODY + 256;

/// The number in front of a spoken code: it selects the room to enter. Not secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Room(pub u32);

/// A message from one party to the other through the server: base64url text that only these two can
/// open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(pub String);

/// A secret that the owner of a door shows to take the seat opposite a ringing guest, and that the
/// host of a room shows to take its own seat again. It cannot be guessed; `Debug` does not print
/// it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub String);

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// A STUN or TURN server that a party may use to reach the other one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceServer {
    /// `stun:…`, `turn:…` or `turns:…`.
    pub urls: Vec<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The credential for TURN; valid for a short time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// A message from a party to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Open a room and take its first seat.
    Create {
        /// [`VERSION`].
        version: u16,
    },
    /// Take the first seat of a room again, after the socket that held it broke. Refused once the
    /// host has relayed anything to a guest: from then on the two parties continue without the
    /// server.
    Resume {
        /// [`VERSION`].
        version: u16,
        /// The room to return to.
        room: Room,
        /// The ticket from [`Reply::Created`].
        ticket: Ticket,
    },
    /// Open a door: a number that any number of guests may join, each in a room of its own.
    Open {
        /// [`VERSION`].
        version: u16,
        /// The door's former number, which is granted again if it is free, so that a link outlives
        /// a restart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Room>,
    },
    /// Take the first seat opposite a guest who rang at a door.
    Answer {
        /// [`VERSION`].
        version: u16,
        /// The ticket from [`Reply::Called`].
        ticket: Ticket,
    },
    /// Take the second seat of a room, or ring at a door. A room that was joined once is never
    /// joined again.
    Join {
        /// [`VERSION`].
        version: u16,
        /// The room or door to join.
        room: Room,
    },
    /// Pass this body to the holder of the other seat.
    Relay {
        /// Sealed text.
        body: Body,
    },
    /// Close the room for both, for example after a wrong code.
    Close,
}

/// A message from the server to a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// The room is open and you have its first seat, or the door is open.
    Created {
        /// The number to give to the guest.
        room: Room,
        /// The ticket for [`Request::Resume`]. A door has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<Ticket>,
    },
    /// You have the first seat again. If somebody has the second, [`Reply::PeerJoined`] follows.
    Resumed,
    /// You have the second seat.
    Joined {
        /// STUN and TURN servers that may help to reach the other party.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ice: Vec<IceServer>,
        /// The host's socket is broken at the moment. The host learns that you joined when it
        /// returns.
        #[serde(default, skip_serializing_if = "is_false")]
        away: bool,
    },
    /// A guest took the second seat.
    PeerJoined {
        /// STUN and TURN servers that may help to reach the other party.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ice: Vec<IceServer>,
    },
    /// To a guest at a door: its owner was notified. [`Reply::Joined`] follows when the owner
    /// answers.
    Ringing,
    /// To the owner of a door: a guest rings.
    Called {
        /// The ticket to show on another socket, in [`Request::Answer`].
        ticket: Ticket,
    },
    /// A body from the holder of the other seat.
    Relay {
        /// Sealed text.
        body: Body,
    },
    /// Somebody knocked at a room whose two seats are taken; they were turned away.
    Knocked,
    /// The other seat is empty and stays empty.
    PeerLeft,
    /// The server refuses the request and closes the socket.
    Refused {
        /// The reason.
        reason: Refusal,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "so Serde calls it")]
fn is_false(value: &bool) -> bool {
    !value
}

/// The reasons why the server refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The two sides speak different [`VERSION`]s.
    Version,
    /// No such room: never opened, expired or closed.
    UnknownRoom,
    /// Both seats of the room are taken, or were.
    RoomFull,
    /// Too many rooms are open.
    ServerFull,
    /// Too many guests wait at this door, or its owner did not answer in time.
    Busy,
    /// Too many requests from one address in a short time.
    TooMany,
    /// The frame is too long, not JSON, or not allowed at this point.
    Malformed,
    /// The room's lifetime is over.
    Expired,
    /// The server is shutting down.
    ShuttingDown,
}

impl Refusal {
    /// Every reason.
    pub const ALL: [Refusal; 9] = [
        Refusal::Version,
        Refusal::UnknownRoom,
        Refusal::RoomFull,
        Refusal::ServerFull,
        Refusal::Busy,
        Refusal::TooMany,
        Refusal::Malformed,
        Refusal::Expired,
        Refusal::ShuttingDown,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_what_the_documentation_shows() {
        let create = serde_json::to_string(&Request::Create { version: 1 }).unwrap();
        assert_eq!(create, r#"{"type":"create","version":1}"#);
        let open = serde_json::to_string(&Request::Open { version: 1, room: None }).unwrap();
        assert_eq!(open, r#"{"type":"open","version":1}"#);
        let joined = serde_json::to_string(&Reply::PeerJoined { ice: Vec::new() }).unwrap();
        assert_eq!(joined, r#"{"type":"peer-joined"}"#);
        let ice = IceServer { urls: vec!["stun:x".into()], username: None, credential: None };
        let joined = serde_json::to_string(&Reply::Joined { ice: vec![ice], away: false }).unwrap();
        assert_eq!(joined, r#"{"type":"joined","ice":[{"urls":["stun:x"]}]}"#);
        let away = serde_json::to_string(&Reply::Joined { ice: Vec::new(), away: true }).unwrap();
        assert_eq!(away, r#"{"type":"joined","away":true}"#);
        let created = serde_json::to_string(&Reply::Created { room: Room(7), ticket: None }).unwrap();
        assert_eq!(created, r#"{"type":"created","room":7}"#);
        let refused = serde_json::to_string(&Reply::Refused { reason: Refusal::UnknownRoom }).unwrap();
        assert_eq!(refused, r#"{"type":"refused","reason":"unknown-room"}"#);
    }

    #[test]
    fn unknown_fields_and_types_are_refused() {
        for bad in [r#"{"type":"create","version":1,"x":2}"#, r#"{"type":"own"}"#, r#"{}"#, "[]", ""] {
            assert!(serde_json::from_str::<Request>(bad).is_err(), "{bad}");
        }
    }
}
