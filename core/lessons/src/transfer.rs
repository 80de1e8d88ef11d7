//! A lesson on oblivious transfer: Bob opens one of two boxes, and Alice does not learn which.

use serde::{Deserialize, Serialize};
use tacit_ot::base;
use tacit_session::{Cost, Fault, Link, Party, Session};
use tacit_symmetric::{Block, Prg};

use crate::message::{Boxes, one_way};
use crate::party::{self, Report, Run, Task};
use crate::{Clock, Crossed};

/// The index of the key byte that encrypts a letter.
const LAST: usize = 15;

/// A transfer of one of two letters, by a base OT of `tacit_ot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// The keys of both boxes, which Alice has: their first four bytes.
    pub keys: [[u8; 4]; 2],
    /// The key that Bob has.
    pub key: [u8; 4],
    /// Both letters, encrypted.
    pub locked: [u8; 2],
    /// The results of decrypting both boxes with Bob's key.
    pub read: [u8; 2],
    /// Every message of the base OTs.
    pub crossed: Vec<Crossed>,
}

/// One party's task in [`transferring`].
#[derive(Serialize, Deserialize)]
pub enum Part {
    /// Alice's two letters.
    Offer([u8; 2]),
    /// Bob's choice: true for the second letter.
    Choose(bool),
}

/// A party's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Held {
    /// Alice: the beginnings of both keys, and both letters, encrypted.
    Offer([[u8; 4]; 2], [u8; 2]),
    /// Bob: the beginning of his key, and both boxes decrypted with it.
    Choose([u8; 4], [u8; 2]),
}

/// Alice has two letters, and Bob receives the one that `choice` selects. The 128 base OTs run as
/// they do in Tacit; the keys of the first of them encrypt the letters.
#[must_use]
pub fn transferring(letters: [u8; 2], choice: bool) -> Run<Transferred> {
    Run {
        tasks: [Part::Offer(letters), Part::Choose(choice)].map(Task::Transfer),
        read: Box::new(|reports| match Report::both(reports)? {
            (
                [party::Held::Transfer(Held::Offer(keys, locked)), party::Held::Transfer(Held::Choose(key, read))],
                crossed,
            ) => Ok(Transferred { keys, key, locked, read, crossed }),
            _ => Err(party::strange()),
        }),
    }
}

/// The cost of [`transferring`] for a party: the base OTs, and two boxes.
#[must_use]
pub fn transfer_cost(party: Party) -> Cost {
    base::cost() + one_way(Party::Alice, party, 16)
}

/// Plays one party.
///
/// *Computes*: one of two letters, for Bob. *From*: [`base::both`], whose first pair of keys
/// encrypts the letters. *Security*: that of the base OTs, which hide the choice and the other
/// letter; a letter is a byte encrypted with a byte of a key that is used for nothing else. *Cost*:
/// [`transfer_cost`]. *Deviations*: 128 base OTs run in each direction, where one would suffice:
/// this is Tacit's own set-up.
pub(crate) async fn play<L: Link>(s: &mut Session<L>, part: Part, prg: &mut Prg) -> Result<Held, Fault> {
    let first = |key: Block| {
        let bytes = key.to_bytes();
        ([bytes[0], bytes[1], bytes[2], bytes[3]], bytes[LAST])
    };
    let mut choices = Block::from_bytes(prg.bytes());
    match part {
        Part::Offer(letters) => {
            let (sender, _) = base::both(s, prg, choices).await?;
            let [left, right] = sender.pairs[0].map(first);
            let locked = [letters[0] ^ left.1, letters[1] ^ right.1];
            s.send(&Boxes(locked.map(u64::from).to_vec())).await?;
            Ok(Held::Offer([left.0, right.0], locked))
        }
        Part::Choose(choice) => {
            // The first of Bob's 128 choice bits is his choice; the others stay random.
            if (choices.bit(0) == 1) != choice {
                choices = Block::from_bytes(flipped(choices.to_bytes()));
            }
            let (_, receiver) = base::both(s, prg, choices).await?;
            let (key, pad) = first(receiver.messages[0]);
            let boxes = s.recv::<Boxes>((2, Clock::new(256))).await?.0;
            Ok(Held::Choose(key, [0, 1].map(|at| boxes[at] as u8 ^ pad)))
        }
    }
}

/// [`transferring`] in lockstep.
///
/// # Errors
/// None with two honest parties.
pub fn transfer(letters: [u8; 2], choice: bool, prgs: &mut [Prg; 2]) -> Result<Transferred, Fault> {
    transferring(letters, choice).in_lockstep(prgs)
}

fn flipped(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[0] ^= 1;
    bytes
}

#[cfg(test)]
mod tests {
    use tacit_session::{Tag, lockstep};

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
            assert_eq!(tags.iter().filter(|tag| **tag == (Some(Tag::BaseOtReceiver), 8192)).count(), 2);
        }
    }

    #[test]
    fn it_costs_what_is_declared() {
        let party = async |mut s: Session<_>, part, seed| {
            play(&mut s, part, &mut Prg::from_seed([seed; 32])).await?;
            Ok::<_, Fault>(s.ledger().total())
        };
        let (alice, bob) = lockstep::run(
            async |s| party(s, Part::Offer(*b"AB"), 1).await,
            async |s| party(s, Part::Choose(true), 2).await,
        );
        assert_eq!((alice, bob), (Ok(transfer_cost(Party::Alice)), Ok(transfer_cost(Party::Bob))));
    }
}
