//! A lesson on what the answers themselves reveal, even when everything else is hidden.

use serde::{Deserialize, Serialize};
use tacit_session::{Fault, Link, Session};
use tacit_symmetric::Prg;

use crate::party::{Held, Report, Run, Task, strange};
use crate::richer;

/// Width of the compared numbers in bits: they are below 1024.
pub const WIDTH: usize = 10;

/// One of Alice's questions: her input, and the range that is possible after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Her input.
    pub asked: u64,
    /// The answer to `asked < his`.
    pub less: bool,
    /// The answer to `asked = his`.
    pub equal: bool,
    /// The least value that Bob's number can still have.
    pub least: u64,
    /// The greatest value that it can still have.
    pub most: u64,
}

/// One party's task in [`searching`]: Bob's number; `None` for Alice.
#[derive(Serialize, Deserialize)]
pub struct Part(Option<u64>);

/// Alice compares repeatedly with Bob, whose input is always `his`; she asks for the middle of the
/// remaining range. Each answer comes from a real comparison. Bob gets the same answers, so he also
/// knows when she is done.
#[must_use]
pub fn searching(his: u64) -> Run<Vec<Question>> {
    Run {
        tasks: [None, Some(his)].map(|his| Task::Search(Part(his))),
        read: Box::new(|reports| match Report::both(reports)? {
            ([Held::Search(questions), Held::Search(_)], _) => Ok(questions),
            _ => Err(strange()),
        }),
    }
}

/// Plays one party.
///
/// *Computes*: `x < y` and `x = y` for every `x` that Alice asks about, opened to both. *From*:
/// [`richer::one`]. *Security*: that of its parts, for each comparison; together the answers reveal
/// `y`, which is the point of the lesson. *Cost*: with the greatest number of questions, that of
/// [`richer::compare_cost`] for [`WIDTH`] pairs; fewer questions leave material unused.
/// *Deviations*: none.
pub(crate) async fn play<L: Link>(s: &mut Session<L>, Part(his): Part, prg: &mut Prg) -> Result<Vec<Question>, Fault> {
    let (mut least, mut most) = (0, (1 << WIDTH) - 1);
    let mut stock = richer::prepare(s, WIDTH, WIDTH, prg).await?;
    let mut questions = Vec::new();
    // Each answer leaves less than half of the range, so there are at most `WIDTH` questions.
    while least < most {
        let asked = least + (most - least) / 2;
        let [less, equal] = richer::one(s, WIDTH, &mut stock, his.unwrap_or(asked)).await?;
        (least, most) = match (less, equal) {
            (_, true) => (asked, asked),
            (true, _) => (asked + 1, most),
            _ => (least, asked.saturating_sub(1)),
        };
        questions.push(Question { asked, less, equal, least, most });
    }
    Ok(questions)
}

/// [`searching`] in lockstep.
///
/// # Errors
/// None with two honest parties.
pub fn search(his: u64, prgs: &mut [Prg; 2]) -> Result<Vec<Question>, Fault> {
    searching(his).in_lockstep(prgs)
}

#[cfg(test)]
mod tests {
    use tacit_session::{Party, lockstep};

    use super::*;

    #[test]
    fn ten_answers_are_the_number() {
        let mut prgs = [Prg::from_seed([1; 32]), Prg::from_seed([2; 32])];
        for his in [0, 1, 511, 512, 620, 1022, 1023] {
            let questions = search(his, &mut prgs).unwrap();
            let last = questions.last().unwrap();
            assert_eq!((last.least, last.most), (his, his));
            assert!(questions.len() <= WIDTH, "{his}: {}", questions.len());
        }
        assert_eq!(search(1023, &mut prgs).unwrap().len(), 10);
    }

    #[test]
    fn as_many_questions_as_there_can_be_cost_as_many_comparisons() {
        let party = async |mut s: Session<_>, part, seed| {
            play(&mut s, part, &mut Prg::from_seed([seed; 32])).await?;
            Ok::<_, Fault>(s.ledger().total())
        };
        let (alice, bob) =
            lockstep::run(async |s| party(s, Part(None), 1).await, async |s| party(s, Part(Some(1023)), 2).await);
        let wanted = [Party::Alice, Party::Bob].map(|party| Ok(richer::compare_cost(party, WIDTH, WIDTH)));
        assert_eq!([alice, bob], wanted);
    }
}
