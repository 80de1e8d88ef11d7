//! The registry of messages: one byte each, so that a frame says what it is.

use serde::{Deserialize, Serialize};

/// The kind of message that a frame carries; the first byte of every frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Tag {
    /// `jobs`: control messages between the two programs (versions, acceptance, readiness, stop).
    Control = 0x01,
    /// `ot::base`: the sender's point A.
    BaseOtSender = 0x10,
    /// `ot::base`: the receiver's points, two for every transfer.
    BaseOtReceiver = 0x11,
    /// `ot::soft_spoken`: corrections of the punctured trees, and their check.
    PuncturedTrees = 0x12,
    /// `ot::soft_spoken`: corrections of the choice bits, and their check.
    ChoiceCorrections = 0x13,
    /// `share::and`: masked input bits of private ANDs.
    MaskedInputs = 0x20,
    /// `share::and`: masked operands of ANDs.
    MaskedOperands = 0x21,
    /// `share::open`: shares of bits that are opened.
    OpenBits = 0x22,
    /// `share::digit`: digits under their one-time masks.
    MaskedDigits = 0x23,
    /// `share::digit`: tables of every possible result for a digit; the receiver can read one
    /// entry.
    MaskedTables = 0x24,
    /// `share::product`: masked factors of products of a bit and a word.
    MaskedFactors = 0x25,
    /// `share::linear`: a layer's input under its one-time mask.
    MaskedLayer = 0x26,
    /// `share::open`: shares of words that are opened.
    OpenWords = 0x27,
    /// `share::linear`: the public key of the party that requests products under encryption.
    PublicKey = 0x30,
    /// `share::linear`: encrypted masks.
    Encrypted = 0x31,
    /// `share::linear`: their encrypted products with the weights, masked.
    Multiplied = 0x32,
    /// `share::linear`: the model owner's nonce; the uniform halves of ciphertexts are hashed from
    /// it.
    LatticeNonce = 0x33,
}

impl Tag {
    /// Every tag.
    pub const ALL: [Tag; 17] = [
        Tag::Control,
        Tag::BaseOtSender,
        Tag::BaseOtReceiver,
        Tag::PuncturedTrees,
        Tag::ChoiceCorrections,
        Tag::MaskedInputs,
        Tag::MaskedOperands,
        Tag::OpenBits,
        Tag::MaskedDigits,
        Tag::MaskedTables,
        Tag::MaskedFactors,
        Tag::MaskedLayer,
        Tag::OpenWords,
        Tag::PublicKey,
        Tag::Encrypted,
        Tag::Multiplied,
        Tag::LatticeNonce,
    ];

    /// The name on the wire tab and in faults.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tag::Control => "control",
            Tag::BaseOtSender => "base OT, sender's point",
            Tag::BaseOtReceiver => "base OT, receiver's points",
            Tag::PuncturedTrees => "punctured trees",
            Tag::ChoiceCorrections => "choice corrections",
            Tag::MaskedInputs => "masked inputs",
            Tag::MaskedOperands => "masked operands",
            Tag::OpenBits => "opened bits",
            Tag::MaskedDigits => "masked digits",
            Tag::MaskedTables => "masked tables",
            Tag::MaskedFactors => "masked factors",
            Tag::MaskedLayer => "masked layer input",
            Tag::OpenWords => "opened words",
            Tag::PublicKey => "public key",
            Tag::Encrypted => "encrypted masks",
            Tag::Multiplied => "encrypted products",
            Tag::LatticeNonce => "lattice nonce",
        }
    }

    /// The tag that a byte stands for.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|&tag| tag as u8 == byte)
    }
}
