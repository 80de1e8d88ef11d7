//! Finds an invite in a text, as chat programs, mail programs and people leave it.
//!
//! A link is recognised by its end: a number, a dot and 22 characters of base64url. The text before
//! the `#` names the server. A code is a number and two words of the list. Other text may surround
//! both. Ambiguous text is refused: a wrong guess would use the invite up.

use tacit_session::{Code, Fault};
use tacit_signaling_messages::Room;

use crate::address::Address;
use crate::legible::{legible, percent_decoded};
use crate::secret::{LinkSecret, SpokenSecret};
use crate::words;

/// The invite that a text contains.
pub(crate) struct Found {
    pub(crate) room: Room,
    pub(crate) key: Key,
    pub(crate) address: Option<Address>,
}

pub(crate) enum Key {
    Link(LinkSecret),
    Spoken(SpokenSecret),
}

/// The number of characters in a link's secret.
const WHOLE: usize = 22;

/// How many times a link may have been wrapped into another one.
const WRAPPINGS: usize = 3;

/// From this many characters on, text after a number and a dot was meant as a link's secret.
const LINK_LIKE: usize = 8;

/// Reads a whole link, its fragment, or a typed code.
///
/// # Errors
/// [`Code::InviteMalformed`], and which part is wrong; the text itself is not repeated.
pub(crate) fn read(text: &str) -> Result<Found, Fault> {
    let malformed = |what: String| Fault::new(Code::InviteMalformed, what);
    let mut links = Links::default();
    let joined = [line_joined(text, 1), line_joined(text, 2), blank_joined(text)];
    for text in [Some(text.to_owned())].into_iter().chain(joined).flatten() {
        links.look(&text, 0);
        if !links.found.is_empty() {
            let mut found = links.only().map_err(malformed)?;
            if found.address.is_none() {
                // A blank may stand between the address and its `#`.
                found.address = server_beside(&legible(&text)).map_err(|why| malformed(why.into()))?.0;
            }
            return Ok(found);
        }
    }
    let trouble = match links.trouble {
        Some(trouble) if links.is_unclear => return Err(malformed(trouble)),
        trouble => trouble,
    };
    let decoded = std::iter::successors(Some(text.to_owned()), |text| percent_decoded(text)).take(WRAPPINGS + 1).last();
    code(decoded.as_deref().unwrap_or(text)).map_err(|NoCode { near, why }| {
        let is_link = near < NoCode::HAS_WORDS && (text.contains('#') || text.contains("://"));
        let why = if is_link { "what follows # in the link is missing; copy it again, whole" } else { why };
        malformed(trouble.unwrap_or_else(|| why.into()))
    })
}

/// Removes the first `breaks` line breaks after the `#`, which mail programs insert into long
/// links, and the quotation marks of a reply.
fn line_joined(text: &str, breaks: usize) -> Option<String> {
    let (head, rest) = at_fragment(text);
    let mut lines = rest.trim().splitn(breaks + 2, '\n');
    // In e-mail's and Markdown's source a sign stands before a line break that is none.
    let without_end = |line: &str| line.trim_end().trim_end_matches(['=', '\\']).to_owned();
    let mut joined = head.to_owned() + &without_end(lines.next()?);
    for _ in 0..breaks {
        joined += &without_end(lines.next()?.trim_start_matches([' ', '\t', '>']));
    }
    lines.for_each(|rest| joined = format!("{joined}\n{rest}"));
    Some(joined)
}

/// Removes the few blanks after the `#` if no other text follows: an input field turns line breaks
/// into blanks.
fn blank_joined(text: &str) -> Option<String> {
    let (head, rest) = at_fragment(text);
    let pieces: Vec<&str> = rest.split_whitespace().collect();
    (2..=3).contains(&pieces.len()).then(|| head.to_owned() + &pieces.concat())
}

/// Splits the text after its first `#`.
fn at_fragment(text: &str) -> (&str, &str) {
    text.split_at(text.find('#').map_or(0, |at| at + 1))
}

/// The links in a text.
#[derive(Default)]
struct Links {
    found: Vec<Found>,
    /// The error in the first text that looks like a link.
    trouble: Option<String>,
    /// Set if a link is whole, but it is ambiguous which server it is for.
    is_unclear: bool,
}

