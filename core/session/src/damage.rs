//! Damaged frames and altered parties, for the tests of every crate.
//!
//! A frame is damaged in one of two ways. A *broken* frame keeps the check that it had, so the
//! running check refuses it. A *forged* frame gets the check that belongs to it, and so do all
//! later frames of that party, as from an altered program: it reaches the decoder. [`every`] runs a
//! protocol once for each kind of frame and damage.
//!
//! [`altered`] is the tool for parties that follow a strategy: it changes bodies and seals them
//! again.

use std::cell::RefCell;
use std::rc::Rc;

use crate::lockstep::Tamper;
use crate::message::{Chain, HEADER};
use crate::{Code, Fault, Malformed, Message, Party, Tag};

/// A change of a frame's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// One byte less.
    CutShort,
    /// Half of the body.
    Halved,
    /// No body.
    Emptied,
    /// One byte more.
    Extended,
    /// The lowest bit of the first byte flipped.
    FlippedFirst,
    /// A bit in the middle flipped.
    FlippedMiddle,
    /// The highest bit of the last byte flipped.
    FlippedLast,
    /// Zeros only.
    Zeroed,
    /// Ones only: residues above their modulus, invalid points, bits beyond the last.
    Filled,
}

impl Damage {
    /// Every damage.
    pub const ALL: [Damage; 9] = [
        Damage::CutShort,
        Damage::Halved,
        Damage::Emptied,
        Damage::Extended,
        Damage::FlippedFirst,
        Damage::FlippedMiddle,
        Damage::FlippedLast,
        Damage::Zeroed,
        Damage::Filled,
    ];

    /// Whether the body keeps its length, so that its length alone does not give it away.
    #[must_use]
    pub fn keeps_length(self) -> bool {
        !matches!(self, Self::CutShort | Self::Halved | Self::Emptied | Self::Extended)
    }

    /// Changes a body.
    pub fn apply(self, body: &mut Vec<u8>) {
        let (middle, last) = (body.len() / 2, body.len().saturating_sub(1));
        let mut flip = |at: usize, bit: u8| body.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bit);
        match self {
            Self::CutShort => drop(body.pop()),
            Self::Halved => body.truncate(middle),
            Self::Emptied => body.clear(),
            Self::Extended => body.push(0),
            Self::FlippedFirst => flip(0, 1),
            Self::FlippedMiddle => flip(middle, 0x10),
            Self::FlippedLast => flip(last, 0x80),
            Self::Zeroed => body.fill(0),
            Self::Filled => body.fill(0xff),
        }
    }
}

/// A frame of an undisturbed run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The sender.
    pub from: Party,
    /// Its place among all frames of that sender.
    pub index: usize,
    /// Its kind.
    pub tag: Tag,
    /// Bytes of its body.
    pub body: usize,
}

/// The frames of one undisturbed run.
///
/// # Panics
/// If a message is not a frame.
pub fn frames<T>(run: impl FnOnce(&Tamper) -> T) -> Vec<Frame> {
    let frames = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&frames);
    let watch: Tamper = Rc::new(RefCell::new(move |from, index, frame: Vec<u8>| {
        let tag = frame.first().and_then(|&tag| Tag::from_byte(tag)).expect("a frame has a tag");
        sink.borrow_mut().push(Frame { from, index, tag, body: frame.len() - HEADER });
        vec![frame]
    }));
    run(&watch);
    frames.take()
}

/// Lets `change` alter the body of every frame that `from` sends, given its place and its kind, and
/// seals all of them again.
pub fn altered(from: Party, mut change: impl FnMut(usize, Tag, &mut Vec<u8>) + 'static) -> Tamper {
    // Each lane has a check of its own.
    let mut chains = [Chain::new(), Chain::new()];
    Rc::new(RefCell::new(move |party, index, mut frame: Vec<u8>| {
        if party == from
            && let Some(tag) = frame.first().and_then(|&tag| Tag::from_byte(tag))
        {
            let mut body = frame.split_off(HEADER);
            change(index, tag, &mut body);
            frame = chains[usize::from(tag != Tag::Control)].seal_body(tag, &body);
        }
        vec![frame]
    }))
}

