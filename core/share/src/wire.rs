//! The messages of this room: packed bits whose number the receiver knows.

use tacit_ring::Bits;
use tacit_session::{Malformed, Message, Tag};

macro_rules! bit_messages {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name(pub(crate) Bits);

        impl Message for $name {
            const TAG: Tag = Tag::$name;
            /// How many bits.
            type Shape = usize;

            fn encode(&self) -> Vec<u8> {
                self.0.to_bytes()
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
