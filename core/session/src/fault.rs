//! Everything that can go wrong, once, with a stable code and two sentences: what happened and what
//! to do next.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose fault it is, and so whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The network or the server. Trying again may help.
    Link,
    /// The other party broke the protocol or said no. Abort, wipe, and never retry by oneself.
    Peer,
    /// This side: what was typed, what the machine can do, or a bug.
    Local,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident, $code:literal, $blame:ident, $headline:literal, $next:literal;)+) => {
        /// The stable name of a failure. The page, the terminal and the tests know failures by it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The code as text, `kebab-case`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)+ }
            }

            /// Whose fault it is.
            #[must_use]
            pub fn blame(self) -> Blame {
                match self { $(Code::$variant => Blame::$blame,)+ }
            }

            /// The failure, in one sentence for a person.
            #[must_use]
            pub fn headline(self) -> &'static str {
                match self { $(Code::$variant => $headline,)+ }
            }

            /// Advice on the next step, in one or two sentences for a person.
            #[must_use]
            pub fn next_step(self) -> &'static str {
                match self { $(Code::$variant => $next,)+ }
            }
        }
    };
}

codes! {
    /// The other party closed the page or ended the session.
    PeerLeft, "peer-left", Peer,
        "The other person left.",
        "Nothing more was exchanged. Invite them again when you are both there.";
    /// The other party stopped on purpose and said so.
    PeerCancelled, "peer-cancelled", Peer,
        "The other person stopped.",
        "Your input stayed with you. Talk to them, then start again.";
    /// A model's owner answers no more.
    LimitReached, "limit-reached", Peer,
        "The model’s owner answers no more.",
        "Each answer tells a little of the model, so there is a limit, and it is reached. Ask them if you need more.";
    /// The other party did not accept the agreement.
    PeerDeclined, "peer-declined", Peer,
        "The other person did not accept the agreement.",
        "No input was asked for. Talk to them about what each of you would learn.";
    /// The connection broke and did not come back within 30 seconds.
    ConnectionLost, "connection-lost", Link,
        "The connection is gone.",
        "We tried for 30 seconds to get it back. Check your network and invite them again.";
    /// A direct connection could not be made at all.
    ConnectionFailed, "connection-failed", Link,
        "Your two browsers could not reach each other.",
        "A firewall may be in between. Try the same network, or another one.";
    /// The other side is connected but nothing moves.
    Stalled, "stalled", Link,
        "The other side stopped answering.",
        "Their page may be asleep or their network slow. Ask them to bring it to the front, then start again.";
    /// The signaling server did not answer.
    ServerUnreachable, "server-unreachable", Link,
        "The meeting server cannot be reached.",
        "Check your network, then try again. Nothing about you was sent.";
    /// The signaling server is full or shutting down.
    ServerBusy, "server-busy", Link,
        "The meeting server takes no new sessions right now.",
        "Wait a minute and try again.";
    /// The signaling server saw too many attempts from here.
    TooManyTries, "too-many-tries", Link,
        "Too many tries in a short time.",
        "Wait a minute and try again.";
    /// No such room.
    CodeUnknown, "code-unknown", Local,
        "There is no session with this code.",
        "Check the number, or ask for a new code: each works for ten minutes and once.";
    /// The room was used already.
    RoomFull, "room-full", Local,
        "Two people are already in this session.",
        "A session has exactly two seats. If one should be yours, someone else has your invite: ask for a new one.";
    /// Nobody came before the room's time was over.
    InviteExpired, "invite-expired", Local,
        "The invite has expired.",
        "Nobody took it in time. Make a new one.";
    /// The text that should be an invite is not one.
    InviteMalformed, "invite-malformed", Local,
        "This is not a complete invite.",
        "Part of the link may be missing. Copy it again, whole, or type the code.";
    /// The invite is a link to another server; the detail names it.
    InviteElsewhere, "invite-elsewhere", Local,
        "This link is for another server.",
        "Open the link by itself, in the browser’s address bar: the other person waits there, and not here.";
    /// The secrets of the two sides differ.
    CodeWrong, "code-wrong", Peer,
        "The code did not match.",
        "One wrong try uses an invite up, so that nobody can guess. Make a new one, and do not type the old code again.";
    /// The server or someone in between changed a sealed message.
    RelayAltered, "relay-altered", Link,
        "Someone altered the messages of your meeting.",
        "The meeting server, or someone in between, is not passing them on as they are. Do not use it.";
    /// A person said that the words differ.
    WordsDiffer, "words-differ", Peer,
        "The words differ. Stop.",
        "Someone may be between the two of you. Tell each other by phone, and do not use this code again.";
    /// The two programs speak different versions.
    VersionsDiffer, "versions-differ", Local,
        "You are running different versions.",
        "Reload the page on both sides, then meet again.";
    /// The other party sent something that no honest program sends.
    PeerBroke, "peer-broke-protocol", Peer,
        "The other side broke the protocol.",
        "Everything was stopped and wiped. Do not try again with this person unless you know why.";
    /// This side stopped on purpose.
    Cancelled, "cancelled", Local,
        "You stopped.",
        "Your input stayed with you, and the other person was told.";
    /// This side did not accept the agreement.
    Declined, "declined", Local,
        "You did not accept the agreement.",
        "No input was asked for, and the other person was told.";
    /// A file that is no model, is damaged, or is of another version.
    ModelUnreadable, "model-unreadable", Local,
        "This file is not a model that Tacit can read.",
        "Take a .tacit file as it was made, by a version of Tacit like this one.";
    /// A model that cannot be computed on safely; the detail names the layer and what to change.
    ModelRefused, "model-refused", Local,
        "This model cannot run here.",
        "Change what is named, or take another model.";
    /// A picture that cannot be read or prepared, or does not fit the model.
    PictureRefused, "picture-refused", Local,
        "This picture cannot be checked.",
        "Take another picture, or make it anew.";
    /// The browser has no WebRTC or no Worker, or the page is not in a secure context.
    Unsupported, "browser-unsupported", Local,
        "This browser cannot do this here.",
        "Tacit needs WebRTC, WebAssembly and workers. Use a current browser, and https or localhost.";
    /// There is not enough memory.
    OutOfMemory, "out-of-memory", Local,
        "This device ran out of memory.",
        "Close other tabs and start again.";
    /// A bug of ours.
    Internal, "internal", Local,
        "Something broke on our side.",
        "Reload the page. If it happens again, please report it with the code below.";
}

/// A failure: its [`Code`], and the exact observation for a log (never a secret).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The stable name.
    pub code: Code,
    /// The exact observation, for reports. Public facts only.
    pub detail: Option<String>,
}

impl Fault {
    /// A fault with its detail.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: Some(detail.into()) }
    }

    /// The fault of a peer that sent a message no honest program sends.
    #[must_use]
    pub fn peer(detail: impl Into<String>) -> Self {
        Self::new(Code::PeerBroke, detail)
    }

    /// The fault of a bug on this side.
    #[must_use]
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(Code::Internal, detail)
    }

    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        self.code.blame()
    }
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self { code, detail: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.code.headline())?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_kebab_case_and_speak_in_sentences() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(seen.insert(text), "{text} stands twice");
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{text}");
            for sentence in [code.headline(), code.next_step()] {
                assert!(sentence.ends_with('.') && !sentence.contains('!'), "{text}: {sentence}");
            }
        }
    }
}
