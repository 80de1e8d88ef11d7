//! Two introductions against each other, through a relay with arbitrary behaviour.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::VecDeque;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use proptest::prelude::*;
use tacit_meet::{
    Action, Candidate, Description, DoorInvite, Entropy, GuestInvite, Introduction, Invite, LinkSecret, Method, Room,
};
use tacit_session::{Code, Fault, Party};
use tacit_signaling_messages::{Body, MAX_BODY};

struct Seeded(blake3::OutputReader);

impl Seeded {
    fn new(seed: u64) -> Self {
        Self(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}

type Words = [&'static str; 3];

/// One party with a stand-in for its browser: it offers, answers, and finds two candidates.
struct Person {
    party: Party,
    introduction: Introduction,
    sdp: String,
    outgoing: VecDeque<Body>,
    words: Option<(Words, bool)>,
    applied: Vec<Description>,
    reached: Vec<Candidate>,
    fault: Option<Fault>,
    proved: bool,
}

fn sdp(name: &str) -> String {
    let hash = blake3::hash(name.as_bytes());
    let hex: Vec<String> = hash.as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    format!("v=0\r\no={name}\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\n", hex.join(":"))
}

impl Person {
    fn new(party: Party, name: &str, introduction: Introduction, first: Option<Action>) -> Self {
        let mut person = Self {
            party,
            introduction,
            sdp: sdp(name),
            outgoing: VecDeque::new(),
            words: None,
            applied: Vec::new(),
            reached: Vec::new(),
            fault: None,
            proved: false,
        };
        person.act(Ok(first.into_iter().collect()));
        person
    }

    fn host(invite: &Invite, name: &str, seed: u64) -> Self {
        Self::new(Party::Alice, name, Introduction::host(invite, Seeded::new(seed)), None)
    }

    fn guest(invite: &str, name: &str, seed: u64) -> Self {
        let invite = GuestInvite::parse(invite).unwrap();
        let (introduction, first) = Introduction::guest(&invite, Seeded::new(seed));
        Self::new(Party::Bob, name, introduction, Some(first))
    }

    fn take(&mut self, body: &Body) {
        if self.fault.is_none() {
            let result = self.introduction.on_peer(body);
            self.act(result);
        }
    }

    fn describe(&mut self) {
        let result = self.introduction.describe(&self.sdp);
        self.act(result);
        for n in 0..2u16 {
            let line = format!("candidate:{n} {:?}", self.party);
            let result = self.introduction.candidate(Candidate { line, mid: Some("0".into()), index: Some(n) });
            self.act(result);
        }
    }

    fn act(&mut self, result: Result<Vec<Action>, Fault>) {
        match result {
            Ok(actions) => actions.into_iter().for_each(|action| match action {
                Action::Send(body) => {
                    assert!(body.0.len() <= MAX_BODY);
                    self.outgoing.push_back(body);
                }
                // It waits to be admitted.
                Action::Proved => self.proved = true,
                Action::Authenticated if self.party == Party::Alice => self.describe(),
                Action::Authenticated => {}
                Action::Apply(description) => {
                    let offer = matches!(description, Description::Offer(_));
                    self.applied.push(description);
                    if offer {
                        self.describe();
                    }
                }
                Action::Reach(candidate) => self.reached.push(candidate),
                Action::Words { words, confirm } => self.words = Some((words, confirm)),
                Action::PeerLeft => self.fault = Some(Code::PeerLeft.into()),
            }),
            Err(fault) => {
                self.fault = Some(fault);
                self.outgoing.extend(self.introduction.farewell());
            }
        }
    }

    fn code(&self) -> Option<Code> {
        self.fault.as_ref().map(|fault| fault.code)
    }

    /// Tells whether this side would let data flow.
    fn satisfied(&self) -> bool {
        self.fault.is_none() && self.words.is_some() && !self.applied.is_empty()
    }
}

/// Relays until no message is left. `relay` gets the sender and the number of the body in its
/// direction, and returns the bodies that arrive.
fn relay(host: &mut Person, guest: &mut Person, mut relay: impl FnMut(Party, usize, Body) -> Vec<Body>) -> [usize; 2] {
    let mut count = [0; 2];
    loop {
        let (from, to, n) = if let Some(body) = guest.outgoing.pop_front() {
            (body, &mut *host, &mut count[1])
        } else if let Some(body) = host.outgoing.pop_front() {
            (body, &mut *guest, &mut count[0])
        } else {
            return count;
        };
        let arriving = relay(to.party.other(), *n, from);
        *n += 1;
        arriving.iter().for_each(|body| to.take(body));
    }
}

fn honest(_: Party, _: usize, body: Body) -> Vec<Body> {
    vec![body]
}

fn pair(method: Method) -> (Person, Person) {
    let invite = Invite::new(Room(7), &mut Seeded::new(1));
    let text = match method {
        Method::Link => invite.link("https://tacit.example"),
        Method::Code => invite.code(),
    };
    (Person::host(&invite, "alice", 2), Person::guest(&text, "bob", 3))
}

#[test]
fn both_meet_by_link_and_by_code_and_see_the_same_words() {
    for (method, confirm) in [(Method::Link, false), (Method::Code, true)] {
        let (mut host, mut guest) = pair(method);
        relay(&mut host, &mut guest, honest);
        assert!(host.satisfied() && guest.satisfied());
        assert_eq!(host.words, guest.words);
        assert_eq!(host.words.map(|(_, confirm)| confirm), Some(confirm));
        assert_eq!(host.applied, [Description::Answer(guest.sdp.clone())]);
        assert_eq!(guest.applied, [Description::Offer(host.sdp.clone())]);
        assert_eq!((host.reached.len(), guest.reached.len()), (2, 2));
    }
}

#[test]
fn the_words_change_with_every_meeting() {
    let invite = Invite::new(Room(7), &mut Seeded::new(1));
    let meet = |seed| {
        let mut host = Person::host(&invite, "alice", seed);
        let mut guest = Person::guest(&invite.code(), "bob", seed + 1000);
        relay(&mut host, &mut guest, honest);
        host.words.unwrap().0
    };
    let all: std::collections::BTreeSet<Words> = (0..20).map(meet).collect();
    assert_eq!(all.len(), 20);
}

#[test]
fn a_wrong_code_ends_it_for_both_and_the_host_says_nothing_more() {
    let invite = Invite::new(Room(7), &mut Seeded::new(1));
    let mut host = Person::host(&invite, "alice", 2);
    let mut guest = Person::guest("7-zoo-zoo", "mallory", 3);
    relay(&mut host, &mut guest, honest);
    assert_eq!((host.code(), guest.code()), (Some(Code::CodeWrong), Some(Code::CodeWrong)));
    assert!(host.words.is_none() && guest.words.is_none());

    // A second guest with the right code is refused.
    let mut second = Person::guest(&invite.code(), "bob", 4);
    let hello = second.outgoing.pop_front().unwrap();
    assert_eq!(host.introduction.on_peer(&hello).err().map(|fault| fault.code), Some(Code::CodeWrong));
}

#[test]
fn the_relay_sees_neither_descriptions_nor_secrets() {
    let invite = Invite::new(Room(7), &mut Seeded::new(1));
    let link = invite.link("");
    let secret = link.rsplit_once('.').unwrap().1;
    let secret_bytes = Base64UrlUnpadded::decode_vec(secret).unwrap();
    let (mut host, mut guest) = (Person::host(&invite, "alice", 2), Person::guest(&link, "bob", 3));
    let mut seen = Vec::new();
    let counts = relay(&mut host, &mut guest, |_, _, body| {
        seen.push(body.0.clone().into_bytes());
        seen.push(Base64UrlUnpadded::decode_vec(&body.0).unwrap());
        vec![body]
    });
    assert_eq!(counts.iter().sum::<usize>() * 2, seen.len());
    for needle in [secret.as_bytes(), &secret_bytes, b"fingerprint", b"candidate", b"setup", b"alice", b"bob"] {
        assert!(!seen.iter().any(|text| text.windows(needle.len()).any(|window| window == needle)));
    }
}

/// An attacker who knows the code can stand in the middle; the words then reveal it.
#[test]
fn a_man_in_the_middle_who_knows_the_code_is_told_apart_by_the_words() {
    for seed in 0..10 {
        let invite = Invite::new(Room(7), &mut Seeded::new(1));
        let mut host = Person::host(&invite, "alice", seed);
        let mut to_host = Person::guest(&invite.code(), "mallory", seed + 100);
        let mut to_guest = Person::host(&invite, "mallory", seed + 200);
        let mut guest = Person::guest(&invite.code(), "bob", seed + 300);
        relay(&mut host, &mut to_host, honest);
        relay(&mut to_guest, &mut guest, honest);
        let (alice, bob) = (host.words.unwrap(), guest.words.unwrap());
        assert!(alice.1 && bob.1, "both are asked to compare");
        assert_ne!(alice.0, bob.0);
    }
}

#[test]
fn a_restart_keeps_the_certificates_and_the_words() {
    let (mut host, mut guest) = pair(Method::Link);
    relay(&mut host, &mut guest, honest);
    let words = host.words;
    for _ in 0..3 {
        host.describe();
        relay(&mut host, &mut guest, honest);
    }
    assert!(host.satisfied() && guest.satisfied());
    assert_eq!((host.applied.len(), guest.applied.len()), (4, 4));
    assert_eq!((host.words, guest.words), (words, words));

    // Another certificate after the words were shown would be another party.
    guest.sdp = sdp("mallory");
    host.describe();
    relay(&mut host, &mut guest, honest);
    assert_eq!(guest.code(), Some(Code::Internal), "an honest program does not even send it");
}

#[test]
fn a_goodbye_is_understood() {
    let (mut host, mut guest) = pair(Method::Link);
    relay(&mut host, &mut guest, honest);
    guest.outgoing.extend(guest.introduction.farewell());
    relay(&mut host, &mut guest, honest);
    assert_eq!(host.code(), Some(Code::PeerLeft));
    assert_eq!(guest.introduction.farewell(), None, "once");
}

#[test]
fn silence_is_named_for_what_is_missing() {
    let (host, _) = pair(Method::Link);
    assert_eq!(host.introduction.out_of_time().code, Code::Stalled);
    let (mut host, mut guest) = pair(Method::Link);
    relay(&mut host, &mut guest, honest);
    assert_eq!(host.introduction.out_of_time().code, Code::ConnectionFailed);
}

/// The damage that a relay may do to one body.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Drop,
    Repeat,
    /// Deliver it after the next one of the same direction.
    Delay,
    Flip(usize, u8),
    Cut(usize),
    Extend,
    /// Send the other direction's latest body instead.
    Reflect,
    /// Send the body at the same position of another meeting with the same invite.
    Swap,
}

/// All bodies of an honest meeting, by direction.
fn transcript(method: Method, seeds: (u64, u64)) -> [Vec<Body>; 2] {
    let invite = Invite::new(Room(7), &mut Seeded::new(1));
    let text = if method == Method::Link { invite.link("") } else { invite.code() };
    let mut host = Person::host(&invite, "alice", seeds.0);
    let mut guest = Person::guest(&text, "bob", seeds.1);
    let mut all = [Vec::new(), Vec::new()];
    relay(&mut host, &mut guest, |from, _, body| {
        all[usize::from(from == Party::Bob)].push(body.clone());
        vec![body]
    });
    all
}

/// Runs a meeting in which body `index` from `victim` suffers `damage`, and checks that nobody is
/// fooled.
fn nobody_is_fooled(method: Method, victim: Party, index: usize, damage: Damage, other: &[Vec<Body>; 2]) {
    let (mut host, mut guest) = pair(method);
    let mut delayed = None;
    let mut latest: [Option<Body>; 2] = [None, None];
    let mut last = 0;
    let counts = relay(&mut host, &mut guest, |from, n, body| {
        let side = usize::from(from == Party::Bob);
        let reflected = latest[1 - side].clone();
        latest[side] = Some(body.clone());
        if from != victim {
            return vec![body];
        }
        last = n;
        if n != index {
            return std::iter::once(body).chain(delayed.take()).collect();
        }
        let mut bytes = Base64UrlUnpadded::decode_vec(&body.0).unwrap();
        match damage {
            Damage::Drop => return vec![],
            Damage::Repeat => return vec![body.clone(), body],
            Damage::Delay => {
                delayed = Some(body);
                return vec![];
            }
            Damage::Reflect => return vec![reflected.unwrap_or_else(|| Body(String::new()))],
            Damage::Swap => return vec![other[side][index].clone()],
            Damage::Flip(at, bit) => {
                let at = at % bytes.len();
                bytes[at] ^= 1 << bit;
            }
            Damage::Cut(at) => bytes.truncate(at % bytes.len()),
            Damage::Extend => bytes.push(0),
        }
        vec![Body(Base64UrlUnpadded::encode_string(&bytes))]
    });
    let label = format!("{method:?} {victim:?} {index} {damage:?} of {counts:?}");
    if let (Some((alice, _)), Some((bob, _))) = (host.words, guest.words) {
        assert_eq!(alice, bob, "{label}");
    }
    // A lost last candidate cannot be told from one that was never found, and does no harm.
    let harmless =
        victim == Party::Bob && index == last && index == 4 && matches!(damage, Damage::Drop | Damage::Delay);
    let stuck = [&host, &guest]
        .into_iter()
        .any(|p| p.words.is_none() && p.introduction.out_of_time().code != Code::ConnectionFailed);
    let noticed = host.fault.is_some() || guest.fault.is_some();
    assert!(noticed || stuck || harmless, "{label}");
    assert!(!(host.satisfied() && guest.satisfied()) || harmless, "{label}");
    // No damage makes a fault that blames the peer, or us.
    for fault in [host.fault, guest.fault].into_iter().flatten() {
        assert!(matches!(fault.code, Code::RelayAltered | Code::CodeWrong | Code::VersionsDiffer), "{label}: {fault}");
    }
}

/// Makes a guest at a door and its owner, up to the point where the guest has proved itself.
fn proved() -> (Person, Person) {
    let invite = DoorInvite::new(Room(7), LinkSecret::new(&mut Seeded::new(1)));
    let mut owner = Person::new(Party::Alice, "owner", Introduction::at_door(&invite, Seeded::new(2)), None);
    let mut guest = Person::guest(&invite.link("x"), "guest", 3);
    relay(&mut owner, &mut guest, |_, _, body| vec![body]);
    assert!(owner.proved && !owner.introduction.authenticated() && !guest.introduction.authenticated());
    (owner, guest)
}

#[test]
fn a_guest_at_a_door_hears_of_it_when_it_is_admitted() {
    let (mut owner, mut guest) = proved();
    let admitted = owner.introduction.admit();
    owner.act(admitted);
    relay(&mut owner, &mut guest, |_, _, body| vec![body]);
    assert!(owner.satisfied() && guest.satisfied());
    assert_eq!(owner.introduction.admit().err().map(|fault| fault.code), Some(Code::Internal), "once");

    // Alternatively there is no place.
    let (mut owner, mut guest) = proved();
    assert_eq!(owner.introduction.out_of_time().code, Code::ServerBusy);
    guest.take(&owner.introduction.farewell().unwrap());
    assert_eq!(guest.code(), Some(Code::ServerBusy));

    // A guest that continues to send in the meantime is not honest.
    let (mut owner, _) = proved();
    owner.take(&Body("AQAB".into()));
    assert_eq!(owner.code(), Some(Code::RelayAltered));

    let invite = DoorInvite::new(Room(7), LinkSecret::new(&mut Seeded::new(1)));
    let mut early = Introduction::at_door(&invite, Seeded::new(2));
    assert_eq!(early.admit().err().map(|fault| fault.code), Some(Code::Internal), "nobody has proved anything");
}

#[test]
fn no_damage_to_any_body_fools_anybody() {
    for method in [Method::Link, Method::Code] {
        let other = transcript(method, (50, 51));
        for (victim, bodies) in [(Party::Alice, other[0].len()), (Party::Bob, other[1].len())] {
            for index in 0..bodies {
                for damage in [
                    Damage::Drop,
                    Damage::Repeat,
                    Damage::Delay,
                    Damage::Reflect,
                    Damage::Swap,
                    Damage::Extend,
                    Damage::Cut(0),
                    Damage::Cut(1),
                    Damage::Cut(20),
                    Damage::Flip(0, 0),
                    Damage::Flip(0, 2),
                ] {
                    nobody_is_fooled(method, victim, index, damage, &other);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_flipped_bit_fools_anybody(code: bool, alice: bool, index in 0usize..5, at: usize, bit in 0u8..8) {
        let method = if code { Method::Code } else { Method::Link };
        let victim = if alice { Party::Alice } else { Party::Bob };
        nobody_is_fooled(method, victim, index, Damage::Flip(at, bit), &[vec![], vec![]]);
    }

    #[test]
    fn no_text_panics_at_any_point(text in "[A-Za-z0-9_=-]{0,80}|\\PC{0,20}", when in 0usize..5) {
        let (mut host, mut guest) = pair(Method::Code);
        relay(&mut host, &mut guest, |from, n, body| {
            if from == Party::Bob && n == when { vec![Body(text.clone())] } else { vec![body] }
        });
        prop_assert!(host.fault.is_some());
    }
}
