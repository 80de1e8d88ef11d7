//! Finding and trusting the other party: invite, PAKE, words, sealed signaling, the WebRTC link.
