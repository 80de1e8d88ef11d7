//! The introduction: from “the other seat is taken” to “authenticated and connected”, without a
//! browser.
//!
//! An [`Introduction`] takes the bodies that the relay delivers and the descriptions that the
//! browser's WebRTC produces, and returns the next actions. Once it has failed it stays failed. The
//! order on the wire is in the crate's documentation.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use tacit_session::{Code, Fault, Party};
use tacit_signaling_messages::{Body, MAX_BODY};

use crate::entropy::Entropy;
use crate::letter::{Candidate, Description, Letter};
use crate::pake::{self, GuestHandshake, GuestStep, HostHandshake, HostStep, Method, PairKey, altered};
use crate::seal::Sealed;
use crate::words::{Fingerprint, Nonce, Seen};
use crate::{DoorInvite, GuestInvite, Invite};

/// The maximum number of candidates taken from one party. A machine with many networks has some
/// dozens.
const MAX_CANDIDATES: u32 = 512;

/// The maximum number of restarts answered in one session: a bad network has some dozens.
const MAX_RESTARTS: u32 = 1000;

/// The next step for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Relay this to the other party.
    Send(Body),
    /// At a door: the guest has proved that it holds the secret. It waits for
    /// [`Introduction::admit`].
    Proved,
    /// The other party holds the same secret: open a peer connection. The host then makes an offer
    /// and passes it to [`Introduction::describe`].
    Authenticated,
    /// Set this as the remote description. After an offer: make an answer and pass it to
    /// [`Introduction::describe`].
    Apply(Description),
    /// Add this candidate.
    Reach(Candidate),
    /// Both sides show the same three words now.
    Words {
        /// The words.
        words: [&'static str; 3],
        /// Whether persons must compare them, because a typed code is short enough to be guessed.
        confirm: bool,
    },
    /// The other party announces that it leaves.
    PeerLeft,
}

/// One party's side of an introduction.
pub struct Introduction {
    entropy: Box<dyn Entropy>,
    state: State,
    /// Set if a guest who has proved itself waits to be admitted.
    is_door: bool,
    candidates: u32,
    restarts: u32,
}

enum State {
    Host(HostHandshake),
    /// Host at a door: the guest holds the secret, and has not been told yet.
    Proved(Box<Proof>),
    Guest(GuestHandshake, Method),
    Met(Met),
    Failed(Fault),
}

/// The host's state for a guest that has proved itself.
struct Proof {
    accept: Vec<u8>,
    key: PairKey,
    method: Method,
}

/// The state after the handshake: all messages are sealed.
struct Met {
    party: Party,
    method: Method,
    sealed: Sealed,
    key: PairKey,
    nonce: Nonce,
    mine: Option<Fingerprint>,
    theirs: Option<Fingerprint>,
    /// Host: `None`. Guest: the host's commitment, until it is opened.
    commitment: Option<[u8; 32]>,
    words: Option<[&'static str; 3]>,
    /// Set while an offer has no answer yet.
    offered: bool,
}

impl Introduction {
    /// Makes the host's side. It waits for the guest's first message.
    #[must_use]
    pub fn host(invite: &Invite, entropy: impl Entropy + 'static) -> Self {
        Self::new(State::Host(HostHandshake::new(invite)), Box::new(entropy))
    }

    /// Makes the host's side at a door, for a guest who rang.
    #[must_use]
    pub fn at_door(invite: &DoorInvite, entropy: impl Entropy + 'static) -> Self {
        let this = Self::new(State::Host(HostHandshake::at_door(invite)), Box::new(entropy));
        Self { is_door: true, ..this }
    }

    /// Makes the guest's side, and the first action: a message to send.
    #[must_use]
    pub fn guest(invite: &GuestInvite, entropy: impl Entropy + 'static) -> (Self, Action) {
        let mut entropy: Box<dyn Entropy> = Box::new(entropy);
        let (handshake, hello) = GuestHandshake::new(invite, entropy.as_mut());
        let this = Self::new(State::Guest(handshake, invite.method()), entropy);
        (this, send(&hello))
    }

