//! A record to keep: what one party saw, in a file that can be read without Tacit and replayed
//! without a peer.
//!
//! ```json
//! {
//!   "format": "tacit-transcript",
//!   "version": 2,
//!   "blake3": "64 hexadecimal digits: the hash of the content, as its text stands below",
//!   "content": {
//!     "seat": "alice",
//!     "job": "millionaires",
//!     "input": null,
//!     "agreement": { … },
//!     "outcome": { … },
//!     "messages": [ { "at": 12.5, "crossing": { "index": 0, "stage": "talk", "tag": "control", "direction": "sent", "bytes": 8,
//!                     "round": 0, "begins_round": false, "bits": 24, "spread": null, "body": "000500" } }, … ],
//!     "totals": { "compare": { "messages": 14, "cost": { "sent": 74, "received": 74, "rounds": 7 }, "spread": [ … ] }, … }
//!   }
//! }
//! ```
//!
//! `body` is hexadecimal: the message's body, or its first 256 bytes. `input` is this person's own,
//! only where they asked for it to be written. The hash finds out a file that was damaged or
//! edited; it is no signature, and proves to nobody else what was said.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tacit_session::{Direction, HEADER, Party, Stage};
use zeroize::ZeroizeOnDrop;

use crate::crossing::spread;
use crate::{GLIMPSE, MOST_KEPT, Record, StageTotals, Timed};

const FORMAT: &str = "tacit-transcript";
const VERSION: u32 = 2;

/// A person's own input, as they wrote it in. It is in the file because they asked for it, and
/// nowhere else.
#[derive(Clone, PartialEq, Serialize, Deserialize, ZeroizeOnDrop)]
pub struct OwnInput(pub String);

impl fmt::Debug for OwnInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnInput(…)")
    }
}

/// What one party saw of a pairing. The types of the job, the agreement and the outcome are those
/// of the jobs on record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript<Job, Agreement, Outcome> {
    /// Whose view it is.
    pub seat: Party,
    /// What the two did.
    pub job: Job,
    /// This person's own input, where they asked for it to be written.
    pub input: Option<OwnInput>,
    /// What both accepted last.
    pub agreement: Option<Agreement>,
    /// What came out last.
    pub outcome: Option<Outcome>,
    /// The messages, in order; of very many, the latest.
    messages: Vec<Timed>,
    totals: BTreeMap<Stage, StageTotals>,
}

/// Why a text is no transcript.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTranscript {
    /// Something else.
    #[error("this is not a transcript")]
    Foreign,
    /// Of a version that this program does not know.
    #[error("this transcript is of version {0}, which this program does not read")]
    Version(u32),
    /// Not as it was written.
    #[error("this transcript was changed after it was written")]
    Changed,
    /// Whole, but no record of anything that could have crossed.
    #[error("this transcript contradicts itself: {0}")]
    Contradicts(&'static str),
}

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    format: String,
    version: u32,
    blake3: String,
    content: T,
}

impl<Job, Agreement, Outcome> Transcript<Job, Agreement, Outcome>
where
    Job: Serialize + DeserializeOwned,
    Agreement: Serialize + DeserializeOwned,
    Outcome: Serialize + DeserializeOwned,
{
    /// A transcript of what is kept in a record.
    #[must_use]
    pub fn new(
        seat: Party,
        job: Job,
        input: Option<OwnInput>,
        agreement: Option<Agreement>,
        outcome: Option<Outcome>,
        record: &Record,
    ) -> Self {
        let messages: Vec<_> = record.messages().iter().cloned().collect();
        // A copy of a record may know more totals than messages: what is written adds up.
        let totals = if is_all(&messages) { counted(&messages) } else { record.totals().clone() };
        Self { seat, job, input, agreement, outcome, messages, totals }
    }

    /// The record, to be looked at and stepped through as it was.
    #[must_use]
    pub fn record(&self) -> Record {
        let mut record = Record::default();
        record.extend(crate::Slice { messages: self.messages.clone(), totals: self.totals.clone() });
        record
    }

    /// The text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let content = serde_json::to_string(self).unwrap_or_default();
        let hash = blake3::hash(content.as_bytes()).to_hex();
        format!(r#"{{"format":"{FORMAT}","version":{VERSION},"blake3":"{hash}","content":{content}}}"#)
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// [`NoTranscript`] when it is none, or not as it was written.
    pub fn from_json(text: &str) -> Result<Self, NoTranscript> {
        let envelope: Envelope<&RawValue> = serde_json::from_str(text.trim()).map_err(|_| NoTranscript::Foreign)?;
        if envelope.format != FORMAT {
            return Err(NoTranscript::Foreign);
        }
        if envelope.version != VERSION {
            return Err(NoTranscript::Version(envelope.version));
        }
        let content = envelope.content.get();
        if envelope.blake3 != blake3::hash(content.as_bytes()).to_hex().as_str() {
            return Err(NoTranscript::Changed);
        }
        let transcript: Self = serde_json::from_str(content).map_err(|_| NoTranscript::Contradicts("its fields"))?;
        transcript.check()?;
        Ok(transcript)
    }

    /// Whether this could have crossed: whoever computes a hash can write anything.
    fn check(&self) -> Result<(), NoTranscript> {
        let no = |what| Err(NoTranscript::Contradicts(what));
        if self.messages.len() > MOST_KEPT {
            return no("too many messages");
        }
        let first = self.messages.first().map_or(0, |first| first.crossing.index);
        for (index, message) in (first..).zip(&self.messages) {
            let crossing = &message.crossing;
            if crossing.index != index {
                return no("the order of its messages");
            }
            let body = crossing.bytes.checked_sub(HEADER as u64);
            let kept = crossing.body.len() as u64;
            if body.is_none_or(|body| kept != body.min(GLIMPSE as u64) || crossing.bits > 8 * body) {
                return no("the length of a message");
            }
            let bits = usize::try_from(crossing.bits).unwrap_or(usize::MAX);
            let claims = crossing.spread.filter(|_| crossing.is_whole());
            let odd = crossing.spread.is_some() && crossing.direction == Direction::Sent;
            if odd || claims.is_some_and(|claims| claims != spread(&crossing.body, bits)) {
                return no("how often each value came");
            }
            if crossing.begins_round && crossing.direction == Direction::Sent {
                return no("its rounds");
            }
        }
        if is_all(&self.messages) && counted(&self.messages) != self.totals {
            return no("its totals");
        }
        Ok(())
    }
}

/// Whether none of the first messages is missing.
fn is_all(messages: &[Timed]) -> bool {
    messages.first().is_none_or(|first| first.crossing.index == 0)
}

/// What messages come to.
fn counted(messages: &[Timed]) -> BTreeMap<Stage, StageTotals> {
    let mut record = Record::default();
    messages.iter().cloned().for_each(|message| record.push(message));
    record.totals
}
