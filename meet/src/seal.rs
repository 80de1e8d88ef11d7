//! Messages between the two parties through the server once they share a key: sealed, numbered, and
//! padded to a few sizes.
//!
//! ChaCha20-Poly1305 with one key per direction, so no message can be reflected to its sender. The
//! nonce is a counter that is not transmitted: a message that is dropped, repeated or moved makes
//! the next one fail to open. Padding to size classes leaves the server with little more than the
//! number of messages.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use tacit_session::Fault;
use tacit_signaling_messages::MAX_BODY;
use zeroize::Zeroizing;

use crate::pake::{PairKey, altered, kind};

const TAG: usize = 16;

/// Bytes of the length field in front of the message, inside the seal.
const LENGTH: usize = 2;

/// Padded sizes in bytes. A candidate takes the first, a session description the second or third.
const CLASSES: [usize; 4] = [512, 2048, 6144, MAX_BODY / 4 * 3 - 1 - TAG];

/// Both directions of a sealed conversation, from one side.
pub(crate) struct Sealed {
    outgoing: Direction,
    incoming: Direction,
}

struct Direction {
    cipher: ChaCha20Poly1305,
    count: u64,
}

impl Sealed {
    pub(crate) fn host(key: &PairKey) -> Self {
        Self { outgoing: from_host(key), incoming: from_guest(key) }
    }

    pub(crate) fn guest(key: &PairKey) -> Self {
        Self { outgoing: from_guest(key), incoming: from_host(key) }
    }

    /// Seals the next message.
    pub(crate) fn seal(&mut self, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let needed = LENGTH + message.len();
        let (Some(&class), Ok(length)) = (CLASSES.iter().find(|&&class| class >= needed), u16::try_from(message.len()))
        else {
            return Err(Fault::internal("a message to the other side is too long to seal"));
        };
        let mut plain = Zeroizing::new(Vec::with_capacity(class));
        plain.extend(length.to_le_bytes());
        plain.extend_from_slice(message);
        plain.resize(class, 0);
        let payload = Payload { msg: &plain, aad: &[kind::SEALED] };
        let nonce = self.outgoing.next();
        let sealed = self.outgoing.cipher.encrypt(&nonce, payload).map_err(|_| Fault::internal("sealing failed"))?;
        let mut frame = vec![kind::SEALED];
        frame.extend(sealed);
        Ok(frame)
    }

    /// Opens the next message.
    pub(crate) fn open(&mut self, frame: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let [kind @ kind::SEALED, sealed @ ..] = frame else {
            return Err(altered("a message that is not sealed"));
        };
        let nonce = self.incoming.next();
        let payload = Payload { msg: sealed, aad: &[*kind] };
        let plain =
            self.incoming.cipher.decrypt(&nonce, payload).map_err(|_| altered("a sealed message does not open"))?;
        let mut plain = Zeroizing::new(plain);
        let Some((length, rest)) = plain.split_first_chunk::<LENGTH>() else {
            return Err(Fault::peer("a sealed message without a length"));
        };
        let length = usize::from(u16::from_le_bytes(*length));
        if rest.len() < length {
            return Err(Fault::peer("a sealed message shorter than it says"));
        }
        plain.drain(..LENGTH);
        plain.truncate(length);
        Ok(plain)
    }
}

impl Direction {
    fn new(key: &[u8; 32]) -> Self {
        Self { cipher: ChaCha20Poly1305::new(&(*key).into()), count: 0 }
    }

    fn next(&mut self) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.count.to_le_bytes());
        self.count += 1;
        nonce.into()
    }
}

fn from_host(key: &PairKey) -> Direction {
    Direction::new(&key.derive("tacit 2026-11 seal: from the host to the guest"))
}

fn from_guest(key: &PairKey) -> Direction {
    Direction::new(&key.derive("tacit 2026-11 seal: from the guest to the host"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seeded;
    use crate::pake::{GuestHandshake, GuestStep, HostHandshake, HostStep};
    use crate::{GuestInvite, Invite};
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    use proptest::prelude::*;
    use tacit_session::Code;
    use tacit_signaling_messages::Room;

    fn pair() -> (Sealed, Sealed) {
        let mut rng = Seeded::new(1);
        let invite = Invite::new(Room(1), &mut rng);
        let mut host = HostHandshake::new(&invite);
        let (mut guest, hello) = GuestHandshake::new(&GuestInvite::parse(&invite.code()).unwrap(), &mut rng);
        let Ok(HostStep::Send(answer)) = host.on_frame(&hello, &mut rng) else { panic!() };
        let Ok(GuestStep::Send(confirm)) = guest.on_frame(&answer) else { panic!() };
        let Ok(HostStep::Accept(accept, host_key, _)) = host.on_frame(&confirm, &mut rng) else { panic!() };
        let Ok(GuestStep::Accepted(guest_key)) = guest.on_frame(&accept) else { panic!() };
        (Sealed::host(&host_key), Sealed::guest(&guest_key))
    }

    fn altered_code(result: Result<Zeroizing<Vec<u8>>, Fault>) -> bool {
        result.err().is_some_and(|fault| fault.code == Code::RelayAltered)
    }

    #[test]
    fn lengths_fall_into_classes_that_the_server_takes() {
        let (mut host, mut guest) = pair();
        let mut sizes = std::collections::BTreeSet::new();
        for length in [0, 1, 510, 511, 2046, 2047, 6000, 6143, CLASSES[3] - LENGTH] {
            let message = vec![7; length];
            let frame = host.seal(&message).unwrap();
            assert!(Base64UrlUnpadded::encode_string(&frame).len() <= MAX_BODY);
            sizes.insert(frame.len());
            assert_eq!(*guest.open(&frame).unwrap(), message);
        }
        assert_eq!(sizes.len(), CLASSES.len());
        assert_eq!(host.seal(&vec![0; CLASSES[3]]).err().map(|f| f.code), Some(Code::Internal));
    }

    #[test]
    fn dropped_repeated_swapped_and_reflected_messages_do_not_open() {
        let (mut host, mut guest) = pair();
        let (a, b) = (host.seal(b"a").unwrap(), host.seal(b"b").unwrap());
        assert!(altered_code(guest.open(&b)));

        let (mut host, mut guest) = pair();
        assert_eq!(host.seal(b"a").unwrap(), a, "the same key and message, for what follows");
        guest.open(&a).unwrap();
        assert!(altered_code(guest.open(&a)));

        assert!(altered_code(host.open(&a)));
        assert!(altered_code(guest.open(&[])));
        assert!(altered_code(guest.open(&[kind::SEALED])));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_flipped_bit_is_noticed(message in proptest::collection::vec(any::<u8>(), 0..600), at: prop::sample::Index, bit in 0u32..8) {
            let (mut host, mut guest) = pair();
            let mut frame = host.seal(&message).unwrap();
            let at = at.index(frame.len());
            frame[at] ^= 1u8 << bit;
            prop_assert!(altered_code(guest.open(&frame)));
        }
    }
}
