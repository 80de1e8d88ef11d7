//! For the fuzz targets: decoders that nothing outside of this crate calls.

use crate::letter::Letter;

/// Reads a letter.
///
/// # Panics
/// When it would be written otherwise than it was read.
pub fn letter(bytes: &[u8]) {
    if let Ok(letter) = Letter::decode(bytes) {
        assert!(Letter::decode(&letter.encode()) == Ok(letter));
    }
}
