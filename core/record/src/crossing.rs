//! One message that crossed, and the observer that reports it.

use std::cell::Cell;
use std::rc::Rc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tacit_session::{Direction, Entry, Stage, Tag};

use crate::flatness::uniform_bits;

/// The number of bytes of a body that a record keeps.
pub const GLIMPSE: usize = 256;

/// A message, as one party saw it cross. It holds no secret of this party except the message
/// itself, which the other party has as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossing {
    /// The position among all messages of the pairing, from 0.
    pub index: u64,
    /// The stage during which it crossed.
    pub stage: Stage,
    /// The kind of message.
    pub tag: Tag,
    /// The direction, seen from this party.
    pub direction: Direction,
    /// The length of the whole frame in bytes.
    pub bytes: u64,
    /// The round of its piece of work (preparation or a run), from 1; 0 for talk.
    pub round: u64,
    /// Whether it begins a round: it is the first message received after a send.
    pub begins_round: bool,
    /// The number of meaningful bits of the body; the bits after them are padding.
    pub bits: u64,
    /// How often each value of four bits occurs, for a received message that must look uniform.
    pub spread: Option<[u32; 16]>,
    /// The body, or its first [`GLIMPSE`] bytes.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub body: Vec<u8>,
}

impl Crossing {
    /// Returns whether the whole body was kept.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.bits <= 8 * self.body.len() as u64
    }
}

/// A message with the time at which it crossed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// Milliseconds on the host program's clock, fractional, from an arbitrary origin.
    pub at: f64,
    /// The message.
    pub crossing: Crossing,
}

/// Observes the sessions of both lanes and reports every message.
#[derive(Clone)]
pub struct Watch(Rc<Inner>);

struct Inner {
    tell: Box<dyn Fn(Crossing)>,
    is_closed: Cell<bool>,
    next: Cell<u64>,
    /// Rounds of the current piece of work on the protocol's lane.
    rounds: Cell<u64>,
}

impl Watch {
    /// Creates a watch that calls `tell` with every message.
    pub fn new(tell: impl Fn(Crossing) + 'static) -> Self {
        let tell = Box::new(tell);
        Self(Rc::new(Inner { tell, is_closed: Cell::default(), next: Cell::default(), rounds: Cell::default() }))
    }

    /// Begins a new piece of work: rounds are counted from 1 again.
    pub fn begin(&self) {
        self.0.rounds.set(0);
    }

    /// Stops reporting.
    pub fn close(&self) {
        self.0.is_closed.set(true);
    }

    /// Reports a frame. The observer of a session's ledger calls this.
    pub fn crossed(&self, entry: Entry, body: &[u8]) {
        let inner = &self.0;
        if inner.is_closed.get() {
            return;
        }
        // Control messages have no rounds.
        let round = (entry.stage != Stage::Talk).then(|| {
            inner.rounds.set(inner.rounds.get() + u64::from(entry.begins_round));
            match entry.direction {
                Direction::Sent => inner.rounds.get() + 1,
                Direction::Received => inner.rounds.get().max(1),
            }
        });
        let looks_like_noise = entry.direction == Direction::Received && uniform_bits(entry.tag);
        let crossing = Crossing {
            index: inner.next.replace(inner.next.get() + 1),
            stage: entry.stage,
            tag: entry.tag,
            direction: entry.direction,
            bytes: entry.bytes as u64,
            round: round.unwrap_or(0),
            begins_round: entry.begins_round,
            bits: entry.bits as u64,
            spread: looks_like_noise.then(|| spread(body, entry.bits)),
            body: body.get(..GLIMPSE).unwrap_or(body).to_vec(),
        };
        (inner.tell)(crossing);
    }
}

/// Counts the values of four bits in the first `bits` bits. An incomplete last value is not
/// counted.
pub(crate) fn spread(body: &[u8], bits: usize) -> [u32; 16] {
    let mut bytes = [0u32; 256];
    let whole = body.get(..bits / 8).unwrap_or(body);
    whole.iter().for_each(|byte| bytes[usize::from(*byte)] += 1);
    let mut nibbles = [0; 16];
    for (byte, n) in bytes.iter().enumerate() {
        nibbles[byte & 15] += n;
        nibbles[byte >> 4] += n;
    }
    if let (true, Some(last)) = (bits % 8 >= 4, body.get(bits / 8)) {
        nibbles[usize::from(last & 15)] += 1;
    }
    nibbles
}

/// Serialises as hexadecimal in human-readable formats, and as bytes in binary ones.
fn to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.serialize_str(&base16ct::lower::encode_string(bytes))
    } else {
        serializer.serialize_bytes(bytes)
    }
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    if !deserializer.is_human_readable() {
        return serde_bytes::deserialize(deserializer);
    }
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    base16ct::lower::decode_vec(text.as_bytes()).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bits_that_mean_something_count() {
        let expected = |values: &[usize]| {
            let mut spread = [0; 16];
            values.iter().for_each(|value| spread[*value] += 1);
            spread
        };
        assert_eq!(spread(&[0x21, 0x43], 16), expected(&[1, 2, 3, 4]));
        assert_eq!(spread(&[0x21, 0x03], 13), expected(&[1, 2, 3]));
        assert_eq!(spread(&[0x21, 0x03], 11), expected(&[1, 2]));
        assert_eq!(spread(&[], 0), [0; 16]);
    }
}
