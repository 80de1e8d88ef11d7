//! The messages of this room: packed bits and words whose numbers the receiver knows.
#![deny(clippy::indexing_slicing)]

use tacit_ring::{Bits, packed};
use tacit_session::{Malformed, Message, Tag};

macro_rules! bit_messages {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name(pub(crate) Bits);

        impl Message for $name {
            const TAG: Tag = Tag::$name;
            /// The number of bits.
            type Shape = usize;

            fn encode(&self) -> Vec<u8> {
                self.0.to_bytes()
            }

            fn bits(&self) -> Option<usize> {
                Some(self.0.len())
            }

            fn decode(body: &[u8], bits: usize) -> Result<Self, Malformed> {
                Bits::from_bytes(body, bits).map(Self).ok_or(Malformed)
            }
        }
    )+};
}

bit_messages! {
    /// An input of a private AND under its one-time mask.
    MaskedInputs;
    /// Operands of ANDs under their one-time masks, operand by operand.
    MaskedOperands;
    /// Halves of bits that both may see.
    OpenBits;
}

/// Words of a few bits each, in groups; each group fills whole bytes.
type Groups = Vec<(u32, Vec<u32>)>;

fn write_groups(groups: &Groups) -> Vec<u8> {
    let mut body = Vec::new();
    groups.iter().for_each(|(bits, words)| packed::write(*bits, words.iter().copied(), &mut body));
    body
}

fn read_groups(mut body: &[u8], widths: &[u32], n: usize) -> Result<Groups, Malformed> {
    let mut group = |&bits: &u32| {
        let (mine, rest) = body.split_at_checked(packed::bytes(bits, n)).ok_or(Malformed)?;
        body = rest;
        let mut words = vec![0; n];
        if packed::read(bits, mine, &mut words) { Ok((bits, words)) } else { Err(Malformed) }
    };
    let groups = widths.iter().map(&mut group).collect::<Result<_, _>>()?;
    if body.is_empty() { Ok(groups) } else { Err(Malformed) }
}

macro_rules! group_messages {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name(pub(crate) Groups);

        impl Message for $name {
            const TAG: Tag = Tag::$name;
            /// The bits of each group's words, and how many words a group has.
            type Shape = (Vec<u32>, usize);

            fn encode(&self) -> Vec<u8> {
                write_groups(&self.0)
            }

            /// The padding of every group but the last counts as significant here;
            /// `form` separates the groups.
            fn bits(&self) -> Option<usize> {
                let (last, before) = self.0.split_last()?;
                let before: usize = before.iter().map(|(bits, words)| packed::bytes(*bits, words.len())).sum();
                Some(8 * before + last.0 as usize * last.1.len())
            }

            fn decode(body: &[u8], (widths, n): (Vec<u32>, usize)) -> Result<Self, Malformed> {
                read_groups(body, &widths, n).map(Self)
            }
        }
    )+};
}

group_messages! {
    /// Digits under their one-time masks, digit by digit.
    MaskedDigits;
    /// Tables under their one-time masks, digit by digit.
    MaskedTables;
}

/// Factors of products of a bit and a word, under their one-time masks: words for those that this
/// party sends, bits for those that it receives.
pub(crate) struct MaskedFactors {
    pub(crate) words: Vec<u32>,
    /// The number of low bits that are sent of each word.
    pub(crate) width: u32,
    pub(crate) bits: Bits,
}

impl MaskedFactors {
    /// The length of the body.
    pub(crate) const fn bytes(words: usize, width: u32, bits: usize) -> usize {
        packed::bytes(width, words) + Bits::bytes_for(bits)
    }
}

impl Message for MaskedFactors {
    const TAG: Tag = Tag::MaskedFactors;
    /// Words, bits of each, and bits.
    type Shape = (usize, u32, usize);

    fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(Self::bytes(self.words.len(), self.width, self.bits.len()));
        packed::write(self.width, self.words.iter().copied(), &mut body);
        body.extend(self.bits.to_bytes());
        body
    }

    /// Words of which bits follow are whole bytes.
    fn bits(&self) -> Option<usize> {
        let (words, bits) = (self.words.len(), self.bits.len());
        Some(if bits == 0 { words * self.width as usize } else { 8 * packed::bytes(self.width, words) + bits })
    }

    fn decode(body: &[u8], (n, width, bits): Self::Shape) -> Result<Self, Malformed> {
        let (first, second) = body.split_at_checked(packed::bytes(width, n)).ok_or(Malformed)?;
        let mut words = vec![0; n];
        if !packed::read(width, first, &mut words) {
            return Err(Malformed);
        }
        Ok(Self { words, width, bits: Bits::from_bytes(second, bits).ok_or(Malformed)? })
    }
}

macro_rules! word_messages {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name(pub(crate) Vec<u32>);

        impl Message for $name {
            const TAG: Tag = Tag::$name;
            /// The number of words.
            type Shape = usize;

            fn encode(&self) -> Vec<u8> {
                self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
            }

            fn decode(body: &[u8], n: usize) -> Result<Self, Malformed> {
                let (words, []) = body.as_chunks::<4>() else { return Err(Malformed) };
                if words.len() == n { Ok(Self(words.iter().map(|&word| u32::from_le_bytes(word)).collect())) } else { Err(Malformed) }
            }
        }
    )+};
}

word_messages! {
    /// A layer's input under its one-time mask.
    MaskedLayer;
    /// Halves of words that are opened.
    OpenWords;
}

macro_rules! byte_messages {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name(pub(crate) Vec<u8>);

        impl Message for $name {
            const TAG: Tag = Tag::$name;
            /// The length in bytes. `tacit_rlwe` decodes the content.
            type Shape = usize;

            fn encode(&self) -> Vec<u8> {
                self.0.clone()
            }

            fn decode(body: &[u8], n: usize) -> Result<Self, Malformed> {
                if body.len() == n { Ok(Self(body.to_vec())) } else { Err(Malformed) }
            }
        }
    )+};
}

byte_messages! {
    /// The owner's part of what uniform halves are hashed from.
    LatticeNonce;
    /// The public key of who asks for products under encryption.
    PublicKey;
    /// Encrypted random words.
    Encrypted;
    /// Their encrypted products with the weights, masked.
    Multiplied;
}
