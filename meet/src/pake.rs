//! Derives a key that only two parties have from an invite: SPAKE2 with explicit confirmation in
//! both directions.
//!
//! ```text
//! guest ─ hello:    version, method, X ─▸ host
//!       ◂─ answer:  Y ──────────────────
//!       ── confirm: MAC under the key ──▸  the host decides
//!       ◂─ accept:  MAC under the key ──   or: refuse, and the room is closed
//! ```
//!
//! SPAKE2 (Abdalla–Pointcheval 2005; the `spake2` crate 0.4 on edwards25519) gives both the same
//! key if they hold the same password, and gives a party that holds another one nothing to test
//! further passwords against: every guess needs its own run with an honest party. A host runs
//! *once* per invite, whatever it receives, so with 22 bits of spoken words a guess succeeds with
//! probability one in 4 million. The link's 128 bits use the same protocol.
//!
//! The identities that SPAKE2 hashes name the roles, the version, the room and the method, so a
//! message that is reflected, carried over from another room, or stripped of its method cannot lead
//! to a key. A guest states whether it has the link or the code. An attacker who claims the weaker
//! one gains the one guess that every room grants, and both persons must then confirm the words.
//!
//! **Not RFC 9382.** The crate is older than that RFC and does not interoperate with it: its points
//! M and N are those of python-spake2 (hashed to the curve from the seeds "M" and "N"; nobody knows
//! their discrete logarithms, as with the RFC's), its transcript is SHA-256 over the hashes of
//! password and identities and both messages, without the RFC's lengths and without the RFC's key
//! schedule. The confirmation is not the RFC's either: it is the keyed BLAKE3 above, both ways. The
//! security proof needs only that M and N are such points and that the transcript names the
//! identities, the messages, the password and the shared point.
//!
//! The crate does not wipe its copy of the password when it is done; the password is spent at that
//! moment, since the host never runs again.

use spake2::{Ed25519Group, Identity, Password, Spake2};
use tacit_session::{Code, Fault};
use tacit_signaling_messages::Room;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::entropy::Rng06;
use crate::{DoorInvite, Entropy, GuestInvite, Invite};

/// The version of all messages between two parties in this crate.
const VERSION: u16 = 1;

/// Bytes of a SPAKE2 message: which side, and a point.
const POINT: usize = 33;

/// The kind of a body, its first byte. Handshake kinds are read here, the sealed kind by
/// [`seal`](crate::seal).
pub(crate) mod kind {
    pub(crate) const HELLO: u8 = 1;
    pub(crate) const ANSWER: u8 = 2;
    pub(crate) const CONFIRM: u8 = 3;
    pub(crate) const ACCEPT: u8 = 4;
    pub(crate) const SEALED: u8 = 5;
    pub(crate) const REFUSE: u8 = 6;
}

/// The way in which the secret reached the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// By a whole link: 128 bits, so the key alone authenticates the guest.
    Link,
    /// By a typed code: 22 bits, so both must confirm the words.
    Code,
}

impl Method {
    fn byte(self) -> u8 {
        match self {
            Method::Link => 0,
            Method::Code => 1,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        [Method::Link, Method::Code].into_iter().find(|method| method.byte() == byte)
    }
}

/// The key of a pair, from which every other key is derived.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct PairKey([u8; 32]);

impl PairKey {
    /// Derives a key for one purpose. BLAKE3's key derivation mode keeps the purposes apart.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(purpose, &self.0))
    }

    fn tag(&self, purpose: &str) -> blake3::Hash {
        // The pair key is already a hash over identities and both messages, so nothing else needs
        // to be authenticated.
        blake3::keyed_hash(&self.derive(purpose), b"confirmed")
    }

    fn guest_tag(&self) -> blake3::Hash {
        self.tag("tacit 2026-11 pake: the guest confirms")
    }

    fn host_tag(&self) -> blake3::Hash {
        self.tag("tacit 2026-11 pake: the host confirms")
    }
}

