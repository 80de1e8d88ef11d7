//! What both accept before an input is asked for.

use serde::{Deserialize, Serialize};
use tacit_infer::Told;
use tacit_session::{Cost, Party};

use crate::{Opened, Security, classify, compare, security};

/// The things two people can do together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Who is richer: compare two amounts.
    #[default]
    Millionaires,
    /// Private picture check: one has a model, the other a picture.
    Classify {
        /// Who has the model.
        owner: Party,
    },
}

impl Job {
    /// The identifier of the job on the wire.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Job::Millionaires => compare::ID,
            Job::Classify { .. } => classify::ID,
        }
    }
}

/// The most pictures of one round.
pub const MOST_PICTURES: u8 = 16;

/// What a picture check tells, and to whom. The model's owner proposes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// What is told of each picture.
    pub detail: Detail,
    /// To whom.
    pub audience: Audience,
    /// Of how many pictures at most, from 1 to [`MOST_PICTURES`].
    pub pictures: u8,
}

impl Default for Reveal {
    fn default() -> Self {
        Self { detail: Detail::default(), audience: Audience::default(), pictures: 1 }
    }
}

/// How much of what a model says is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// The first label.
    #[default]
    Label,
    /// The first three labels in order.
    TopThree,
    /// The score of every label.
    Scores,
}

impl Detail {
    /// Every one.
    pub const ALL: [Detail; 3] = [Detail::Label, Detail::TopThree, Detail::Scores];

    /// What a run opens.
    pub(crate) fn told(self) -> Told {
        match self {
            Detail::Label => Told::First,
            Detail::TopThree => Told::Three,
            Detail::Scores => Told::Scores,
        }
    }

    /// Bits that are opened of each picture under a model of so many labels: the most that an
    /// altered program learns from it.
    #[must_use]
    pub fn bits(self, labels: usize) -> u64 {
        self.told().bits(labels) as u64
    }
}

/// Who learns what a picture shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Whose picture it is, and nobody else.
    #[default]
    Holder,
    /// Both.
    Both,
}

impl Audience {
    /// Every one.
    pub const ALL: [Audience; 2] = [Audience::Holder, Audience::Both];
}

/// What both know of a model: never a weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Its name.
    pub name: String,
    /// What it can say, in the order of its scores.
    pub labels: Vec<String>,
    /// Channels, rows and columns of the pictures that it takes.
    pub picture: [usize; 3],
    /// Its layers, in order, as [`Event::Layer`](crate::Event::Layer) counts them.
    pub layers: Vec<String>,
    /// Comparisons of hidden numbers that one picture takes.
    pub comparisons: u64,
    /// The hash of the plan that both programs follow.
    pub plan: [u8; 32],
    /// What is told, and to whom.
    pub reveal: Reveal,
}

impl ModelCard {
    /// Bits that are opened of each picture, and of a whole round.
    #[must_use]
    pub fn opened(&self) -> Opened {
        let of_picture = self.reveal.detail.bits(self.labels.len());
        Opened { of_picture, of_round: of_picture * u64::from(self.reveal.pictures) }
    }
}

/// What one party puts in, learns and can see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What this party puts in.
    pub puts_in: String,
    /// What this party learns at the end.
    pub learns: String,
    /// What this party can see on the way.
    pub sees: String,
}

/// One round of one job, as it is shown to both.
///
/// Each side builds it from its own program and never from the wire; what crosses is the hash of
/// [`Agreement::text`]. So nobody runs something else than was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The job.
    pub job: Job,
    /// Which round of this pairing, from 1. Each round tells one more fact, so each is accepted
    /// anew.
    pub round: u32,
    /// The job as a title.
    pub title: String,
    /// Alice's terms.
    pub alice: Terms,
    /// Bob's terms.
    pub bob: Terms,
    /// What an altered program can do and learn.
    pub security: Box<Security>,
    /// The same in sentences, for Alice and for Bob.
    pub cautions: [Vec<String>; 2],
    /// What preparing costs, once per stock.
    pub offline: Cost,
    /// What the round itself costs.
    pub online: Cost,
    /// The model, where there is one.
    pub model: Option<Box<ModelCard>>,
}

