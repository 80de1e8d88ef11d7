//! A lesson on which faults a semi-honest protocol detects and which it cannot detect.

use std::cell::Cell;

use serde::{Deserialize, Serialize};
use tacit_session::damage::{self, Damage, Frame};
use tacit_session::lockstep::Tamper;
use tacit_session::{Fault, Link, LinkError, Party, Session, Tag};

use crate::party::{Held, Report, Run, Task, strange};
use crate::richer::{Compared, comparing, comparing_with};
use crate::{Clock, shares};

/// Width of the compared numbers in bits.
pub const WIDTH: usize = 4;

/// A fault in the messages that Alice sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Harm {
    /// None.
    None,
    /// A bit of the first message is flipped in transit.
    Flip,
    /// The last byte of the first message is missing.
    Short,
    /// The first message arrives twice.
    Twice,
    /// Alice's program is altered: in half of the trees of her OT extension it sends corrections
    /// for other choices, and it computes the frame checks as the real program does.
    Cheat,
}

impl Harm {
    fn tamper(self) -> Tamper {
        let first = Frame { from: Party::Alice, index: 0, tag: Tag::BaseOtSender, body: 0 };
        match self {
            Self::None => damage::replaced(first, |frame| vec![frame]),
            Self::Flip => damage::broken(first, Damage::FlippedLast),
            Self::Short => damage::broken(first, Damage::CutShort),
            Self::Twice => damage::replaced(first, |frame| vec![frame.clone(), frame]),
            Self::Cheat => damage::altered(Party::Alice, |_, tag, body| {
                if tag == Tag::ChoiceCorrections {
                    let half = body.len() / 2;
                    body[..half].iter_mut().for_each(|byte| *byte ^= 1);
                }
            }),
        }
    }
}

/// The link of Alice's program, which applies the fault to her messages.
pub(crate) struct Harmed<L> {
    link: L,
    tamper: Tamper,
    sent: Cell<usize>,
}

impl<L> Harmed<L> {
    pub(crate) fn new(link: L, harm: Harm) -> Self {
        Self { link, tamper: harm.tamper(), sent: Cell::new(0) }
    }
}

impl<L: Link> Link for Harmed<L> {
    async fn send(&self, message: Vec<u8>) -> Result<(), LinkError> {
        let index = self.sent.replace(self.sent.get() + 1);
        let messages = (self.tamper.borrow_mut())(Party::Alice, index, message);
        for message in messages {
            self.link.send(message).await?;
        }
        Ok(())
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        self.link.recv().await
    }
}

/// Compares 11 with 13, with the fault applied to Alice's messages.
#[must_use]
pub fn harming(harm: Harm) -> Run<Compared> {
    comparing_with(harm, WIDTH, &[[11, 13]])
}

/// Alice has 11 and enters 15: no protocol can detect that.
#[must_use]
pub fn lying() -> Run<Compared> {
    comparing(WIDTH, &[[15, 13]])
}

/// One party's task in [`bending`]: its share, and the value that it opens instead of it.
#[derive(Serialize, Deserialize)]
pub struct Part {
    half: u64,
    shown: u64,
}

/// Both share 42, and Alice opens a share that is one too large. Her frame is well-formed, so Bob
/// reads a wrong value and cannot detect it, while she learns the right one. Returns the values
/// that both read.
#[must_use]
pub fn bending() -> Run<[u64; 2]> {
    Run {
        tasks: [Part { half: 44, shown: 45 }, Part { half: 98, shown: 98 }].map(Task::Open),
        read: Box::new(|reports| match Report::both(reports)? {
            ([Held::Open(hers), Held::Open(his)], _) => Ok([hers, his]),
            _ => Err(strange()),
        }),
    }
}

/// Plays one party: [`shares::open`] with the value `shown` in place of the share, which is how
/// Alice cheats here. The protocol is documented there.
pub(crate) async fn play<L: Link>(s: &mut Session<L>, Part { half, shown }: Part) -> Result<u64, Fault> {
    let clock = Clock::new(100);
    let read = shares::open(s, clock, shown).await?;
    // A party that opens another value than its share knows the difference and removes it.
    Ok(clock.sub(clock.add(read, half), shown))
}

#[cfg(test)]
mod tests {
    use tacit_session::Code;
    use tacit_symmetric::Prg;

    use super::*;
    use crate::party::{Aside, play_both};

    fn prgs() -> [Prg; 2] {
        [Prg::from_seed([1; 32]), Prg::from_seed([2; 32])]
    }

    #[test]
    fn damage_is_noticed_and_lies_are_not() {
        let harmed = |harm| harming(harm).in_lockstep(&mut prgs()).unwrap();
        for harm in [Harm::Flip, Harm::Short, Harm::Twice, Harm::Cheat] {
            let bob = harmed(harm).bob;
            assert_eq!(bob.err().map(|fault| fault.code), Some(Code::PeerBroke), "{harm:?}");
        }
        assert_eq!(harmed(Harm::None).bob, Ok(vec![[true, false]]));
        assert_eq!(lying().in_lockstep(&mut prgs()).unwrap().bob, Ok(vec![[false, false]]));
        assert_eq!(bending().undrawn(), Ok([42, 43]));
    }

    #[test]
    fn a_cheat_passes_the_running_check_and_is_caught_by_that_of_the_transfers() {
        let fault = harming(Harm::Cheat).in_lockstep(&mut prgs()).unwrap().bob.unwrap_err();
        assert!(fault.detail.unwrap().contains("the trees do not have the same choices"));
    }

    #[test]
    fn after_a_harm_the_link_is_of_no_more_use() {
        for harm in [Harm::None, Harm::Flip, Harm::Short, Harm::Twice, Harm::Cheat] {
            let reports = play_both(harming(harm).tasks, &mut prgs(), Aside::SILENT);
            assert_eq!(Report::are_settled(&reports), harm == Harm::None, "{harm:?}");
            assert!(!Report::are_cut_off(&reports), "{harm:?}");
        }
    }
}