    fn new(state: State, entropy: Box<dyn Entropy>) -> Self {
        Self { entropy, state, is_door: false, candidates: 0, restarts: 0 }
    }

    /// At a door: accepts the guest that has [proved](Action::Proved) itself, which is told so now.
    ///
    /// # Errors
    /// [`Code::Internal`] when no guest waits.
    pub fn admit(&mut self) -> Result<Vec<Action>, Fault> {
        match std::mem::replace(&mut self.state, State::Failed(Fault::internal("no guest waits to be admitted"))) {
            State::Proved(proof) => {
                let Proof { accept, key, method } = *proof;
                self.meet(Party::Alice, key, method);
                Ok(vec![send(&accept), Action::Authenticated])
            }
            State::Failed(fault) => self.keep(Err(fault)),
            _ => Err(Fault::internal("no guest waits to be admitted")),
        }
    }

    /// Takes a body that the relay delivered.
    ///
    /// # Errors
    /// Terminal: [`Code::CodeWrong`], [`Code::VersionsDiffer`], [`Code::RelayAltered`] for a body
    /// that no honest relay delivers, [`Code::PeerBroke`] for a message that no honest peer seals.
    /// Send [`farewell`](Self::farewell), close the room, and start over with a new invite.
    pub fn on_peer(&mut self, body: &Body) -> Result<Vec<Action>, Fault> {
        let result = read(body).and_then(|frame| self.on_frame(&frame));
        self.keep(result)
    }

    /// Takes the local description: the host's offer, or the guest's answer to one; the first or
    /// one after a restart.
    ///
    /// # Errors
    /// [`Code::Internal`] when no description is expected, or it has no usable fingerprint.
    pub fn describe(&mut self, sdp: &str) -> Result<Vec<Action>, Fault> {
        let result = self.met().and_then(|met| met.describe(sdp));
        self.keep(result)
    }

    /// Takes a local candidate.
    ///
    /// # Errors
    /// [`Code::Internal`] before the handshake is over.
    pub fn candidate(&mut self, candidate: Candidate) -> Result<Vec<Action>, Fault> {
        let result = self.met().and_then(|met| met.post(&Letter::Candidate(candidate)));
        self.keep(result).map(|action| vec![action])
    }

    /// Returns the words, once both nonces are open on this side.
    #[must_use]
    pub fn words(&self) -> Option<[&'static str; 3]> {
        match &self.state {
            State::Met(met) => met.words,
            _ => None,
        }
    }

    /// Tells whether the other party has proved that it holds the secret.
    #[must_use]
    pub fn authenticated(&self) -> bool {
        matches!(self.state, State::Met(_))
    }

    /// Returns the fault for a timeout: a message is missing, or the network does not connect the
    /// two parties.
    #[must_use]
    pub fn out_of_time(&self) -> Fault {
        match &self.state {
            State::Failed(fault) => fault.clone(),
            State::Host(_) | State::Guest(..) => Fault::new(Code::Stalled, "the handshake was not finished"),
            State::Proved(_) => Fault::new(Code::ServerBusy, "there was no place in time"),
            State::Met(Met { words: None, .. }) => Fault::new(Code::Stalled, "the introduction was not finished"),
            State::Met(_) => Code::ConnectionFailed.into(),
        }
    }

    /// Returns the last message: the reason for a guest that is turned away, or that this party
    /// leaves.
    #[must_use]
    pub fn farewell(&mut self) -> Option<Body> {
        match &mut self.state {
            State::Met(met) => {
                let frame = met.sealed.seal(&Letter::Bye.encode()).ok()?;
                self.state = State::Failed(Code::Cancelled.into());
                Some(body(&frame))
            }
            State::Failed(fault) => pake::refusal(fault.code).map(|frame| body(&frame)),
            State::Proved(_) => pake::refusal(Code::ServerBusy).map(|frame| body(&frame)),
            State::Host(_) | State::Guest(..) => None,
        }
    }

