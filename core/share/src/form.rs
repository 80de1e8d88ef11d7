//! The layout of the messages of a run: which of their bits are significant, and which only pad a
//! last byte.
//!
//! A statistical test of messages against noise must not count padding as noise. Every protocol's
//! messages are therefore listed here, as a party receives them, in order.

use tacit_compute::Convolution;
use tacit_ring::Bits;
use tacit_session::{Party, Tag};

use crate::digit::Shape;
use crate::rank::Lists;
use crate::{linear::Role, sign, tree};

/// A message: groups of bits one behind the other, each of which begins with a whole byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The kind of message.
    pub tag: Tag,
    /// The bits of each group.
    pub groups: Vec<usize>,
}

impl Form {
    fn new(tag: Tag, groups: impl IntoIterator<Item = usize>) -> Self {
        Self { tag, groups: groups.into_iter().collect() }
    }

    /// Bytes of its body.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.groups.iter().map(|&bits| Bits::bytes_for(bits)).sum()
    }

    /// The bytes of each group of a body, and how many of its bits mean something.
    pub fn of<'a>(&self, mut body: &'a [u8]) -> impl Iterator<Item = (&'a [u8], usize)> {
        self.groups.iter().map_while(move |&bits| {
            let (group, rest) = body.split_at_checked(Bits::bytes_for(bits))?;
            body = rest;
            Some((group, bits))
        })
    }
}

/// The messages that `party` receives in [`sign::is_negative`] of `n` words.
#[must_use]
pub fn signs(party: Party, width: u32, n: usize) -> Vec<Form> {
    let shape: Shape = sign::shape(width);
    let of = |owner, bits: fn(&crate::digit::Digit) -> u32| {
        shape.digits().filter(move |digit| digit.owner == owner).map(move |digit| bits(&digit) as usize * n)
    };
    let mut forms = vec![
        Form::new(Tag::MaskedDigits, of(party, |digit| digit.bits)),
        Form::new(Tag::MaskedTables, of(party.other(), crate::digit::Digit::table_bits)),
    ];
    forms.extend(tree::layers(shape.count()).map(|nodes| ands(2, nodes * n)));
    forms
}

/// The message that each party receives in [`and`](crate::and::and) of width `w` on `n` bits.
#[must_use]
pub fn ands(w: usize, n: usize) -> Form {
    Form::new(Tag::MaskedOperands, [(1 + w) * n])
}

/// The messages that `party` receives in [`activation::relu`](crate::activation::relu) of `n`
/// words.
#[must_use]
pub fn activations(party: Party, width: u32, n: usize) -> Vec<Form> {
    let mut forms = signs(party, width, n);
    forms.push(Form::new(Tag::MaskedFactors, [32 * n, n]));
    forms
}

/// The messages that `party` receives in [`truncate::truncate`](crate::truncate::truncate) of `n`
/// words.
#[must_use]
pub fn truncations(party: Party, bits: u32, n: usize) -> Form {
    let bits = if party == Party::Alice { 1 } else { bits as usize };
    Form::new(Tag::MaskedFactors, [bits * n])
}

/// The message that is received in a [linear layer](crate::linear) of `n` pictures.
#[must_use]
pub fn layers(role: Role, shape: &Convolution, n: usize) -> Option<Form> {
    (role == Role::Owner).then(|| Form::new(Tag::MaskedLayer, [32 * n * shape.inputs()]))
}

/// The messages that `party` receives in [`rank::places`](crate::rank::places).
#[must_use]
pub fn places<const W: usize>(party: Party, lists: Lists) -> Vec<Form> {
    let signs = if lists.len > 1 { signs(party, lists.width, lists.comparisons()) } else { Vec::new() };
    signs.into_iter().chain(lists.layers().map(|nodes| ands(W, W * nodes))).collect()
}

/// The message that is received in [`open::reveal_to`](crate::open::reveal_to) of `n` bits.
#[must_use]
pub fn bits(n: usize) -> Form {
    Form::new(Tag::OpenBits, [n])
}

/// The message that is received in [`open::reveal_words_to`](crate::open::reveal_words_to) of `n`
/// words.
#[must_use]
pub fn words(n: usize) -> Form {
    Form::new(Tag::OpenWords, [32 * n])
}
