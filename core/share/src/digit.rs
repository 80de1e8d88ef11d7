//! The carry of digits: what adding two private digits generates and propagates, by one look into a
//! small table.
//!
//! *Computes*: the table's owner knows a digit `a` of m bits, the other party (who looks) a digit
//! `b`. They come to share the bits `g = [a + b ≥ 2^m]` and `p = [a + b = 2^m − 1]`.
//!
//! *From*: Rathee et al., *CrypTFlow2*, 2020, section 3.1 (digits by 1-out-of-2^m transfer),
//! Naor–Pinkas 1999 (that transfer out of m ordinary ones). The m random transfers give the owner a
//! mask for every place of the table and the other party the mask of one random place c: place v is
//! masked with bit v of the sum of those messages that the bits of v name. Online he sends `δ = b ⊕
//! c`, and she the table, its places renamed by δ, under the masks. *Security*: semi-honest,
//! perfect given fresh material: δ hides behind c; for a place other than c at least one of its
//! messages is unknown to him, and every place uses bits of its own. *Cost*: [`Shape::cost`]: two
//! rounds whatever the number of digits, since all are looked up at once; m bits one way and 2·(2^m
//! − 1) the other for a digit, half of that for the lowest, whose p nobody needs. *Deviations*: the
//! owner's share is what the mask of place 0 says, so that place need not be sent, as in correlated
//! transfers. Digits alternate between the parties as owners, so that both have equal work.

use std::ops::Range;

use tacit_ot::Pool;
use tacit_ring::{Bits, packed};
use tacit_session::{Cost, Fault, HEADER, Link, Party, Session};
use zeroize::Zeroizing;

use crate::material::Transfers;
use crate::wire::{MaskedDigits, MaskedTables};
use crate::{Shared, Words};

/// The most bits of a digit. One more doubles the table and saves one message of a transfer.
pub const DIGIT_BITS: u32 = 4;

/// Where the p of a table begin; before them come the g.
const UPPER: u32 = 16;

/// How words of some bits are cut into digits: as few as can be, of nearly equal size, the lowest
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bits of a word.
    pub bits: u32,
}

/// One digit of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digit {
    /// Whose table it is.
    pub(crate) owner: Party,
    /// The first bit.
    pub(crate) shift: u32,
    /// m.
    pub(crate) bits: u32,
    /// True for the lowest digit, whose p is never used.
    pub(crate) lowest: bool,
}

impl Shape {
    /// The number of digits.
    #[must_use]
    pub fn count(self) -> usize {
        self.bits.div_ceil(DIGIT_BITS) as usize
    }

    /// The digits, the lowest first.
    pub(crate) fn digits(self) -> impl Iterator<Item = Digit> {
        let count = self.count() as u32;
        (0..count).map(move |i| {
            let [shift, end] = [i, i + 1].map(|i| i * self.bits / count.max(1));
            let owner = if i % 2 == 0 { Party::Alice } else { Party::Bob };
            Digit { owner, shift, bits: end - shift, lowest: i == 0 }
        })
    }

    /// The transfers that the digits of `n` words take.
    #[must_use]
    pub fn transfers(self, n: usize) -> Transfers {
        let of = |party| self.digits().filter(|digit| digit.owner == party).map(|digit| digit.bits as usize * n).sum();
        Transfers { alice: of(Party::Alice), bob: of(Party::Bob) }
    }

    /// Bytes that `party` sends as the one who looks, and as the tables' owner.
    fn bytes(self, party: Party, n: usize) -> [usize; 2] {
        let sum = |owner, width: fn(&Digit) -> u32| {
            let digits = self.digits().filter(move |digit| digit.owner == owner);
            digits.map(|digit| packed::bytes(width(&digit), n)).sum()
        };
        [sum(party.other(), |digit| digit.bits), sum(party, Digit::table_bits)]
    }

    /// The cost of [`carries`] of `n` words for `party`.
    #[must_use]
    pub fn cost(self, party: Party, n: usize) -> Cost {
        let bytes = |party| self.bytes(party, n).into_iter().map(|body| (HEADER + body) as u64).sum();
        Cost { sent: bytes(party), received: bytes(party.other()), rounds: 2 }
    }
}

impl Digit {
    /// Bits of a table on the wire.
    pub(crate) fn table_bits(&self) -> u32 {
        let places = (1 << self.bits) - 1;
        if self.lowest { places } else { 2 * places }
    }

