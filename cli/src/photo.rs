//! Prepares a picture file as the pixels of a model's input.

use std::path::{Path, PathBuf};

use tacit_jobs::{ModelCard, Picture};
use tacit_picture::{Fit, MOST_BYTES, Photo, Refusal};
use tacit_session::{Code, Fault};

use crate::arguments::{Check, Choice, FitTo};
use crate::files;

/// The maximum number of columns of a picture drawn in characters.
const COLUMNS: usize = 56;

/// A picture file that was read. No part of it leaves this program.
pub(crate) struct Chosen {
    path: PathBuf,
    photo: Photo,
}

/// The requested preparation of pictures, if any.
#[derive(Clone, Copy)]
pub(crate) struct Wishes {
    fit: Option<FitTo>,
    invert: Option<Choice>,
    show: bool,
}

impl From<&Check> for Wishes {
    fn from(options: &Check) -> Self {
        Self { fit: options.fit, invert: options.invert, show: options.show }
    }
}

/// A model's input from a picture file, with a remark for the picture's owner.
pub(crate) struct Prepared {
    pub(crate) picture: Picture,
    pub(crate) remark: Option<String>,
}

impl Chosen {
    /// Reads a picture file.
    ///
    /// # Errors
    /// [`Code::PictureRefused`], with what to do.
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let bytes = files::read(path, MOST_BYTES).map_err(|why| refused(path, &why.to_string()))?;
        let photo = tacit_picture::read(&bytes).map_err(|refusal| refused(path, &refusal.text()))?;
        Ok(Self { path: path.to_owned(), photo })
    }

    /// Returns the pixels that a model with this card gets.
    ///
    /// # Errors
    /// [`Code::PictureRefused`] if the picture is blank.
    pub(crate) fn prepared(&self, card: &ModelCard, wishes: Wishes) -> Result<Prepared, Fault> {
        let fit = match wishes.fit {
            None => Fit::natural(card.picture, &card.labels),
            // A model of another size has only one way to fit pictures.
            Some(_) if !Fit::is_choice(card.picture) => Fit::Whole,
            Some(FitTo::Writing) => Fit::Writing,
            Some(FitTo::Thing) => Fit::Thing,
            Some(FitTo::Whole) => Fit::Whole,
        };
        let is_inverted = match wishes.invert {
            None => self.photo.is_inverted(card.picture, fit),
            Some(choice) => choice == Choice::Yes,
        };
        let seen = self.photo.seen(card.picture, fit, is_inverted);
        let seen = seen.ok_or_else(|| refused(&self.path, &Refusal::Blank.text()))?;
        let doubts: Vec<&str> = seen.doubts.iter().map(|doubt| doubt.text()).collect();
        let picture =
            Picture::new(card.picture, seen.pixels).map_err(|error| refused(&self.path, &error.to_string()))?;
        let remark = (wishes.show || !doubts.is_empty()).then(|| {
            let said = if doubts.is_empty() { "this is what the model gets.".into() } else { doubts.join(" ") };
            format!("{}: {said}\n{}", self.path.display(), drawn(&picture))
        });
        Ok(Prepared { picture, remark })
    }
}

fn refused(path: &Path, what: &str) -> Fault {
    Fault::new(Code::PictureRefused, format!("{}: {what}", path.display()))
}

/// Draws a picture in characters, each of which stands for two pixels, one above the other, or for
/// more if they do not all fit.
fn drawn(picture: &Picture) -> String {
    const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
    let [channels, height, width] = picture.shape();
    let step = width.div_ceil(COLUMNS);
    let cell = |column: usize, row: usize| {
        let of = |from: usize, length: usize, limit: usize| from..(from + length).min(limit);
        let (across, down) = (of(column, step, width), of(row, 2 * step, height));
        let places = down.flat_map(|y| across.clone().map(move |x| y * width + x));
        let values = places.flat_map(|at| (0..channels).map(move |c| c * width * height + at));
        let (sum, count) = values.fold((0, 0), |(sum, count), at| (sum + usize::from(picture.pixels()[at]), count + 1));
        SHADES[(sum * (SHADES.len() - 1) + 127 * count) / (255 * count)]
    };
    let line = |row| format!("  │{}│", (0..width).step_by(step).map(|column| cell(column, row)).collect::<String>());
    (0..height).step_by(2 * step).map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_in_characters_has_its_shape_and_its_shades() {
        let rows = [[0, 255, 255, 0], [0, 255, 128, 0], [64, 64, 0, 0]];
        let picture = Picture::new([1, 3, 4], rows.concat()).unwrap();
        assert_eq!(drawn(&picture), "  │ █▓ │\n  │░░  │");
        let large = Picture::new([3, 112, 112], vec![255; 3 * 112 * 112]).unwrap();
        let drawn = drawn(&large);
        assert_eq!((drawn.lines().count(), drawn.lines().next().unwrap().chars().count()), (28, 56 + 4));
        assert!(drawn.lines().all(|line| line.contains("██")));
    }
}
