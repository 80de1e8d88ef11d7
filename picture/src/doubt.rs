//! What may have gone wrong when writing was looked for in a photo.

/// A reason to look at what the model gets before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Little contrast.
    Faint,
    /// Strokes thinner than a pixel.
    Thin,
    /// Few pixels in all.
    Small,
    /// More than one thing of about the same size.
    Pieces,
    /// Ink at the edge of the picture.
    Rim,
    /// A frame, a table or a shadow around it was left out.
    Framed,
    /// As wide as strokes are not.
    Solid,
}

impl Doubt {
    /// What is doubtful and what helps, for a person.
    pub fn text(self) -> &'static str {
        match self {
            Self::Faint => "The ink is faint. More light or a darker pen helps.",
            Self::Thin => "The strokes are thinner than a pixel. Come closer, or use a thicker pen.",
            Self::Small => "The writing is very small. Come closer.",
            Self::Pieces => "There are several pieces. Show one character alone.",
            Self::Rim => "It touches the edge of the picture. Leave some room around it.",
            Self::Framed => "What lies around it was left out. Look whether the right thing was taken.",
            Self::Solid => "This looks like a filled shape, not like strokes of a pen.",
        }
    }
}
