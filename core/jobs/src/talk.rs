//! What the two programs tell each other on behalf of their persons: the control lane.

use tacit_session::{Code, Fault, Malformed, Message, Tag};

/// The version of everything that crosses after the meeting. Two programs with different ones do not start.
pub(crate) const VERSION: u16 = 1;

/// A message between the persons' programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// The first message of each side; its form never changes, so that any two versions can tell.
    Hello { version: u16 },
    /// This person says that the words are the same.
    WordsSame,
    /// This person accepts the agreement with this hash.
    Accept { hash: [u8; 32] },
    /// This person has given an input.
    Ready,
    /// It is over, and why. Nothing comes after it.
    Stop(Stop),
}

/// Why one side ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stop {
    Cancelled = 0,
    Declined = 1,
    WordsDiffer = 2,
    VersionsDiffer = 3,
    Broke = 4,
    Stalled = 5,
    Internal = 6,
}

impl Stop {
    const ALL: [Stop; 7] = [
        Stop::Cancelled,
        Stop::Declined,
        Stop::WordsDiffer,
        Stop::VersionsDiffer,
        Stop::Broke,
        Stop::Stalled,
        Stop::Internal,
    ];

    /// What to tell the peer about a fault of this session; nothing where there is nobody left to tell.
    pub(crate) fn from_fault(fault: &Fault) -> Option<Self> {
        Some(match fault.code {
            Code::Cancelled => Stop::Cancelled,
            Code::Declined => Stop::Declined,
            Code::WordsDiffer => Stop::WordsDiffer,
            Code::VersionsDiffer => Stop::VersionsDiffer,
            Code::PeerBroke => Stop::Broke,
            Code::Stalled => Stop::Stalled,
            Code::PeerLeft | Code::ConnectionLost | Code::PeerCancelled | Code::PeerDeclined => return None,
            _ => Stop::Internal,
        })
    }

    /// What the peer's stop means here.
    pub(crate) fn into_fault(self) -> Fault {
        match self {
            Stop::Cancelled => Code::PeerCancelled.into(),
            Stop::Declined => Code::PeerDeclined.into(),
            Stop::WordsDiffer => Fault::new(Code::WordsDiffer, "the other person says so"),
            Stop::VersionsDiffer => Code::VersionsDiffer.into(),
            Stop::Broke => Fault::peer("the other side says that what it got from here was damaged"),
            Stop::Stalled => Fault::new(Code::Stalled, "the other side waited in vain"),
            Stop::Internal => Fault::new(Code::PeerLeft, "their program broke"),
        }
    }
}

impl Message for Talk {
    const TAG: Tag = Tag::Control;
    type Shape = ();

    fn encode(&self) -> Vec<u8> {
        match self {
            Talk::Hello { version } => [&[0][..], &version.to_le_bytes()].concat(),
            Talk::WordsSame => vec![1],
            Talk::Accept { hash } => [&[2][..], hash].concat(),
            Talk::Ready => vec![3],
            Talk::Stop(stop) => vec![4, *stop as u8],
        }
    }

    fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
        match body {
            [0, a, b] => Ok(Talk::Hello { version: u16::from_le_bytes([*a, *b]) }),
            [1] => Ok(Talk::WordsSame),
            [2, hash @ ..] => Ok(Talk::Accept { hash: hash.try_into().map_err(|_| Malformed)? }),
            [3] => Ok(Talk::Ready),
            [4, stop] => Stop::ALL.into_iter().find(|s| *s as u8 == *stop).map(Talk::Stop).ok_or(Malformed),
            _ => Err(Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_decodes_encodes_back(body in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(talk) = Talk::decode(&body, ()) {
                prop_assert_eq!(talk.encode(), body);
            }
        }
    }

    #[test]
    fn every_message_reads_back() {
        let stops = Stop::ALL.into_iter().map(Talk::Stop);
        let others = [Talk::Hello { version: 513 }, Talk::WordsSame, Talk::Accept { hash: [7; 32] }, Talk::Ready];
        for talk in stops.chain(others) {
            assert_eq!(Talk::decode(&talk.encode(), ()), Ok(talk));
        }
    }
}
