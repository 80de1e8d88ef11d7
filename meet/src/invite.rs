//! The invite, which one person gives to the other outside Tacit.
//!
//! One invite has two forms that open the same room. The link carries 128 bits in its fragment,
//! which browsers do not send to servers. The code is short enough to say; its two words carry 22
//! bits, so a party that used it must confirm the verification words. See `pake` for why 22 bits
//! suffice.

use tacit_session::Fault;
use tacit_signaling_messages::Room;

use crate::pake::Method;
use crate::reader::{self, Found, Key};
use crate::secret::{LinkSecret, SpokenSecret};
use crate::{Address, Entropy};

/// The host's side of an invite. Not `Debug`, not `Clone`; wiped on drop.
pub struct Invite {
    room: Room,
    link: LinkSecret,
    spoken: SpokenSecret,
}

impl Invite {
    /// Makes fresh secrets for a room that the server has opened.
    #[must_use]
    pub fn new(room: Room, entropy: &mut impl Entropy) -> Self {
        Self { room, link: LinkSecret::new(entropy), spoken: SpokenSecret::new(entropy) }
    }

    /// The room's number. Not secret.
    #[must_use]
    pub fn room(&self) -> Room {
        self.room
    }

    /// Returns `{origin}/#7.<22 characters>`; `origin` may end in a slash or a path. **Secret**:
    /// show it, do not log it.
    #[must_use]
    pub fn link(&self, origin: &str) -> String {
        address(origin, self.room, &self.link)
    }

    /// Returns `7-copper-violin`. **Secret**: show it, do not log it.
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

/// The invite that the owner of a door gives to any number of guests: a link that may be used
/// again. Not `Debug`, not `Clone`; wiped on drop.
///
/// It has no code: two words are secure against one guess, and here every guest has one.
pub struct DoorInvite {
    room: Room,
    link: LinkSecret,
}

impl DoorInvite {
    /// Makes an invite for the door with this number.
    #[must_use]
    pub fn new(room: Room, secret: LinkSecret) -> Self {
        Self { room, link: secret }
    }

    /// The door's number. Not secret.
    #[must_use]
    pub fn room(&self) -> Room {
        self.room
    }

    /// Like [`Invite::link`]. Anybody who has it can come in.
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

/// The guest's side: the room, the one secret that reached the guest, and the server that the
/// invite names. Not `Debug`, not `Clone`; wiped on drop.
pub struct GuestInvite(Found);

impl GuestInvite {
    /// Reads a whole link, its fragment, or a typed code from text that a chat program, a mail
    /// program or a person has altered.
    ///
    /// It is tolerant where nothing is lost: surrounding text, white space and invisible
    /// characters, percent signs, line breaks inside a link, any case and any dashes of a code,
    /// digits of any script, words cut to a unique prefix (four letters always suffice). Ambiguous
    /// text is refused.
    ///
    /// # Errors
    /// [`Code::InviteMalformed`](tacit_session::Code::InviteMalformed) for everything else. The
    /// detail says what is wrong, never the text itself.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        reader::read(text).map(Self)
    }

    /// The room to enter. Not secret.
    #[must_use]
    pub fn room(&self) -> Room {
        self.0.room
    }

    /// Returns the server that the link names, if it names one: the room exists only there. Not
    /// secret.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        self.0.address.as_ref()
    }

    /// Returns whether this came as a link or as a code.
    #[must_use]
    pub fn method(&self) -> Method {
        match self.0.key {
            Key::Link(_) => Method::Link,
            Key::Spoken(_) => Method::Code,
        }
    }

