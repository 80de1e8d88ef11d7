//! The word list, and the three words by which two people verify their channel.
//!
//! # Why the words cannot be found by brute force
//!
//! Suppose that an attacker knows the code and stands in the middle: it runs one introduction with
//! the host and another with the guest. The words on the two sides are then hashes over different
//! keys and fingerprints, and the attacker wants the two hashes to agree in 33 bits. If all inputs
//! of a hash could be chosen while seeing the rest, some ten billion tries would do. So each side
//! contributes a nonce, and the order of messages removes the choice:
//!
//! 1. The host's sealed offer carries its fingerprint and a *commitment* to its nonce.
//! 2. The guest's sealed answer carries its fingerprint and its nonce.
//! 3. The host opens the commitment.
//!
//! Towards the host, the attacker must send a nonce (2) before seeing the host's (3). Towards the
//! guest, it must fix a nonce by commitment (1) before seeing the guest's (2). Whichever run it
//! finishes first, the words of the other one depend on an honest nonce that is revealed only after
//! the attacker's last choice in that run: the words agree with probability 2^-33, once per invite.
//! An authenticated string of this kind is due to Vaudenay (2005); ZRTP uses it.

use bip39::Language;

use crate::entropy::{self, Entropy};

/// Returns the words of the English BIP-39 list that begin with the typed text, in order; none for
/// an empty prefix.
///
/// ```
/// assert_eq!(tacit_meet::complete("VIOL").collect::<Vec<_>>(), ["violin"]);
/// ```
pub fn complete(prefix: &str) -> impl Iterator<Item = &'static str> {
    let prefix = prefix.trim().to_ascii_lowercase();
    let list: &[&str] = if prefix.is_empty() { &[] } else { Language::English.word_list() };
    list.iter().copied().filter(move |word| word.starts_with(&prefix))
}

/// Returns the word with this index; of an index beyond the list, the low 11 bits count.
pub(crate) fn word(index: u16) -> &'static str {
    Language::English.word_list()[usize::from(index) % 2048]
}

/// Returns the index of a word, which may be cut to a unique prefix.
pub(crate) fn index_of(typed: &str) -> Option<u16> {
    let typed = typed.to_ascii_lowercase();
    if let Some(index) = Language::English.find_word(&typed) {
        return Some(index);
    }
    let mut words = complete(&typed);
    match (words.next(), words.next()) {
        (Some(word), None) => Language::English.find_word(word),
        _ => None,
    }
}

/// One side's contribution. Public once the words are known, unpredictable until then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nonce(pub(crate) [u8; 32]);

impl Nonce {
    pub(crate) fn new(entropy: &mut dyn Entropy) -> Self {
        Self(entropy::bytes(entropy))
    }

    /// Returns a commitment to the nonce: binding, and hiding because a nonce has 256 bits.
    pub(crate) fn commitment(&self) -> [u8; 32] {
        blake3::derive_key("tacit 2026-11 words: commitment to a nonce", &self.0)
    }
}

/// The SHA-256 fingerprint of a DTLS certificate, as a session description carries it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads the fingerprint from a session description. Returns `None` unless there is exactly
    /// one, so that the words cover whichever certificate the browser will accept.
    pub(crate) fn of(sdp: &str) -> Option<Self> {
        let mut found = None;
        for line in sdp.lines() {
            let Some(value) = line.trim_end().strip_prefix("a=fingerprint:") else { continue };
            let (algorithm, hex) = value.split_once(' ')?;
            if !algorithm.eq_ignore_ascii_case("sha-256") {
                return None;
            }
            let bytes = base16ct::mixed::decode_vec(hex.replace(':', "")).ok()?;
            let this = Self(bytes.try_into().ok()?);
            if found.is_some_and(|other| other != this) {
                return None;
            }
            found = Some(this);
        }
        found
    }
}

/// The inputs of the words that both sides have; the host's part first.
pub(crate) struct Seen<'a> {
    /// Derived from the PAKE key for this purpose alone; it covers room, version and method.
    pub(crate) key: &'a [u8; 32],
    pub(crate) nonces: [Nonce; 2],
    pub(crate) fingerprints: [Fingerprint; 2],
}

impl Seen<'_> {
    /// Returns three words, 33 bits.
    pub(crate) fn words(&self) -> [&'static str; 3] {
        let mut hasher = blake3::Hasher::new_keyed(self.key);
        for nonce in &self.nonces {
            hasher.update(&nonce.0);
        }
        for fingerprint in &self.fingerprints {
            hasher.update(&fingerprint.0);
        }
        let [a, b, c, d, e, f, ..] = *hasher.finalize().as_bytes();
        [[a, b], [c, d], [e, f]].map(|pair| word(u16::from_le_bytes(pair)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_letters_suffice_for_every_word() {
        for (index, word) in (0u16..).zip(Language::English.word_list()) {
            assert_eq!(index_of(word), Some(index));
            assert_eq!(index_of(&word.to_uppercase()), Some(index));
            if word.len() > 4 {
                assert_eq!(index_of(&word[..4]), Some(index), "{word}");
            }
        }
        // A whole word wins over longer ones that begin with it; an ambiguous prefix is not a word.
        assert_eq!(index_of("act").map(word), Some("act"));
        assert_eq!(index_of("ac"), None);
        assert_eq!(index_of(""), None);
        assert_eq!(complete("").count(), 0);
        assert_eq!(complete(" Act").collect::<Vec<_>>(), ["act", "action", "actor", "actress", "actual"]);
    }

    fn sdp(lines: &[&str]) -> String {
        format!("v=0\r\ns=-\r\n{}\r\n", lines.join("\r\n"))
    }

    fn line(byte: u8) -> String {
        let hex = vec![format!("{byte:02X}"); 32].join(":");
        format!("a=fingerprint:sha-256 {hex}")
    }

    #[test]
    fn exactly_one_sha256_fingerprint_counts() {
        let (one, other) = (line(0xab), line(0xcd));
        assert!(Fingerprint::of(&sdp(&[&one])) == Some(Fingerprint([0xab; 32])));
        assert!(Fingerprint::of(&sdp(&[&one, &one.to_lowercase()])) == Some(Fingerprint([0xab; 32])));
        for bad in [
            sdp(&[]),
            sdp(&[&one, &other]),
            sdp(&[&one[..one.len() - 1]]),
            sdp(&[&one.replace("sha-256", "sha-1")]),
            sdp(&[&one, "a=fingerprint:sha-512 00"]),
            sdp(&["a=fingerprint:"]),
        ] {
            assert!(Fingerprint::of(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn every_ingredient_moves_the_words() {
        let base = ([1; 32], [Nonce([2; 32]), Nonce([3; 32])], [Fingerprint([4; 32]), Fingerprint([5; 32])]);
        let words = |(key, nonces, fingerprints): ([u8; 32], [Nonce; 2], [Fingerprint; 2])| {
            Seen { key: &key, nonces, fingerprints }.words()
        };
        let expect = words(base);
        let (key, [n0, n1], [f0, f1]) = base;
        for other in [
            ([9; 32], [n0, n1], [f0, f1]),
            (key, [Nonce([9; 32]), n1], [f0, f1]),
            (key, [n0, Nonce([9; 32])], [f0, f1]),
            (key, [n1, n0], [f0, f1]),
            (key, [n0, n1], [Fingerprint([9; 32]), f1]),
            (key, [n0, n1], [f0, Fingerprint([9; 32])]),
            (key, [n0, n1], [f1, f0]),
        ] {
            assert_ne!(words(other), expect);
        }
    }
}