    /// The digit of a word.
    fn of(&self, word: u32) -> u32 {
        word >> self.shift & ((1 << self.bits) - 1)
    }

    /// The places of g, and those of p: bit v and bit 16 + v for place v.
    fn places(&self) -> u32 {
        let half = (1u32 << (1 << self.bits)) - 1;
        half | half << UPPER
    }

    /// g and p for every digit that the other party may have, where this party has `a`.
    fn table(&self, a: u32) -> u32 {
        let size = 1 << self.bits;
        let half = (1u32 << size) - 1;
        let generate = half << (size - a) & half;
        let propagate = 1 << (size - 1 - a);
        generate | propagate << UPPER
    }
}

/// Places whose number has bit `i` clear, in both halves.
const CLEAR: [u32; DIGIT_BITS as usize] = [0x5555_5555, 0x3333_3333, 0x0f0f_0f0f, 0x00ff_00ff];

/// The table with place v moved to place v ⊕ δ. In constant time, although δ is no secret.
fn rename(mut table: u32, delta: u32) -> u32 {
    for (i, clear) in CLEAR.iter().enumerate() {
        let distance = 1 << i;
        let swapped = (table & clear) << distance | (table >> distance) & clear;
        table ^= (table ^ swapped) & (delta >> i & 1).wrapping_neg();
    }
    table
}

/// This party's material for one digit of many words. Spent by value.
enum Half {
    /// The masks of all places.
    Owner(Zeroizing<Vec<u32>>),
    /// c, and the masks of that place: g at bit 0, p at bit 16.
    Looks { places: Zeroizing<Vec<u32>>, masks: Zeroizing<Vec<u32>> },
}

/// Material for the digits of many words. Spent by value.
pub struct Material {
    halves: Vec<Half>,
}

impl Material {
    /// Material for the digits of `n` words out of a pool.
    ///
    /// # Panics
    /// When the pool holds too little.
    #[must_use]
    pub fn from_pool(party: Party, pool: &mut Pool, shape: Shape, n: usize) -> Self {
        let half = |digit: Digit| {
            if digit.owner == party { owner(pool, &digit, n) } else { looker(pool, &digit, n) }
        };
        Self { halves: shape.digits().map(half).collect() }
    }

    /// Appends `other`.
    ///
    /// # Panics
    /// When it is for other digits.
    pub fn append(&mut self, other: &Self) {
        for (mine, other) in self.halves.iter_mut().zip(&other.halves) {
            match (mine, other) {
                (Half::Owner(mine), Half::Owner(other)) => mine.extend_from_slice(other),
                (Half::Looks { places, masks }, Half::Looks { places: other, masks: others }) => {
                    places.extend_from_slice(other);
                    masks.extend_from_slice(others);
                }
                _ => panic!("material of one party"),
            }
        }
    }
}

/// The places of a table whose number has bit `i` set to `bit`.
fn named(i: usize, bit: u32) -> u32 {
    // All ones turns the mask of clear bits into that of set ones.
    CLEAR[i] ^ bit.wrapping_neg()
}

fn owner(pool: &mut Pool, digit: &Digit, n: usize) -> Half {
    let mut masks = Zeroizing::new(vec![0u32; n]);
    for i in 0..digit.bits as usize {
        let [zero, one] = pool.sender_messages(n);
        for (mask, (zero, one)) in masks.iter_mut().zip(zero.iter().zip(one.iter())) {
            let [zero, one] = [zero, one].map(|message| message.words()[0] as u32);
            *mask ^= zero & named(i, 0) | one & named(i, 1);
        }
    }
    masks.iter_mut().for_each(|mask| *mask &= digit.places());
    Half::Owner(masks)
}

fn looker(pool: &mut Pool, digit: &Digit, n: usize) -> Half {
    let (mut places, mut masks) = (Zeroizing::new(vec![0u32; n]), Zeroizing::new(vec![0u32; n]));
    for i in 0..digit.bits as usize {
        let (choices, messages) = pool.receiver_messages(n);
        let each = places.iter_mut().zip(masks.iter_mut());
        for ((place, mask), (choice, message)) in each.zip(choices.iter().zip(messages.iter())) {
            *place |= u32::from(choice) << i;
            *mask ^= message.words()[0] as u32;
        }
    }
    masks.iter_mut().zip(places.iter()).for_each(|(mask, &place)| *mask = at(*mask, place));
    Half::Looks { places, masks }
}

/// Place `place` of a table, moved to place 0.
fn at(table: u32, place: u32) -> u32 {
    table >> place & (1 | 1 << UPPER)
}

