//! An amount of money as a person types it, in any locale's separators.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::ZeroizeOnDrop;

/// A secret amount in minor units (hundredths), at most [`Amount::MAX`].
///
/// It crosses from the page to its own worker and no further, which is what its serialised form (decimal text) is for.
#[derive(ZeroizeOnDrop)]
pub struct Amount(u64);

/// Why a text is not taken as an amount. The text itself is not repeated: it may be somebody's fortune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing was typed.
    #[error("Type an amount, for example 1,250.00.")]
    Empty,
    /// Below zero.
    #[error("An amount cannot be negative here. Leave out the minus sign.")]
    Negative,
    /// A letter or a sign that is no part of a number.
    #[error("Only digits, separators and a currency sign are allowed.")]
    Unexpected,
    /// More than two digits after the decimal sign.
    #[error("At most two digits can follow the decimal sign.")]
    TooPrecise,
    /// Separators that no locale puts like this.
    #[error("It is not clear where the decimal sign is. Leave out the thousands separators.")]
    Ambiguous,
    /// Above [`Amount::MAX`].
    #[error("The largest amount is 92,233,720,368,547,758.07.")]
    TooLarge,
}

impl Amount {
    /// The largest amount, in minor units: 2^63 − 1.
    pub const MAX: u64 = i64::MAX as u64;

    /// An amount of so many minor units.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] above [`Amount::MAX`].
    pub fn from_minor_units(units: u64) -> Result<Self, AmountError> {
        if units <= Self::MAX { Ok(Self(units)) } else { Err(AmountError::TooLarge) }
    }

    /// The amount in minor units.
    #[must_use]
    pub fn minor_units(&self) -> u64 {
        self.0
    }

