//! Doubts about the search for writing in a photo.

/// A reason to check the model's input before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Little contrast.
    Faint,
    /// Strokes thinner than a pixel.
    Thin,
    /// Few pixels in all.
    Small,
    /// More than one piece of about the same size.
    Pieces,
    /// Ink at the edge of the picture.
    Rim,
    /// A frame, a table or a shadow around the writing was left out.
    Framed,
    /// Wider than strokes are.
    Solid,
}

impl Doubt {
    /// Returns the doubt and a remedy, for a person.
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
