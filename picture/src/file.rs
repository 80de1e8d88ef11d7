//! What a picture file says about itself, read before a browser decodes it: a small file can hold a picture that takes all
//! memory, and a moving one has no single answer.

/// The most bytes of a file.
pub const MOST_BYTES: usize = 20_000_000;
/// A picture has fewer pixels than this.
const TOO_MANY_PIXELS: u64 = 50_000_000;

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// More than [`MOST_BYTES`].
    TooManyBytes,
    /// Of no kind that is read.
    NoPicture,
    /// Cut off, or not what it says it is.
    Damaged,
    /// A film.
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
    /// What is wrong and what to do, for a person.
    pub fn text(self) -> String {
        match self {
            Self::TooManyBytes => "This file has more than 20 MB. Take a smaller one.".into(),
            Self::NoPicture => {
                "This is not a picture that Tacit reads. Take a PNG, JPEG, WebP, GIF or BMP file.".into()
            }
            Self::Damaged => "This picture is damaged. Take another one.".into(),
            Self::Animated => "This picture moves. Take one that stands still.".into(),
            Self::TooManyPixels { width, height } => {
                let millions = u64::from(width) * u64::from(height) / 1_000_000;
                format!(
                    "This picture has {millions} megapixels ({width} × {height}). Make it smaller: fewer than 50 are fine."
                )
            }
            Self::Blank => "Nothing stands out in this picture. Take one with more contrast.".into(),
        }
    }
}

/// Looks at a file: what the browser may decode, in pixels.
///
/// # Errors
/// [`Refusal`]: too large, of no known kind, cut off within what is read here, or moving.
pub fn inspect(bytes: &[u8]) -> Result<(u32, u32), Refusal> {
    if bytes.len() > MOST_BYTES {
        return Err(Refusal::TooManyBytes);
    }
    let look = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => png(bytes),
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => gif(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        [b'B', b'M', ..] => bmp(bytes),
        _ => return Err(Refusal::NoPicture),
    };
    let Look { width, height, is_animated } = look.ok_or(Refusal::Damaged)?;
    if is_animated {
        Err(Refusal::Animated)
    } else if width == 0 || height == 0 {
        Err(Refusal::Damaged)
    } else if u64::from(width) * u64::from(height) >= TOO_MANY_PIXELS {
        Err(Refusal::TooManyPixels { width, height })
    } else {
        Ok((width, height))
    }
}

struct Look {
    width: u32,
    height: u32,
    is_animated: bool,
}

impl Look {
    fn still(width: u32, height: u32) -> Self {
        Self { width, height, is_animated: false }
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

/// Chunks of length, name, content and check; an animation says so before its first picture.
fn png(bytes: &[u8]) -> Option<Look> {
    let (width, height) = (big(bytes, 16)?, big(bytes, 20)?);
    let mut at = 8;
    let mut is_animated = false;
    loop {
        let length = usize::try_from(big(bytes, at)?).ok()?;
        match &bytes_at::<4>(bytes, at + 4)? {
            b"acTL" => is_animated |= big(bytes, at + 8)? > 1,
            b"IDAT" => return Some(Look { width, height, is_animated }),
            _ => {}
        }
        at = at.checked_add(length)?.checked_add(12)?;
    }
}

/// Segments of marker, length and content; the size stands in the one that starts the frame.
fn jpeg(bytes: &[u8]) -> Option<Look> {
    let mut at = 2;
    loop {
        let [0xff, marker] = bytes_at(bytes, at)? else { return None };
        match marker {
            // Filling.
            0xff => at += 1,
            // Markers without content.
            0x01 | 0xd0..=0xd7 => at += 2,
            // A picture that ends or begins before its size is known.
            0xd8..=0xda => return None,
            // All the ways to start a frame: 0xc4, 0xc8 and 0xcc are something else.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let side = |at| bytes_at(bytes, at).map(|two| u16::from_be_bytes(two).into());
                return Some(Look::still(side(at + 7)?, side(at + 5)?));
            }
            _ => at += 2 + usize::from(u16::from_be_bytes(bytes_at(bytes, at + 2)?)),
        }
    }
}

/// A screen, then blocks; each picture is one block, and more than one make it move.
fn gif(bytes: &[u8]) -> Option<Look> {
    /// How long a table of colours is, told by the byte before it.
    fn table(flags: u8) -> usize {
        if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
    }
    /// Where a row of sub-blocks ends.
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
    // One that is cut off behind its first picture is what a browser shows of it.
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
    (pictures > 0).then_some(Look { width, height, is_animated: pictures > 1 })
}

/// One of three kinds of content, told by the name of the first chunk.
fn webp(bytes: &[u8]) -> Option<Look> {
    match &bytes_at::<4>(bytes, 12)? {
        b"VP8X" => {
            // Three bytes each, one less than the side.
            let side = |at| Some((little(bytes, at)? & 0xff_ffff) + 1);
            let height = bytes_at::<3>(bytes, 27).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]) + 1)?;
            Some(Look { width: side(24)?, height, is_animated: bytes.get(20)? & 2 != 0 })
        }
        b"VP8L" => {
            let bits = little(bytes, 21)?;
            (*bytes.get(20)? == 0x2f).then_some(Look::still((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => {
            let is_key_frame = bytes_at(bytes, 23)? == [0x9d, 0x01, 0x2a];
            is_key_frame.then_some(Look::still(little_16(bytes, 26)? & 0x3fff, little_16(bytes, 28)? & 0x3fff))
        }
        _ => None,
    }
}

/// An old header has two bytes for each side; a newer one four, with a sign that says which way is up.
fn bmp(bytes: &[u8]) -> Option<Look> {
    match little(bytes, 14)? {
        12 => Some(Look::still(little_16(bytes, 18)?, little_16(bytes, 20)?)),
        16.. => {
            let side = |at| little(bytes, at).map(|side| side.cast_signed().unsigned_abs());
            Some(Look::still(side(18)?, side(22)?))
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
