//! Words modulo 2^32 shared between the two parties.

use tacit_session::{Link, Session};
use zeroize::Zeroizing;

/// This party's half of a shared vector of words: the vector is the sum of both halves modulo 2^32.
///
/// A half that a protocol made is uniformly random, whatever the vector is. There is no way from
/// here to the values but [`open`](crate::open). Sums, and products with what both know, are local.
pub struct Words(pub(crate) Zeroizing<Vec<u32>>);

impl Words {
    /// Shares of zeros.
    #[must_use]
    pub fn zeros(n: usize) -> Self {
        Self(vec![0; n].into())
    }

    /// Shares of `a + b` where Alice knows `a` and Bob knows `b`: each input is a half. Such a half
    /// is not random, so it must meet a mask before it goes anywhere; every protocol sees to that.
    #[must_use]
    pub fn from_input(mine: Vec<u32>) -> Self {
        Self(mine.into())
    }

    /// The number of shared words.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are no shared words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Shares of the words at these places, in this order.
    ///
    /// # Panics
    /// When there is no such place.
    #[must_use]
    pub fn select(&self, places: impl Iterator<Item = usize>) -> Self {
        Self(places.map(|place| self.0[place]).collect::<Vec<_>>().into())
    }

    /// Shares of some vectors' words, one vector behind the other.
    #[must_use]
    pub fn join<'a>(vectors: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Zeroizing::new(Vec::new());
        vectors.for_each(|words| all.extend_from_slice(&words.0));
        Self(all)
    }

    /// Another half of the same words. Named, because copying a share should be seen.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// Adds, place by place. Local.
    ///
    /// # Panics
    /// When there are not as many words.
    pub fn add(&mut self, other: &Self) {
        self.with(other, u32::wrapping_add);
    }

    /// Takes away, place by place. Local.
    ///
    /// # Panics
    /// When there are not as many words.
    pub fn sub(&mut self, other: &Self) {
        self.with(other, u32::wrapping_sub);
    }

    /// Adds a number that both know to each word. Local: Alice adds it.
    pub fn add_public<L: Link>(&mut self, s: &Session<L>, number: u32) {
        let number = s.lead(number);
        self.0.iter_mut().for_each(|x| *x = x.wrapping_add(number));
    }

    /// Multiplies each word by a number that both know. Local.
    pub fn scale(&mut self, number: u32) {
        self.0.iter_mut().for_each(|x| *x = x.wrapping_mul(number));
    }

    fn with(&mut self, other: &Self, f: impl Fn(u32, u32) -> u32) {
        assert_eq!(self.len(), other.len(), "vectors of one length");
        self.0.iter_mut().zip(other.0.iter()).for_each(|(x, &y)| *x = f(*x, y));
    }
}
