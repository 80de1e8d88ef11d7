//! The messages of a comparison, in sentences.

use std::borrow::Cow;

use tacit_record::{Crossing, Record};
use tacit_session::{Stage, Tag};

/// The step of the comparison that a message belongs to, by the width of its layer. `None` for
/// messages of other stages.
#[must_use]
pub fn explain(record: &Record, crossing: &Crossing) -> Option<Cow<'static, str>> {
    // A label may take two bits, too.
    let before = record.messages().iter().rev().map(|message| &message.crossing);
    let mut before = before.filter(|other| other.index < crossing.index && other.stage != crossing.stage);
    let compares = before.next().is_some_and(|other| other.stage == Stage::Compare);
    match (crossing.stage, crossing.tag) {
        (Stage::Compare, Tag::MaskedInputs) => {
            let n = crossing.bits;
            Some(format!("{n} places at once: in which does Bob have a 1 where Alice has a 0?").into())
        }
        (Stage::Compare, Tag::MaskedOperands) => {
            let nodes = crossing.bits / 3;
            let left = if nodes == 1 { "One pair is left".to_owned() } else { format!("{nodes} pairs of neighbours") };
            Some(
                format!("{left}: which of two digits decides? The higher one, unless it is the same on both sides.")
                    .into(),
            )
        }
        (Stage::Reveal, Tag::OpenBits) if compares => {
            Some("Two bits are opened: is Alice’s amount less, and are the two equal?".into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tacit_record::Timed;
    use tacit_session::Direction;

    use super::*;

    /// What is said of each message of a record with these stages, tags and numbers of bits.
    fn said(messages: &[(Stage, Tag, u64)]) -> Vec<Option<Cow<'static, str>>> {
        let mut record = Record::default();
        for (index, &(stage, tag, bits)) in (0..).zip(messages) {
            let bytes = 5 + bits.div_ceil(8);
            let crossing = Crossing {
                index,
                stage,
                tag,
                direction: Direction::Sent,
                bytes,
                round: 1,
                begins_round: false,
                bits,
                spread: None,
                body: Vec::new(),
            };
            record.push(Timed { at: 0.0, crossing });
        }
        record.messages().iter().map(|message| explain(&record, &message.crossing)).collect()
    }

    #[test]
    fn every_step_of_a_comparison_has_a_sentence() {
        let said = said(&[
            (Stage::Extend, Tag::ChoiceCorrections, 128),
            (Stage::Compare, Tag::MaskedInputs, 64),
            (Stage::Compare, Tag::MaskedOperands, 96),
            (Stage::Compare, Tag::MaskedOperands, 3),
            (Stage::Reveal, Tag::OpenBits, 2),
        ]);
        let begin = |text: &Option<Cow<'static, str>>| text.as_deref().map(|text| text[..20].to_owned());
        let begins: Vec<_> = said.iter().map(begin).collect();
        let expected = ["64 places at once: i", "32 pairs of neighbou", "One pair is left: wh", "Two bits are opened:"];
        assert_eq!(begins, [None].into_iter().chain(expected.map(|text| Some(text.to_owned()))).collect::<Vec<_>>());
    }

    #[test]
    fn an_opening_after_anything_else_is_not_that_of_a_comparison() {
        assert_eq!(said(&[(Stage::Infer, Tag::MaskedOperands, 3), (Stage::Reveal, Tag::OpenBits, 2)]), [None, None]);
    }
}
