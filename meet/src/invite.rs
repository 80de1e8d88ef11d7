//! The invite: what one person gives the other, outside Tacit.
//!
//! One invite has two forms that open the same room. The link carries 128 bits in its fragment, which browsers do not
//! send to servers. The code is short enough to say; its two words carry 22 bits, so whoever came with it must confirm
//! the verification words. See `pake` for why 22 bits suffice.

use tacit_session::{Code, Fault};
use tacit_signaling_messages::Room;

use crate::Entropy;
use crate::pake::Method;
use crate::secret::{LinkSecret, SpokenSecret};
use crate::words;

/// The host's side of an invite. Not `Debug`, not `Clone`; forgotten on drop.
pub struct Invite {
    room: Room,
    link: LinkSecret,
    spoken: SpokenSecret,
}

impl Invite {
    /// Fresh secrets for a room that the server has opened.
    #[must_use]
    pub fn new(room: Room, entropy: &mut impl Entropy) -> Self {
        Self { room, link: LinkSecret::new(entropy), spoken: SpokenSecret::new(entropy) }
    }

    /// The room's number. Not secret.
    #[must_use]
    pub fn room(&self) -> Room {
        self.room
    }

    /// `{origin}/#7.<22 characters>`; `origin` may end in a slash or a path. **Secret**: show it, do not log it.
    #[must_use]
    pub fn link(&self, origin: &str) -> String {
        address(origin, self.room, &self.link)
    }

    /// `7-copper-violin`. **Secret**: show it, do not log it.
    #[must_use]
    pub fn code(&self) -> String {
        format!("{}-{}", self.room.0, self.spoken.speak())
    }

    pub(crate) fn password(&self, method: Method) -> &[u8] {
        match method {
            Method::Link => self.link.password(),
            Method::Code => self.spoken.password(),
        }
    }
}

/// What the owner of a door gives to as many as she likes: a link that may be used again. Not `Debug`, not `Clone`; forgotten on
/// drop.
///
/// There is no code to it: its two words would stand against one guess, and here everybody who comes has one.
pub struct DoorInvite {
    room: Room,
    link: LinkSecret,
}

impl DoorInvite {
    /// For the door with this number.
    #[must_use]
    pub fn new(room: Room, secret: LinkSecret) -> Self {
        Self { room, link: secret }
    }

    /// The door's number. Not secret.
    #[must_use]
    pub fn room(&self) -> Room {
        self.room
    }

    /// Like [`Invite::link`]. Whoever has it can come in.
    #[must_use]
    pub fn link(&self, origin: &str) -> String {
        address(origin, self.room, &self.link)
    }

    pub(crate) fn password(&self) -> &[u8] {
        self.link.password()
    }
}

fn address(origin: &str, room: Room, secret: &LinkSecret) -> String {
    format!("{}/#{}.{}", origin.trim_end_matches('/'), room.0, secret.encode())
}

/// The guest's side: the room, and the one secret that reached them. Not `Debug`, not `Clone`; forgotten on drop.
pub struct GuestInvite {
    room: Room,
    key: Key,
}

enum Key {
    Link(LinkSecret),
    Spoken(SpokenSecret),
}

impl GuestInvite {
    /// Reads a whole link, its fragment, or a typed code.
    ///
    /// Forgiving where nothing is lost: surrounding text and white space, line breaks inside a link, any case, spaces or
    /// any dashes between the words, words cut to where they are unique (four letters always suffice).
    ///
    /// # Errors
    /// [`Code::InviteMalformed`] for everything else. The detail says which part, never the text itself.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match text.split_once('#') {
            Some((_, fragment)) => in_fragment(fragment),
            None => in_fragment(text),
        }
    }

    /// The room to enter. Not secret.
    #[must_use]
    pub fn room(&self) -> Room {
        self.room
    }

    /// Whether this came as a link or as a code.
    #[must_use]
    pub fn method(&self) -> Method {
        match self.key {
            Key::Link(_) => Method::Link,
            Key::Spoken(_) => Method::Code,
        }
    }

    pub(crate) fn password(&self) -> &[u8] {
        match &self.key {
            Key::Link(secret) => secret.password(),
            Key::Spoken(secret) => secret.password(),
        }
    }
}

fn in_fragment(text: &str) -> Result<GuestInvite, Fault> {
    let text = text.trim_matches(blank);
    // A link that stands in a sentence ends at a blank; one that a mail program broke goes on after it.
    let token = text.split(blank).next().unwrap_or_default();
    if let Some(invite) = link(token) {
        return Ok(invite);
    }
    let joined: String = text.chars().filter(|&c| !blank(c)).collect();
    match link(&joined) {
        Some(invite) => Ok(invite),
        None => code(text),
    }
}

/// `7.<22 characters>`, with punctuation after it at most.
fn link(text: &str) -> Option<GuestInvite> {
    let (room, rest) = text.split_once('.')?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(rest.len());
    let (secret, after) = rest.split_at(end);
    if after.contains(|c: char| c.is_alphanumeric()) {
        return None;
    }
    Some(GuestInvite { room: number(room)?, key: Key::Link(LinkSecret::decode(secret)?) })
}

