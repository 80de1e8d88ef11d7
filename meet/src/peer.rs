//! The interface between a meeting and a peer connection, the same on every platform.
//!
//! A peer connection has two channels, negotiated beforehand: [`WORK`] carries the computation and
//! is given away, to a worker or a link. [`PRESENCE`] carries no data; the meeting keeps it to
//! detect when the connection opens and when the other side ends it.

use crate::Candidate;

/// The channel of the computation.
pub(crate) const WORK: (&str, u16) = ("tacit", 0);

/// The channel that shows whether the other side is present.
pub(crate) const PRESENCE: (&str, u16) = ("tacit-presence", 1);

/// The path between the two parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// From machine to machine.
    Direct,
    /// Through a TURN server, which sees sealed packets only.
    Relayed,
}

/// An event of a peer connection.
pub(crate) enum FromPeer {
    /// A local candidate.
    Candidate(Candidate),
    /// The connection is in another state.
    State(State),
    /// The presence channel is open: data can flow.
    Present,
    /// The presence channel is closed: the other side ended the connection.
    Gone,
}

/// The states of a connection that a meeting acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Packets pass.
    Connected,
    /// Packets do not pass at the moment.
    Disconnected,
    /// Packets do not pass, and will not before ICE is restarted.
    Failed,
    /// The connection is closed.
    Closed,
}
