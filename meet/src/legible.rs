//! Normalises text to what a person sees, whatever programs it passed through.

/// The zero of each script whose decimal digits people write.
const ZEROS: [char; 20] =
    ['٠', '۰', '߀', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐', '０', '𝟎'];

/// Removes characters without width and Markdown's backslashes; writes fullwidth digits and
/// letters, digits of other scripts, and hyphens other than the keyboard's as ASCII; and makes
/// every blank a space or a line feed.
pub(crate) fn legible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|&next| "_-.#*~|()[]<>!".contains(next)) => {}
            '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if c.is_whitespace() || c == '\u{2800}' => out.push(' '),
            c if is_invisible(c) => {}
            c => out.push(as_ascii(c)),
        }
    }
    out
}

/// Tells whether a character is invisible: format characters, variation selectors, fillers and
/// controls.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffc}' | '\u{e0000}'..='\u{e0fff}')
}

fn as_ascii(c: char) -> char {
    let folded = match c {
        '\u{2010}'..='\u{2012}' | '\u{2043}' | '\u{2212}' | '\u{2d7}' | '\u{fe63}' => Some('-'),
        // All of them are letters and signs, except '０'..='９', which are also among the digits.
        '！'..='～' => char::from_u32(c as u32 - 0xfee0),
        _ if c.is_ascii() => None,
        _ => ZEROS.into_iter().find_map(|zero| {
            let value = (c as u32).checked_sub(zero as u32).filter(|value| *value < 10)?;
            char::from_digit(value, 10)
        }),
    };
    folded.unwrap_or(c)
}

/// Resolves `%2E` and its like once; `None` if that changes nothing or gives no text.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        match after {
            [high, low, after @ ..] if *first == b'%' => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = after;
                    continue;
                }
                _ => out.push(*first),
            },
            _ => out.push(*first),
        }
        rest = after;
    }
    let decoded = out.len() < bytes.len();
    String::from_utf8(out).ok().filter(|_| decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_becomes_alike() {
        for (text, seen) in [
            ("７－ｃｏｐｐｅｒ", "7-copper"),
            ("٧ ۷ ७ ৭ ๗ ７ 𝟕", "7 7 7 7 7 7 7"),
            ("7\u{2010}a\u{2011}b\u{2212}c", "7-a-b-c"),
            ("a\u{200b}b\u{ad}c\u{feff}d\u{202e}e\u{2066}f\u{fe0f}", "abcdef"),
            ("a\u{a0}b\u{3000}c\u{2028}d\r\ne", "a b c\nd \ne"),
            (r"a\_b\-c \d", r"a_b-c \d"),
            ("漢字 é — – …", "漢字 é — – …"),
        ] {
            assert_eq!(legible(text), seen, "{text:?}");
        }
    }

    #[test]
    fn percent_signs_are_resolved_once() {
        assert_eq!(percent_decoded("a%2Eb%20%e3%80%82").as_deref(), Some("a.b 。"));
        assert_eq!(percent_decoded("%2523").as_deref(), Some("%23"));
        for same in ["", "a", "100%", "%2", "%zz", "%ff", "50% off"] {
            assert_eq!(percent_decoded(same), None, "{same}");
        }
    }
}
