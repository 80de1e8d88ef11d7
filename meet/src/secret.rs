//! The secrets of an invite, which leave it only as a link, a code or a PAKE password.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::entropy::{self, Entropy};
use crate::words;

/// 128 bits that only a link carries: impossible to guess, even offline.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct LinkSecret([u8; 16]);

impl LinkSecret {
    /// Makes a fresh secret.
    #[must_use]
    pub fn new(entropy: &mut dyn Entropy) -> Self {
        Self(entropy::bytes(entropy))
    }

    /// Returns its 22 characters of base64url. **Secret**: for a link, or a file that only its
    /// owner can read.
    #[must_use]
    pub fn encode(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// Decodes exactly the texts that [`encode`](Self::encode) writes.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
        let secret = bytes.as_slice().try_into().ok().map(Self);
        bytes.zeroize();
        secret
    }

    pub(crate) fn password(&self) -> &[u8] {
        &self.0
    }
}

/// Two words of the list: 22 bits, enough against one guess and no more.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct SpokenSecret([u8; 4]);

impl SpokenSecret {
    pub(crate) fn new(entropy: &mut dyn Entropy) -> Self {
        let (first, second) = (entropy::index(entropy), entropy::index(entropy));
        Self::from_indices(first, second)
    }

    pub(crate) fn from_indices(first: u16, second: u16) -> Self {
        let ([a, b], [c, d]) = (first.to_be_bytes(), second.to_be_bytes());
        Self([a, b, c, d])
    }

    /// `copper-violin`.
    pub(crate) fn speak(&self) -> String {
        let [a, b, c, d] = self.0;
        format!("{}-{}", words::word(u16::from_be_bytes([a, b])), words::word(u16::from_be_bytes([c, d])))
    }

    pub(crate) fn password(&self) -> &[u8] {
        &self.0
    }
}