/// The host's next step after a frame.
pub(crate) enum HostStep {
    /// Send this and wait.
    Send(Vec<u8>),
    /// The guest holds the same secret. Send this; everything after it is sealed.
    Accept(Vec<u8>, PairKey, Method),
}

/// The host's side.
pub(crate) struct HostHandshake {
    room: Room,
    /// By [`Method`]. A door has no password for codes: 22 bits are secure against one guess, not
    /// against one guess per guest.
    passwords: [Option<Zeroizing<Vec<u8>>>; 2],
    state: HostState,
}

enum HostState {
    Waiting,
    Answered(PairKey, Method),
    /// Decided, one way or the other. No frame is answered any more.
    Spent,
}

impl HostHandshake {
    pub(crate) fn new(invite: &Invite) -> Self {
        let passwords =
            [Method::Link, Method::Code].map(|method| Some(Zeroizing::new(invite.password(method).to_vec())));
        Self { room: invite.room(), passwords, state: HostState::Waiting }
    }

    pub(crate) fn at_door(invite: &DoorInvite) -> Self {
        let passwords = [Some(Zeroizing::new(invite.password().to_vec())), None];
        Self { room: invite.room(), passwords, state: HostState::Waiting }
    }

    /// Takes one frame. After an error it takes no other.
    pub(crate) fn on_frame(&mut self, frame: &[u8], entropy: &mut dyn Entropy) -> Result<HostStep, Fault> {
        match (std::mem::replace(&mut self.state, HostState::Spent), frame) {
            (HostState::Waiting, [kind::HELLO, rest @ ..]) => {
                let (answer, key, method) = self.answer(rest, entropy)?;
                self.state = HostState::Answered(key, method);
                Ok(HostStep::Send(answer))
            }
            (HostState::Answered(key, method), [kind::CONFIRM, tag @ ..]) => {
                if !same(&key.guest_tag(), tag) {
                    return Err(Code::CodeWrong.into());
                }
                Ok(HostStep::Accept(framed(kind::ACCEPT, key.host_tag().as_bytes()), key, method))
            }
            (HostState::Spent, _) => Err(Code::CodeWrong.into()),
            _ => Err(altered("a handshake message that does not belong here")),
        }
    }

    fn answer(&mut self, hello: &[u8], entropy: &mut dyn Entropy) -> Result<(Vec<u8>, PairKey, Method), Fault> {
        let [v0, v1, method, point @ ..] = hello else {
            return Err(altered("a hello that is too short"));
        };
        let version = u16::from_be_bytes([*v0, *v1]);
        if version != VERSION {
            return Err(Fault::new(Code::VersionsDiffer, format!("here {VERSION}, there {version}")));
        }
        let method = Method::from_byte(*method).ok_or_else(|| altered("a hello with an unknown method"))?;
        let Some(password) = &self.passwords[usize::from(method.byte())] else { return Err(Code::CodeWrong.into()) };
        let password = Password::new(&**password);
        let [host, guest] = identities(self.room, method);
        let (spake, message) = Spake2::<Ed25519Group>::start_a_with_rng(&password, &host, &guest, Rng06(entropy));
        let key = finish(spake, point)?;
        self.passwords.zeroize();
        Ok((framed(kind::ANSWER, &message), key, method))
    }
}

/// The guest's next step after a frame.
pub(crate) enum GuestStep {
    /// Send this and wait.
    Send(Vec<u8>),
    /// The host holds the same secret; everything after this is sealed.
    Accepted(PairKey),
}

/// The guest's side.
pub(crate) struct GuestHandshake(GuestState);

enum GuestState {
    Greeted(Spake2<Ed25519Group>),
    Confirmed(PairKey),
    Spent,
}

