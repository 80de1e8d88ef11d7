//! Oblivious transfer: Bob opens one of two boxes, and Alice does not know which.

use tacit_ot::base;
use tacit_session::Fault;
use tacit_symmetric::{Block, Prg};

use crate::message::Boxes;
use crate::{Clock, Crossed, run};

/// The byte of a key that a letter goes under.
const LAST: usize = 15;

/// A transfer of one of two letters, by a base transfer of `tacit_ot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// The keys of both boxes, which Alice has: their first four bytes.
    pub keys: [[u8; 4]; 2],
    /// The key that Bob has.
    pub key: [u8; 4],
    /// Both letters, locked.
    pub locked: [u8; 2],
    /// What Bob reads when he tries his key on both boxes.
    pub read: [u8; 2],
    /// Every message of the base transfers.
    pub crossed: Vec<Crossed>,
}

/// Alice has two letters, Bob takes the one that `choice` names. The 128 base transfers run as they do in Tacit; the
/// letters go under the keys of the first of them.
///
/// # Errors
/// None with two honest parties.
pub fn transfer(letters: [u8; 2], choice: bool, [hers, his]: &mut [Prg; 2]) -> Result<Transferred, Fault> {
    let choices = |prg: &mut Prg| Block::from_bytes(prg.bytes());
    let mut bits = choices(his);
    // The first of his 128 bits is what he wants; the others stay random.
    if (bits.bit(0) == 1) != choice {
        bits = Block::from_bytes(flipped(bits.to_bytes()));
    }
    let own = choices(hers);
    let (alice, bob, crossed) = run(
        async |mut s| {
            let (sender, _) = base::both(&mut s, hers, own).await?;
            let keys = sender.pairs[0].map(Block::to_bytes);
            let locked = [letters[0] ^ keys[0][LAST], letters[1] ^ keys[1][LAST]];
            s.send(&Boxes(locked.map(u64::from).to_vec())).await?;
            Ok::<_, Fault>((keys, locked))
        },
        async |mut s| {
            let (_, receiver) = base::both(&mut s, his, bits).await?;
            let key = receiver.messages[0].to_bytes();
            let boxes = s.recv::<Boxes>((2, Clock::new(256))).await?.0;
            Ok::<_, Fault>((key, [0, 1].map(|at| boxes[at] as u8 ^ key[LAST])))
        },
    );
    let ((keys, locked), (key, read)) = (alice?, bob?);
    let first = |bytes: [u8; 16]| [bytes[0], bytes[1], bytes[2], bytes[3]];
    Ok(Transferred { keys: keys.map(first), key: first(key), locked, read, crossed })
}

fn flipped(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[0] ^= 1;
    bytes
}

#[cfg(test)]
mod tests {
    use tacit_session::Tag;

    use super::*;

    #[test]
    fn one_letter_is_read_and_the_other_is_noise() {
        for choice in [false, true] {
            let mut prgs = [Prg::from_seed([1; 32]), Prg::from_seed([2; 32])];
            let run = transfer(*b"AB", choice, &mut prgs).unwrap();
            let chosen = usize::from(choice);
            assert_eq!(run.read[chosen], b"AB"[chosen]);
            assert_eq!(run.key, run.keys[chosen]);
            assert_ne!(run.key, run.keys[1 - chosen]);
            let tags: Vec<_> = run.crossed.iter().map(|message| (message.tag, message.body().len())).collect();
            assert_eq!(tags.iter().filter(|tag| **tag == (Some(Tag::BaseOtSender), 32)).count(), 2);
            assert_eq!(tags.iter().filter(|tag| **tag == (Some(Tag::BaseOtReceiver), 4096)).count(), 2);
        }
    }
}
