//! Whether bits look uniform: histograms, and how likely it is that uniform bits look less so.
//!
//! *From*: Pearson 1900 (the statistic); Abramowitz and Stegun 1964, 26.4.4 and 26.4.5 (its
//! distribution as a finite sum).

use tacit_session::Tag;
use tacit_share::form::Form;

/// Whether messages of this kind are bits that are uniform to whoever receives them, so that their
/// histogram must be flat.
///
/// Masked bits and words are: a one-time mask makes any input uniform. So is a half that is opened,
/// as long as one does not know the other half, a nonce, and the corrections of transfers, which
/// hide behind a generator's output. Others give away as little but have a form: a
/// [control](Tag::Control) message is text; a [base transfer's](Tag::BaseOtSender) points are
/// points of a curve, and the encoding of a point is a number below a prime; [keys](Tag::PublicKey)
/// and [ciphertexts](Tag::Encrypted) of lattice encryption are numbers below primes of 30 bits.
#[must_use]
pub fn uniform_bits(tag: Tag) -> bool {
    match tag {
        Tag::MaskedInputs
        | Tag::MaskedOperands
        | Tag::OpenBits
        | Tag::MaskedDigits
        | Tag::MaskedTables
        | Tag::MaskedFactors
        | Tag::MaskedLayer
        | Tag::OpenWords
        | Tag::PuncturedTrees
        | Tag::ChoiceCorrections
        | Tag::LatticeNonce => true,
        Tag::Control | Tag::BaseOtSender | Tag::BaseOtReceiver | Tag::PublicKey | Tag::Encrypted | Tag::Multiplied => {
            false
        }
    }
}

/// How often each of the 16 values of four bits occurred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; 16],
    /// Bits that are too few for a value yet, the first one lowest, and how many.
    rest: (u8, u32),
}

impl Histogram {
    /// Adds the first `bits` bits of `body`. Those that are left over wait for what is added next,
    /// so none is lost where messages are shorter than four bits.
    ///
    /// Where a message is several groups of bits, each from a whole byte on,
    /// [`add_formed`](Self::add_formed) adds group by group.
    ///
    /// # Panics
    /// When the body has fewer bits.
    pub fn add_bits(&mut self, body: &[u8], bits: usize) {
        assert!(body.len() * 8 >= bits, "{bits} bits of {} bytes", body.len());
        for bit in 0..bits {
            let (held, n) = self.rest;
            let held = held | (body[bit / 8] >> (bit % 8) & 1) << n;
            self.rest = if n == 3 {
                self.counts[usize::from(held)] += 1;
                (0, 0)
            } else {
                (held, n + 1)
            };
        }
    }

    /// Adds the bits of a message of this form that mean something, if they are [uniform
    /// bits](uniform_bits); else nothing.
    ///
    /// # Panics
    /// When the body is of another form.
    pub fn add_formed(&mut self, form: &Form, body: &[u8]) {
        assert_eq!(body.len(), form.bytes(), "a body of the form");
        if uniform_bits(form.tag) {
            form.of(body).for_each(|(group, bits)| self.add_bits(group, bits));
        }
    }

    /// How often each value occurred.
    #[must_use]
    pub fn counts(&self) -> &[u64; 16] {
        &self.counts
    }

    /// How many values there are in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Pearson's statistic against equal frequencies: Σ (count − mean)²/mean. About 15 where bits
    /// are uniform.
    #[must_use]
    pub fn chi_squared(&self) -> f64 {
        chi_squared(&self.counts)
    }

    /// How likely uniform bits are to have a histogram at least as uneven. A fair share of uniform
    /// histograms has any value of it: one in a hundred has less than 0.01. It means little below
    /// some 80 values, five for each.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        p_value(self.chi_squared(), 15)
    }
}

/// Pearson's statistic of counts against equal frequencies.
#[must_use]
pub fn chi_squared(counts: &[u64]) -> f64 {
    let mean = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    if mean == 0.0 { 0.0 } else { counts.iter().map(|&count| (count as f64 - mean).powi(2) / mean).sum() }
}