impl Agreement {
    /// The agreement on a comparison.
    #[must_use]
    pub fn millionaires(round: u32, offline: Cost, online: Cost) -> Self {
        let terms = Terms {
            puts_in: "one amount".into(),
            learns: "who has more, or that you are equal".into(),
            sees: "noise".into(),
        };
        Self {
            job: Job::Millionaires,
            round,
            title: "Who is richer?".into(),
            alice: terms.clone(),
            bob: terms,
            security: Box::new(Security::of_comparison()),
            cautions: [security::in_comparison(), security::in_comparison()],
            offline,
            online,
            model: None,
        }
    }

    /// The agreement on a picture check under the model of `owner`.
    #[must_use]
    pub fn classify(round: u32, owner: Party, model: ModelCard, offline: Cost, online: Cost) -> Self {
        let Reveal { detail, audience, pictures } = model.reveal;
        let told = match detail {
            Detail::Label => "the label that fits best",
            Detail::TopThree => "the three labels that fit best, in order",
            Detail::Scores => "the score of every label",
        };
        let [channels, height, width] = model.picture;
        let colours = if channels == 1 { "grey" } else { "colour" };
        let (puts_in, told) = match pictures {
            1 => (format!("one {colours} picture of {width} × {height} pixels"), told.to_owned()),
            n => (
                format!("up to {n} {colours} pictures of {width} × {height} pixels; black ones take the empty places"),
                format!("for each of the {n}: {told}"),
            ),
        };
        let holder =
            Terms {
                puts_in, learns: told.clone(), sees: "the model’s layers and their sizes; otherwise noise".into()
            };
        let keeper = Terms {
            puts_in: format!("the model “{}”", model.name),
            learns: match audience {
                Audience::Holder => "nothing".into(),
                Audience::Both => told,
            },
            sees: "noise".into(),
        };
        let (alice, bob) = match owner {
            Party::Alice => (keeper, holder),
            Party::Bob => (holder, keeper),
        };
        let security = Security::of_pictures(owner, audience, model.opened());
        Self {
            job: Job::Classify { owner },
            round,
            title: "Private picture check".into(),
            alice,
            bob,
            cautions: security::in_pictures(&security, owner, &model),
            security: Box::new(security),
            offline,
            online,
            model: Some(Box::new(model)),
        }
    }

    /// The terms of one party.
    #[must_use]
    pub fn terms(&self, party: Party) -> &Terms {
        match party {
            Party::Alice => &self.alice,
            Party::Bob => &self.bob,
        }
    }

    /// What an altered program can do, in sentences for one party.
    #[must_use]
    pub fn cautions(&self, party: Party) -> &[String] {
        &self.cautions[party as usize]
    }

    /// Everything that was shown, as one text, the same on both sides.
    #[must_use]
    pub fn text(&self) -> String {
        // The cautions follow from the security and the model.
        let Self { job, round, title, alice, bob, security, offline, online, model, cautions: _ } = self;
        let mut text = format!("tacit agreement 2\njob: {job:?}: {title}\nround: {round}\n");
        for (name, terms) in [("alice", alice), ("bob", bob)] {
            let Terms { puts_in, learns, sees } = terms;
            text += &format!("{name} puts in: {puts_in}\n{name} learns: {learns}\n{name} sees: {sees}\n");
        }
        // Sent and received change places between the sides; their sum does not.
        for (name, cost) in [("offline", offline), ("online", online)] {
            text += &format!("{name}: {} bytes, {} rounds\n", cost.sent + cost.received, cost.rounds);
        }
        if let Some(model) = model {
            let ModelCard { name, labels, plan, reveal, .. } = &**model;
            // The plan's hash stands for the layers, the shapes and everything else that both
            // programs follow.
            let plan = base16ct::lower::encode_string(plan);
            text += &format!("model: {name:?} of {labels:?}\nplan: {plan}\nreveal: {reveal:?}\n");
        }
        text + &security.text()
    }

    /// The hash that crosses the wire.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(self.text().as_bytes()).as_bytes()
    }
}
