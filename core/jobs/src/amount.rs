//! An amount of money as a person types it, in any locale's separators.

mod clean;
mod parse;
mod signs;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::ZeroizeOnDrop;

/// A secret amount in minor units (hundredths), at most [`Amount::MAX`].
///
/// It crosses from the page to its own worker and no further, which is what its serialised form
/// (decimal text) is for.
#[derive(ZeroizeOnDrop)]
pub struct Amount(u64);

/// Why a text is not taken as an amount. Only the question about three decimals repeats it: it may
/// be somebody's fortune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing was typed.
    #[error("Type an amount, for example 1,250.00.")]
    Empty,
    /// Below zero.
    #[error("An amount cannot be negative here. Leave out the minus sign.")]
    Negative,
    /// A character or a word that is neither part of a number nor a currency's sign: `k`,
    /// `million`.
    #[error("Only digits, separators and a currency sign are allowed. Write thousands, millions and cents as digits.")]
    Unexpected,
    /// Numbers in several lines, cells or parts.
    #[error("This is more than one number. Put in one amount.")]
    Several,
    /// More than two digits after the decimal sign.
    #[error("At most two digits can follow the decimal sign.")]
    TooPrecise,
    /// Separators that no locale puts like this.
    #[error("It is not clear where the decimal sign is. Leave out the thousands separators.")]
    Ambiguous,
    /// Two readings: thousands, or the three decimals of a currency such as the dinar of Kuwait. It
    /// carries the first.
    #[error("{}", three_decimals(.0))]
    ThreeDecimals(Thousands),
    /// Above [`Amount::MAX`].
    #[error("The largest amount is 92,233,720,368,547,758.07.")]
    TooLarge,
}

/// The reading of three digits as thousands, in minor units. It is a secret: `Debug` keeps it back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Thousands(u64);

impl Thousands {
    /// The amount that it is.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] above [`Amount::MAX`].
    pub fn amount(self) -> Result<Amount, AmountError> {
        Amount::from_minor_units(self.0)
    }
}

impl fmt::Debug for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Thousands(..)")
    }
}