    /// Reads what a person typed: digits of any script, any locale's separators, a currency sign or an
    /// upper-case ISO code at either end.
    ///
    /// A single separator before exactly three digits groups thousands, because an amount has at most two decimals:
    /// `1.250` is one thousand two hundred and fifty, and so is `1,250`. Show [`Amount::to_text`] beside the field, so
    /// that the person sees what was understood.
    ///
    /// # Errors
    /// [`AmountError`], in words for the person.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        parse::parse(text).and_then(Self::from_minor_units)
    }

    /// The amount with a decimal point and commas: `1,250.00`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let whole = (self.0 / 100).to_string();
        let mut text = String::new();
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text + &format!(".{:02}", self.0 % 100)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As a number: text would be a copy of the secret that nobody wipes.
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_minor_units(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

mod parse {
    use super::AmountError;

    /// A typed character as it matters here.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Sign {
        Digit(u8),
        /// May group thousands or begin the decimals.
        Point(char),
        /// Can only group thousands.
        Group(char),
    }

    pub(super) fn parse(text: &str) -> Result<u64, AmountError> {
        let number = strip_currency(text.trim())?;
        if number.is_empty() {
            return Err(AmountError::Empty);
        }
        let signs = number.chars().map(sign).collect::<Result<Vec<_>, _>>()?;
        let (whole, decimals) = split(&signs)?;
        let mut units = 0u64;
        let cents = [decimals.first(), decimals.get(1)].map(|d| d.copied().unwrap_or(0));
        for digit in whole.into_iter().chain(cents) {
            units = units.checked_mul(10).and_then(|n| n.checked_add(digit.into())).ok_or(AmountError::TooLarge)?;
        }
        Ok(units)
    }

    /// Takes currency signs, an ISO code and a plus off both ends.
    fn strip_currency(text: &str) -> Result<&str, AmountError> {
        let mut text = text;
        loop {
            let before = text;
            text = text.trim_matches(|c: char| c.is_whitespace() || is_currency(c) || is_invisible(c));
            if text.starts_with(['-', '−', '–', '(']) || text.ends_with(['-', '−']) {
                return Err(AmountError::Negative);
            }
            text = text.strip_prefix('+').unwrap_or(text);
            text = strip_code(text);
            if text == before {
                return Ok(text);
            }
        }
    }

    /// Takes one three-letter ISO code (`EUR`) off either end.
    fn strip_code(text: &str) -> &str {
        let is_code = |code: &str| code.bytes().all(|b| b.is_ascii_uppercase());
        let letter_follows = |rest: &str| rest.starts_with(char::is_alphabetic);
        let letter_precedes = |rest: &str| rest.ends_with(char::is_alphabetic);
        match text.split_at_checked(3) {
            Some((code, rest)) if is_code(code) && !letter_follows(rest) => return rest,
            _ => {}
        }
        match text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)) {
            Some((rest, code)) if is_code(code) && !letter_precedes(rest) => rest,
            _ => text,
        }
    }

    /// Unicode's currency signs (general category Sc).
    fn is_currency(c: char) -> bool {
        matches!(c, '$' | '¢'..='¥' | '֏' | '؋' | '߾' | '߿' | '৲' | '৳' | '৻' | '૱' | '௹' | '฿' | '៛'
            | '\u{20A0}'..='\u{20CF}' | '꠸' | '﷼' | '﹩' | '＄' | '￠' | '￡' | '￥' | '￦')
    }

    /// Direction marks that keyboards for right-to-left scripts insert.
    fn is_invisible(c: char) -> bool {
        matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{2066}'..='\u{2069}')
    }

    fn sign(c: char) -> Result<Sign, AmountError> {
        if let Some(digit) = digit(c) {
            return Ok(Sign::Digit(digit));
        }
        match c {
            '.' | ',' | '٫' | '،' | '·' => Ok(Sign::Point(c)),
            '\'' | '’' | '_' | '٬' => Ok(Sign::Group(c)),
            c if c.is_whitespace() => Ok(Sign::Group(' ')),
            '-' | '−' => Err(AmountError::Negative),
            _ => Err(AmountError::Unexpected),
        }
    }

    /// The decimal digits of the scripts that people write amounts in.
    fn digit(c: char) -> Option<u8> {
        const ZEROS: [char; 13] = ['0', '٠', '۰', '०', '০', '੦', '૦', '௦', '๐', '໐', '၀', '០', '０'];
        ZEROS.into_iter().find_map(|zero| {
            let value = (c as u32).checked_sub(zero as u32)?;
            u8::try_from(value).ok().filter(|value| *value < 10)
        })
    }

    /// Splits into whole digits and decimals, and checks that the groups are groups.
    fn split(signs: &[Sign]) -> Result<(Vec<u8>, Vec<u8>), AmountError> {
        let separators: Vec<(usize, Sign)> =
            signs.iter().copied().enumerate().filter(|(_, s)| !matches!(s, Sign::Digit(_))).collect();
        let Some(&(last, kind)) = separators.last() else {
            return Ok((digits(signs), Vec::new()));
        };
        let after = signs.len() - last - 1;
        let once = separators.iter().filter(|(_, s)| *s == kind).count() == 1;
        let is_decimal = match kind {
            Sign::Point('٫') => true,
            // Three digits after the only kind of separator can only be thousands: decimals are two.
            // No group begins with a zero, though: 0.125 was meant as a fraction.
            Sign::Point(_) if once => after != 3 || matches!(signs, [Sign::Digit(0), ..]),
            _ => false,
        };
        if !is_decimal {
            check_groups(signs, &separators)?;
            return Ok((digits(signs), Vec::new()));
        }
        if after > 2 {
            return Err(AmountError::TooPrecise);
        }
        let whole = &signs[..last];
        if whole.is_empty() && after == 0 {
            return Err(AmountError::Unexpected);
        }
        check_groups(whole, &separators[..separators.len() - 1])?;
        Ok((digits(whole), digits(&signs[last + 1..])))
    }

    fn digits(signs: &[Sign]) -> Vec<u8> {
        signs.iter().filter_map(|s| if let Sign::Digit(d) = s { Some(*d) } else { None }).collect()
    }

    /// One kind of separator; groups of three, or of two before a last group of three (as in India).
    fn check_groups(signs: &[Sign], separators: &[(usize, Sign)]) -> Result<(), AmountError> {
        let Some((first, kind)) = separators.first().copied() else { return Ok(()) };
        if separators.iter().any(|(_, s)| *s != kind) {
            return Err(AmountError::Ambiguous);
        }
        let groups: Vec<usize> = signs.split(|s| *s == kind).skip(1).map(<[Sign]>::len).collect();
        let (end, middle) = groups.split_last().map_or((0, &[][..]), |(end, middle)| (*end, middle));
        let threes = middle.iter().all(|n| *n == 3) && (1..=3).contains(&first);
        let indian = middle.iter().all(|n| *n == 2) && (1..=2).contains(&first);
        if end == 3 && (threes || indian) { Ok(()) } else { Err(AmountError::Ambiguous) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<u64, AmountError> {
        Amount::parse(text).map(|a| a.minor_units())
    }

    #[test]
    fn every_locale_reads_as_its_people_mean_it() {
        for text in [
            "1250",
            "1250.00",
            "1250,00",
            "1,250.00",
            "1.250,00",
            "1 250,00",
            "1\u{202F}250,00",
            "1'250.00",
            "1’250.00",
            "$1,250",
            "1.250 €",
            "EUR 1250",
            "1250 CHF",
            "€1.250,0",
            " 1250. ",
            "١٬٢٥٠٫٠٠",
            "१,२५०",
            "＄１２５０",
            "+1250",
        ] {
            assert_eq!(read(text), Ok(125_000), "{text}");
        }
        assert_eq!(read("12,34,567.89"), Ok(123_456_789));
        assert_eq!(read("1.234.567"), Ok(123_456_700));
        assert_eq!(read(".5"), Ok(50));
        assert_eq!(read("0"), Ok(0));
    }

    #[test]
    fn what_is_not_clear_is_refused_in_words() {
        for (text, error) in [
            ("", AmountError::Empty),
            ("  € ", AmountError::Empty),
            ("-5", AmountError::Negative),
            ("5-", AmountError::Negative),
            ("−5", AmountError::Negative),
            ("12k", AmountError::Unexpected),
            ("1e5", AmountError::Unexpected),
            ("0x10", AmountError::Unexpected),
            (".", AmountError::Unexpected),
            ("1.2345", AmountError::TooPrecise),
            ("0.125", AmountError::TooPrecise),
            ("0.001.2", AmountError::Ambiguous),
            ("1,23,4", AmountError::Ambiguous),
            ("1.2.3", AmountError::Ambiguous),
            ("1,2.3,4", AmountError::Ambiguous),
            ("92233720368547758.08", AmountError::TooLarge),
            ("99999999999999999999999999", AmountError::TooLarge),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_largest_amount_is_taken() {
        assert_eq!(read("92,233,720,368,547,758.07"), Ok(Amount::MAX));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(units in 0..=Amount::MAX) {
            let amount = Amount::from_minor_units(units).unwrap();
            prop_assert_eq!(read(&amount.to_text()), Ok(units));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = read(&text);
        }
    }
}
