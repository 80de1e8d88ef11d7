//! What the two programs tell each other on behalf of their persons: the control lane.

use tacit_session::{Code, Fault, Malformed, Message, Party, Tag};

use crate::{Audience, Detail, Job, MOST_PICTURES, Reveal};

/// The version of everything that crosses after the meeting. Two programs with different ones do not start.
pub(crate) const VERSION: u16 = 5;

/// A message between the persons' programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// The first message of each side; its form never changes, so that any two versions can tell.
    Hello { version: u16 },
    /// This person says that the words are the same.
    WordsSame,
    /// This person accepts the agreement with this hash, which came of this proposal.
    Accept { proposal: Number, hash: [u8; 32] },
    /// This person has given an input.
    Ready,
    /// It is over, and why. Nothing comes after it.
    Stop(Stop),
    /// What to do next, instead of what was proposed before.
    Propose { number: Number, job: Job, model: Option<ModelOffer> },
}

/// Tells proposals apart. The greater one counts, on both sides: so it does not matter whose came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    /// One more than that of the proposal it takes the place of.
    pub(crate) count: u32,
    /// Of two at once, Alice's counts.
    pub(crate) by_alice: bool,
}

/// What the owner of a model tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelOffer {
    pub(crate) reveal: Reveal,
    /// The encoded plan, not looked at yet.
    pub(crate) plan: Vec<u8>,
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
    LimitReached = 7,
}

impl Stop {
    const ALL: [Stop; 8] = [
        Stop::Cancelled,
        Stop::Declined,
        Stop::WordsDiffer,
        Stop::VersionsDiffer,
        Stop::Broke,
        Stop::Stalled,
        Stop::Internal,
        Stop::LimitReached,
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
            Code::LimitReached => Stop::LimitReached,
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
            Stop::LimitReached => Code::LimitReached.into(),
            Stop::Internal => Fault::new(Code::PeerLeft, "their program broke"),
        }
    }
}

impl Number {
    fn encode(self) -> [u8; 5] {
        let [a, b, c, d] = self.count.to_le_bytes();
        [a, b, c, d, self.by_alice.into()]
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        match bytes {
            [a, b, c, d, by @ (0 | 1)] => Ok(Self { count: u32::from_le_bytes([*a, *b, *c, *d]), by_alice: *by == 1 }),
            _ => Err(Malformed),
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
            Talk::Accept { proposal, hash } => [&[2][..], &proposal.encode(), hash].concat(),
            Talk::Ready => vec![3],
            Talk::Stop(stop) => vec![4, *stop as u8],
            Talk::Propose { number, job, model } => {
                let job = match job {
                    Job::Millionaires => 0,
                    Job::Classify { owner: Party::Alice } => 1,
                    Job::Classify { owner: Party::Bob } => 2,
                };
                let mut body = [&[5][..], &number.encode(), &[job]].concat();
                if let Some(ModelOffer { reveal, plan }) = model {
                    body.extend([reveal.detail as u8, reveal.audience as u8, reveal.pictures]);
                    body.extend(plan);
                }
                body
            }
        }
    }

    fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
        match body {
            [0, a, b] => Ok(Talk::Hello { version: u16::from_le_bytes([*a, *b]) }),
            [1] => Ok(Talk::WordsSame),
            [2, rest @ ..] => {
                let (number, hash) = rest.split_last_chunk().ok_or(Malformed)?;
                Ok(Talk::Accept { proposal: Number::decode(number)?, hash: *hash })
            }
            [3] => Ok(Talk::Ready),
            [4, stop] => Stop::ALL.into_iter().find(|s| *s as u8 == *stop).map(Talk::Stop).ok_or(Malformed),
            [5, a, b, c, d, e, job, rest @ ..] => {
                let number = Number::decode(&[*a, *b, *c, *d, *e])?;
                let job = match job {
                    0 => Job::Millionaires,
                    1 => Job::Classify { owner: Party::Alice },
                    2 => Job::Classify { owner: Party::Bob },
                    _ => return Err(Malformed),
                };
                let model = match rest {
                    [] => None,
                    [detail, audience, pictures @ 1..=MOST_PICTURES, plan @ ..] => {
                        let detail = Detail::ALL.into_iter().find(|d| *d as u8 == *detail).ok_or(Malformed)?;
                        let audience = Audience::ALL.into_iter().find(|a| *a as u8 == *audience).ok_or(Malformed)?;
                        let reveal = Reveal { detail, audience, pictures: *pictures };
                        Some(ModelOffer { reveal, plan: plan.to_vec() })
                    }
                    _ => return Err(Malformed),
                };
                Ok(Talk::Propose { number, job, model })
            }
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
        let number = Number { count: 70_000, by_alice: true };
        let reveal = Reveal { detail: Detail::Scores, audience: Audience::Both, pictures: MOST_PICTURES };
        let others = [
            Talk::Hello { version: 513 },
            Talk::WordsSame,
            Talk::Accept { proposal: number, hash: [7; 32] },
            Talk::Ready,
            Talk::Propose { number, job: Job::Millionaires, model: None },
            Talk::Propose {
                number: Number { by_alice: false, ..number },
                job: Job::Classify { owner: Party::Bob },
                model: Some(ModelOffer { reveal, plan: vec![1, 2, 3] }),
            },
        ];
        for talk in stops.chain(others) {
            assert_eq!(Talk::decode(&talk.encode(), ()), Ok(talk));
        }
        for pictures in [0, MOST_PICTURES + 1] {
            let model = Some(ModelOffer { reveal: Reveal { pictures, ..reveal }, plan: vec![1, 2, 3] });
            let talk = Talk::Propose { number, job: Job::Classify { owner: Party::Bob }, model };
            assert_eq!(Talk::decode(&talk.encode(), ()), Err(Malformed), "{pictures} pictures");
        }
    }
}