    fn on_frame(&mut self, frame: &[u8]) -> Result<Vec<Action>, Fault> {
        match &mut self.state {
            State::Host(handshake) => match handshake.on_frame(frame, self.entropy.as_mut())? {
                HostStep::Send(frame) => Ok(vec![send(&frame)]),
                HostStep::Accept(accept, key, method) if self.is_door => {
                    self.state = State::Proved(Box::new(Proof { accept, key, method }));
                    Ok(vec![Action::Proved])
                }
                HostStep::Accept(accept, key, method) => {
                    self.meet(Party::Alice, key, method);
                    Ok(vec![send(&accept), Action::Authenticated])
                }
            },
            State::Guest(handshake, method) => match handshake.on_frame(frame)? {
                GuestStep::Send(frame) => Ok(vec![send(&frame)]),
                GuestStep::Accepted(key) => {
                    let method = *method;
                    self.meet(Party::Bob, key, method);
                    Ok(vec![Action::Authenticated])
                }
            },
            State::Met(met) => {
                let letter = Letter::decode(&met.sealed.open(frame)?)?;
                count(&mut self.candidates, MAX_CANDIDATES, matches!(letter, Letter::Candidate(_)))?;
                count(&mut self.restarts, MAX_RESTARTS, matches!(letter, Letter::Restart { .. }))?;
                if matches!(letter, Letter::Restart { .. }) {
                    self.candidates = 0;
                }
                met.on_letter(letter)
            }
            State::Proved(_) => Err(altered("a message from a guest that waits")),
            State::Failed(fault) => Err(fault.clone()),
        }
    }

    fn met(&mut self) -> Result<&mut Met, Fault> {
        match &mut self.state {
            State::Met(met) => Ok(met),
            State::Failed(fault) => Err(fault.clone()),
            State::Host(_) | State::Proved(_) | State::Guest(..) => {
                Err(Fault::internal("WebRTC before the handshake is over"))
            }
        }
    }

    fn meet(&mut self, party: Party, key: PairKey, method: Method) {
        let sealed = match party {
            Party::Alice => Sealed::host(&key),
            Party::Bob => Sealed::guest(&key),
        };
        self.state = State::Met(Met {
            party,
            method,
            sealed,
            key,
            nonce: Nonce::new(self.entropy.as_mut()),
            mine: None,
            theirs: None,
            commitment: None,
            words: None,
            offered: false,
        });
    }

    fn keep<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &result {
            self.state = State::Failed(fault.clone());
        }
        result
    }
}

impl Met {
    fn post(&mut self, letter: &Letter) -> Result<Action, Fault> {
        Ok(send(&self.sealed.seal(&letter.encode())?))
    }

    fn describe(&mut self, sdp: &str) -> Result<Vec<Action>, Fault> {
        let fingerprint =
            Fingerprint::of(sdp).ok_or_else(|| Fault::internal("a local description without fingerprint"))?;
        if *self.mine.get_or_insert(fingerprint) != fingerprint {
            return Err(Fault::internal("the local certificate changed"));
        }
        let sdp = sdp.to_owned();
        let letter = match (self.party, self.words.is_some()) {
            (Party::Alice, false) => Letter::Offer { commitment: self.nonce.commitment(), sdp },
            (Party::Alice, true) => Letter::Restart { sdp },
            (Party::Bob, false) => Letter::Answer { nonce: self.nonce.0, sdp },
            (Party::Bob, true) => Letter::Resumed { sdp },
        };
        // The host opens an exchange that the guest closes.
        let opens = self.party == Party::Alice;
        if self.offered == opens {
            return Err(Fault::internal("a description out of turn"));
        }
        self.offered = opens;
        Ok(vec![self.post(&letter)?])
    }

