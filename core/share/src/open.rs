//! Opening: the only way from shares to values.

use tacit_ring::Bits;
use tacit_session::{Cost, Fault, HEADER, Link, Message, Party, Session};
use zeroize::Zeroizing;

use crate::wire::{OpenBits, OpenWords};
use crate::{Shared, Words};

/// The shared bits, in the clear, to both parties.
///
/// *Computes*: `x0 ⊕ x1`. *From*: folklore (Goldreich–Micali–Wigderson 1987). *Security*: perfect;
/// the other party learns the value and, because a half is uniform given the value, nothing else.
/// Call it only for what the agreement names. *Cost*: [`reveal_cost`]. *Deviations*: none.
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
pub async fn reveal<L: Link>(s: &mut Session<L>, x: &Shared) -> Result<Bits, Fault> {
    let theirs = s.exchange(&OpenBits(x.0.duplicate()), x.len()).await?;
    Ok(&x.0 ^ &theirs.0)
}

/// The cost of [`reveal`] of `n` bits.
#[must_use]
pub fn reveal_cost(n: usize) -> Cost {
    Cost::exchange(Bits::bytes_for(n))
}

/// The parties that learn an opened value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// One party; the other learns nothing.
    One(Party),
    /// Both.
    Both,
}

impl To {
    /// True if `party` learns the value.
    #[must_use]
    pub fn is(self, party: Party) -> bool {
        self == Self::Both || self == Self::One(party)
    }

    /// The cost of an opening for `party`, where a share takes `body` bytes.
    fn cost(self, party: Party, body: usize) -> Cost {
        let bytes = |learns| if learns { (HEADER + body) as u64 } else { 0 };
        // A party that only sends does not wait, and a party that only receives has sent nothing in
        // this protocol: neither counts a round.
        let rounds = u64::from(self == Self::Both);
        Cost { sent: bytes(self.is(party.other())), received: bytes(self.is(party)), rounds }
    }

    /// Sends this party's half to whom it is for, and waits for the other's where this party may
    /// learn.
    async fn exchange<M: Message>(
        self,
        s: &mut Session<impl Link>,
        mine: &M,
        shape: M::Shape,
    ) -> Result<Option<M>, Fault> {
        if self.is(s.party().other()) {
            s.send(mine).await?;
        }
        if self.is(s.party()) { Ok(Some(s.recv(shape).await?)) } else { Ok(None) }
    }
}

/// The shared bits, in the clear, to whom they are for; `None` to the other.
///
/// *Computes, From, Security*: as [`reveal`]; a party that only sends its half learns nothing.
/// *Cost*: [`reveal_to_cost`], a round only where both learn: a half that goes one way is waited
/// for, but nothing is said back. *Deviations*: none.
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
pub async fn reveal_to<L: Link>(s: &mut Session<L>, to: To, x: &Shared) -> Result<Option<Bits>, Fault> {
    let theirs = to.exchange(s, &OpenBits(x.0.duplicate()), x.len()).await?;
    Ok(theirs.map(|theirs| &x.0 ^ &theirs.0))
}

/// The cost of [`reveal_to`] of `n` bits for `party`.
#[must_use]
pub fn reveal_to_cost(party: Party, to: To, n: usize) -> Cost {
    to.cost(party, Bits::bytes_for(n))
}

/// The shared words, in the clear, to whom they are for; `None` to the other.
///
/// *Computes*: `x0 + x1` modulo 2^32. *From, Security, Cost, Deviations*: as [`reveal_to`]; the
/// cost is [`reveal_words_to_cost`].
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
pub async fn reveal_words_to<L: Link>(
    s: &mut Session<L>,
    to: To,
    x: &Words,
) -> Result<Option<Zeroizing<Vec<u32>>>, Fault> {
    let theirs = to.exchange(s, &OpenWords(x.0.to_vec()), x.len()).await?;
    let sum = |theirs: OpenWords| x.0.iter().zip(theirs.0).map(|(x, y)| x.wrapping_add(y)).collect::<Vec<_>>();
    Ok(theirs.map(|theirs| sum(theirs).into()))
}

/// The cost of [`reveal_words_to`] of `n` words for `party`.
#[must_use]
pub fn reveal_words_to_cost(party: Party, to: To, n: usize) -> Cost {
    to.cost(party, 4 * n)
}
