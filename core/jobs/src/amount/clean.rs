//! A typed text in few characters: digits of every script become 0 to 9, dashes a hyphen, and
//! invisible characters disappear.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use zeroize::Zeroizing;

use super::AmountError;

pub(super) fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// The text in few characters, without spaces at its ends and two in a row.
///
/// # Errors
/// [`AmountError::Several`] where digits stand in two lines or cells; [`AmountError::Unexpected`]
/// where a control character shows the text in another order than the one in which it is read.
pub(super) fn cleaned(text: &str) -> Result<Zeroizing<String>, AmountError> {
    if text.split(is_break).filter(|part| part.chars().any(|c| digit(c).is_some())).count() > 1 {
        return Err(AmountError::Several);
    }
    let mut clean = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.chars() {
        if c == '\u{202E}' {
            return Err(AmountError::Unexpected);
        }
        let c = plain(c);
        if is_invisible(c) || c == ' ' && (clean.is_empty() || clean.ends_with(' ')) {
            continue;
        }
        clean.push(c);
    }
    let end = clean.trim_end().len();
    clean.truncate(end);
    Ok(clean)
}

/// The end of a line, or of a cell of a table.
fn is_break(c: char) -> bool {
    matches!(c, '\t'..='\r' | '|' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_invisible(c: char) -> bool {
    category(c) == GeneralCategory::Format || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// One character, or the plain one that it stands for.
fn plain(c: char) -> char {
    if let Some(digit) = digit(c) {
        return char::from(b'0' + digit);
    }
    match c {
        // Fullwidth forms, in the order of ASCII.
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '。' | '｡' | '﹒' => '.',
        '、' | '､' | '،' | '⹁' | '‚' | '﹐' | '﹑' => ',',
        '’' | '‘' | '‛' | 'ʼ' | 'ʻ' | '´' | '`' | '′' | 'ʹ' | '˙' => '\'',
        '￠' => '¢',
        '﹙' => '(',
        '﹚' => ')',
        '﹢' => '+',
        '−' | '⁻' | '₋' | '➖' | '˗' => '-',
        c if c.is_whitespace() || is_break(c) => ' ',
        c if category(c) == GeneralCategory::DashPunctuation => '-',
        c => c,
    }
}

/// The decimal digits of every script.
fn digit(c: char) -> Option<u8> {
    let is_digit = |code: &u32| char::from_u32(*code).is_some_and(|c| category(c) == GeneralCategory::DecimalNumber);
    if c.is_ascii_digit() {
        return Some(c as u8 - b'0');
    }
    // Unicode has them ten by ten, the zero first.
    let run = (0..=u32::from(c)).rev().take_while(is_digit).count();
    (run > 0).then(|| ((run - 1) % 10) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        let of = |zero: char| (0..10).map(move |n| char::from_u32(zero as u32 + n).unwrap());
        let zeros =
            ['٠', '۰', '߀', '०', '০', '๐', '༠', '០', '᠐', '᱐', '꘠', '０', '𑁦', '𞥐', '𝟎', '𝟘', '𝟢', '𝟬', '𝟶', '🯰'];
        for zero in zeros {
            assert_eq!(of(zero).filter_map(digit).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>(), "{zero}");
        }
        let others = ['²', '½', '①', '五', 'Ⅴ', 'a', '\u{9}'];
        assert_eq!(others.map(digit), [None; 7], "numbers that are no digits");
    }
}