impl GuestHandshake {
    /// Makes the handshake and its first frame.
    pub(crate) fn new(invite: &GuestInvite, entropy: &mut dyn Entropy) -> (Self, Vec<u8>) {
        let password = Password::new(invite.password());
        let [host, guest] = identities(invite.room(), invite.method());
        let (spake, message) = Spake2::start_b_with_rng(&password, &host, &guest, Rng06(entropy));
        let mut hello = vec![kind::HELLO];
        hello.extend(VERSION.to_be_bytes());
        hello.push(invite.method().byte());
        hello.extend(message);
        (Self(GuestState::Greeted(spake)), hello)
    }

    /// Takes one frame. After an error it takes no other.
    pub(crate) fn on_frame(&mut self, frame: &[u8]) -> Result<GuestStep, Fault> {
        match (std::mem::replace(&mut self.0, GuestState::Spent), frame) {
            (GuestState::Greeted(spake), [kind::ANSWER, point @ ..]) => {
                let key = finish(spake, point)?;
                let confirm = framed(kind::CONFIRM, key.guest_tag().as_bytes());
                self.0 = GuestState::Confirmed(key);
                Ok(GuestStep::Send(confirm))
            }
            (GuestState::Confirmed(key), [kind::ACCEPT, tag @ ..]) => {
                // A host with another secret would have refused, so this is not a party's mistake.
                if same(&key.host_tag(), tag) {
                    Ok(GuestStep::Accepted(key))
                } else {
                    Err(altered("a forged acceptance"))
                }
            }
            (GuestState::Greeted(_) | GuestState::Confirmed(_), [kind::REFUSE, reason]) => Err(match *reason {
                REFUSE_SECRET => Code::CodeWrong.into(),
                REFUSE_VERSION => Code::VersionsDiffer.into(),
                REFUSE_BUSY => Fault::new(Code::ServerBusy, "there was no place in time"),
                _ => altered("a refusal without a reason"),
            }),
            _ => Err(altered("a handshake message that does not belong here")),
        }
    }
}

const REFUSE_SECRET: u8 = 1;
const REFUSE_VERSION: u8 = 2;
const REFUSE_BUSY: u8 = 3;

/// Returns the frame that tells a guest why a host turns it away. Not authenticated, because there
/// is no key: an attacker who forges it could as well drop every message.
pub(crate) fn refusal(code: Code) -> Option<Vec<u8>> {
    match code {
        Code::CodeWrong => Some(vec![kind::REFUSE, REFUSE_SECRET]),
        Code::VersionsDiffer => Some(vec![kind::REFUSE, REFUSE_VERSION]),
        Code::ServerBusy => Some(vec![kind::REFUSE, REFUSE_BUSY]),
        _ => None,
    }
}

/// Returns the fault for a message that somebody between the two changed, made up, repeated or
/// withheld.
pub(crate) fn altered(what: &str) -> Fault {
    Fault::new(Code::RelayAltered, what)
}

fn identities(room: Room, method: Method) -> [Identity; 2] {
    let way = match method {
        Method::Link => "link",
        Method::Code => "code",
    };
    ["host", "guest"]
        .map(|role| Identity::new(format!("tacit {role}, version {VERSION}, room {}, {way}", room.0).as_bytes()))
}

fn finish(spake: Spake2<Ed25519Group>, point: &[u8]) -> Result<PairKey, Fault> {
    if point.len() != POINT {
        return Err(altered("a handshake message of another length"));
    }
    let shared = Zeroizing::new(spake.finish(point).map_err(|_| altered("a handshake message that is no point"))?);
    Ok(PairKey(blake3::derive_key("tacit 2026-11 pake: the key of a pair", &shared)))
}

fn framed(kind: u8, rest: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend_from_slice(rest);
    frame
}