/// Whether two lists of counts come from one distribution: the statistic, and the degrees of
/// freedom it has.
///
/// Both lists are of equally many observations. What occurred in neither says nothing.
#[must_use]
pub fn two_samples(one: &[u64], two: &[u64]) -> (f64, u32) {
    let pairs = || one.iter().zip(two).filter(|(x, y)| *x + *y > 0);
    let term = |(x, y): (&u64, &u64)| (*x as f64 - *y as f64).powi(2) / (x + y) as f64;
    (pairs().map(term).sum(), (pairs().count() as u32).saturating_sub(1))
}

/// How likely a number with the χ² distribution of so many degrees of freedom is to be at least
/// `x`: the regularised incomplete gamma function Q(degrees/2, x/2), which for whole degrees is a
/// finite sum.
///
/// For up to some hundred degrees it is right to many digits, however small it is.
#[must_use]
pub fn p_value(x: f64, degrees: u32) -> f64 {
    if degrees == 0 || x <= 0.0 {
        return 1.0;
    }
    let half = x / 2.0;
    // Q(a + 1, h) = Q(a, h) + h^a·e^−h/Γ(a + 1), from Q(1, h) = e^−h or Q(1/2, h) = erfc √h on.
    let (mut a, mut q, mut term) = if degrees.is_multiple_of(2) {
        (1.0, (-half).exp(), half * (-half).exp())
    } else {
        let root = half.sqrt();
        (0.5, libm::erfc(root), root * (-half).exp() * std::f64::consts::FRAC_2_SQRT_PI)
    };
    for _ in 0..(degrees - 1) / 2 {
        q += term;
        a += 1.0;
        term *= half / a;
    }
    q.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Seen;
    use tacit_session::{Direction, Stage};
    use tacit_symmetric::Prg;

    /// Quantiles from the tables of Abramowitz and Stegun, 26.8.
    #[test]
    fn p_values_are_those_of_the_tables() {
        for (x, degrees, p) in [
            (3.841_46, 1, 0.05),
            (10.827_6, 1, 0.001),
            (5.991_47, 2, 0.05),
            (13.815_5, 2, 0.001),
            (7.814_73, 3, 0.05),
            (24.995_8, 15, 0.05),
            (7.260_94, 15, 0.95),
            (37.697_3, 15, 0.001),
            (43.773_0, 30, 0.05),
            (124.342, 100, 0.05),
        ] {
            let got = p_value(x, degrees);
            assert!((got / p - 1.0).abs() < 1e-4, "{x} with {degrees}: {got}");
        }
        assert_eq!(p_value(0.0, 15), 1.0);
        assert!(p_value(300.0, 15) < 1e-50 && p_value(300.0, 15) > 0.0);
    }

    #[test]
    fn values_are_counted_across_messages() {
        let mut histogram = Histogram::default();
        histogram.add_bits(&[0b1010_0011, 0b11], 9);
        assert_eq!((histogram.counts()[3], histogram.counts()[10], histogram.total()), (1, 1, 2));
        // One bit was left over, and three more make a value: 1, then 0, 1, 0.
        histogram.add_bits(&[0b1111_1010], 3);
        assert_eq!((histogram.counts()[5], histogram.total()), (1, 3));
    }

    #[test]
    fn messages_with_a_form_are_not_counted() {
        let seen =
            |tag| Seen { stage: Stage::Compare, tag, direction: Direction::Received, body: vec![0; 2], bits: 16 };
        let mut histogram = Histogram::default();
        histogram.add(&seen(Tag::BaseOtSender));
        assert_eq!(histogram.total(), 0);
        histogram.add(&seen(Tag::MaskedInputs));
        assert_eq!(histogram.counts()[0], 4);
    }

    #[test]
    fn noise_is_flat_and_text_is_not() {
        let mut body = vec![0; 4096];
        let [mut noise, mut text] = [Histogram::default(), Histogram::default()];
        Prg::from_seed([1; 32]).fill(&mut body);
        noise.add_bits(&body, 8 * body.len());
        text.add_bits(&b"two parties, and nobody else. ".repeat(130), 8 * 3900);
        assert!(noise.p_value() > 0.001, "{}", noise.p_value());
        assert!(text.p_value() < 1e-30, "{}", text.p_value());
    }

    #[test]
    fn two_samples_by_hand() {
        // (10 − 20)²/30 twice, and a value that never occurs.
        assert_eq!(two_samples(&[10, 20, 0], &[20, 10, 0]), (200.0 / 30.0, 1));
    }
}
