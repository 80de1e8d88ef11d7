//! Reading a typed amount.
//!
//! Between the first digit and the last one stand digits and separators. Before and behind them
//! stand signs of currencies, a minus, or a mark for no cents.

use super::clean::cleaned;
use super::signs::{self, Place};
use super::{AmountError, Thousands};

/// A typed character between the first digit and the last one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Digit(u8),
    /// May group thousands or begin the decimals.
    Point(char),
    /// Can only group thousands.
    Group(char),
    /// Can only begin the decimals.
    Decimal,
    /// A currency's symbol that begins two decimals, as in 12€50.
    Symbol,
}

/// The amount in minor units.
pub(super) fn parse(text: &str) -> Result<u64, AmountError> {
    let text = cleaned(text)?;
    let text = unquoted(&text);
    let is_digit = |c: char| c.is_ascii_digit();
    let (Some(first), Some(last)) = (text.find(is_digit), text.rfind(is_digit)) else {
        let is_sign = signs::read(text, Place::Before).is_some();
        return Err(if is_sign { AmountError::Empty } else { AmountError::Unexpected });
    };
    let (before, after) = (&text[..first], &text[last + 1..]);
    let (after, point_after) = point_after(after);
    let is_accounted = before.contains('(') && !before.contains(')');
    if is_accounted || before.contains('-') || after.starts_with('-') || after.ends_with('-') {
        return Err(AmountError::Negative);
    }
    let (before, point_before) = point_before(before)?;
    let before = before.replacen('+', " ", 1);
    let (Some(before), Some(after)) = (signs::read(&before, Place::Before), signs::read(after, Place::After)) else {
        return Err(AmountError::Unexpected);
    };
    let number = marks(&text[first..=last])?;
    let marks: Vec<_> = point_before.into_iter().chain(number).chain(point_after).collect();
    let (whole, decimals) = split(&marks)?;
    let units = units(&whole, &decimals)?;
    // Thousands and three decimals are written alike.
    let (has_mills, is_short) = (before.has_mills || after.has_mills, whole.len() <= 6);
    let points = marks.iter().filter(|mark| matches!(mark, Mark::Point(_))).count();
    if has_mills && is_short && points == 1 && decimals.is_empty() && point_after.is_none() {
        return Err(AmountError::ThreeDecimals(Thousands(units)));
    }
    Ok(units)
}

/// The text without the quotes around it, which tables are exported with.
fn unquoted(text: &str) -> &str {
    let pairs = [('"', '"'), ('\'', '\''), ('“', '”'), ('„', '“'), ('«', '»')];
    pairs.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close)).map_or(text, str::trim)
}

/// Takes off a separator right before the first digit, where it begins the decimals.
fn point_before(before: &str) -> Result<(&str, Option<Mark>), AmountError> {
    let Some(last) = before.chars().next_back().filter(|c| point(*c).is_some()) else { return Ok((before, None)) };
    let rest = &before[..before.len() - last.len_utf8()];
    if signs::ends_dotted(before) {
        // The full stop of an abbreviation: `Rs.500`.
        Ok((before, None))
    } else if rest.ends_with(char::is_alphabetic) {
        Err(AmountError::Ambiguous)
    } else {
        Ok((rest, point(last)))
    }
}

/// Takes off a separator right behind the last digit, or a mark for no cents: `,-` `.–` `:-` `/-`.
fn point_after(after: &str) -> (&str, Option<Mark>) {
    let after = after.trim_start();
    let Some(first) = after.chars().next() else { return (after, None) };
    let rest = after[first.len_utf8()..].trim_start();
    let behind_dashes = rest.trim_start_matches(['-', '=', '_']);
    let has_dashes = behind_dashes.len() < rest.len();
    match (first, point(first)) {
        ('/', _) if has_dashes => (behind_dashes, None),
        (':' | ';', _) | (_, Some(_)) if has_dashes => (behind_dashes.trim_start_matches('/'), Some(Mark::Decimal)),
        (_, Some(point)) => (rest, Some(point)),
        _ => (after, None),
    }
}

fn point(c: char) -> Option<Mark> {
    match c {
        '.' | ',' | '·' => Some(Mark::Point(c)),
        '٫' => Some(Mark::Decimal),
        _ => None,
    }
}

