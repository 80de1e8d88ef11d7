//! What the two programs tell each other on behalf of their persons: the control lane.

use tacit_session::{Code, Fault, Malformed, Message, Tag};

/// The version of everything that crosses after the meeting. Two programs with different ones do
/// not start.
pub(crate) const VERSION: u16 = 6;

/// A message between the persons' programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// The first message of each side; its form never changes, so that any two versions can tell.
    Hello { version: u16 },
    /// The second message of each side: the identifiers of the jobs that its program knows.
    Knows { jobs: Vec<String> },
    /// This person says that the words are the same.
    WordsSame,
    /// This person accepts the agreement with this hash, which came of this proposal.
    Accept { proposal: Number, hash: [u8; 32] },
    /// This person has given an input.
    Ready,
    /// It is over, and why. Nothing comes after it.
    Stop(Stop),
    /// The job called so, instead of what was proposed before. Only the job reads the offer.
    Propose { number: Number, job: String, offer: Vec<u8> },
}

/// Tells proposals apart. The greater one counts, on both sides: so it does not matter whose came
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    /// One more than that of the proposal it takes the place of.
    pub(crate) count: u32,
    /// Of two at once, Alice's counts.
    pub(crate) by_alice: bool,
}

/// The most bytes of a job's identifier.
const MOST_ID: usize = 32;

/// The most jobs that a program may say it knows.
const MOST_JOBS: u8 = 64;

/// Appends an identifier behind its length.
fn put_id(body: &mut Vec<u8>, id: &str) {
    body.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
    body.extend(id.as_bytes());
}

/// Reads an identifier behind its length; what follows it comes second.
fn take_id(body: &[u8]) -> Result<(String, &[u8]), Malformed> {
    let (length, rest) = body.split_first().ok_or(Malformed)?;
    let (id, rest) = rest.split_at_checked((*length).into()).ok_or(Malformed)?;
    let id = String::from_utf8(id.to_vec()).ok().filter(|id| is_id(id.as_bytes())).ok_or(Malformed)?;
    Ok((id, rest))
}

/// Whether `id` can be the identifier of a job: lower-case letters, digits and hyphens of ASCII.
fn is_id(id: &[u8]) -> bool {
    (1..=MOST_ID).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
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

    /// What to tell the peer about a fault of this session; nothing where there is nobody left to
    /// tell.
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
            Talk::Propose { number, job, offer } => {
                let mut body = [&[5][..], &number.encode()].concat();
                put_id(&mut body, job);
                body.extend(offer);
                body
            }
            Talk::Knows { jobs } => {
                let mut body = vec![6, u8::try_from(jobs.len()).unwrap_or(u8::MAX)];
                jobs.iter().for_each(|id| put_id(&mut body, id));
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
            [5, a, b, c, d, e, rest @ ..] => {
                let number = Number::decode(&[*a, *b, *c, *d, *e])?;
                let (job, offer) = take_id(rest)?;
                Ok(Talk::Propose { number, job, offer: offer.to_vec() })
            }
            [6, count @ 0..=MOST_JOBS, rest @ ..] => {
                let (mut jobs, mut rest) = (Vec::new(), rest);
                for _ in 0..*count {
                    let (id, others) = take_id(rest)?;
                    jobs.push(id);
                    rest = others;
                }
                if rest.is_empty() { Ok(Talk::Knows { jobs }) } else { Err(Malformed) }
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
        let others = [
            Talk::Hello { version: 513 },
            Talk::Knows { jobs: Vec::new() },
            Talk::Knows { jobs: (0..MOST_JOBS).map(|job| format!("job-{job}")).collect() },
            Talk::WordsSame,
            Talk::Accept { proposal: number, hash: [7; 32] },
            Talk::Ready,
            Talk::Propose { number, job: "compare".into(), offer: Vec::new() },
            Talk::Propose {
                number: Number { by_alice: false, ..number },
                job: "a".repeat(MOST_ID),
                offer: vec![1, 2, 3],
            },
        ];
        for talk in stops.chain(others) {
            assert_eq!(Talk::decode(&talk.encode(), ()), Ok(talk));
        }
        let talk = Talk::Knows { jobs: vec!["compare".into(); usize::from(MOST_JOBS) + 1] };
        assert_eq!(Talk::decode(&talk.encode(), ()), Err(Malformed), "too many jobs");
        for job in ["", "Compare", "a b", "ü", &"a".repeat(MOST_ID + 1)] {
            let talk = Talk::Propose { number, job: job.into(), offer: vec![1, 2, 3] };
            assert_eq!(Talk::decode(&talk.encode(), ()), Err(Malformed), "{job}");
            let talk = Talk::Knows { jobs: vec!["compare".into(), job.into()] };
            assert_eq!(Talk::decode(&talk.encode(), ()), Err(Malformed), "{job}");
        }
    }
}
