//! The domains of the hash: one number for every use, so that no two uses ever hash the same input.

use tacit_session::Party;

/// `tree`: inner nodes to their children.
pub(crate) const TREE: u64 = 1;

/// `tree`: leaves to the seeds of their streams.
pub(crate) const LEAF: u64 = 2;

/// `tree`: leaves to what their check is made of.
pub(crate) const LEAF_CHECK: u64 = 5;

/// `random`: correlated transfers to random ones, by who sends.
pub(crate) const fn random(sender: Party) -> u64 {
    match sender {
        Party::Alice => 3,
        Party::Bob => 4,
    }
}
