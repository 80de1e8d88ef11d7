//! Messages of a few numbers on a clock, eight bytes each.

use tacit_session::{Cost, HEADER, Malformed, Message, Party, Tag};

use crate::Clock;

macro_rules! messages {
    ($($(#[doc = $doc:literal])+ $name:ident, $tag:ident;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name(pub(crate) Vec<u64>);

        impl Message for $name {
            const TAG: Tag = Tag::$tag;
            /// How many numbers, and on which clock.
            type Shape = (usize, Clock);

            fn encode(&self) -> Vec<u8> {
                self.0.iter().flat_map(|x| x.to_le_bytes()).collect()
            }

            fn decode(body: &[u8], (len, clock): Self::Shape) -> Result<Self, Malformed> {
                let (numbers, rest) = body.as_chunks();
                let numbers: Vec<u64> = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
                let fits = rest.is_empty() && numbers.len() == len && numbers.iter().all(|x| *x < clock.hours());
                if fits { Ok(Self(numbers)) } else { Err(Malformed) }
            }
        }
    )+};
}

messages! {
    /// The other party's share of an input: the input under a one-time mask.
    Handed, MaskedInputs;
    /// The operands of a product under the masks of a triple.
    Operands, MaskedOperands;
    /// Shares of what is opened.
    Halves, OpenWords;
    /// Two letters under two keys, of which the receiver has one.
    Boxes, MaskedTables;
}

/// What a message of `body` bytes from `from` costs `party`, with no round of its own.
pub(crate) fn one_way(from: Party, party: Party, body: usize) -> Cost {
    let bytes = (HEADER + body) as u64;
    let is_mine = u64::from(from == party);
    Cost { sent: is_mine * bytes, received: (1 - is_mine) * bytes, rounds: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_as_many_numbers_on_the_clock_are_taken() {
        let ten = Clock::new(10);
        let body = Halves(vec![7, 8]).encode();
        assert_eq!(Halves::decode(&body, (2, ten)).map(|m| m.0), Ok(vec![7, 8]));
        assert!(Halves::decode(&body, (1, ten)).is_err());
        assert!(Halves::decode(&body, (2, Clock::new(8))).is_err());
        assert!(Halves::decode(&body[..15], (2, ten)).is_err());
        assert!(Halves::decode(&[], (1, ten)).is_err());
    }
}