/// Both readings, and how to type what is meant.
fn three_decimals(Thousands(units): &Thousands) -> String {
    let (thousands, whole) = (Amount(*units).to_text(), units / 100);
    let fraction = format!("{}.{:03}", whole / 1000, whole % 1000);
    format!(
        "Is this {thousands}, or {fraction} with three decimals? For the first, type {thousands}. Three decimals cannot be compared: \
         round to two, both of you."
    )
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

    /// Reads a typed amount: digits of any script, any locale's separators, and signs of currencies
    /// before or behind.
    ///
    /// A single separator before exactly three digits groups thousands, because an amount has at
    /// most two decimals: `1.250` is one thousand two hundred and fifty, and so is `1,250`. Beside
    /// the sign of a currency with three decimals such a text has two readings, and is refused as
    /// [`AmountError::ThreeDecimals`]. Show [`Amount::to_text`] before the amount is used, so that
    /// the person sees how it was read.
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
    fn signs_of_letters_stand_before_or_behind() {
        for text in [
            "R$ 1.250,00",
            "1 250,00 zł",
            "US$1,250",
            "1250円",
            "1.250 kr",
            "kr. 1.250,00",
            "kr.1250",
            "1 250 Kč",
            "1 250,00 лв.",
            "1.250,00 KM",
            "Fr. 1'250.–",
            "SFr.1’250.00",
            "CHF1'250",
            "1,250.00 د.إ.\u{200F}",
            "﷼ ۱۲۵۰",
            "１２５０元",
            "￥1,250",
            "eur 1250",
            "1250usd",
            "$1,250 USD",
            "USD $1,250",
            "1,250 €uro",
            "Rs.1,250",
            "S/.1250",
            "NT$1,250",
            "F\u{202F}CFA 1250",
            "1 250 F CFA",
            "1250 руб.",
            "1250 ₴",
            "1250 (EUR)",
            "1250 Dollars",
            "1.250,00 TL",
            "1 250 DH",
            "Dhs. 1,250",
            "1,250.00 US dollars",
            "KSh 1,250",
            "1250 złotych",
            "RD$1,250",
            "1.250đ",
            "SFr 1’250",
            "$1250 CAD",
        ] {
            assert_eq!(read(text), Ok(125_000), "{text}");
        }
        assert_eq!(read("$.50"), Ok(50), "the sign has no full stop");
        assert_eq!(read("Rs.50"), Ok(5_000), "the sign has one");
    }

    #[test]
    fn a_dash_for_no_cents_is_no_minus() {
        for text in [
            "1.250,-",
            "1.250,– €",
            "€ 1250,—",
            "1250,--",
            "1'250.-",
            "1250.–",
            "1250:-",
            "1 250:- kr",
            "Rs. 1,250/-",
            "1250/=",
            "1.250,- EUR",
            "1.250 ,−",
            "1250,=",
            "１２５０，－",
            "1,250,-",
        ] {
            assert_eq!(read(text), Ok(125_000), "{text}");
        }
        assert_eq!(read("1.25,-"), Err(AmountError::Ambiguous), "cents and no cents");
    }

    #[test]
    fn what_keyboards_and_copies_leave_is_read_or_overlooked() {
        for text in [
            "１，２５０．００",
            "1\u{200B}250",
            "\u{FEFF}1250",
            "\u{202D}1,250.00\u{202C}",
            "\u{2066}1250\u{2069}",
            "1\u{A0}250",
            "1\u{2009}250",
            "1\u{3000}250",
            "1250\r\n",
            "EUR\t1250",
            "1250。00",
            "1、250",
            "１２５０．-",
            "۱٬۲۵۰",
            "୧,୨୫୦",
            "𝟏𝟐𝟓𝟎",
            "1250\u{FE0F}",
            "1\u{AD}250",
            "1_250",
            "1250€00",
            "1 250$00",
            "\"1,250.00\"",
            "“1.250,00 €”",
            "'1250'",
            "«1 250 ₽»",
            "1،250",
            "1\u{2060}250",
            "1250\u{200F}",
            "EUR\u{A0}1.250",
        ] {
            assert_eq!(read(text), Ok(125_000), "{text:?}");
        }
        assert_eq!(read("1,25,000"), Ok(12_500_000));
        assert_eq!(read("12€50"), Ok(1_250));
    }

    #[test]
    fn every_minus_and_bracket_is_negative() {
        for text in [
            "-5",
            "5-",
            "−5",
            "－500",
            "–5",
            "—5",
            "‐5",
            "‑5",
            "﹣5",
            "➖5",
            "(5)",
            "（５００）",
            "$-5",
            "-$5",
            "€ (5.00)",
            "(1.250,00 €)",
            "5 −",
            "-5,-",
            "\u{200E}-5",
            "-.50",
            "\"-5\"",
            "-0",
        ] {
            assert_eq!(read(text), Err(AmountError::Negative), "{text}");
        }
    }

    #[test]
    fn two_numbers_are_not_one() {
        for text in [
            "125\n300",
            "125\t300",
            "125\r\n300\r\n",
            "125\u{2028}300",
            "125 | 300",
            "125;300",
            "100-200",
            "1–2",
            "1/2",
        ] {
            assert_eq!(read(text), Err(AmountError::Several), "{text:?}");
        }
        assert!(read("100€200€").is_err() && read("100 € 50 €").is_err());
    }

    #[test]
    fn three_decimals_are_asked_about() {
        for text in
            ["12.345 KWD", "KWD 12,345", "12,345 DT", "د.ك.\u{200F} 12.345", "12.345 kd", "12.345 dinars", "OMR12.345"]
        {
            assert_eq!(read(text), Err(AmountError::ThreeDecimals(Thousands(1_234_500))), "{text}");
        }
        let asked = AmountError::ThreeDecimals(Thousands(1_234_500)).to_string();
        assert!(asked.contains("12,345.00") && asked.contains("12.345 "), "{asked}");
        for text in ["1.250,- KWD", "1,250.00 KWD", "1,250.000 KWD", "1250.000", "KWD 1 250", "1250 KWD", "1'250 BHD"] {
            assert_eq!(read(text), Ok(125_000), "{text}");
        }
        for text in ["12345.678 KWD", "12,345.678", "0.125 KWD", "١٢٫٣٤٥ د.ك."] {
            assert_eq!(read(text), Err(AmountError::TooPrecise), "{text}");
        }
    }

    #[test]
    fn what_is_not_clear_is_refused_in_words() {
        for (text, error) in [
            ("", AmountError::Empty),
            ("  € ", AmountError::Empty),
            ("zł", AmountError::Empty),
            ("twelve", AmountError::Unexpected),
            ("12k", AmountError::Unexpected),
            ("~1250", AmountError::Unexpected),
            ("1250*", AmountError::Unexpected),
            ("1250 to 1300", AmountError::Unexpected),
            ("1,250.00 CR", AmountError::Unexpected),
            ("1250 万円", AmountError::Unexpected),
            ("\"12\" \"13\"", AmountError::Unexpected),
            ("12 50", AmountError::Ambiguous),
            ("1, 250", AmountError::Ambiguous),
            ("12 mio", AmountError::Unexpected),
            ("1.25 lakh", AmountError::Unexpected),
            ("5万", AmountError::Unexpected),
            ("12 tsd €", AmountError::Unexpected),
            ("1,5 mln zł", AmountError::Unexpected),
            ("50¢", AmountError::Unexpected),
            ("50 cents", AmountError::Unexpected),
            ("minus 5", AmountError::Unexpected),
            ("1250+", AmountError::Unexpected),
            ("12 %", AmountError::Unexpected),
            ("1e5", AmountError::Unexpected),
            ("0x10", AmountError::Unexpected),
            ("5²", AmountError::Unexpected),
            ("5½", AmountError::Unexpected),
            ("\u{202E}0521", AmountError::Unexpected),
            ("5€5", AmountError::Unexpected),
            (".", AmountError::Unexpected),
            ("1.2345", AmountError::TooPrecise),
            ("1,2500", AmountError::TooPrecise),
            ("0.125", AmountError::TooPrecise),
            ("USD.50", AmountError::Ambiguous),
            ("0.001.2", AmountError::Ambiguous),
            ("0,125,000", AmountError::Ambiguous),
            ("1,23,4", AmountError::Ambiguous),
            ("1.2.3", AmountError::Ambiguous),
            ("1,2.3,4", AmountError::Ambiguous),
            ("1 2 5 0", AmountError::Ambiguous),
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