/// A number and two words.
fn code(text: &str) -> Result<GuestInvite, Fault> {
    let malformed = |what: &str| Err(Fault::new(Code::InviteMalformed, what));
    let mut parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let Some(room) = parts.next().and_then(number) else {
        return malformed("it does not begin with a number");
    };
    let (Some(first), Some(second), None) = (parts.next(), parts.next(), parts.next()) else {
        return malformed("a code is a number and two words, a link has 22 characters after the dot");
    };
    match (words::index_of(first), words::index_of(second)) {
        (Some(a), Some(b)) => Ok(GuestInvite { room, key: Key::Spoken(SpokenSecret::from_indices(a, b)) }),
        (None, _) => malformed("the first word is not on the list"),
        (_, None) => malformed("the second word is not on the list"),
    }
}

fn number(text: &str) -> Option<Room> {
    // `parse` alone would also take a sign.
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok().map(Room)).flatten()
}

/// White space, and the characters of no width that come along when a link is copied.
fn blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seeded;
    use proptest::prelude::*;

    fn invite(seed: u64) -> Invite {
        Invite::new(Room(7), &mut Seeded::new(seed))
    }

    #[test]
    fn links_and_codes_have_the_documented_form() {
        let invite = invite(1);
        let link = invite.link("https://tacit.example/");
        let secret = link.strip_prefix("https://tacit.example/#7.").unwrap();
        assert_eq!(secret.len(), 22);
        let code = invite.code();
        let parts: Vec<&str> = code.split('-').collect();
        assert_eq!((parts.len(), parts[0]), (3, "7"));
        assert!(parts[1..].iter().all(|word| words::index_of(word).is_some()));
    }

    #[test]
    fn a_link_is_read_however_it_was_copied() {
        let invite = invite(2);
        let link = invite.link("https://tacit.example/sub");
        let (head, tail) = link.split_at(link.len() - 9);
        let fragment = link.split_once('#').unwrap().1;
        for text in [
            link.clone(),
            format!("  {link}\n"),
            format!("<{link}>"),
            format!("Join me: {link}. See you"),
            format!("{head}\r\n  {tail}"),
            format!("{head}\u{200b}{tail}"),
            fragment.to_owned(),
            format!("#{fragment}"),
        ] {
            let guest = GuestInvite::parse(&text).unwrap();
            assert_eq!((guest.room(), guest.method()), (Room(7), Method::Link), "{text}");
            assert_eq!(guest.password(), invite.password(Method::Link), "{text}");
        }
    }

    #[test]
    fn a_code_is_read_however_it_was_typed() {
        let expect = SpokenSecret::from_indices(words::index_of("copper").unwrap(), words::index_of("violin").unwrap());
        for text in [
            "7-copper-violin",
            "7 copper violin",
            " 07 – Copper — VIOLIN. ",
            "7. copper, violin",
            "7-copp-viol",
            "7\u{2011}copp\u{2011}viol",
            "https://tacit.example/#7-copper-violin",
        ] {
            let guest = GuestInvite::parse(text).unwrap();
            assert_eq!((guest.room(), guest.method()), (Room(7), Method::Code), "{text}");
            assert_eq!(guest.password(), expect.password(), "{text}");
        }
    }

    #[test]
    fn what_is_no_invite_is_refused_without_repeating_it() {
        let whole = invite(3).link("https://tacit.example");
        let mut cases: Vec<String> = (0..whole.len()).map(|n| whole[..n].to_owned()).collect();
        cases.extend(
            [
                "7-copper",
                "7-copper-violin-violin",
                "copper-violin",
                "7-copper-vio1in",
                "7-co-violin",
                "4294967296-copper-violin",
                "-7-copper-viol1n",
                "+7.AAAAAAAAAAAAAAAAAAAAAA",
                "7.AAAAAAAAAAAAAAAAAAAAAAA",
                // The last character of 22 carries four bits that must be zero: one secret, one spelling.
                "7.AAAAAAAAAAAAAAAAAAAAAB",
                "https://tacit.example/#",
                "https://tacit.example/",
            ]
            .map(str::to_owned),
        );
        for text in cases {
            let fault = GuestInvite::parse(&text).err().unwrap_or_else(|| panic!("{text:?} was taken"));
            assert_eq!(fault.code, Code::InviteMalformed);
            assert!(!fault.detail.unwrap_or_default().contains("copper"));
        }
    }

    proptest! {
        #[test]
        fn both_forms_lead_to_the_same_secret(seed: u64, room: u32) {
            let invite = Invite::new(Room(room), &mut Seeded::new(seed));
            let by_link = GuestInvite::parse(&invite.link("http://localhost:8080")).unwrap();
            let by_code = GuestInvite::parse(&invite.code()).unwrap();
            prop_assert_eq!((by_link.room(), by_code.room()), (Room(room), Room(room)));
            prop_assert_eq!(by_link.password(), invite.password(Method::Link));
            prop_assert_eq!(by_code.password(), invite.password(Method::Code));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = GuestInvite::parse(&text);
        }
    }
}
