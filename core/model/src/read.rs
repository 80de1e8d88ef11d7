//! Reading bytes that may be anything.
#![deny(clippy::indexing_slicing)]

use crate::check::is_name;

/// What is left of some bytes. Everything is little-endian; `None` where there is not enough left.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_le_bytes)
    }

    /// A number that was [`put_size`].
    pub(crate) fn size(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    /// A name that was [`put_name`], if it is one.
    pub(crate) fn name(&mut self) -> Option<String> {
        let len = self.u8()?;
        let name = std::str::from_utf8(self.bytes(len.into())?).ok()?;
        is_name(name).then(|| name.into())
    }

    /// Whether nothing is left.
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes a number that is within our limits.
pub(crate) fn put_size(out: &mut Vec<u8>, n: usize) {
    let n = u32::try_from(n).expect("limits are far below 2^32");
    out.extend(n.to_le_bytes());
}

/// Writes a name.
pub(crate) fn put_name(out: &mut Vec<u8>, name: &str) {
    out.push(u8::try_from(name.len()).expect("names have at most 64 bytes"));
    out.extend(name.as_bytes());
}
