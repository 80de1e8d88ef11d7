//! What both accept before an input is asked for.

use serde::{Deserialize, Serialize};
use tacit_session::{Cost, Party};

/// The things two people can do together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Who is richer: compare two amounts.
    Millionaires,
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
/// Each side builds it from its own program and never from the wire; what crosses is the hash of [`Agreement::text`].
/// So nobody runs something else than was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The job.
    pub job: Job,
    /// Which round of this pairing, from 1. Each round tells one more fact, so each is accepted anew.
    pub round: u32,
    /// The job as a title.
    pub title: String,
    /// Alice's terms.
    pub alice: Terms,
    /// Bob's terms.
    pub bob: Terms,
    /// The security model in one or two sentences.
    pub security: String,
    /// What preparing costs, once per stock.
    pub offline: Cost,
    /// What the round itself costs.
    pub online: Cost,
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
            security: "Safe against a curious partner who runs this program as it is. One who alters it can spoil the \
                       answer, and may learn more about your amount."
                .into(),
            offline,
            online,
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

    /// Everything that was shown, as one text, the same on both sides.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { job, round, title, alice, bob, security, offline, online } = self;
        let mut text = format!("tacit agreement 1\njob: {job:?}: {title}\nround: {round}\n");
        for (name, terms) in [("alice", alice), ("bob", bob)] {
            let Terms { puts_in, learns, sees } = terms;
            text += &format!("{name} puts in: {puts_in}\n{name} learns: {learns}\n{name} sees: {sees}\n");
        }
        // Sent and received change places between the sides; their sum does not.
        for (name, cost) in [("offline", offline), ("online", online)] {
            text += &format!("{name}: {} bytes, {} rounds\n", cost.sent + cost.received, cost.rounds);
        }
        text + &format!("security: {security}\n")
    }

    /// The hash that crosses the wire.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(self.text().as_bytes()).as_bytes()
    }
}
