//! Messages of a few numbers modulo m, eight bytes each.

use tacit_session::{Cost, HEADER, Malformed, Message, Party, Tag};

use crate::Clock;

macro_rules! messages {
    ($($(#[doc = $doc:literal])+ $name:ident, $tag:ident;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name(pub(crate) Vec<u64>);

        impl Message for $name {
            const TAG: Tag = Tag::$tag;
            /// The number of numbers, and their modulus.
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
    /// Shares of an opened value.
    Halves, OpenWords;
    /// Two letters, each encrypted under a key of its own; the receiver has one of the keys.
    Boxes, MaskedTables;
}

/// The cost for `party` of a message of `body` bytes from `from`, without a round.
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
