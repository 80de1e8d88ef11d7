//! A picture as a model takes it: bytes of pixels.

use serde::{Deserialize, Serialize};
use zeroize::ZeroizeOnDrop;

/// The most pixels of all channels that any model here takes.
pub const MOST_PIXELS: usize = tacit_model::graph::MAX_PIXELS;

/// A secret picture: its pixels channel by channel, row by row, from 0 (black) to 255.
///
/// It crosses from the page to its own worker and no further, which is what its serialised form is
/// for.
#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
#[serde(try_from = "Raw")]
pub struct Picture {
    #[zeroize(skip)]
    channels: usize,
    #[zeroize(skip)]
    height: usize,
    #[zeroize(skip)]
    width: usize,
    #[serde(with = "serde_bytes")]
    pixels: Vec<u8>,
}

/// Pixels that are not as many as the shape says, or too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a picture has as many pixels as its shape says, and at most {MOST_PIXELS}")]
pub struct NoPicture;

impl Picture {
    /// A picture of so many channels, rows and columns.
    ///
    /// # Errors
    /// [`NoPicture`] when there are not as many pixels, or there are too many.
    pub fn new([channels, height, width]: [usize; 3], pixels: Vec<u8>) -> Result<Self, NoPicture> {
        let places = channels.checked_mul(height).and_then(|n| n.checked_mul(width));
        if places == Some(pixels.len()) && (1..=MOST_PIXELS).contains(&pixels.len()) {
            Ok(Self { channels, height, width, pixels })
        } else {
            Err(NoPicture)
        }
    }

    /// Channels, rows and columns.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// The pixels.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

/// What comes from the page, before it is held to its shape.
#[derive(Deserialize)]
struct Raw {
    channels: usize,
    height: usize,
    width: usize,
    #[serde(with = "serde_bytes")]
    pixels: Vec<u8>,
}

impl TryFrom<Raw> for Picture {
    type Error = NoPicture;
    fn try_from(raw: Raw) -> Result<Self, NoPicture> {
        Self::new([raw.channels, raw.height, raw.width], raw.pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_another_shape_is_none() {
        assert!(Picture::new([1, 2, 2], vec![0; 3]).is_err());
        assert!(Picture::new([0, 2, 2], vec![]).is_err());
        assert!(Picture::new([usize::MAX, 2, 2], vec![0; 4]).is_err());
        assert!(Picture::new([1, 512, 513], vec![0; 512 * 513]).is_err());
    }
}
