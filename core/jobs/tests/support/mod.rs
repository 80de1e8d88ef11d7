//! An altered party: the real program, which changes what it opens.

use std::cell::RefCell;
use std::rc::Rc;

use tacit_session::damage;
use tacit_session::lockstep::Tamper;
use tacit_session::{Party, Tag};

/// What crossed: who sent it, and the frame.
pub(crate) type Sent = Rc<RefCell<Vec<(Party, Vec<u8>)>>>;

/// The first message of `cheat` that opens bits carries other ones: its body XOR `mask`. Everything
/// that crosses is kept.
pub(crate) fn wrong_opening(cheat: Party, mask: u64) -> (Tamper, Sent) {
    let mut is_done = false;
    let altered = damage::altered(cheat, move |_, tag, body| {
        if tag == Tag::OpenBits && !std::mem::replace(&mut is_done, true) {
            body.iter_mut().zip(mask.to_le_bytes()).for_each(|(byte, mask)| *byte ^= mask);
        }
    });
    let sent = Sent::default();
    let log = Rc::clone(&sent);
    let tamper = move |party: Party, index: usize, frame: Vec<u8>| {
        let frames = (*altered.borrow_mut())(party, index, frame);
        log.borrow_mut().extend(frames.iter().map(|frame| (party, frame.clone())));
        frames
    };
    (Rc::new(RefCell::new(tamper)), sent)
}

/// What `party` sent of it, and in which order with the frames of the other side.
pub(crate) fn of(sent: &Sent, party: Party) -> Vec<Option<Vec<u8>>> {
    sent.borrow().iter().map(|(from, frame)| (*from == party).then(|| frame.clone())).collect()
}