fn marks(number: &str) -> Result<Vec<Mark>, AmountError> {
    number.chars().map(mark).collect()
}

fn mark(c: char) -> Result<Mark, AmountError> {
    if let Some(mark) = point(c) {
        return Ok(mark);
    }
    match c {
        '0'..='9' => Ok(Mark::Digit(c as u8 - b'0')),
        '\'' | '_' | '٬' | ' ' => Ok(Mark::Group(c)),
        c if signs::is_symbol(c) => Ok(Mark::Symbol),
        '-' | ';' | '/' | '&' => Err(AmountError::Several),
        _ => Err(AmountError::Unexpected),
    }
}

fn units(whole: &[u8], decimals: &[u8]) -> Result<u64, AmountError> {
    let (cents, more) = decimals.split_at(decimals.len().min(2));
    if more.iter().any(|digit| *digit != 0) {
        return Err(AmountError::TooPrecise);
    }
    let cents = [cents.first(), cents.get(1)].map(|digit| digit.copied().unwrap_or(0));
    let digits = whole.iter().copied().chain(cents);
    let add = |units: u64, digit: u8| units.checked_mul(10)?.checked_add(digit.into());
    digits.into_iter().try_fold(0, add).ok_or(AmountError::TooLarge)
}

/// Splits into whole digits and decimals, and checks that the groups are groups.
fn split(marks: &[Mark]) -> Result<(Vec<u8>, Vec<u8>), AmountError> {
    let is_separator = |mark: &Mark| !matches!(mark, Mark::Digit(_));
    let Some(last) = marks.iter().rposition(is_separator) else { return Ok((digits(marks), Vec::new())) };
    let (whole, kind, decimals) = (&marks[..last], marks[last], &marks[last + 1..]);
    let is_alone = !whole.iter().any(is_separator);
    // A first group has one to three digits and no leading zero: 0.125 and 1250.500 are fractions.
    let is_no_group = is_alone && (matches!(whole, [Mark::Digit(0), ..] | []) || whole.len() > 3);
    let is_decimal = match kind {
        Mark::Decimal => true,
        Mark::Symbol if decimals.len() != 2 => return Err(AmountError::Unexpected),
        Mark::Symbol => true,
        Mark::Point(_) if whole.contains(&kind) => false,
        // Three digits behind the only separator can only be thousands: decimals are two.
        Mark::Point(_) => !is_alone || is_no_group || decimals.len() != 3,
        _ => false,
    };
    if !is_decimal {
        check_groups(marks)?;
        return Ok((digits(marks), Vec::new()));
    }
    // Zeros may follow two decimals. Four digits may be a group, too, as in East Asia.
    if decimals.len() > 3 && is_alone && !is_no_group {
        return Err(AmountError::TooPrecise);
    }
    check_groups(whole)?;
    Ok((digits(whole), digits(decimals)))
}

fn digits(marks: &[Mark]) -> Vec<u8> {
    marks.iter().filter_map(|mark| if let Mark::Digit(digit) = mark { Some(*digit) } else { None }).collect()
}

/// One kind of separator; groups of three, or of two before a last group of three (as in India).
fn check_groups(marks: &[Mark]) -> Result<(), AmountError> {
    let separators = || marks.iter().filter(|mark| !matches!(mark, Mark::Digit(_)));
    let Some(&kind) = separators().next() else { return Ok(()) };
    let groups: Vec<&[Mark]> = marks.split(|mark| *mark == kind).collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let [first, middle @ .., end] = &lengths[..] else { return Err(AmountError::Ambiguous) };
    let threes = middle.iter().all(|n| *n == 3) && (1..=3).contains(first);
    let indian = middle.iter().all(|n| *n == 2) && (1..=2).contains(first);
    let is_whole = *end == 3 && (threes || indian) && marks.first() != Some(&Mark::Digit(0));
    let may_group = matches!(kind, Mark::Point(_) | Mark::Group(_));
    if is_whole && may_group && separators().all(|mark| *mark == kind) { Ok(()) } else { Err(AmountError::Ambiguous) }
}
