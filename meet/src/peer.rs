//! What a meeting asks and hears of a peer connection, whatever platform makes it.
//!
//! A peer connection has two channels, negotiated beforehand: [`WORK`] carries the computation and is given away, to a worker or a
//! link. [`PRESENCE`] carries nothing; the meeting keeps it to see when the connection opens and when the other side ends it.

use crate::Candidate;

/// The channel of the computation.
pub(crate) const WORK: (&str, u16) = ("tacit", 0);

/// The channel that shows whether the other side is there.
pub(crate) const PRESENCE: (&str, u16) = ("tacit-presence", 1);

/// How the two parties reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// From machine to machine.
    Direct,
    /// Through a TURN server, which sees sealed packets only.
    Relayed,
}

/// What a peer connection reports.
pub(crate) enum FromPeer {
    /// A local candidate.
    Candidate(Candidate),
    /// The connection is in another state.
    State(State),
    /// The presence channel is open: data flows.
    Present,
    /// The presence channel is closed: the other side ended the connection.
    Gone,
}

/// The states of a connection that a meeting acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Packets pass.
    Connected,
    /// They do not, at the moment.
    Disconnected,
    /// They do not, and will not before ICE is restarted.
    Failed,
    /// It is closed.
    Closed,
}
