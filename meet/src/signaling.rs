//! Messages of the signaling server, and their meaning for a person.

use tacit_session::{Code, Fault};
use tacit_signaling_messages::{MAX_FRAME, Refusal, Reply};

use crate::platform;

/// An event of the socket.
pub(crate) enum FromServer {
    /// Requests can be sent now.
    Opened,
    /// The server sent this reply.
    Reply(Reply),
    /// The socket is closed, or never opened, or the server speaks another protocol.
    Lost,
}

impl FromServer {
    /// Reads a text frame.
    pub(crate) fn read(text: &str) -> Self {
        if text.len() > MAX_FRAME {
            return Self::Lost;
        }
        platform::parse_reply(text).map_or(Self::Lost, Self::Reply)
    }
}

/// Returns the fault that explains a refusal to a person.
pub(crate) fn refused(reason: Refusal) -> Fault {
    match reason {
        Refusal::Version => Fault::new(Code::VersionsDiffer, "the server speaks another version"),
        Refusal::UnknownRoom => Code::CodeUnknown.into(),
        Refusal::RoomFull => Code::RoomFull.into(),
        Refusal::ServerFull => Fault::new(Code::ServerBusy, "the server is full"),
        Refusal::Busy => Fault::new(Code::ServerBusy, "nobody answered at this door in time"),
        Refusal::TooMany => Code::TooManyTries.into(),
        Refusal::Malformed => Fault::internal("the server did not understand us"),
        Refusal::Expired => Code::InviteExpired.into(),
        Refusal::ShuttingDown => Fault::new(Code::ServerBusy, "the server is shutting down"),
    }
}