/// Damages one body and seals it, and what follows, again.
#[must_use]
pub fn forged(at: Frame, damage: Damage) -> Tamper {
    altered(at.from, move |index, _, body| {
        if index == at.index {
            damage.apply(body);
        }
    })
}

/// Damages one body and leaves its check as it was.
#[must_use]
pub fn broken(at: Frame, damage: Damage) -> Tamper {
    replaced(at, move |mut frame| {
        let mut body = frame.split_off(HEADER);
        damage.apply(&mut body);
        vec![[frame, body].concat()]
    })
}

/// Replaces one whole frame by the frames that `change` makes of it.
#[must_use]
pub fn replaced(at: Frame, mut change: impl FnMut(Vec<u8>) -> Vec<Vec<u8>> + 'static) -> Tamper {
    Rc::new(RefCell::new(
        move |from, index, frame| {
            if (from, index) == (at.from, at.index) { change(frame) } else { vec![frame] }
        },
    ))
}

/// Runs a protocol once for every kind of frame and each of the damages, and asserts the result of
/// either party.
///
/// A broken frame, and a forged one of another length, are the peer's fault. A forged frame of the
/// right length is the peer's fault or a wrong number. The sender of the forged frame may be the
/// one that detects the damage, from the reply; then the receiver finds that its peer left. Frames
/// of one sender, tag and length are of one kind, and the first of each is damaged. `run` plays
/// both parties and returns their results. The damaged frames are returned.
///
/// # Panics
/// If a party has any other result, panics, or waits for ever.
pub fn every<A, B>(damages: &[Damage], run: impl Fn(&Tamper) -> (Result<A, Fault>, Result<B, Fault>)) -> Vec<Frame> {
    let run = |tamper: &Tamper| {
        let (alice, bob) = run(tamper);
        [alice.err(), bob.err()].map(|fault| fault.map(|fault| fault.code))
    };
    let all = frames(|watch| assert_eq!(run(watch), [None; 2], "an undisturbed run succeeds"));
    let mut kinds: Vec<Frame> = Vec::new();
    for frame in all {
        let is_alike = |other: &Frame| (other.from, other.tag, other.body) == (frame.from, frame.tag, frame.body);
        if !kinds.iter().any(is_alike) {
            kinds.push(frame);
        }
    }
    for &frame in &kinds {
        let victim = frame.from.other() as usize;
        let retagged = move |mut frame: Vec<u8>| {
            frame[0] ^= 3;
            vec![frame]
        };
        let faults = [
            broken(frame, Damage::Extended),
            broken(frame, Damage::FlippedLast),
            replaced(frame, retagged),
            replaced(frame, |_| vec![Vec::new()]),
        ];
        for (nth, tamper) in faults.iter().enumerate().filter(|&(nth, _)| nth != 1 || frame.body > 0) {
            assert_eq!(run(tamper)[victim], Some(Code::PeerBroke), "{frame:?}, damage {nth} of its frame");
        }
        for &damage in damages.iter().filter(|&&damage| frame.body > 0 || damage == Damage::Extended) {
            let codes = run(&forged(frame, damage));
            let is_fine = match codes[victim] {
                Some(Code::PeerBroke) => true,
                None | Some(Code::PeerLeft) => damage.keeps_length(),
                Some(_) => false,
            };
            let other = codes[frame.from as usize];
            let is_expected = matches!(other, None | Some(Code::PeerBroke | Code::PeerLeft));
            assert!(is_fine && is_expected, "{frame:?} forged, {damage:?}: {codes:?}");
        }
    }
    kinds
}

/// A body of any content, under the tag with this byte. Altered programs use it to send messages
/// that the real types cannot express.
pub struct Raw<const BYTE: u8>(pub Vec<u8>);

