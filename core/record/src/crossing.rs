//! One message that crossed.

use std::cell::Cell;
use std::rc::Rc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tacit_session::{Direction, Entry, Stage, Tag};

use crate::flatness::uniform_bits;

/// Bytes of a body that are kept for a look.
pub const GLIMPSE: usize = 256;

/// A message, as one party saw it cross. It holds what the other party or anybody with this party's screen sees, and no secret
/// of this party but the message itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossing {
    /// Its place among all messages of the pairing, from 0.
    pub index: u64,
    /// During which stage.
    pub stage: Stage,
    /// What it was.
    pub tag: Tag,
    /// Which way.
    pub direction: Direction,
    /// Bytes of the whole frame.
    pub bytes: u64,
    /// Which round of its piece of work (preparing, or a run) it belongs to, from 1; 0 for talk.
    pub round: u64,
    /// Whether a round was counted with it: it is the first to come after this party spoke.
    pub begins_round: bool,
    /// Bits of the body that carry something; the others fill up a byte.
    pub bits: u64,
    /// Of a message that came and should look like noise: how often each value of four bits is in it.
    pub spread: Option<[u32; 16]>,
    /// The body, or its first [`GLIMPSE`] bytes.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub body: Vec<u8>,
}

impl Crossing {
    /// Whether all of the body is here.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.bits <= 8 * self.body.len() as u64
    }
}

/// A message and when it crossed, in milliseconds on the host program's clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// Milliseconds, fractional, from any fixed beginning.
    pub at: f64,
    /// The message.
    pub crossing: Crossing,
}

/// Tells of every message on both lanes.
#[derive(Clone)]
pub struct Watch(Rc<Inner>);

struct Inner {
    tell: Box<dyn Fn(Crossing)>,
    is_closed: Cell<bool>,
    next: Cell<u64>,
    /// Of the protocol's present piece of work.
    rounds: Cell<u64>,
}

impl Watch {
    /// A watch that gives every message to `tell`.
    pub fn new(tell: impl Fn(Crossing) + 'static) -> Self {
        let tell = Box::new(tell);
        Self(Rc::new(Inner { tell, is_closed: Cell::default(), next: Cell::default(), rounds: Cell::default() }))
    }

    /// A new piece of work begins.
    pub fn begin(&self) {
        self.0.rounds.set(0);
    }

    /// Nothing is told from now on.
    pub fn close(&self) {
        self.0.is_closed.set(true);
    }

    /// A frame crossed: an observer of a ledger calls it.
    pub fn crossed(&self, entry: Entry, body: &[u8]) {
        let inner = &self.0;
        if inner.is_closed.get() {
            return;
        }
        // The persons' programs talk in no rounds.
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

/// How often each value of four bits is in the first `bits` bits; what is left over of them does not count.
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

/// Hexadecimal where a person may read it, plain bytes where only a program does.
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