impl Links {
    /// Searches a text that was wrapped `wrapped` times.
    fn look(&mut self, text: &str, wrapped: usize) {
        for token in legible(text).split(is_border) {
            let before = self.found.len();
            // A filter of e-mail puts a link behind its own address as it is.
            let token = token.split_once("/v3/__").map_or(token, |(_, inner)| inner);
            // `#` in the source of an e-mail.
            let source = if token.contains("://") && !token.contains('#') { "=23" } else { "#" };
            match token.split_once(source) {
                Some((address, fragment)) => self.look_after(address, fragment, wrapped),
                None => self.scan(token, None, wrapped),
            }
            if self.found.len() == before
                && wrapped < WRAPPINGS
                && let Some(inner) = percent_decoded(token)
            {
                self.look(&inner, wrapped + 1);
            }
        }
    }

    /// Searches the text after the first `#` of a link.
    fn look_after(&mut self, address: &str, fragment: &str, wrapped: usize) {
        let mut fragment = fragment.to_owned();
        for _ in 0..=WRAPPINGS {
            let before = self.found.len();
            self.scan(&fragment, Some(address), wrapped);
            match percent_decoded(&fragment) {
                Some(decoded) if self.found.len() == before => fragment = legible(&decoded),
                _ => return,
            }
        }
    }

    /// Takes every room and secret in the text. Without an `address`, the text before them is the
    /// address.
    fn scan(&mut self, text: &str, address: Option<&str>, wrapped: usize) {
        for (dot, _) in text.match_indices('.') {
            let head = &text[..dot];
            let before = head.trim_end_matches(|c: char| c.is_ascii_digit());
            let number = &head[before.len()..];
            // In “%237.” the number is the end of an encoded character.
            if number.is_empty() || before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '%') {
                continue;
            }
            let secret = match secret(&text[dot + 1..]) {
                Ok(secret) => secret,
                // More becomes legible when the encoding is resolved.
                Err(Wrong::Encoded) => continue,
                Err(Wrong::Length(run)) if run < LINK_LIKE && address.is_none() => continue,
                Err(wrong) => {
                    self.trouble.get_or_insert_with(|| wrong.said());
                    continue;
                }
            };
            match (number.parse(), named(address, before, wrapped > 0)) {
                (Ok(room), Ok(address)) => self.found.push(Found { room: Room(room), key: Key::Link(secret), address }),
                (Ok(_), Err(why)) => {
                    self.is_unclear = true;
                    self.trouble.get_or_insert_with(|| why.into());
                }
                (Err(_), _) => drop(self.trouble.get_or_insert_with(|| TOO_LARGE.into())),
            }
        }
    }

    /// Returns the only link, which may occur several times.
    fn only(self) -> Result<Found, String> {
        let mut all = self.found.into_iter();
        let mut only = all.next().ok_or("there is no link in it")?;
        for other in all {
            if only.room != other.room || !only.key.is(&other.key) {
                return Err("there are two different links in it; take one".into());
            }
            match (&only.address, other.address) {
                (Some(mine), Some(theirs)) if !mine.is_at(theirs.host()) => {
                    return Err("the link stands in it for two different servers".into());
                }
                (Some(mine), _) if mine.secure().is_some() => {}
                (_, None) => {}
                (_, theirs) => only.address = theirs,
            }
        }
        Ok(only)
    }
}

/// Returns the server that a link names: before its `#`, or, if there are several, in the text
/// before the last one.
fn named(address: Option<&str>, before: &str, innermost: bool) -> Result<Option<Address>, &'static str> {
    let Some(address) = address else { return Address::of(before, innermost) };
    let inner = match before.rsplit_once('#') {
        Some((inner, _)) => inner,
        None if before.contains("://") => before,
        None => return Address::of(address, innermost),
    };
    Address::of(inner, innermost)?.map_or_else(|| Address::of(address, innermost), |inner| Ok(Some(inner)))
}

impl Key {
    fn is(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Link(mine), Key::Link(theirs)) => mine.password() == theirs.password(),
            _ => false,
        }
    }
}

const TOO_LARGE: &str = "the number in front is too large";

/// Tells whether a character ends a link on either side, besides characters that cannot be part of
/// it.
fn is_border(c: char) -> bool {
    c == ' ' || c == '\n' || "<>\"'`“”„‟‘’‚‛«»‹›(){}|「」『』【】〈〉《》〔〕｢｣".contains(c)
}

/// The error in a secret.
enum Wrong {
    /// A percent sign follows, which encodes more characters.
    Encoded,
    /// The number of characters is wrong.
    Length(usize),
    /// The last character is not one that ends a secret.
    Last,
    /// It contains a long dash, in place of several short ones.
    Dash,
}

