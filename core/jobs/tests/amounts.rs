//! Amounts as CLDR's locales print them, with every sign of a currency: read right, asked about or
//! refused, and never read as another amount.

use tacit_jobs::{Amount, AmountError};

const FORMATS: &str = include_str!("cldr/formats.txt");
const COMPACT: &str = include_str!("cldr/compact.txt");
const SIGNS: &str = include_str!("../src/amount/signs.txt");

/// Signs that some locale has for thousands or millions, too.
const ALSO_NUMBERS: [&str; 9] = ["E", "G", "K", "L", "M", "P", "P.", "p.", "rb"];

/// Parts of formats that are refused: three decimals behind the sign of the escudo, which could be
/// a second amount, and the groups of two digits that one locale has.
const NOT_CLEAR: [&str; 2] = ["$000", "12\u{A0}50"];

/// The amount in front of each line, and the text behind it.
fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines().skip(1).map(|line| line.split_once('\t').unwrap())
}

fn signs() -> impl Iterator<Item = &'static str> {
    SIGNS.lines().skip(1).map(|line| line.split('\t').next().unwrap())
}

fn read(text: &str) -> Result<u64, AmountError> {
    Amount::parse(text).map(|amount| amount.minor_units())
}

#[test]
fn every_format_is_read_with_every_sign() {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (number, format) in lines(FORMATS) {
        // A minus is found before the sign is read, so that a few signs show it.
        for sign in signs().step_by(if number == "1250" { 1 } else { 10 }) {
            let text = format.replace('¤', sign);
            let right = match read(&text) {
                Ok(units) => number == "1250" && units == 125_000,
                Err(AmountError::Negative) => number == "-1250",
                Err(AmountError::ThreeDecimals(thousands))
                    if thousands.amount().is_ok_and(|amount| amount.minor_units() == 125_000) =>
                {
                    asked += 1;
                    number == "1250"
                }
                Err(AmountError::Unexpected) if ALSO_NUMBERS.contains(&sign) => true,
                Err(_) => NOT_CLEAR.iter().any(|part| format.contains(part)),
            };
            if !right {
                wrong.push((sign, format, read(&text)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {:?}", wrong.len(), &wrong[..wrong.len().min(100)]);
    assert!(asked > 0);
}

#[test]
fn what_stands_for_zeros_is_never_overlooked() {
    let (mut read_right, mut wrong) = (0, Vec::new());
    for (number, format) in lines(COMPACT) {
        for sign in ["€", "EUR", "zł"] {
            let text = format.replace('¤', sign);
            let number: u64 = number.parse().unwrap();
            match read(&text) {
                Ok(units) if units == 100 * number => read_right += 1,
                Ok(units) => wrong.push((text, units)),
                Err(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:?}", wrong.len());
    assert!(read_right > 0, "some locales write it out");
}
