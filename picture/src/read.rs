//! The one reader of picture files, for the page and the terminal.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageReader, Limits};

use super::file::{self, Look, Refusal};
use super::photo::{PHOTO_SIDE, Photo};

/// The maximum memory of a decoder, in bytes: fifty million pixels of four times 16 bits, and a
/// margin.
const MOST_MEMORY: u64 = 512 << 20;

/// Reads a picture file: its pixels the right way up, and no larger than [`PHOTO_SIDE`].
///
/// # Errors
/// [`Refusal`], with what to do.
pub fn read(file: &[u8]) -> Result<Photo, Refusal> {
    let look = file::look(file)?;
    let mut picture = if look.has_end { decoded(file, &look)? } else { completed(file, &look)? };
    // Hidden colours of transparent pixels must not leak into the shrunk picture.
    if picture.color().has_alpha() {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let opaque = Photo::new(width, height, picture.into_rgba8().into_raw()).ok_or(Refusal::Damaged)?;
        picture = opaque.into_image().ok_or(Refusal::Damaged)?;
    }
    let side = PHOTO_SIDE as u32;
    if picture.width().max(picture.height()) > side {
        picture = picture.thumbnail(side, side);
    }
    picture.apply_orientation(look.exif.and_then(orientation).unwrap_or(Orientation::NoTransforms));
    let rgba = picture.into_rgba8();
    Photo::new(rgba.width() as usize, rgba.height() as usize, rgba.into_raw()).ok_or(Refusal::Damaged)
}

fn decoded(file: &[u8], look: &Look<'_>) -> Result<DynamicImage, Refusal> {
    let mut reader = ImageReader::with_format(Cursor::new(file), look.format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    reader.decode().map_err(|_| Refusal::Damaged)
}

/// Decodes a JPEG file without an end marker. Decoders fill in missing data; so it is decoded
/// twice, with different bytes appended: it is complete if these change nothing.
fn completed(file: &[u8], look: &Look<'_>) -> Result<DynamicImage, Refusal> {
    const END: [u8; 2] = [0xff, 0xd9];
    let length = file.iter().rposition(|byte| *byte != 0xff).map_or(0, |last| last + 1);
    let with = |filling: u8| decoded(&[&file[..length], &[filling; 64], &END].concat(), look);
    let (one, other) = (with(0x00)?, with(0xa5)?);
    if one.as_bytes() == other.as_bytes() { Ok(one) } else { Err(Refusal::Damaged) }
}

/// Returns the orientation of the camera, from the Exif data of its picture.
fn orientation(exif: &[u8]) -> Option<Orientation> {
    // WebP files may or may not have the name of the data in front of it.
    Orientation::from_exif_chunk(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
