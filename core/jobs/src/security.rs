//! What an altered program can do to the other side, as data: part of the agreement, and so of its
//! hash.

use serde::{Deserialize, Serialize};
use tacit_session::Party;

use crate::{Audience, Detail, ModelCard};

/// What each part of a round withstands, and how many bits it opens to each side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// The parts of the protocol, in the order in which they run.
    pub parts: Vec<Part>,
    /// Opened to Alice.
    pub alice: Opened,
    /// Opened to Bob.
    pub bob: Opened,
}

/// One part of a protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// What holds against an altered program on the other side.
    pub guarantee: Guarantee,
}

/// What holds of a part of a protocol when the other side runs an altered program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guarantee {
    /// Cheating is caught and ends the pairing.
    Checked,
    /// Secrets stay: the program learns at most the bits that are opened to it. It can make the
    /// answer wrong.
    Private,
    /// Semi-honest: nothing is promised against a program that deviates.
    SemiHonest,
}

impl Guarantee {
    fn name(self) -> &'static str {
        match self {
            Guarantee::Checked => "checked",
            Guarantee::Private => "private",
            Guarantee::SemiHonest => "semi-honest",
        }
    }
}

/// Bits that are opened to one side: the most that an altered program there learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Of each picture; none where there are no pictures.
    pub of_picture: u64,
    /// Of a whole round.
    pub of_round: u64,
}

impl Security {
    fn new(parts: &[(&str, Guarantee)], alice: Opened, bob: Opened) -> Self {
        let parts = parts.iter().map(|&(name, guarantee)| Part { name: name.into(), guarantee });
        Self { parts: parts.collect(), alice, bob }
    }

    /// Of a comparison: *less* and *equal* are opened to both.
    pub(crate) fn of_comparison() -> Self {
        let opened = Opened { of_picture: 0, of_round: 2 };
        Self::new(&[("transfers", Guarantee::Checked), ("comparison", Guarantee::SemiHonest)], opened, opened)
    }

    /// Of a picture check under the model of `owner`, where so much is opened to each who learns
    /// the answer.
    pub(crate) fn of_pictures(owner: Party, audience: Audience, opened: Opened) -> Self {
        let to_owner = if audience == Audience::Both { opened } else { Opened::default() };
        let (alice, bob) = if owner == Party::Alice { (to_owner, opened) } else { (opened, to_owner) };
        let parts = [
            ("transfers", Guarantee::Checked),
            ("encrypted products", Guarantee::Private),
            ("layers", Guarantee::Private),
        ];
        Self::new(&parts, alice, bob)
    }

    /// Bits that are opened to `party`.
    #[must_use]
    pub fn opened(&self, party: Party) -> Opened {
        match party {
            Party::Alice => self.alice,
            Party::Bob => self.bob,
        }
    }

    /// All of it as text, the same on both sides.
    pub(crate) fn text(&self) -> String {
        let Self { parts, alice, bob } = self;
        let mut text = String::new();
        for Part { name, guarantee } in parts {
            text += &format!("security of {name}: {}\n", guarantee.name());
        }
        for (name, Opened { of_picture, of_round }) in [("alice", alice), ("bob", bob)] {
            text += &format!("opened to {name}: {of_picture} bits of a picture, {of_round} bits of the round\n");
        }
        text
    }
}

/// What an altered program can do in a comparison, in sentences.
pub(crate) fn in_comparison() -> Vec<String> {
    vec![
        "Safe against a curious partner who runs this program as it is.".into(),
        "One who alters it and cheats in the transfers is caught. Wrong values in the comparison itself are not caught \
         yet: they can make the answer wrong, or let it tell something else about your amount, at most 2 bits."
            .into(),
    ]
}

/// What an altered program can do in a picture check, in sentences for Alice and for Bob.
pub(crate) fn in_pictures(security: &Security, owner: Party, card: &ModelCard) -> [Vec<String>; 2] {
    let [to_owner, to_client] = [owner, owner.other()].map(|party| security.opened(party));
    [Party::Alice, Party::Bob]
        .map(|seat| of_pictures(seat == owner, to_owner, to_client, card.reveal.detail, card.labels.len()))
}

fn of_pictures(is_owner: bool, to_owner: Opened, to_client: Opened, detail: Detail, labels: usize) -> Vec<String> {
    let [model, picture] = if is_owner { ["your model", "the picture"] } else { ["the model", "your picture"] };
    let Opened { of_picture, of_round } = to_client;
    let in_round = if of_round > of_picture { format!(", {of_round} in this round") } else { String::new() };
    let mut said =
        vec![format!("An altered program learns at most {of_picture} bits of {model} from each picture{in_round}.")];
    if detail == Detail::Scores {
        let label = Detail::Label.bits(labels);
        said.push(format!("Scores are 32 bits for each label; the label alone is {label}, and we recommend it."));
    }
    said.push(match to_owner.of_picture {
        0 => format!("It learns nothing of {picture}."),
        bits => format!("It learns at most {bits} bits of {picture}."),
    });
    said.push("It can make an answer wrong, mostly unnoticed. Many answers together tell more of the model.".into());
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_is_opened() {
        let opened = |detail: Detail, pictures| {
            let of_picture = detail.bits(10);
            Opened { of_picture, of_round: of_picture * pictures }
        };
        assert_eq!(Detail::ALL.map(|detail| detail.bits(10)), [4, 12, 320]);
        assert_eq!(Detail::ALL.map(|detail| detail.bits(2)), [1, 2, 64], "two labels have two places");
        let said = |detail, pictures, audience| {
            let security = Security::of_pictures(Party::Bob, audience, opened(detail, pictures));
            assert_eq!(security.opened(Party::Alice), opened(detail, pictures), "the client's");
            of_pictures(true, security.bob, security.alice, detail, 10).join(" ")
        };
        let label = said(Detail::Label, 1, Audience::Holder);
        assert!(label.contains("learns at most 4 bits of your model from each picture."), "{label}");
        assert!(label.contains("nothing of the picture"), "{label}");
        let three = said(Detail::TopThree, 16, Audience::Both);
        assert!(three.contains("12 bits of your model from each picture, 192 in this round."), "{three}");
        assert!(three.contains("12 bits of the picture."), "{three}");
        let scores = said(Detail::Scores, 1, Audience::Holder);
        assert!(
            scores.contains("320 bits") && scores.contains("32 bits for each label; the label alone is 4"),
            "{scores}"
        );
    }
}
