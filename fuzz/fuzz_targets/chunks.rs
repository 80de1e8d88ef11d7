//! Parts of messages as they come off a channel: what an honest sender cut comes out as it went in.
#![no_main]

use std::collections::VecDeque;

use libfuzzer_sys::fuzz_target;
use tacit_fuzz::Bytes;
use tacit_meet::chunks::{Inbox, PART, Parts};

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let mut inbox = Inbox::default();
    let mut sent = VecDeque::new();
    while !bytes.is_done() {
        let kind = bytes.byte();
        let piece = bytes.piece();
        match kind & 3 {
            // A whole message, which may be longer than these bytes.
            0 => {
                let message = piece.repeat(1 + usize::from(kind >> 6) * PART / piece.len().max(1));
                sent.push_back(message.clone());
                if Parts::of(message).try_for_each(|part| inbox.put(&part)).is_err() {
                    return;
                }
            }
            // Anything.
            1 => match (piece, inbox.put(piece)) {
                (_, Err(_)) => return,
                ([0, body @ ..], Ok(())) => sent.push_back(body.to_vec()),
                (_, Ok(())) => {
                    // The first part of a message; what follows ends it.
                    return;
                }
            },
            _ => assert_eq!(inbox.take(), sent.pop_front()),
        }
    }
    while let Some(message) = sent.pop_front() {
        assert_eq!(inbox.take(), Some(message));
    }
    assert_eq!(inbox.take(), None);
});