    pub(crate) fn password(&self) -> &[u8] {
        match &self.0.key {
            Key::Link(secret) => secret.password(),
            Key::Spoken(secret) => secret.password(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seeded;
    use crate::words;
    use proptest::prelude::*;
    use tacit_session::Code;

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

    const FRAGMENT: &str = "7.AAECAwQFBgcICQoLDA0ODw";

    /// Returns the secret that a text gives, as the link encodes it, and its server.
    fn link_in(text: &str) -> (String, Option<String>) {
        let guest = GuestInvite::parse(text).unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
        assert_eq!((guest.room(), guest.method()), (Room(7), Method::Link), "{text:?}");
        let secret = LinkSecret::decode(&FRAGMENT[2..]).unwrap();
        let is_it = guest.password() == secret.password();
        let other = guest.password().iter().map(|byte| format!("{byte:02x}")).collect();
        (if is_it { FRAGMENT.into() } else { other }, guest.address().map(|address| address.host().to_owned()))
    }

    fn whole(host: Option<&str>) -> (String, Option<String>) {
        (FRAGMENT.into(), host.map(str::to_owned))
    }

    fn refusal(text: &str) -> String {
        let fault = GuestInvite::parse(text).err().unwrap_or_else(|| panic!("{text:?} was taken"));
        assert_eq!(fault.code, Code::InviteMalformed, "{text:?}");
        let detail = fault.detail.unwrap_or_else(|| panic!("{text:?} has no reason"));
        assert!(!detail.contains("copper") && !detail.contains("AAEC"), "{text:?}: the text is not repeated");
        detail
    }

    #[test]
    fn a_link_is_read_however_it_was_copied() {
        let link = format!("https://tacit.example/#{FRAGMENT}");
        let (head, tail) = link.split_at(link.len() - 9);
        let encoded = "https%3A%2F%2Ftacit.example%2F%237.AAECAwQFBgcICQoLDA0ODw";
        for text in [
            link.clone(),
            format!("  {link}\n"),
            format!("Join me: {link}. See you"),
            format!("Let's play #tacit! {link}"),
            format!("#tacit #hash.tag {link} #7"),
            format!("see https://help.example/#top and 3.14, then {link}"),
            format!("加入：{link}。见见"),
            format!("加入{link}见见"),
            // Line breaks of mail programs, and their replacements in an input field.
            format!("{head}\r\n  {tail}"),
            format!("> {head}\r\n> {tail}\r\n> See you"),
            format!("{head} {tail}"),
            format!("https://tacit.example/#7. {}", &FRAGMENT[2..]),
            format!("{head}=\r\n{tail}"),
            format!("{head}\\\n{tail}"),
            // A blank that somebody put beside the `#`.
            format!("https://tacit.example/# {FRAGMENT}"),
            format!("https://tacit.example/ #{FRAGMENT}"),
            format!("https://tacit.example /#{FRAGMENT}"),
            format!("https://tacit.example/\n#{FRAGMENT}"),
            format!("tacit.example/ #{FRAGMENT}"),
            format!("Go to https://tacit.example, then {FRAGMENT}"),
            // An e-mail's source.
            link.replace('#', "=23"),
            format!("{}=\r\n{tail}", head.replace('#', "=23")),
            // Invisible characters.
            format!("{head}\u{200b}{tail}"),
            format!("\u{feff}{link}\u{200b}"),
            format!("\u{2068}{link}\u{2069}\u{a0}"),
            format!("{head}\u{ad}{tail}\u{fe0f}"),
            // Borders and markers.
            format!("<{link}>"),
            format!("“{link}”"),
            format!("«{link}»"),
            format!("「{link}」"),
            format!("{link}\""),
            format!("({link})"),
            format!("[{link}]({link})"),
            format!("[Join]({link} \"Tacit\")"),
            format!("<{link}|tacit.example/#{FRAGMENT}>"),
            format!("tacit.example/#{FRAGMENT}<{link}>"),
            format!("<a href=\"{link}\">{link}</a>"),
            format!("*{link}*"),
            format!("**{link}**"),
            format!("_{link}_"),
            format!("__{link}__"),
            format!("~~{link}~~"),
            format!("`{link}`"),
            format!("||{link}||"),
            format!("{link}_"),
            format!("{link}-"),
            format!("{link}—Alice"),
            link.replace('#', "\\#").replace('.', "\\."),
            // Closing punctuation.
            format!("{link}…"),
            format!("{link}。"),
            format!("{link}！"),
            format!("{link}।"),
            format!("{link}؟"),
            format!("{link}?!"),
            // Parameters that trackers add.
            format!("{link}?fbclid=IwAR0abc"),
            format!("{link}&utm_source=mail&utm_medium=7.5"),
            format!("https://tacit.example/?fbclid=IwAR0abc#{FRAGMENT}"),
            format!("https://tacit.example?path=relayed#{FRAGMENT}"),
            format!("{link}#:~:text=tacit"),
            // Percent signs, also twice.
            format!("{link}%20"),
            format!("{link}%E2%80%8B"),
            format!("{link}%22%3E"),
            format!("https://tacit.example/%23{FRAGMENT}"),
            format!("https://tacit.example/%2523{FRAGMENT}"),
            link.replace("7.A", "7%2EA"),
            link.replace("7.A", "7%252EA"),
            // Wrappers.
            encoded.to_owned(),
            format!("mailto:?subject=Tacit&body={encoded}"),
            format!("https://nam02.safelinks.protection.outlook.com/?url={encoded}&data=05%7C01%7C&reserved=0"),
            format!("https://l.facebook.com/l.php?u={encoded}&h=AT0.x"),
            format!("https://slack-redir.net/link?url={}", encoded.replace('%', "%25")),
            format!("slack://open?url={link}"),
            format!("https://urldefense.com/v3/__{link}__;!!abc!xyz$"),
            format!("https://urldefense.com/v3/__https://tacit.example/*{FRAGMENT}__;Iw!!abc!xyz$"),
            format!("[url={link}]Join[/url]"),
            format!("[[{link}|Join]]"),
            format!("{{\"link\":\"{}\"}}", link.replace('/', "\\/")),
            format!("👉{link}👈"),
            format!("{link}\\"),
            format!("{link}/"),
            format!("[12:30, 1.2.2026] Bob: {link} (edited)"),
            format!("intent://tacit.example/#{FRAGMENT}#Intent;scheme=https;end"),
            format!("tacit compare '{link}'"),
            // Spellings of addresses.
            format!("Https://Tacit.example/#{FRAGMENT}"),
            format!("HTTPS://TACIT.EXAMPLE/#{FRAGMENT}"),
            format!("https:/tacit.example/#{FRAGMENT}"),
            format!("ttps://tacit.example/#{FRAGMENT}"),
            format!("tacit.example/#{FRAGMENT}"),
            format!("tacit.example#{FRAGMENT}"),
            format!("_tacit.example/#{FRAGMENT}_"),
            format!("[tacit.example/#{FRAGMENT}]"),
            format!("https://tacit.example//#{FRAGMENT}"),
            format!("https://tacit.example/{FRAGMENT}"),
            format!("https://tacit.example/#/{FRAGMENT}"),
            format!("ｈｔｔｐｓ：／／ｔａｃｉｔ．ｅｘａｍｐｌｅ／＃{FRAGMENT}"),
        ] {
            assert_eq!(link_in(&text), whole(Some("tacit.example")), "{text:?}");
        }
        for text in [FRAGMENT.to_owned(), format!("#{FRAGMENT}"), format!("+{FRAGMENT}"), format!("Code: {FRAGMENT}")] {
            assert_eq!(link_in(&text), whole(None), "{text:?}");
        }
        let ported = format!("http://localhost:8080/sub/#{FRAGMENT}");
        assert_eq!(link_in(&ported), whole(Some("localhost:8080")));
    }

    /// A browser's encoding of the same, as the page finds it in its address bar.
    #[test]
    fn a_fragment_is_read_as_a_browser_writes_it() {
        for after in
            ["", "%E2%80%8B", "%E2%80%A6", "%E3%80%82", "%22", "%3E", "%20", "%20hello", "_", "?fbclid=x", "%A0"]
        {
            assert_eq!(link_in(&format!("#{FRAGMENT}{after}")), whole(None), "{after}");
        }
        assert_eq!(link_in("#7%2EAAECAwQFBgcICQoLDA0ODw"), whole(None));
        assert_eq!(link_in("#7.AAECAwQF%2DgcICQoLDA0ODw").0.len(), 32, "another secret, with a dash in it");
    }

    #[test]
    fn long_dashes_are_resolved_where_only_one_way_fits() {
        let secret = |text: &str| GuestInvite::parse(text).unwrap().password().to_vec();
        let typed = secret("7.ab------AAECAwQFBgcICQ");
        assert_eq!(secret("https://tacit.example/#7.ab———AAECAwQFBgcICQ"), typed);
        assert_eq!(secret("7.ab–––AAECAwQFBgcICQ"), typed);
        assert_eq!(secret("7.ab%E2%80%94%E2%80%94%E2%80%94AAECAwQFBgcICQ"), typed);
        for hyphen in ['\u{2010}', '\u{2011}', '\u{2212}', '\u{ff0d}'] {
            assert_eq!(secret(&"7.ab------AAECAwQFBgcICQ".replace('-', &hyphen.to_string())), typed);
        }
        assert!(refusal("7.ab—AAECAw—QFBgcICQg").contains("long dash"), "17 characters and twice 2 or 3");
        assert!(refusal("7.ab—AAECA–AAECAwQFBgA").contains("long dash"), "2 and 2 fit, and so do 3 and 1");
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
            "-7-copper-violin",
            "#7-copper-violin",
            "７-copper-violin",
            "７－ｃｏｐｐｅｒ－ｖｉｏｌｉｎ",
            "٧-copper-violin",
            "७ copper violin",
            "7\u{200b}-copper\u{ad}-vio\u{200d}lin",
            "7copper-violin",
            "7copperviolin",
            "7-copperviolin",
            "7_copper_violin",
            "7/copper/violin",
            "7.copper.violin",
            "7%20copper%20violin",
            "%237-copper-violin",
            "Code: 7-copper-violin",
            "code:7-copper-violin",
            "Room7-copper-violin",
            "“7-copper-violin”",
            "**7-copper-violin**",
            "7-copper-violin (ten minutes)",
            "7-copper-violin see you at 8:15",
            "7-copper-violin, you have 10 minutes",
            "Der Code ist 7-copper-violin, bis gleich um 20 Uhr!",
            "代码7-copper-violin。",
            "At 8: 7-copper-violin",
            "7\u{fe0f}\u{20e3}-copper-violin",
            "(7) copper violin",
            "No. 7 copper violin",
            "7+copper+violin",
            "7\ncopper\nviolin",
            "7\\-copper\\-violin",
            "tacit compare 7-copper-violin",
            "7-copper-violin\n\nSent from my phone 15",
        ] {
            let guest = GuestInvite::parse(text).unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
            assert_eq!((guest.room(), guest.method()), (Room(7), Method::Code), "{text}");
            assert_eq!(guest.password(), expect.password(), "{text}");
            assert_eq!(guest.address(), None, "{text}");
        }
        for text in [
            "https://tacit.example/#7-copper-violin",
            "tacit.example/#7-copper-violin",
            "tacit.example/%237-copper-violin",
            "https://tacit.example/%237-copper%20violin",
            "Go to https://tacit.example and type 7-copper-violin",
            "https://tacit.example, 7-copper-violin",
            "tacit.example/ 7-copper-violin",
        ] {
            let guest = GuestInvite::parse(text).unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
            assert_eq!(guest.password(), expect.password(), "{text}");
            assert_eq!(guest.address().map(Address::host), Some("tacit.example"), "{text}");
        }
    }

    #[test]
    fn what_is_no_invite_is_refused_without_repeating_it() {
        let whole = invite(3).link("https://tacit.example");
        for length in 0..whole.len() {
            refusal(&whole[..length]);
        }
        for (text, why) in [
            ("7", "two words after the number are missing"),
            ("7-copper", "second word after the number is missing"),
            ("7-copper-violin-violin", "more than two words"),
            ("7 copper violin violin", "more than two words"),
            ("7-copper-violin-8", "more than two words"),
            ("copper-violin", "number in front of the words is missing"),
            ("seven copper violin", "number in front of the words is missing"),
            ("7-copper-vio1in", "second word after the number is not on the list"),
            ("-7-copper-viol1n", "second word after the number is not on the list"),
            ("7-copper-violín", "second word after the number is not on the list"),
            ("7-copper-violinö", "second word after the number is not on the list"),
            ("7-cöpper-violin", "first word after the number is not on the list"),
            ("7-co-violin", "first word after the number is not on the list"),
            ("4294967296-copper-violin", "too large"),
            ("1,234-copper-violin", "where the number begins"),
            ("7-copper-violin 8-copper-violin", "two different codes"),
            ("https://a.example https://b.example 7-copper-violin", "two servers"),
            ("hello", "a code is a number and two words"),
            ("", "a code is a number and two words"),
            ("7.AAAAAAAAAAAAAAAAAAAAAAA", "has 23 characters"),
            ("https://tacit.example/#7.AAECAwQFBgcICQoLDA0ODwhello", "has 27 characters"),
            ("https://tacit.example/#7.AAECAwQFBgcICQoLDA0ODw%41", "has 23 characters"),
            ("https://tacit.example/#7.AAECAwQFBgcICQ", "has 14 of the 22"),
            ("https://tacit.example/#7.AAECAwQFBgcICQ…", "has 14 of the 22"),
            ("https://tacit.example/#7.AA%45CAwQ", "has 7 of the 22"),
            ("https://tacit.example/#7.", "what follows the dot"),
            ("https://tacit.example/#7", "what follows # in the link is missing"),
            ("https://tacit.example/#", "what follows # in the link is missing"),
            ("https://tacit.example/", "what follows # in the link is missing"),
            // The last character of 22 carries four bits that must be zero: one secret, one
            // spelling.
            ("7.AAAAAAAAAAAAAAAAAAAAAB", "last character"),
            ("99999999999.AAECAwQFBgcICQoLDA0ODw", "too large"),
            ("#7.AAECAwQFBgcICQoLDA0ODw #8.AAECAwQFBgcICQoLDA0ODw", "two different links"),
            (
                "https://a.example/#7.AAECAwQFBgcICQoLDA0ODw https://b.example/#7.AAECAwQFBgcICQoLDA0ODw",
                "two different servers",
            ),
            ("https://a.example https://b.example #7.AAECAwQFBgcICQoLDA0ODw", "two servers"),
            ("加入tacit.example/#7.AAECAwQFBgcICQoLDA0ODw", "put https:// in front"),
            ("bücher.example/#7.AAECAwQFBgcICQoLDA0ODw 7-copper-violin", "put https:// in front"),
        ] {
            let said = refusal(text);
            assert!(said.contains(why), "{text:?}: {said}");
        }
    }

    /// A link of another server never passes for one without a server, wherever it is in the text.
    #[test]
    fn no_way_to_write_a_link_loses_its_server() {
        for before in ["", "#", "#tacit", "#tacit ", "#tacit\n", "Join:", "x", "[", "see #1 at "] {
            for link in [
                "https://other.example/#",
                "https://other.example/%23",
                "other.example/%23",
                "https://other.example?x#",
                "https://other.example/=23",
                "https://other.example/ #",
                "https://other.example/# ",
                "https://other.example /#",
                "other.example/\n#",
            ] {
                for secret in ["AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcIC\nQoLDA0ODw", "AAECAwQFBgcIC QoLDA0ODw"] {
                    let text = format!("{before}{link}7.{secret}");
                    if let Ok(guest) = GuestInvite::parse(&text) {
                        let host = guest.address().map(Address::host);
                        assert!(host.is_some_and(|host| host.ends_with("other.example")), "{text:?}: {host:?}");
                    }
                }
            }
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
