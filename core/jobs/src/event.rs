//! What a program shows a person. The page and the terminal only render these.

use serde::{Deserialize, Serialize};
use tacit_compute::Report;
use tacit_record::Crossing;
use tacit_session::{Cost, Fault, Stage};

use crate::{Agreement, Job};

/// Something a person should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The other program is there and speaks our version.
    PeerPresent,
    /// The other person says that the words are the same.
    PeerConfirmedWords,
    /// This is what the coming round is about. Where it needs a model, its owner is asked for one
    /// now.
    Offered {
        /// What.
        job: Job,
    },
    /// What this person put in was not taken, and why; nothing is lost, and something else may be
    /// put in.
    Refused {
        /// Why.
        fault: Fault,
    },
    /// This is what will be done. Both must accept exactly this before an input is asked for.
    Proposed {
        /// What both accept.
        agreement: Box<Agreement>,
        /// Its [hash](Agreement::hash), by which a person [accepts](crate::Command::Accept) it.
        hash: [u8; 32],
    },
    /// The other person accepted it.
    PeerAccepted,
    /// Both accepted it: an input may be given now.
    Agreed,
    /// The other person has given an input.
    PeerReady,
    /// Machines are at work on `stage`: `done` of `total` bytes of it have crossed, both
    /// directions.
    Progress {
        /// What is going on.
        stage: Stage,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, from the cost model.
        total: u64,
        /// Rounds so far, of the whole piece of work that the stage belongs to.
        rounds: u64,
    },
    /// The protocol has come to a layer of the model.
    Layer {
        /// Which, in [`ModelCard::layers`](crate::ModelCard::layers).
        index: usize,
    },
    /// Material for this many rounds is in stock.
    Stock {
        /// Rounds that can start at once.
        ready: u32,
        /// How many are kept in stock.
        target: u32,
        /// What preparing has cost so far in this pairing.
        spent: Cost,
    },
    /// Where this party's own work is done, from the host program. Comes when a pairing begins, and
    /// when it changes.
    Processor {
        /// Where, and why.
        report: Report,
    },
    /// Both inputs are in; the protocol runs.
    Started,
    /// A message crossed, either way. Only where the host program asked for it, as
    /// [`Pairing::record`](crate::Pairing::record).
    Crossed {
        /// The message.
        crossing: Crossing,
    },
    /// The agreed result.
    Finished {
        /// The answer and what it cost.
        outcome: Outcome,
    },
    /// The session is over. Nothing comes after this.
    Ended {
        /// Why.
        fault: Fault,
    },
}

impl Event {
    /// Whether machines are at work after this event, so that silence means trouble and not a
    /// thinking person; `None` when the event does not tell.
    #[must_use]
    pub fn machines_at_work(&self) -> Option<bool> {
        match self {
            Event::Progress { .. } | Event::Started | Event::Layer { .. } => Some(true),
            Event::Stock { .. } | Event::Finished { .. } | Event::Ended { .. } => Some(false),
            _ => None,
        }
    }
}

/// An event with the time at which it was emitted, in milliseconds on the host program's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    /// Milliseconds, fractional, from any fixed beginning.
    pub at: f64,
    /// What happened.
    pub event: Event,
}

/// Who is richer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// This person's amount is the larger one.
    You,
    /// The other person's is.
    They,
    /// The amounts are equal.
    Equal,
}

/// What the round told this person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Of a comparison.
    Order(Order),
    /// Of a picture check: one for each picture. Only their owner knows how many were put in; for
    /// the other person a black picture is one as well.
    Predictions(Vec<Prediction>),
    /// Of a picture check: only the other person learned something.
    Nothing,
    /// Of a comparison: the opened bits contradict each other, so the other program sent wrong
    /// values. The other side is not told: that there is no answer is a fact about this person's
    /// amount.
    Spoiled,
}

/// What a model says of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prediction {
    /// What was agreed on.
    Labels {
        /// The labels that fit best, the best first, as places in
        /// [`ModelCard::labels`](crate::ModelCard::labels): one, three, or all.
        ranked: Vec<usize>,
        /// The score of each of them, in the model's own unit, where scores were agreed on.
        scores: Option<Vec<f64>>,
    },
    /// The opened bits name no labels, so the other program sent wrong values. The other side is
    /// not told: that there is no answer is a fact about both inputs.
    Spoiled,
}

/// The result of a round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which round of this pairing, from 1.
    pub round: u32,
    /// The answer.
    pub answer: Answer,
    /// Everything that depended on the inputs, opening included: as declared, and as measured.
    pub online: Cost,
    /// What preparing has cost so far in this pairing, for all rounds in stock.
    pub offline: Cost,
}