impl Wrong {
    fn said(&self) -> String {
        match self {
            Self::Length(0) => "what follows the dot in the link is missing; copy it again, whole".into(),
            Self::Length(run) if *run < WHOLE => {
                format!("the link has {run} of the {WHOLE} characters after its dot; copy it again, whole")
            }
            Self::Length(run) => {
                format!(
                    "the link has {run} characters after its dot, and {WHOLE} belong there; leave out what follows them"
                )
            }
            Self::Encoded | Self::Last => {
                "the last character of the link is not the one that it had; copy it again".into()
            }
            Self::Dash => "a long dash stands in the link where short ones were; copy it from where it was made".into(),
        }
    }
}

/// Returns the secret of 22 characters at the beginning of a text. A link's last character is `A`,
/// `Q`, `g` or `w`, so dashes and underscores after it are not part of it.
fn secret(text: &str) -> Result<LinkSecret, Wrong> {
    let is_own = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let (run, after) = text.split_at(text.find(|c| !is_own(c)).unwrap_or(text.len()));
    if after.starts_with('%') && percent_decoded(after).is_some() {
        return Err(Wrong::Encoded);
    }
    let (own, rest) = run.split_at(run.len().min(WHOLE));
    if own.len() == WHOLE {
        let is_over = rest.chars().all(|c| c == '-' || c == '_');
        return if is_over { LinkSecret::decode(own).ok_or(Wrong::Last) } else { Err(Wrong::Length(run.len())) };
    }
    let is_long = |c: char| matches!(c, '–' | '—' | '―');
    let end = text.find(|c| !is_own(c) && !is_long(c)).unwrap_or(text.len());
    let dashed = text[..end].trim_end_matches(is_long);
    if !dashed.contains(is_long) {
        return Err(Wrong::Length(run.len()));
    }
    // Programs turn two or three short dashes into one long one; the length tells how many there
    // were.
    let mut whole = None;
    for (em, en) in [1, 2, 3].into_iter().flat_map(|em| [(em, 1), (em, 2)]) {
        let short = |c: char| match c {
            '–' => "--".get(..en).unwrap_or_default().to_owned(),
            c if is_long(c) => "---".get(..em).unwrap_or_default().to_owned(),
            c => c.to_string(),
        };
        let read: String = dashed.chars().map(short).collect();
        if read.len() == WHOLE && LinkSecret::decode(&read).is_some() {
            if whole.as_ref().is_some_and(|other| *other != read) {
                return Err(Wrong::Dash);
            }
            whole = Some(read);
        }
    }
    whole.as_deref().and_then(LinkSecret::decode).ok_or(Wrong::Dash)
}

/// The reason why there is no code in a text, and how close the text comes to one.
struct NoCode {
    near: u8,
    why: &'static str,
}

impl NoCode {
    /// At least one word follows the number.
    const HAS_WORDS: u8 = 2;
    const MOST: u8 = 5;

    fn new(near: u8, why: &'static str) -> Self {
        Self { near, why }
    }
}

/// Strips the border behind a piece of a text.
fn bare(token: &str) -> &str {
    token.trim_end_matches(is_border)
}

/// Finds the one server that a legible text names. Returns the text without its address, too.
fn server_beside(text: &str) -> Result<(Option<Address>, String), &'static str> {
    let (mut said, mut address) = (String::with_capacity(text.len()), None::<Address>);
    for token in text.split_inclusive(is_border) {
        let is_address = |text: &str| text.contains("://") || text.contains('.') && text.ends_with('/');
        let (before, after) = match token.split_once('#') {
            Some((_, tagged)) if is_address(bare(tagged)) => (bare(tagged), ""),
            Some(parts) => parts,
            None if is_address(bare(token)) => (bare(token), ""),
            None => ("", token),
        };
        let new = Address::of(before, false)?;
        if let (Some(new), Some(old)) = (&new, &address)
            && !new.is_at(old.host())
        {
            return Err("there are addresses of two servers in it");
        }
        address = new.or(address);
        said += after;
    }
    Ok((address, said))
}

/// Finds a number and two words in a text, and the server of the link in it.
fn code(text: &str) -> Result<Found, NoCode> {
    let (address, said) = server_beside(&legible(text)).map_err(|why| NoCode::new(NoCode::MOST, why))?;
    let (room, [first, second]) = spoken(&said)?;
    Ok(Found { room, key: Key::Spoken(SpokenSecret::from_indices(first, second)), address })
}

/// A run of ASCII letters or of digits, and what is in front of it.
struct Atom<'a> {
    gap: &'a str,
    text: &'a str,
    is_number: bool,
}

