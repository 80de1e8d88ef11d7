//! The header of a picture file, read before it is decoded: a small file can hold a picture that
//! takes all memory, and an animated one has no single answer.

use image::ImageFormat;

/// The maximum size of a file in bytes.
pub const MOST_BYTES: usize = 20_000_000;
/// A picture has fewer pixels than this.
const TOO_MANY_PIXELS: u64 = 50_000_000;

/// The text for a picture in which nothing stands out.
pub const BLANK: &str = "Nothing stands out in this picture. Take one with more contrast.";

/// The reason why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// More than [`MOST_BYTES`].
    TooManyBytes,
    /// Not a picture in a supported format.
    NoPicture,
    /// A picture in an unsupported format; its name with an article.
    Foreign(&'static str),
    /// Cut off, or not in the format that its header states.
    Damaged,
    /// An animation.
    Animated,
    /// Decoding it would take too much memory.
    TooManyPixels {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Nothing stands out from its background.
    Blank,
}

impl Refusal {
    /// Returns the error and a remedy, for a person.
    pub fn text(self) -> String {
        match self {
            Self::TooManyBytes => "This file has more than 20 MB. Take a smaller one.".into(),
            Self::NoPicture => {
                "This is not a picture that Tacit reads. Take a PNG, JPEG, WebP, GIF or BMP file.".into()
            }
            Self::Foreign(kind) => format!(
                "This is {kind} file, which Tacit does not read. Save the picture as PNG or JPEG and take that."
            ),
            Self::Damaged => "This picture is damaged. Take another one.".into(),
            Self::Animated => "This picture moves. Take one that stands still.".into(),
            Self::TooManyPixels { width, height } => {
                let millions = u64::from(width) * u64::from(height) / 1_000_000;
                format!(
                    "This picture has {millions} megapixels ({width} × {height}). Make it smaller: fewer than 50 are fine."
                )
            }
            Self::Blank => BLANK.into(),
        }
    }
}

/// Reads a file's header: the width and height that a decoder would produce.
///
/// # Errors
/// [`Refusal`]: too large, of an unknown format, cut off within the parts read here, or animated.
pub fn inspect(bytes: &[u8]) -> Result<(u32, u32), Refusal> {
    look(bytes).map(|look| (look.width, look.height))
}

/// The header of a picture file.
pub(super) struct Look<'a> {
    pub(super) format: ImageFormat,
    pub(super) width: u32,
    pub(super) height: u32,
    is_animated: bool,
    /// Set unless the file lacks an end marker that decoders can do without.
    pub(super) has_end: bool,
    /// The Exif data.
    pub(super) exif: Option<&'a [u8]>,
}

impl<'a> Look<'a> {
    fn still(format: ImageFormat, width: u32, height: u32) -> Self {
        Self { format, width, height, is_animated: false, has_end: true, exif: None }
    }
}

/// See [`inspect`].
pub(super) fn look(bytes: &[u8]) -> Result<Look<'_>, Refusal> {
    if bytes.len() > MOST_BYTES {
        return Err(Refusal::TooManyBytes);
    }
    let look = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => png(bytes),
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => gif(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        [b'B', b'M', ..] => bmp(bytes),
        _ => return Err(foreign(bytes).map_or(Refusal::NoPicture, Refusal::Foreign)),
    };
    let look = look.ok_or(Refusal::Damaged)?;
    let (width, height) = (look.width, look.height);
    if look.is_animated {
        Err(Refusal::Animated)
    } else if width == 0 || height == 0 {
        Err(Refusal::Damaged)
    } else if u64::from(width) * u64::from(height) >= TOO_MANY_PIXELS {
        Err(Refusal::TooManyPixels { width, height })
    } else {
        Ok(look)
    }
}

/// Returns the name of a common picture format that is not supported here.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.get(..bytes.len().min(256))?;
    let has = |what: &[u8]| start.windows(what.len()).any(|window| window == what);
    match start {
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', ..] => Some("an AVIF"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm', ..] if has(b"hei") || has(b"hev") || has(b"mif1") => {
            Some("a HEIC")
        }
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("a TIFF"),
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("a JPEG XL"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => Some("a JPEG 2000"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF"),
        [0, 0, 1, 0, ..] => Some("an icon"),
        _ if has(b"<svg") => Some("an SVG"),
        _ => None,
    }
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn big(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(u32::from_be_bytes)
}

fn little(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(u32::from_le_bytes)
}

fn little_16(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(|two| u16::from_le_bytes(two).into())
}

/// Chunks of length, name, content and check; an animation is announced before its first picture.
/// The Exif data may follow the picture.
fn png(bytes: &[u8]) -> Option<Look<'_>> {
    let mut look = Look::still(ImageFormat::Png, big(bytes, 16)?, big(bytes, 20)?);
    let (mut at, mut has_pixels) = (8, false);
    while let Some((length, name)) = big(bytes, at).zip(bytes_at::<4>(bytes, at + 4)) {
        let next = at.checked_add(usize::try_from(length).ok()?)?.checked_add(12)?;
        match &name {
            b"acTL" if !has_pixels => look.is_animated |= big(bytes, at + 8)? > 1,
            b"IDAT" => has_pixels = true,
            b"eXIf" => look.exif = look.exif.or(bytes.get(at + 8..next - 4)),
            _ => {}
        }
        at = next;
    }
    has_pixels.then_some(look)
}

