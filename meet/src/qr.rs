//! A link as a QR code. The page draws the modules.

use qrcodegen::{QrCode, QrCodeEcc};

/// The modules of a QR code, without the quiet zone of four modules that belongs around it.
///
/// It shows a secret: draw it for the person who invites, and nowhere else.
pub struct Qr(QrCode);

impl Qr {
    /// Encodes `link` with medium error correction. Returns `None` if it does not fit: all our
    /// links are far shorter.
    #[must_use]
    pub fn of(link: &str) -> Option<Self> {
        QrCode::encode_text(link, QrCodeEcc::Medium).ok().map(Self)
    }

    /// Returns the number of modules on each side.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.0.size().unsigned_abs()
    }

    /// Tells whether the module in column `x`, row `y` is dark; modules outside of the code are
    /// light.
    #[must_use]
    pub fn dark(&self, x: u32, y: u32) -> bool {
        match (i32::try_from(x), i32::try_from(y)) {
            (Ok(x), Ok(y)) => self.0.get_module(x, y),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_modules_with_three_finders() {
        let qr = Qr::of("https://tacit.example/#7.AAECAwQFBgcICQoLDA0ODw").unwrap();
        // 50 bytes need version 4; a camera reads it from a screen.
        assert_eq!(qr.size(), 33);
        let finder = |left: u32, top: u32| {
            (0..7).all(|i| qr.dark(left + i, top) && qr.dark(left, top + i) && qr.dark(left + 3, top + 3))
                && (1..6).all(|i| !qr.dark(left + i, top + 1))
        };
        assert!(finder(0, 0) && finder(26, 0) && finder(0, 26) && !finder(26, 26));
        assert!(!qr.dark(33, 0) && !qr.dark(0, u32::MAX));
    }
}
