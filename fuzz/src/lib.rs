//! What several fuzz targets take: bytes cut into pieces, frames with a check that is right, and
//! links that end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tacit_session::lockstep::Tamper;
use tacit_session::{HEADER, Link, LinkError, Party, Tag};

/// Bytes as a source of decisions. After the end everything is zero.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let (&first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        first
    }

    /// The next two bytes as a number.
    pub fn number(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// A piece whose length comes first, in two bytes.
    pub fn piece(&mut self) -> &'a [u8] {
        let n = self.number().min(self.0.len());
        let (piece, rest) = self.0.split_at(n);
        self.0 = rest;
        piece
    }

    /// Whether there are none left.
    pub fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// The running check over one lane of a link, which an altered peer computes of whatever it sends.
#[derive(Clone, Default)]
pub struct Check(crc32fast::Hasher);

impl Check {
    /// A frame of this tag and body, with the check that is due.
    pub fn seal(&mut self, tag: u8, body: &[u8]) -> Vec<u8> {
        self.0.update(&[tag]);
        self.0.update(body);
        [&[tag][..], &self.0.clone().finalize().to_le_bytes(), body].concat()
    }
}

/// Damages what one party sends as the bytes say, and seals it again, so that the damage reaches
/// the decoder.
///
/// For each frame a byte says what happens to it: nothing, another tag, less, more, or other bytes.
pub fn altered(bytes: &[u8]) -> (Party, Tamper) {
    let mut bytes = Bytes(bytes);
    let altered = if bytes.byte() & 1 == 0 { Party::Alice } else { Party::Bob };
    let mut left = bytes.0.to_vec();
    let mut check = Check::default();
    let tamper = move |from: Party, _: usize, frame: Vec<u8>| {
        let Some((header, body)) = frame.split_at_checked(HEADER).filter(|_| from == altered) else {
            return vec![frame];
        };
        let (mut tag, mut body) = (header[0], body.to_vec());
        let mut bytes = Bytes(&left);
        match bytes.byte() {
            0x80..=0xff => {
                let at = bytes.number();
                let piece = bytes.piece();
                let at = at.min(body.len());
                let over = piece.len().min(body.len() - at);
                body[at..at + over].copy_from_slice(&piece[..over]);
            }
            0x70 => body.truncate(bytes.number()),
            0x71 => body.extend(bytes.piece()),
            0x72 => tag = bytes.byte(),
            0x73 => body.fill(bytes.byte()),
            0x74 => body = bytes.piece().to_vec(),
            _ => {}
        }
        left = bytes.0.to_vec();
        vec![check.seal(tag, &body)]
    };
    (altered, Rc::new(RefCell::new(tamper)))
}

/// A peer that says what the bytes say, frame by frame with the right checks, and then leaves. It
/// takes everything.
pub struct Peer {
    frames: RefCell<std::vec::IntoIter<Vec<u8>>>,
    /// Frames that were sent to it.
    pub heard: Cell<usize>,
}

impl Peer {
    /// Tag and body of each frame, and 0 before a frame that is sent as it is.
    pub fn new(bytes: &[u8]) -> Self {
        let (mut bytes, mut frames) = (Bytes(bytes), Vec::new());
        let mut lanes = [Check::default(), Check::default()];
        while !bytes.is_done() {
            let (tag, body) = (bytes.byte(), bytes.piece());
            let lane = usize::from(tag != Tag::Control as u8);
            frames.push(if tag == 0 { body.to_vec() } else { lanes[lane].seal(tag, body) });
        }
        Self { frames: RefCell::new(frames.into_iter()), heard: Cell::new(0) }
    }
}

impl Link for Peer {
    async fn send(&self, _: Vec<u8>) -> Result<(), LinkError> {
        self.heard.set(self.heard.get() + 1);
        Ok(())
    }

    async fn recv(&self) -> Result<Vec<u8>, LinkError> {
        self.frames.borrow_mut().next().ok_or(LinkError::Closed)
    }
}

/// Bytes with their length before them, as [`Bytes::piece`] reads them.
pub fn piece(bytes: &[u8]) -> Vec<u8> {
    let n = u16::try_from(bytes.len()).expect("a short piece");
    [&n.to_le_bytes()[..], bytes].concat()
}

/// A source of randomness that is always the same.
pub struct Same(pub u8);

#[cfg(feature = "meeting")]
impl tacit_meet::Entropy for Same {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self.0.wrapping_mul(141).wrapping_add(91);
            *byte = self.0;
        }
    }
}

/// A small model of every kind of layer.
pub fn model() -> tacit_model::Model {
    use tacit_model::{Model, Node, Op, Shape, bench};
    let nodes = vec![
        Node::new("conv", bench::convolution(1, 2, 3, 1, 1), &[0]),
        Node::new("norm", Op::BatchNorm { scale: vec![1.0, 0.5], shift: vec![0.1, -0.1] }, &[1]),
        Node::new("relu", Op::Relu { ceiling: Some(1.0) }, &[2]),
        Node::new("sum", Op::Add, &[3, 3]),
        Node::new("max", Op::MaxPool { size: 2, stride: 2 }, &[4]),
        Node::new("relu 2", Op::Relu { ceiling: None }, &[5]),
        Node::new("mean", Op::AveragePool { size: 2, stride: 1 }, &[6]),
        Node::new("flat", Op::Flatten, &[7]),
        Node::new("dense", bench::dense(3, 2, 2), &[8]),
    ];
    Model { name: "small".into(), input: Shape::new(1, 4, 4), labels: vec!["a".into(), "b".into()], nodes }
}