/// Compares in constant time, as `blake3::Hash` does.
fn same(expect: &blake3::Hash, tag: &[u8]) -> bool {
    <[u8; 32]>::try_from(tag).is_ok_and(|tag| *expect == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seeded;

    fn invite(room: u32) -> Invite {
        Invite::new(Room(room), &mut Seeded::new(u64::from(room)))
    }

    fn guest(text: &str) -> (GuestHandshake, Vec<u8>) {
        GuestHandshake::new(&GuestInvite::parse(text).unwrap(), &mut Seeded::new(99))
    }

    fn send(step: HostStep) -> Vec<u8> {
        match step {
            HostStep::Send(frame) => frame,
            HostStep::Accept(..) => panic!("accepted too early"),
        }
    }

    fn confirm(step: GuestStep) -> Vec<u8> {
        match step {
            GuestStep::Send(frame) => frame,
            GuestStep::Accepted(_) => panic!("accepted too early"),
        }
    }

    /// Runs a handshake in which `change` may alter each of the four frames; returns each side's
    /// result.
    fn run(
        invite: &Invite,
        text: &str,
        mut change: impl FnMut(usize, &mut Vec<u8>),
    ) -> (Option<Code>, Option<Code>, bool) {
        let mut rng = Seeded::new(3);
        let mut host = HostHandshake::new(invite);
        let (mut guest, mut frame) = guest(text);
        change(0, &mut frame);
        let mut answer = match host.on_frame(&frame, &mut rng) {
            Ok(step) => send(step),
            Err(fault) => return (Some(fault.code), None, false),
        };
        change(1, &mut answer);
        let mut frame = match guest.on_frame(&answer) {
            Ok(step) => confirm(step),
            Err(fault) => return (None, Some(fault.code), false),
        };
        change(2, &mut frame);
        match host.on_frame(&frame, &mut rng) {
            Ok(HostStep::Accept(mut accept, host_key, _)) => {
                change(3, &mut accept);
                match guest.on_frame(&accept) {
                    Ok(GuestStep::Accepted(guest_key)) => (None, None, host_key.0 == guest_key.0),
                    Ok(GuestStep::Send(_)) => panic!("the guest has nothing more to say"),
                    Err(fault) => (None, Some(fault.code), false),
                }
            }
            Ok(HostStep::Send(_)) => panic!("the host has nothing more to say"),
            Err(fault) => {
                let told = guest.on_frame(&refusal(fault.code).unwrap_or_default()).err().map(|f| f.code);
                (Some(fault.code), told, false)
            }
        }
    }

    #[test]
    fn the_same_secret_gives_the_same_key_by_either_method() {
        let invite = invite(7);
        for text in [invite.link("x"), invite.code()] {
            assert_eq!(run(&invite, &text, |_, _| {}), (None, None, true));
        }
    }

    #[test]
    fn a_wrong_guess_is_one_guess() {
        let invite = invite(7);
        let wrong = if invite.code() == "7-zoo-zoo" { "7-zoo-zone" } else { "7-zoo-zoo" };
        assert_eq!(run(&invite, wrong, |_, _| {}), (Some(Code::CodeWrong), Some(Code::CodeWrong), false));

        // After one guess the same host answers nobody, not even a guest who knows the code.
        let mut rng = Seeded::new(3);
        let mut host = HostHandshake::new(&invite);
        let (mut first, hello) = guest(wrong);
        let answer = send(host.on_frame(&hello, &mut rng).unwrap());
        let tag = confirm(first.on_frame(&answer).unwrap());
        assert_eq!(host.on_frame(&tag, &mut rng).err().map(|f| f.code), Some(Code::CodeWrong));
        for text in [invite.code(), invite.link("x")] {
            let (_, hello) = guest(&text);
            assert_eq!(host.on_frame(&hello, &mut rng).err().map(|f| f.code), Some(Code::CodeWrong));
        }
        assert_eq!(host.on_frame(&tag, &mut rng).err().map(|f| f.code), Some(Code::CodeWrong));
    }

    #[test]
    fn a_second_hello_is_never_answered() {
        let invite = invite(7);
        let mut rng = Seeded::new(3);
        let mut host = HostHandshake::new(&invite);
        let (_, hello) = guest(&invite.code());
        send(host.on_frame(&hello, &mut rng).unwrap());
        assert_eq!(host.on_frame(&hello, &mut rng).err().map(|f| f.code), Some(Code::RelayAltered));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_ends_in_a_fault() {
        let invite = invite(7);
        let lengths = [37, 34, 33, 33];
        for (index, length) in lengths.into_iter().enumerate() {
            for byte in 0..length {
                for bit in 0..8 {
                    let (host, guest, agreed) = run(&invite, &invite.code(), |i, frame| {
                        if i == index {
                            frame[byte] ^= 1 << bit;
                        }
                    });
                    assert!(!agreed && (host.is_some() || guest.is_some()), "frame {index}, byte {byte}, bit {bit}");
                }
            }
            let longer = |i: usize, frame: &mut Vec<u8>| {
                assert_eq!(frame.len(), lengths[i]);
                if i == index {
                    frame.push(0);
                }
            };
            let (host, guest, agreed) = run(&invite, &invite.code(), longer);
            assert!(!agreed && (host.is_some() || guest.is_some()));
            for cut in 0..length {
                let (host, guest, agreed) = run(&invite, &invite.code(), |i, frame| {
                    if i == index {
                        frame.truncate(cut);
                    }
                });
                assert!(!agreed && (host.is_some() || guest.is_some()), "frame {index} cut to {cut}");
            }
        }
    }

    #[test]
    fn the_method_cannot_be_changed_on_the_way() {
        let invite = invite(7);
        for text in [invite.link("x"), invite.code()] {
            let outcome = run(&invite, &text, |i, frame| {
                if i == 0 {
                    frame[3] ^= 1;
                }
            });
            assert_eq!(outcome, (Some(Code::CodeWrong), Some(Code::CodeWrong), false));
        }
    }

    #[test]
    fn another_version_is_said_to_both() {
        let invite = invite(7);
        let mut host = HostHandshake::new(&invite);
        let (mut guest, mut hello) = guest(&invite.code());
        hello[2] = 9;
        let fault = host.on_frame(&hello, &mut Seeded::new(3)).err().unwrap();
        assert_eq!(fault.code, Code::VersionsDiffer);
        let told = guest.on_frame(&refusal(fault.code).unwrap()).err().unwrap();
        assert_eq!(told.code, Code::VersionsDiffer);
    }

    #[test]
    fn the_room_is_part_of_the_key() {
        let seven = invite(7);
        let code = seven.code();
        let elsewhere = format!("8{}", &code[1..]);
        assert_eq!(run(&seven, &elsewhere, |_, _| {}).0, Some(Code::CodeWrong));
    }

    #[test]
    fn reflected_messages_lead_nowhere() {
        let invite = invite(7);
        let mut rng = Seeded::new(3);
        let (mut alone, hello) = guest(&invite.link("x"));
        // The guest's own point, sent back as the host's answer.
        let mut reflected = vec![kind::ANSWER];
        reflected.extend(&hello[4..]);
        assert_eq!(alone.on_frame(&reflected).err().map(|f| f.code), Some(Code::RelayAltered));

        // The guest's own confirmation, sent back as the host's acceptance.
        let (mut alone, hello) = guest(&invite.link("x"));
        let mut host = HostHandshake::new(&invite);
        let answer = send(host.on_frame(&hello, &mut rng).unwrap());
        let mut tag = confirm(alone.on_frame(&answer).unwrap());
        tag[0] = kind::ACCEPT;
        assert_eq!(alone.on_frame(&tag).err().map(|f| f.code), Some(Code::RelayAltered));

        // The host's answer, sent as a hello to the host of the same invite.
        let mut host = HostHandshake::new(&invite);
        let mut hello = hello[..4].to_vec();
        hello.extend(&answer[1..]);
        assert_eq!(host.on_frame(&hello, &mut rng).err().map(|f| f.code), Some(Code::RelayAltered));
    }
}
