//! The contents of a sealed message.
//!
//! A letter is a kind, then fields: fixed ones raw, texts preceded by a length of two bytes.
//! Everything that is decoded came from the other party, authenticated but not trusted: a letter
//! that does not parse is that party's fault.

use tacit_session::Fault;

/// A session description of WebRTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Description {
    /// From the host.
    Offer(String),
    /// From the guest.
    Answer(String),
}

/// An ICE candidate of WebRTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The `candidate:` line.
    pub line: String,
    /// The name of its media section.
    pub mid: Option<String>,
    /// The position of its media section.
    pub index: Option<u16>,
}

/// One sealed message.
#[derive(PartialEq, Eq)]
pub(crate) enum Letter {
    /// Host: the offer, and the commitment to the host's nonce.
    Offer { commitment: [u8; 32], sdp: String },
    /// Guest: the answer, and the guest's nonce.
    Answer { nonce: [u8; 32], sdp: String },
    /// Host: the nonce that it committed to.
    Opening { nonce: [u8; 32] },
    /// Either: an ICE candidate of the sender.
    Candidate(Candidate),
    /// Host: an offer with new ICE credentials, after the connection broke.
    Restart { sdp: String },
    /// Guest: the answer to a restart.
    Resumed { sdp: String },
    /// Either: leaving.
    Bye,
}

impl Letter {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Letter::Offer { commitment, sdp } => {
                out.push(1);
                out.extend(commitment);
                text(&mut out, sdp);
            }
            Letter::Answer { nonce, sdp } => {
                out.push(2);
                out.extend(nonce);
                text(&mut out, sdp);
            }
            Letter::Opening { nonce } => {
                out.push(3);
                out.extend(nonce);
            }
            Letter::Candidate(Candidate { line, mid, index }) => {
                out.push(4);
                out.push(u8::from(mid.is_some()) | u8::from(index.is_some()) << 1);
                text(&mut out, mid.as_deref().unwrap_or_default());
                out.extend(index.unwrap_or_default().to_be_bytes());
                text(&mut out, line);
            }
            Letter::Restart { sdp } => {
                out.push(5);
                text(&mut out, sdp);
            }
            Letter::Resumed { sdp } => {
                out.push(6);
                text(&mut out, sdp);
            }
            Letter::Bye => out.push(7),
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader(bytes);
        match reader.letter() {
            Some(letter) if reader.0.is_empty() => Ok(letter),
            _ => Err(Fault::peer("a sealed message of an unknown form")),
        }
    }
}

/// Appends a text. A text longer than 65,535 bytes is cut, and is far too long to be sealed in any
/// case.
fn text(out: &mut Vec<u8>, text: &str) {
    let bytes = &text.as_bytes()[..text.len().min(usize::from(u16::MAX))];
    out.extend(u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(bytes);
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn letter(&mut self) -> Option<Letter> {
        let [kind] = self.array()?;
        Some(match kind {
            1 => Letter::Offer { commitment: self.array()?, sdp: self.text()? },
            2 => Letter::Answer { nonce: self.array()?, sdp: self.text()? },
            3 => Letter::Opening { nonce: self.array()? },
            4 => {
                let [present] = self.array()?;
                let (mid, index, line) = (self.text()?, u16::from_be_bytes(self.array()?), self.text()?);
                let mid = (present & 1 != 0).then_some(mid);
                Letter::Candidate(Candidate { line, mid, index: (present & 2 != 0).then_some(index) })
            }
            5 => Letter::Restart { sdp: self.text()? },
            6 => Letter::Resumed { sdp: self.text()? },
            7 => Letter::Bye,
            _ => return None,
        })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(head.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tacit_session::Code;

    fn letters() -> Vec<Letter> {
        let sdp = || "v=0\r\nä".to_owned();
        let candidate =
            |mid: Option<&str>, index| Candidate { line: "candidate:1".into(), mid: mid.map(str::to_owned), index };
        vec![
            Letter::Offer { commitment: [1; 32], sdp: sdp() },
            Letter::Answer { nonce: [2; 32], sdp: sdp() },
            Letter::Opening { nonce: [3; 32] },
            Letter::Candidate(candidate(Some("0"), Some(0))),
            Letter::Candidate(candidate(None, Some(7))),
            Letter::Candidate(candidate(Some(""), None)),
            Letter::Restart { sdp: sdp() },
            Letter::Resumed { sdp: sdp() },
            Letter::Bye,
        ]
    }

    #[test]
    fn letters_survive_the_way_and_nothing_else_does() {
        for letter in letters() {
            let bytes = letter.encode();
            assert!(Letter::decode(&bytes) == Ok(letter));
            for cut in 0..bytes.len() {
                assert_eq!(Letter::decode(&bytes[..cut]).err().map(|f| f.code), Some(Code::PeerBroke));
            }
            let longer = [bytes.as_slice(), &[0]].concat();
            assert!(Letter::decode(&longer).is_err());
        }
        assert!(Letter::decode(&[8]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Letter::decode(&bytes);
        }
    }
}
