//! A meeting from a program's view: its configuration, its events, and how to end it.

use std::rc::Rc;

use tacit_session::Fault;
use tacit_signaling_messages::{IceServer, Ticket};

use crate::desk::{self, Way};
use crate::peer::Path;
use crate::platform::Channel;
use crate::ties::Ties;
use crate::{DoorInvite, GuestInvite, Introduction, Invite, Os};

/// The configuration of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The signaling server's socket: `ws://…` or `wss://…`.
    pub socket: String,
    /// STUN and TURN servers besides those that the signaling server names; none are needed within
    /// one network.
    pub ice_servers: Vec<IceServer>,
    /// Connect through a TURN server or not at all: the other party then learns the relay's address
    /// instead of this one's.
    pub relay_only: bool,
    /// The addresses of this machine at which the other party may reach it; an empty list means all
    /// of them.
    #[cfg(not(target_arch = "wasm32"))]
    pub addresses: Vec<std::net::IpAddr>,
}

#[cfg(target_arch = "wasm32")]
impl Default for Config {
    /// Uses the server that this page came from.
    fn default() -> Self {
        Self { socket: crate::platform::own_server().unwrap_or_default(), ice_servers: Vec::new(), relay_only: false }
    }
}

/// An event in a meeting.
pub enum Event {
    /// Host: the room is open. Give the invite to one person.
    Invited {
        /// The invite; show its link, its code, its QR code.
        invite: Invite,
    },
    /// Guest: the room is a door, and others are served first. Sent after some seconds without a
    /// place.
    Ringing,
    /// Host: the server is out of reach. This side tries to return to its room, for as long as the
    /// invite works.
    ServerLost,
    /// Host: it has returned to its room, and the invite is valid as before.
    ServerBack,
    /// Guest: the host has lost the server, perhaps for a moment. The next event follows when it is
    /// back.
    HostAway,
    /// The other seat is taken; the handshake will authenticate that party.
    PeerArrived,
    /// At a door: the guest has proved that it holds the link, and waits for [`Meeting::admit`];
    /// for a while, not for ever.
    Proved,
    /// A third person tried to join and was turned away.
    Knocked,
    /// The other party holds the secret, and both show these words.
    Words {
        /// The three words: the same on both sides, unless somebody is in between.
        words: [&'static str; 3],
        /// Whether both persons must compare them before an input is accepted: true after a typed
        /// code.
        confirm: bool,
    },
    /// Data can flow. Sent again when the path or its round-trip time changes, and after a
    /// reconnection.
    Connected {
        /// Direct or relayed.
        path: Path,
        /// Round-trip time in milliseconds, once the browser has measured it.
        rtt_ms: Option<f64>,
    },
    /// The connection broke; this side tries to restore it for 30 seconds.
    Reconnecting,
    /// The meeting is over, and everything is closed. No event follows.
    Failed(Fault),
}

/// A running meeting. Dropping it ends it, and the other party learns that this one left.
#[must_use = "dropping a meeting ends it"]
pub struct Meeting(Rc<Ties>);

impl Meeting {
    /// Ends the meeting. The other party learns that this one left; no further event follows.
    pub fn close(self) {}

    /// At a door: admits the guest that has [proved](Event::Proved) itself.
    pub fn admit(&self) {
        self.0.admit();
    }
}

impl Drop for Meeting {
    fn drop(&mut self) {
        self.0.cut();
    }
}

/// Opens a room and waits for a guest.
///
/// `open_channel` gets the data channel of the computation, once the guest is authenticated, in the
/// same task that created it: only then can it be transferred to a worker. It is not open yet at
/// that point; nothing may be sent on it before [`Event::Connected`], which
/// [`ChannelLink`](crate::ChannelLink) takes care of by itself.
pub fn host(config: Config, open_channel: impl FnOnce(Channel) + 'static, on: impl FnMut(Event) + 'static) -> Meeting {
    Meeting(desk::start(config, Way::Create, Box::new(open_channel), Box::new(on)))
}

/// Takes the second seat of the room that the invite names. `open_channel` as for [`host`].
pub fn join(
    config: Config,
    invite: GuestInvite,
    open_channel: impl FnOnce(Channel) + 'static,
    on: impl FnMut(Event) + 'static,
) -> Meeting {
    Meeting(desk::start(config, Way::Join(Some(invite)), Box::new(open_channel), Box::new(on)))
}

/// Takes the seat opposite a guest who rang at a [`Door`](crate::Door). The guest has ten seconds
/// to prove that it holds the link, and then waits for [`Meeting::admit`]. `open_channel` as for
/// [`host`].
pub fn answer(
    config: Config,
    invite: &DoorInvite,
    ticket: Ticket,
    open_channel: impl FnOnce(Channel) + 'static,
    on: impl FnMut(Event) + 'static,
) -> Meeting {
    let way = Way::Answer { ticket, introduction: Some(Box::new(Introduction::at_door(invite, Os))) };
    Meeting(desk::start(config, way, Box::new(open_channel), Box::new(on)))
}
