//! An altered party: the real program, which changes what it opens and seals its frames anew, so that they reach the decoder.

use std::cell::RefCell;
use std::rc::Rc;

use tacit_session::lockstep::Tamper;
use tacit_session::{HEADER, Party, Tag};

/// What crossed: who sent it, and the frame.
pub(crate) type Sent = Rc<RefCell<Vec<(Party, Vec<u8>)>>>;

/// The first message of `cheat` that opens bits carries other ones: its body XOR `mask`. Everything that crosses is kept.
pub(crate) fn wrong_opening(cheat: Party, mask: u64) -> (Tamper, Sent) {
    let sent = Sent::default();
    let log = Rc::clone(&sent);
    // A running check for each party and lane.
    let mut checks: [[crc32fast::Hasher; 2]; 2] = Default::default();
    let mut is_done = false;
    let tamper = move |party: Party, _: usize, mut frame: Vec<u8>| {
        let (header, body) = frame.split_at_mut(HEADER);
        if party == cheat && header[0] == Tag::OpenBits as u8 && !is_done {
            is_done = true;
            body.iter_mut().zip(mask.to_le_bytes()).for_each(|(byte, mask)| *byte ^= mask);
        }
        let check = &mut checks[party as usize][usize::from(header[0] == Tag::Control as u8)];
        check.update(&header[..1]);
        check.update(body);
        header[1..].copy_from_slice(&check.clone().finalize().to_le_bytes());
        log.borrow_mut().push((party, frame.clone()));
        vec![frame]
    };
    (Rc::new(RefCell::new(tamper)), sent)
}

/// What `party` sent of it, and in which order with the frames of the other side.
pub(crate) fn of(sent: &Sent, party: Party) -> Vec<Option<Vec<u8>>> {
    sent.borrow().iter().map(|(from, frame)| (*from == party).then(|| frame.clone())).collect()
}