impl<const BYTE: u8> Message for Raw<BYTE> {
    const TAG: Tag = of_byte(BYTE);
    type Shape = ();

    fn encode(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn decode(body: &[u8], (): ()) -> Result<Self, Malformed> {
        Ok(Self(body.to_vec()))
    }
}

const fn of_byte(byte: u8) -> Tag {
    let mut i = 0;
    while Tag::ALL[i] as u8 != byte {
        i += 1;
    }
    Tag::ALL[i]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Session;
    use crate::lockstep::{self, QueueLink};

    /// Bytes that a decoder takes by their number and an upper bound.
    struct Bytes(Vec<u8>);
    impl Message for Bytes {
        const TAG: Tag = Tag::OpenBits;
        type Shape = usize;
        fn encode(&self) -> Vec<u8> {
            self.0.clone()
        }
        fn decode(body: &[u8], shape: usize) -> Result<Self, Malformed> {
            if body.len() == shape && body.iter().all(|&byte| byte < 0x80) {
                Ok(Self(body.to_vec()))
            } else {
                Err(Malformed)
            }
        }
    }

    async fn talk(mut s: Session<QueueLink>) -> Result<Vec<u8>, Fault> {
        s.exchange(&Bytes(vec![1, 2, 3]), 3).await?;
        Ok(s.exchange(&Bytes(vec![4, 5]), 2).await?.0)
    }

    #[test]
    fn every_kind_of_frame_is_damaged() {
        let kinds = every(&Damage::ALL, |tamper| lockstep::run_with(tamper, talk, talk));
        assert_eq!(kinds, frames(|watch| lockstep::run_with(watch, talk, talk)));
        assert_eq!(kinds.len(), 4);
    }

    #[test]
    fn a_forged_body_reaches_the_decoder_and_a_broken_one_does_not() {
        let frame = Frame { from: Party::Alice, index: 0, tag: Tag::OpenBits, body: 3 };
        let (alice, bob) = lockstep::run_with(&forged(frame, Damage::FlippedFirst), talk, talk);
        assert_eq!((alice, bob), (Ok(vec![4, 5]), Ok(vec![4, 5])), "well-formed, and what follows fits");
        let detail = |tamper| lockstep::run_with(&tamper, talk, talk).1.unwrap_err().detail.unwrap();
        assert!(detail(forged(frame, Damage::Filled)).ends_with("not of the expected shape"));
        assert!(detail(broken(frame, Damage::Filled)).ends_with("damaged, repeated or out of order"));
    }

    #[test]
    fn a_repeated_or_reordered_frame_is_the_peers_fault() {
        let frames = frames(|watch| lockstep::run_with(watch, talk, talk));
        assert_eq!(frames.iter().filter(|frame| frame.from == Party::Alice).count(), 2);
        let mut held = None;
        let swapped: Tamper = Rc::new(RefCell::new(move |from, index, frame| match (from, index) {
            (Party::Alice, 0) => {
                held = Some(frame);
                Vec::new()
            }
            _ => [frame].into_iter().chain(held.take()).collect(),
        }));
        let repeated = replaced(frames[0], |frame| vec![frame.clone(), frame]);
        for tamper in [swapped, repeated] {
            // Alice says both, so that there is something to swap.
            let alice = async |mut s: Session<QueueLink>| {
                s.send(&Bytes(vec![1, 2, 3])).await?;
                s.send(&Bytes(vec![4, 5])).await?;
                s.recv::<Bytes>(1).await.map(|_| ())
            };
            let bob = async |mut s: Session<QueueLink>| {
                s.recv::<Bytes>(3).await?;
                s.recv::<Bytes>(2).await
            };
            let (_, bob) = lockstep::run_with(&tamper, alice, bob);
            assert_eq!(bob.err().map(|fault| fault.code), Some(Code::PeerBroke));
        }
    }
}
