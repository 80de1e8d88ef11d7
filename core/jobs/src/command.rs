//! What a person tells their own program.

use serde::{Deserialize, Serialize};
use tacit_session::Party;
use zeroize::ZeroizeOnDrop;

use crate::{Amount, Job, Picture, Reveal};

/// How a pairing begins: decided by the meeting, before the first command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// Which seat this person has. The host is Alice.
    pub seat: Party,
    /// Whether both must confirm the words before an input is accepted: so after a typed code.
    pub confirm_words: bool,
    /// The host: what she invites to. A guest learns it from her program, as
    /// [`Event::Offered`](crate::Event::Offered).
    pub job: Job,
    /// Whether every message is to be told, as [`Event::Crossed`](crate::Event::Crossed).
    pub record: bool,
}

/// What a person tells their own program while paired.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// “They are the same.”
    ConfirmWords,
    /// “They differ.” Ends the session on both sides.
    WordsDiffer,
    /// Do something else in the coming round, for example change places. Counts until this person
    /// has accepted.
    Offer {
        /// What to do.
        job: Job,
    },
    /// The model's owner: the model of the coming rounds. Counts until this person has accepted.
    Model {
        /// The model; it goes no further than this program.
        model: ModelFile,
        /// Who would learn what.
        reveal: Reveal,
    },
    /// Accept the agreement with this hash. Where something else is proposed by now, that is shown
    /// again instead. After a result: once more.
    Accept {
        /// [`Agreement::hash`](crate::Agreement::hash) of what the person saw.
        hash: [u8; 32],
    },
    /// Do not accept it. Ends the session on both sides.
    Decline,
    /// This person's input to the round that was agreed on. A model's owner has none: the model is
    /// there already.
    Input {
        /// The input; it goes no further than this program.
        input: Input,
    },
    /// Stop. Ends the session on both sides.
    Cancel,
    /// A model's owner answers no more, because a limit is reached. Ends the session on both sides.
    LimitReached,
    /// From the host program, which has a clock: machines were at work and nothing has moved for
    /// too long.
    Stalled,
}

/// What one person puts into a round.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// To a comparison.
    Amount(Amount),
    /// To a picture check, by the pictures' owner: from one to as many as were agreed on.
    Pictures(Vec<Picture>),
}

/// The bytes of a model file, not looked at yet.
#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
pub struct ModelFile(#[serde(with = "serde_bytes")] pub Vec<u8>);