/// Segments of marker, length and content; the size is in the segment that starts the frame. Bytes
/// between two segments are the data of a scan, or of no use.
fn jpeg(bytes: &[u8]) -> Option<Look<'_>> {
    /// Returns the next marker from `at` on, and the start of its content.
    fn marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
        let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff);
        let from = at + bytes.get(at..)?.windows(2).position(is_marker)?;
        Some((bytes[from + 1], from + 2))
    }
    let mut look = Look::still(ImageFormat::Jpeg, 0, 0);
    look.has_end = false;
    let (mut at, mut has_scan) = (2, false);
    while let Some((marker, content)) = marker(bytes, at) {
        let two = |at| bytes_at(bytes, at).map(u16::from_be_bytes);
        let length = match marker {
            0xd9 => {
                look.has_end = true;
                break;
            }
            // Markers without content.
            0x01 | 0xd0..=0xd8 => 0,
            _ => match two(content) {
                Some(length) => usize::from(length),
                None => break,
            },
        };
        match marker {
            0xda => has_scan = true,
            // All markers that start a frame: 0xc4, 0xc8 and 0xcc have other meanings.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                (look.width, look.height) = (two(content + 5)?.into(), two(content + 3)?.into());
            }
            0xe1 => {
                let exif = bytes.get(content + 2..content + length).filter(|data| data.starts_with(b"Exif\0\0"));
                look.exif = look.exif.or(exif);
            }
            _ => {}
        }
        at = content + length;
    }
    has_scan.then_some(look)
}

/// A screen, then blocks; each picture is one block, and more than one make it move.
fn gif(bytes: &[u8]) -> Option<Look<'_>> {
    /// Returns the length of a colour table, from the byte before it.
    fn table(flags: u8) -> usize {
        if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
    }
    /// Returns the end of a row of sub-blocks.
    fn past(bytes: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                return Some(at);
            }
        }
    }
    let (mut width, mut height) = (little_16(bytes, 6)?, little_16(bytes, 8)?);
    let mut at = 13 + table(*bytes.get(10)?);
    let mut pictures = 0;
    // A file that is cut off behind its first picture is accepted: a browser shows that picture.
    while let Some(block) = bytes.get(at) {
        let next = match block {
            0x21 => past(bytes, at + 2),
            0x2c => {
                let side = |from, length| Some(little_16(bytes, at + from)? + little_16(bytes, at + length)?);
                (width, height) = (width.max(side(1, 5)?), height.max(side(3, 7)?));
                pictures += 1;
                past(bytes, at + 11 + table(*bytes.get(at + 9)?))
            }
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    (pictures > 0).then(|| Look { is_animated: pictures > 1, ..Look::still(ImageFormat::Gif, width, height) })
}

/// One of three kinds of content, distinguished by the name of the first chunk.
fn webp(bytes: &[u8]) -> Option<Look<'_>> {
    let still = |width, height| Look::still(ImageFormat::WebP, width, height);
    match &bytes_at::<4>(bytes, 12)? {
        b"VP8X" => {
            // Three bytes each, one less than the side.
            let side = |at| bytes_at::<3>(bytes, at).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]) + 1);
            let mut look = still(side(24)?, side(27)?);
            let (mut at, mut frames) = (12, 0);
            while let Some((name, length)) = bytes_at::<4>(bytes, at).zip(little(bytes, at + 4)) {
                let length = usize::try_from(length).ok()?;
                match &name {
                    b"ANMF" => frames += 1,
                    b"EXIF" => look.exif = bytes.get(at + 8..(at + 8).checked_add(length)?),
                    _ => {}
                }
                // Chunks begin at even offsets.
                at = at.checked_add(8)?.checked_add(length)?.checked_next_multiple_of(2)?;
            }
            look.is_animated = bytes.get(20)? & 2 != 0 && frames != 1;
            Some(look)
        }
        b"VP8L" => {
            let bits = little(bytes, 21)?;
            (*bytes.get(20)? == 0x2f).then(|| still((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => {
            let is_key_frame = bytes_at(bytes, 23)? == [0x9d, 0x01, 0x2a];
            let side = |at| little_16(bytes, at).map(|side| side & 0x3fff);
            is_key_frame.then_some(still(side(26)?, side(28)?))
        }
        _ => None,
    }
}

/// An old header has two bytes for each side; a newer one four, with a sign for the vertical
/// direction.
fn bmp(bytes: &[u8]) -> Option<Look<'_>> {
    let still = |width, height| Some(Look::still(ImageFormat::Bmp, width, height));
    match little(bytes, 14)? {
        12 => still(little_16(bytes, 18)?, little_16(bytes, 20)?),
        16.. => {
            let side = |at| little(bytes, at).map(|side| side.cast_signed().unsigned_abs());
            still(side(18)?, side(22)?)
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
