//! What a message says, for people: the protocol it belongs to, the formula it carries, and what
//! whoever gets it can and cannot make of it. Formulas are in the notation that the page typesets.

use std::borrow::Cow;

use tacit_session::{Direction, Party, Tag};

use crate::{Crossing, Record};

/// One message, explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The protocol, by its usual name.
    pub protocol: &'static str,
    /// What the message is, as a formula.
    pub formula: &'static str,
    /// The same in words.
    pub says: &'static str,
    /// What its receiver can compute from it, and why that is not more.
    pub tells: &'static str,
}

/// A job's own sentence about a message, where it has one: in place of the protocol's
/// [`Meaning::says`].
///
/// Every job gives one such function, so that this crate knows protocols only.
pub type Explain = fn(&Record, &Crossing) -> Option<Cow<'static, str>>;

/// The sentence about a message in the record of `seat`: that of the first job that has one,
/// otherwise the protocol's.
#[must_use]
pub fn says(record: &Record, crossing: &Crossing, seat: Party, jobs: &[Explain]) -> Cow<'static, str> {
    let own = jobs.iter().find_map(|explain| explain(record, crossing));
    own.unwrap_or_else(|| meaning(crossing, seat).says.into())
}

/// The meaning of a message in the record of `seat`, by its protocol.
#[must_use]
pub fn meaning(crossing: &Crossing, seat: Party) -> Meaning {
    let sender = if crossing.direction == Direction::Sent { seat } else { seat.other() };
    let m = |protocol, formula, says, tells| Meaning { protocol, formula, says, tells };
    match (crossing.tag, sender) {
        (Tag::Control, _) => m(
            "Talk",
            "",
            "What the two programs tell each other: versions, jobs, the agreement’s hash, that somebody is ready. No input is in it.",
            "Everything. This part is not secret between the two.",
        ),
        (Tag::BaseOtSender, _) => m(
            "Base oblivious transfer (Masny–Rindal 2019)",
            "A = a·G",
            "A point of a curve: the sender’s half of 128 key exchanges.",
            "Nothing about a: that would be a discrete logarithm.",
        ),
        (Tag::BaseOtReceiver, _) => m(
            "Base oblivious transfer (Masny–Rindal 2019)",
            "r_c = b·G − H(r_{1−c})",
            "128 pairs of points. One of each is random; the other, at the place of the receiver’s secret bit c, is moved by a hash of it.",
            "Nothing about c: both points of a pair are any points with the same probability. And only one of two keys can be made from it.",
        ),
        (Tag::PuncturedTrees, _) => m(
            "SoftSpoken OT extension (Roy 2022)",
            "m_0 = k_0 ⊕ s_0,   m_1 = k_1 ⊕ s_1,   t = ⊕ s_y,   h = H(s)",
            "Sums over each level of trees of seeds, under keys from the base transfers; and a check that they belong to one tree each.",
            "All leaves of each tree but one, which one being the receiver’s own secret. The missing leaf looks random.",
        ),
        (Tag::ChoiceCorrections, _) => m(
            "SoftSpoken OT extension (Roy 2022)",
            "d_j = u_j ⊕ c,   x = R·c,   h = H(R·t)",
            "Turns a handful of transfers into thousands: the sums of the trees’ streams, corrected to one list of random bits; and a check \
             that the list is one and the same for all trees.",
            "Nothing: every bit is masked by the stream of a leaf that whoever gets it does not have, and the check by 128 bits used for nothing else.",
        ),
        (Tag::MaskedInputs, Party::Alice) => m(
            "Private AND (Beaver 1991, from random transfers)",
            "d = ¬x ⊕ s",
            "Alice’s bits, each turned round or not by a random bit s that she alone knows and uses once.",
            "Nothing: a bit XOR a fair coin is a fair coin.",
        ),
        (Tag::MaskedInputs, Party::Bob) => m(
            "Private AND (Beaver 1991, from random transfers)",
            "e = y ⊕ δ",
            "Bob’s bits, each turned round or not by a random bit δ that he alone knows and uses once.",
            "Nothing: a bit XOR a fair coin is a fair coin.",
        ),
        (Tag::MaskedOperands, Party::Alice) => m(
            "AND with Beaver triples",
            "d_0 = x_0 ⊕ a_0,   e_0 = y_0 ⊕ b_0,   f_0 = z_0 ⊕ h_0",
            "Alice’s halves of the operands of the gates x·y and x·z, for all pairs of gates of this layer, under her halves of random bits.",
            "Together with the other half: d, e and f, the operands under masks that neither party knows. Three fair coins a pair of gates.",
        ),
        (Tag::MaskedOperands, Party::Bob) => m(
            "AND with Beaver triples",
            "d_1 = x_1 ⊕ a_1,   e_1 = y_1 ⊕ b_1,   f_1 = z_1 ⊕ h_1",
            "Bob’s halves of the operands of the gates x·y and x·z, for all pairs of gates of this layer, under his halves of random bits.",
            "Together with the other half: d, e and f, the operands under masks that neither party knows. Three fair coins a pair of gates.",
        ),
        (Tag::OpenBits, Party::Alice) => m("Opening", "z_0", OPENS, OPENED),
        (Tag::OpenBits, Party::Bob) => m("Opening", "z_1", OPENS, OPENED),
        (Tag::OpenWords, Party::Alice) => m("Opening", "z_0", OPENS, OPENED),
        (Tag::OpenWords, Party::Bob) => m("Opening", "z_1", OPENS, OPENED),
        (Tag::MaskedDigits, _) => m(
            "Digits by one-out-of-sixteen transfer (CrypTFlow2 2020)",
            "δ = b ⊕ c",
            "For each digit, which place of the other’s table is wanted, moved by a random place c.",
            "Nothing: c is uniform, so δ is.",
        ),
        (Tag::MaskedTables, _) => m(
            "Digits by one-out-of-sixteen transfer (CrypTFlow2 2020)",
            "T_v = f(a, v) ⊕ k_v",
            "For each digit the whole table of carries, every place under a mask of its own.",
            "The one place whose mask the receiver has, which is a share and looks random; the others stay masked.",
        ),
        (Tag::MaskedFactors, _) => m(
            "Products of a bit and a word (Gilboa 1999)",
            "D = d − u,   e = z ⊕ c",
            "Factors of products, the words under random words and the bits under random bits.",
            "Nothing: every mask is uniform and used once.",
        ),
        (Tag::MaskedLayer, _) => m(
            "A linear layer (Delphi 2020)",
            "u = x_c − r mod 2^{32}",
            "The client’s share of a layer's input, under a random vector r whose product with the weights was prepared.",
            "W·u, numbers that look random because u does.",
        ),
        (Tag::LatticeNonce, _) => m(
            "Lattice encryption (RLWE)",
            "a = H(…, seed, nonce)",
            "A random number of the model owner’s. The polynomials a of all that is encrypted in this round are hashes of it and of a seed of the client’s.",
            "Nothing: it is random, and public.",
        ),
        (Tag::PublicKey, _) => m(
            "Lattice encryption (RLWE)",
            "b = −a·s + e",
            "The key of this round, under which the client encrypts: a hashed polynomial times a secret one, with noise.",
            "Nothing about s: that would solve ring learning with errors.",
        ),
        (Tag::Encrypted, _) => m(
            "Lattice encryption (RLWE)",
            "Enc(r)",
            "The random vectors of the coming layers, encrypted. No input exists yet.",
            "Encryptions of products with its own weights, and nothing about r.",
        ),
        (Tag::Multiplied, _) => m(
            "Products under encryption (Cheetah 2022)",
            "Enc(W·r − s)",
            "The weights times the encrypted vectors, minus a mask that is uniform modulo q and leaves the model owner its share s.",
            "W·r − s, which is uniform because the mask is, whatever was asked.",
        ),
    }
}

