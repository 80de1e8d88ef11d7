//! The registry of messages: one byte each, so that a frame says what it is.

/// What kind of message a frame carries. The first byte of every frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Tag {
    /// `jobs`: what the persons' programs tell each other (versions, acceptance, readiness, stop).
    Control = 0x01,
    /// `ot::base`: the sender's point A.
    BaseOtSender = 0x10,
    /// `ot::base`: the receiver's points B_i.
    BaseOtReceiver = 0x11,
    /// `ot::soft_spoken`: corrections of the punctured trees.
    PuncturedTrees = 0x12,
    /// `ot::soft_spoken`: corrections of the choice bits.
    ChoiceCorrections = 0x13,
    /// `share::and`: masked input bits of private ANDs.
    MaskedInputs = 0x20,
    /// `share::and`: masked operands of ANDs.
    MaskedOperands = 0x21,
    /// `share::open`: shares of bits that both may see.
    OpenBits = 0x22,
}

impl Tag {
    /// Every tag.
    pub const ALL: [Tag; 8] = [
        Tag::Control,
        Tag::BaseOtSender,
        Tag::BaseOtReceiver,
        Tag::PuncturedTrees,
        Tag::ChoiceCorrections,
        Tag::MaskedInputs,
        Tag::MaskedOperands,
        Tag::OpenBits,
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
        }
    }

    /// The tag that a byte stands for.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|&tag| tag as u8 == byte)
    }
}
