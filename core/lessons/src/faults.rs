//! What a protocol for curious people notices when somebody breaks it, and what it cannot.

use tacit_session::{Fault, Party};
use tacit_symmetric::Prg;

use crate::richer::{Compared, compare_with};
use crate::{Clock, message::Halves, run_with, shares};

/// Bits of the numbers.
pub const WIDTH: usize = 4;

/// Something that happens to Alice's first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// Nothing.
    None,
    /// One bit is flipped on the way.
    Flip,
    /// The last byte is missing.
    Short,
    /// It comes twice.
    Twice,
}

impl Harm {
    fn to(self, mut frame: Vec<u8>) -> Vec<Vec<u8>> {
        match self {
            Self::None => vec![frame],
            Self::Flip => {
                if let Some(last) = frame.last_mut() {
                    *last ^= 1;
                }
                vec![frame]
            }
            Self::Short => {
                frame.pop();
                vec![frame]
            }
            Self::Twice => vec![frame.clone(), frame],
        }
    }
}

/// Compares 11 with 13, with the harm done to Alice's first message.
#[must_use]
pub fn harmed(harm: Harm, prg: &mut Prg) -> Compared {
    compare_with(
        WIDTH,
        11,
        13,
        prg,
        move |from, index, frame| {
            if from == Party::Alice && index == 0 { harm.to(frame) } else { vec![frame] }
        },
    )
}

/// Alice has 11 and puts in 15: nobody can notice.
#[must_use]
pub fn lied(prg: &mut Prg) -> Compared {
    compare_with(WIDTH, 15, 13, prg, |_, _, frame| vec![frame])
}

/// Both share 42; Alice opens a half that is one too large. Her frame is in order, so what Bob learns is wrong, and he
/// does not notice; she learns the truth.
///
/// # Errors
/// None.
pub fn bent() -> Result<[u64; 2], Fault> {
    let clock = Clock::new(100);
    let (alice, bob, _) = run_with(
        |_, _, frame| vec![frame],
        async |mut s| {
            let theirs = s.exchange(&Halves(vec![45]), (1, clock)).await?.0[0];
            Ok::<_, Fault>(clock.add(44, theirs))
        },
        async |mut s| shares::open(&mut s, clock, 98).await,
    );
    Ok([alice?, bob?])
}

#[cfg(test)]
mod tests {
    use tacit_session::Code;

    use super::*;

    #[test]
    fn damage_is_noticed_and_lies_are_not() {
        let mut prg = Prg::from_seed([1; 32]);
        for harm in [Harm::Flip, Harm::Short, Harm::Twice] {
            let bob = harmed(harm, &mut prg).bob;
            assert_eq!(bob.err().map(|fault| fault.code), Some(Code::PeerBroke), "{harm:?}");
        }
        assert_eq!(harmed(Harm::None, &mut prg).bob, Ok([true, false]));
        assert_eq!(lied(&mut prg).bob, Ok([false, false]));
        assert_eq!(bent(), Ok([42, 43]));
    }
}