/// Returns the atoms of a text, and the text after the last one.
fn atoms(text: &str) -> (Vec<Atom<'_>>, &str) {
    let (mut atoms, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let (gap, run) = rest.split_at(start);
        let is_number = run.starts_with(|c: char| c.is_ascii_digit());
        let ends = |c: char| !c.is_ascii_alphanumeric() || c.is_ascii_digit() != is_number;
        let (text, after) = run.split_at(run.find(ends).unwrap_or(run.len()));
        atoms.push(Atom { gap, text, is_number });
        rest = after;
    }
    (atoms, rest)
}

/// Finds the only number with two words in a text.
fn spoken(text: &str) -> Result<(Room, [u16; 2]), NoCode> {
    let (atoms, end) = atoms(text);
    let mut none = NoCode::new(0, "a code is a number and two words, and a link has 22 characters after its dot");
    let mut found = None;
    for at in (0..atoms.len()).filter(|&at| atoms[at].is_number) {
        match spoken_at(&atoms, at, end) {
            Ok(this) if found.is_none_or(|other| other == this) => found = Some(this),
            Ok(_) => return Err(NoCode::new(NoCode::MOST, "there are two different codes in it; take one")),
            Err(why) if why.near > none.near => none = why,
            Err(_) => {}
        }
    }
    let has_words = |pair: &[Atom<'_>]| pair.iter().all(|atom| words::index_of(atom.text).is_some());
    if found.is_none() && none.near < NoCode::HAS_WORDS && atoms.windows(2).any(has_words) {
        none = NoCode::new(NoCode::HAS_WORDS, "the number in front of the words is missing");
    }
    found.ok_or(none)
}

/// Reads the code that begins with this atom, a number.
fn spoken_at(atoms: &[Atom<'_>], at: usize, end: &str) -> Result<(Room, [u16; 2]), NoCode> {
    const NO_FIRST: &str = "the first word after the number is not on the list";
    const NO_SECOND: &str = "the second word after the number is not on the list";
    let wrong = |near, why| Err(NoCode::new(near, why));
    let gap_at = |at: usize| atoms.get(at).map_or(end, |atom| atom.gap);
    let is_apart = |at: usize| at == 0 || gap_at(at).contains([' ', '\n']);
    // A word of a cased alphabet continues with letters that are not English.
    let is_torn = |at: usize| gap_at(at).ends_with(is_cased) || gap_at(at + 1).starts_with(is_cased);
    let word = |at: usize| atoms.get(at).filter(|atom| !atom.is_number);

    let number = &atoms[at];
    let is_within_a_word = at > 0 && !atoms[at - 1].is_number && number.gap.is_empty() && !is_apart(at - 1);
    if is_within_a_word || number.gap.ends_with('%') {
        return wrong(0, "a digit stands within a word");
    }
    let Some(first) = word(at + 1) else { return wrong(1, "the two words after the number are missing") };
    if is_torn(at + 1) {
        return wrong(2, NO_FIRST);
    }
    let (words, last) = match (words::index_of(first.text), halves(first.text)) {
        (Some(first), _) => {
            let Some(second) = word(at + 2) else { return wrong(3, "the second word after the number is missing") };
            match words::index_of(second.text) {
                Some(second) if !is_torn(at + 2) => ([first, second], at + 2),
                _ => return wrong(4, NO_SECOND),
            }
        }
        (None, Some(both)) => (both, at + 1),
        (None, None) => return wrong(2, NO_FIRST),
    };
    if let Some(next) = atoms.get(last + 1) {
        if next.gap.is_empty() {
            return wrong(4, NO_SECOND);
        }
        let is_joined = next.gap.chars().all(|c| "-_–—―".contains(c));
        let goes_on = next.gap == gap_at(last) && !next.is_number && words::index_of(next.text).is_some();
        if is_joined || goes_on {
            return wrong(NoCode::MOST, "more than two words follow the number");
        }
    }
    if at > 0 && atoms[at - 1].is_number && !is_apart(at) {
        return wrong(NoCode::MOST, "it is not clear where the number begins");
    }
    match number.text.parse() {
        Ok(room) => Ok((Room(room), words)),
        Err(_) => wrong(NoCode::MOST, TOO_LARGE),
    }
}

/// Splits two joined words if there is exactly one way to do so.
fn halves(text: &str) -> Option<[u16; 2]> {
    let whole = |text: &str| words::index_of(text).filter(|&index| words::word(index).eq_ignore_ascii_case(text));
    let mut both = (1..text.len()).filter_map(|at| Some([whole(&text[..at])?, whole(&text[at..])?]));
    both.next().filter(|_| both.next().is_none())
}

/// Tells whether a character is a letter of an alphabet with upper and lower case, except English
/// ones.
fn is_cased(c: char) -> bool {
    matches!(c, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{24f}' | '\u{370}'..='\u{58f}' | '\u{1e00}'..='\u{1fff}')
}
