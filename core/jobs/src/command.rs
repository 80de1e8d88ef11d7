//! What a person tells their own program.

use serde::{Deserialize, Serialize};
use tacit_session::Party;

use crate::Amount;

/// How a pairing begins: decided by the meeting, before the first command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// Which seat this person has. The host is Alice.
    pub seat: Party,
    /// Whether both must confirm the words before an input is accepted: so after a typed code.
    pub confirm_words: bool,
}

/// What a person tells their own program while paired.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Command {
    /// “They are the same.”
    ConfirmWords,
    /// “They differ.” Ends the session on both sides.
    WordsDiffer,
    /// Accept the agreement that was shown last. After a result: once more.
    Accept,
    /// Do not accept it. Ends the session on both sides.
    Decline,
    /// This person's input to the round that was agreed on.
    Input {
        /// The amount; it goes no further than this program.
        amount: Amount,
    },
    /// Stop. Ends the session on both sides.
    Cancel,
    /// From the host program, which has a clock: machines were at work and nothing has moved for too long.
    Stalled,
}