    fn on_letter(&mut self, letter: Letter) -> Result<Vec<Action>, Fault> {
        match (self.party, letter) {
            (Party::Bob, Letter::Offer { commitment, sdp }) if self.theirs.is_none() => {
                self.see(&sdp)?;
                self.commitment = Some(commitment);
                self.offered = true;
                Ok(vec![Action::Apply(Description::Offer(sdp))])
            }
            (Party::Alice, Letter::Answer { nonce, sdp }) if self.offered && self.theirs.is_none() => {
                self.see(&sdp)?;
                self.offered = false;
                let words = self.agree(Nonce(nonce))?;
                let opening = self.post(&Letter::Opening { nonce: self.nonce.0 })?;
                Ok(vec![opening, Action::Apply(Description::Answer(sdp)), words])
            }
            (Party::Bob, Letter::Opening { nonce }) if self.mine.is_some() => {
                let nonce = Nonce(nonce);
                match self.commitment.take() {
                    Some(commitment) if commitment == nonce.commitment() => Ok(vec![self.agree(nonce)?]),
                    Some(_) => Err(Fault::peer("a nonce that was not committed to")),
                    None => Err(Fault::peer("a second opening")),
                }
            }
            (_, Letter::Candidate(candidate)) if self.theirs.is_some() => Ok(vec![Action::Reach(candidate)]),
            (Party::Bob, Letter::Restart { sdp }) if self.words.is_some() && !self.offered => {
                self.see(&sdp)?;
                self.offered = true;
                Ok(vec![Action::Apply(Description::Offer(sdp))])
            }
            (Party::Alice, Letter::Resumed { sdp }) if self.offered && self.words.is_some() => {
                self.see(&sdp)?;
                self.offered = false;
                Ok(vec![Action::Apply(Description::Answer(sdp))])
            }
            (_, Letter::Bye) => Ok(vec![Action::PeerLeft]),
            _ => Err(Fault::peer("a sealed message that does not belong here")),
        }
    }

    /// Records the other side's certificate, which may never change: the words cover it.
    fn see(&mut self, sdp: &str) -> Result<(), Fault> {
        let fingerprint = Fingerprint::of(sdp).ok_or_else(|| Fault::peer("a description without one fingerprint"))?;
        if *self.theirs.get_or_insert(fingerprint) == fingerprint {
            return Ok(());
        }
        Err(Fault::peer("another certificate than before"))
    }

    fn agree(&mut self, theirs: Nonce) -> Result<Action, Fault> {
        let (Some(mine_seen), Some(theirs_seen)) = (self.mine, self.theirs) else {
            return Err(Fault::internal("words before both descriptions"));
        };
        let (nonces, fingerprints) = match self.party {
            Party::Alice => ([self.nonce, theirs], [mine_seen, theirs_seen]),
            Party::Bob => ([theirs, self.nonce], [theirs_seen, mine_seen]),
        };
        let key = self.key.derive("tacit 2026-11 words: both sides");
        let words = Seen { key: &key, nonces, fingerprints }.words();
        self.words = Some(words);
        Ok(Action::Words { words, confirm: self.method == Method::Code })
    }
}

fn count(counter: &mut u32, limit: u32, one: bool) -> Result<(), Fault> {
    *counter += u32::from(one);
    if *counter > limit { Err(Fault::peer("too many messages of one kind")) } else { Ok(()) }
}

fn send(frame: &[u8]) -> Action {
    Action::Send(body(frame))
}

fn body(frame: &[u8]) -> Body {
    Body(Base64UrlUnpadded::encode_string(frame))
}