const OPENS: &str = "A half of the answer. Only here do the two halves of a result meet.";
const OPENED: &str = "Both halves together: what the agreement names, and nothing else.";

/// What a party learns once both halves of an opening are there: the bits of both bodies, XORed.
/// `None` where nothing is opened, or not all of it is at hand.
#[must_use]
pub fn opened(sent: &Crossing, received: &Crossing) -> Option<Vec<bool>> {
    let opens = matches!(received.tag, Tag::MaskedOperands | Tag::OpenBits);
    let pair = sent.tag == received.tag && sent.bits == received.bits && sent.direction != received.direction;
    if !opens || !pair || !sent.is_whole() || !received.is_whole() {
        return None;
    }
    let bit = |body: &[u8], i: usize| body.get(i / 8).is_some_and(|byte| byte >> (i % 8) & 1 == 1);
    let bits = usize::try_from(received.bits).ok()?;
    Some((0..bits).map(|i| bit(&sent.body, i) != bit(&received.body, i)).collect())
}

#[cfg(test)]
mod tests {
    use tacit_session::Stage;

    use super::*;

    fn crossing(tag: Tag) -> Crossing {
        Crossing {
            index: 0,
            stage: Stage::Compare,
            tag,
            direction: Direction::Received,
            bytes: 13,
            round: 1,
            begins_round: true,
            bits: 64,
            spread: None,
            body: vec![0; 8],
        }
    }

    #[test]
    fn protocols_are_explained_without_any_job() {
        for (tag, seat) in Tag::ALL.into_iter().flat_map(|tag| [(tag, Party::Alice), (tag, Party::Bob)]) {
            let Meaning { protocol, says, tells, .. } = meaning(&crossing(tag), seat);
            for text in [protocol, says, tells] {
                assert!(!text.is_empty(), "{tag:?}");
                assert!(!["picture", "amount"].iter().any(|word| text.contains(word)), "{tag:?}: {text}");
            }
        }
    }

    #[test]
    fn the_first_job_that_has_a_sentence_is_heard() {
        let none: Explain = |_, _| None;
        let one: Explain = |_, crossing| (crossing.tag == Tag::OpenBits).then(|| "one".into());
        let two: Explain = |_, _| Some("two".into());
        let of = |tag, jobs: &[Explain]| says(&Record::default(), &crossing(tag), Party::Alice, jobs);
        assert_eq!(of(Tag::OpenBits, &[none, one, two]), "one");
        assert_eq!(of(Tag::OpenWords, &[none, one, two]), "two");
        assert_eq!(of(Tag::OpenWords, &[none, one]), OPENS);
    }
}
