//! What the answers themselves give away, however well everything else is hidden.

use tacit_session::Fault;
use tacit_symmetric::Prg;

use crate::richer::compare;

/// Bits of the numbers that are asked about: below 1024.
pub const WIDTH: usize = 10;

/// One question of Alice's: what she put in, and what is still possible after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Her input.
    pub asked: u64,
    /// Whether hers is less than his.
    pub less: bool,
    /// Whether both are the same.
    pub equal: bool,
    /// The least that his can be.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// Alice compares again and again with Bob, who always puts in `his`; she asks for the middle of what is left. Each answer
/// is that of a real comparison.
///
/// # Errors
/// None with two honest parties.
pub fn search(his: u64, prg: &mut Prg) -> Result<Vec<Question>, Fault> {
    let (mut least, mut most) = (0, (1 << WIDTH) - 1);
    let mut questions = Vec::new();
    while least < most {
        let asked = least + (most - least) / 2;
        let [less, equal] = compare(WIDTH, asked, his, prg).alice?;
        (least, most) = match (less, equal) {
            (_, true) => (asked, asked),
            (true, _) => (asked + 1, most),
            _ => (least, asked.saturating_sub(1)),
        };
        questions.push(Question { asked, less, equal, least, most });
    }
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_answers_are_the_number() {
        let mut prg = Prg::from_seed([1; 32]);
        for his in [0, 1, 511, 512, 620, 1022, 1023] {
            let questions = search(his, &mut prg).unwrap();
            let last = questions.last().unwrap();
            assert_eq!((last.least, last.most), (his, his));
            assert!(questions.len() <= WIDTH, "{his}: {}", questions.len());
        }
        assert_eq!(search(1023, &mut prg).unwrap().len(), 10);
    }
}
