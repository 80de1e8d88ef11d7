//! Entry points for the fuzz targets: decoders that nothing outside of this crate calls.

use crate::letter::Letter;

/// Decodes a letter.
///
/// # Panics
/// If encoding it again gives another letter.
pub fn letter(bytes: &[u8]) {
    if let Ok(letter) = Letter::decode(bytes) {
        assert!(Letter::decode(&letter.encode()) == Ok(letter));
    }
}