/// Shares of g and p of every digit of `a + b`, where Alice has the words `a` and Bob the words
/// `b`: plane by plane, the lowest digit of all words first. The lowest digit's p is 0. See the
/// [module](self).
///
/// # Errors
/// `Link` faults; `PeerBroke` if a message does not have the expected shape.
///
/// # Panics
/// When the material is not that of these words.
pub async fn carries<L: Link>(
    s: &mut Session<L>,
    material: Material,
    shape: Shape,
    words: &Words,
) -> Result<(Shared, Shared), Fault> {
    let (party, n) = (s.party(), words.len());
    let digits: Vec<(Digit, &Half)> = shape.digits().zip(&material.halves).collect();
    // 1. He who looks says where, under the mask of his random places.
    let masked = |(digit, half): &(Digit, &Half)| match half {
        Half::Looks { places, .. } => {
            assert_eq!(places.len(), n, "material for every word");
            let masked = words.0.iter().zip(places.iter()).map(|(&word, place)| digit.of(word) ^ place);
            Some((digit.bits, masked.collect()))
        }
        Half::Owner(_) => None,
    };
    let mine = MaskedDigits(digits.iter().filter_map(masked).collect());
    let owned = |party| move |digit: &Digit| digit.owner == party;
    let widths = shape.digits().filter(owned(party)).map(|digit| digit.bits).collect();
    let MaskedDigits(deltas) = s.exchange(&mine, (widths, n)).await?;
    // 2. The owner sends her tables, and keeps what place 0 says.
    let mut deltas = deltas.into_iter();
    let (mut tables, mut kept) = (Vec::new(), Vec::new());
    for (digit, half) in &digits {
        let Half::Owner(masks) = half else { continue };
        let (_, deltas) = deltas.next().expect("as many as were asked for");
        assert_eq!(masks.len(), n, "material for every word");
        let (mut table, mut shares) = (Vec::with_capacity(n), Zeroizing::new(Vec::with_capacity(n)));
        for ((&word, mask), delta) in words.0.iter().zip(masks.iter()).zip(deltas) {
            let masked = rename(digit.table(digit.of(word)), delta) ^ mask;
            let share = at(masked, 0);
            table.push(masked ^ share.wrapping_mul(0xffff) & digit.places());
            shares.push(share);
        }
        tables.push((digit.table_bits(), table.into_iter().map(|table| digit.pack(table)).collect()));
        kept.push(shares);
    }
    let widths = shape.digits().filter(owned(party.other())).map(|digit| digit.table_bits()).collect();
    let MaskedTables(tables) = s.exchange(&MaskedTables(tables), (widths, n)).await?;
    // 3. He reads his place.
    let (mut tables, mut kept) = (tables.into_iter(), kept.into_iter());
    let (mut g, mut p) = (Bits::zeros(0), Bits::zeros(0));
    for (digit, half) in &digits {
        let shares = match half {
            Half::Owner(_) => kept.next().expect("one for every table"),
            Half::Looks { places, masks } => {
                let (_, tables) = tables.next().expect("as many as were asked for");
                let read = tables.into_iter().zip(places.iter().zip(masks.iter()));
                Zeroizing::new(read.map(|(table, (&place, mask))| at(digit.unpack(table), place) ^ mask).collect())
            }
        };
        g.append(&shares.iter().map(|share| share & 1 == 1).collect());
        let p_of = |share: &u32| !digit.lowest && share >> UPPER & 1 == 1;
        p.append(&shares.iter().map(p_of).collect());
    }
    Ok((Shared(g), Shared(p)))
}

impl Digit {
    /// A table without its place 0, which is zero, the p behind the g.
    fn pack(&self, table: u32) -> u32 {
        let places = (1 << self.bits) - 1;
        let [g, p] = self.rows().map(|row| table >> row.start >> 1 & ((1 << places) - 1));
        if self.lowest { g } else { g | p << places }
    }

    /// The inverse of [`pack`](Self::pack).
    fn unpack(&self, packed: u32) -> u32 {
        let places = (1u32 << self.bits) - 1;
        let g = packed & ((1 << places) - 1);
        // The lowest digit has no more bits than that.
        let p = (u64::from(packed) >> places) as u32;
        g << 1 | p << 1 << UPPER
    }

    /// Where the g are, and where the p.
    fn rows(&self) -> [Range<u32>; 2] {
        let size = 1 << self.bits;
        [0..size, UPPER..UPPER + size]
    }
}
