//! From a picture file to the pixels that a model gets.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageReader, imageops::FilterType};
use tacit_jobs::{ModelCard, Picture};
use tacit_picture::{Fit, MOST_BYTES, PHOTO_SIDE, Photo, Refusal, Source, inspect, seen};
use tacit_session::{Code, Fault};

use crate::arguments::FitTo;
use crate::files;

/// Reads a picture file. Nothing of it leaves this program.
///
/// # Errors
/// [`Code::PictureRefused`], with what to do.
pub(crate) fn read(path: &Path) -> Result<Photo, Fault> {
    let refused = |what: String| Fault::new(Code::PictureRefused, format!("{}: {what}", path.display()));
    let bytes = files::read(path, MOST_BYTES).map_err(|why| refused(why.to_string()))?;
    inspect(&bytes).map_err(|refusal| refused(refusal.text()))?;
    let damaged = || refused(Refusal::Damaged.text());
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| damaged())?;
    let picture = reader.decode().map_err(|_| damaged())?;
    let side = PHOTO_SIDE as u32;
    let picture = if picture.width().max(picture.height()) > side {
        DynamicImage::resize(&picture, side, side, FilterType::Triangle)
    } else {
        picture
    };
    let rgba = picture.into_rgba8();
    let (width, height) = (rgba.width() as usize, rgba.height() as usize);
    Photo::new(width, height, rgba.into_raw()).ok_or_else(damaged)
}

/// The pixels of it that a model with this card gets.
///
/// # Errors
/// [`Code::PictureRefused`] where there is nothing to see.
pub(crate) fn prepared(photo: &Photo, card: &ModelCard, fit: Option<FitTo>) -> Result<Picture, Fault> {
    let fit = match fit {
        None => Fit::natural(card.picture, &card.labels),
        // There is one way only to fit what is not of that size.
        Some(_) if !Fit::is_choice(card.picture) => Fit::Whole,
        Some(FitTo::Writing) => Fit::Writing,
        Some(FitTo::Thing) => Fit::Thing,
        Some(FitTo::Whole) => Fit::Whole,
    };
    let source = Source::Photo { photo, inverted: photo.is_on_light() };
    let pixels =
        seen(&source, card.picture, fit).ok_or_else(|| Fault::new(Code::PictureRefused, Refusal::Blank.text()))?;
    Picture::new(card.picture, pixels).map_err(|error| Fault::new(Code::PictureRefused, error.to_string()))
}