fn read(body: &Body) -> Result<Vec<u8>, Fault> {
    if body.0.len() > MAX_BODY {
        return Err(altered("a message beyond the longest"));
    }
    Base64UrlUnpadded::decode_vec(&body.0).map_err(|_| altered("a message that is not base64url"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seeded;
    use tacit_signaling_messages::Room;

    fn sdp(byte: u8) -> String {
        format!("v=0\r\na=fingerprint:sha-256 {}\r\n", vec![format!("{byte:02X}"); 32].join(":"))
    }

    fn only(mut actions: Vec<Action>) -> Body {
        match actions.swap_remove(0) {
            Action::Send(body) => body,
            other => panic!("{other:?}"),
        }
    }

    /// Makes a pair that has its words; the host with certificate 1, the guest with certificate 2.
    fn met() -> (Introduction, Introduction) {
        let invite = Invite::new(Room(7), &mut Seeded::new(1));
        let mut host = Introduction::host(&invite, Seeded::new(2));
        let (mut guest, hello) = Introduction::guest(&GuestInvite::parse(&invite.code()).unwrap(), Seeded::new(3));
        let answer = only(host.on_peer(&only(vec![hello])).unwrap());
        let confirm = only(guest.on_peer(&answer).unwrap());
        let accept = only(host.on_peer(&confirm).unwrap());
        guest.on_peer(&accept).unwrap();
        guest.on_peer(&only(host.describe(&sdp(1)).unwrap())).unwrap();
        let opening = only(host.on_peer(&only(guest.describe(&sdp(2)).unwrap())).unwrap());
        guest.on_peer(&opening).unwrap();
        assert!(host.words().is_some() && host.words() == guest.words());
        (host, guest)
    }

    fn post(introduction: &mut Introduction, letter: &Letter) -> Body {
        let State::Met(met) = &mut introduction.state else { panic!("not met") };
        only(vec![met.post(letter).unwrap()])
    }

    #[test]
    fn an_authenticated_peer_that_leaves_the_order_broke_the_protocol() {
        let offer = || Letter::Offer { commitment: [0; 32], sdp: sdp(1) };
        let candidate = || Letter::Candidate(Candidate { line: "c".into(), mid: None, index: None });
        let to_guest = [
            offer(),
            Letter::Answer { nonce: [0; 32], sdp: sdp(1) },
            Letter::Opening { nonce: [0; 32] },
            Letter::Resumed { sdp: sdp(1) },
            Letter::Restart { sdp: sdp(9) },
            Letter::Restart { sdp: "v=0".into() },
        ];
        for letter in to_guest {
            let (mut host, mut guest) = met();
            let fault = guest.on_peer(&post(&mut host, &letter)).err().unwrap();
            assert_eq!(fault.code, Code::PeerBroke);
            assert_eq!(guest.on_peer(&post(&mut host, &candidate())), Err(fault), "and it stays so");
        }
        let to_host = [
            offer(),
            Letter::Answer { nonce: [0; 32], sdp: sdp(2) },
            Letter::Opening { nonce: [0; 32] },
            Letter::Restart { sdp: sdp(2) },
            Letter::Resumed { sdp: sdp(2) },
        ];
        for letter in to_host {
            let (mut host, mut guest) = met();
            assert_eq!(host.on_peer(&post(&mut guest, &letter)).err().map(|f| f.code), Some(Code::PeerBroke));
        }
    }

    #[test]
    fn a_certificate_that_changes_in_a_restart_is_refused() {
        let (mut host, mut guest) = met();
        guest.on_peer(&only(host.describe(&sdp(1)).unwrap())).unwrap();
        let resumed = post(&mut guest, &Letter::Resumed { sdp: sdp(9) });
        assert_eq!(host.on_peer(&resumed).err().map(|f| f.code), Some(Code::PeerBroke));
    }

    #[test]
    fn a_nonce_that_was_not_committed_to_is_refused() {
        let invite = Invite::new(Room(7), &mut Seeded::new(1));
        let mut host = Introduction::host(&invite, Seeded::new(2));
        let (mut guest, hello) = Introduction::guest(&GuestInvite::parse(&invite.link("")).unwrap(), Seeded::new(3));
        let answer = only(host.on_peer(&only(vec![hello])).unwrap());
        let confirm = only(guest.on_peer(&answer).unwrap());
        let accept = only(host.on_peer(&confirm).unwrap());
        guest.on_peer(&accept).unwrap();
        guest.on_peer(&only(host.describe(&sdp(1)).unwrap())).unwrap();
        guest.describe(&sdp(2)).unwrap();
        let opening = post(&mut host, &Letter::Opening { nonce: [0; 32] });
        assert_eq!(guest.on_peer(&opening).err().map(|f| f.code), Some(Code::PeerBroke));
        assert!(guest.words().is_none());
    }

    #[test]
    fn endless_candidates_come_to_an_end() {
        let (mut host, mut guest) = met();
        let letter = Letter::Candidate(Candidate { line: "c".into(), mid: None, index: None });
        for _ in 0..MAX_CANDIDATES {
            guest.on_peer(&post(&mut host, &letter)).unwrap();
        }
        assert_eq!(guest.on_peer(&post(&mut host, &letter)).err().map(|f| f.code), Some(Code::PeerBroke));
    }
}
