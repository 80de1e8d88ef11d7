//! The STUN and TURN servers that parties are told of, and when.
//!
//! They are named when a party is about to connect, in [`Reply::Joined`] and [`Reply::PeerJoined`],
//! and are inserted when the reply is written: rooms know nothing of them, and every socket gets a
//! credential of its own for our own relay.

use std::borrow::Cow;
use std::sync::Arc;

use tacit_signaling_messages::{IceServer, Reply};

use crate::turn::Relay;

/// The servers that parties are told of.
pub(crate) struct Ice {
    others: Vec<IceServer>,
    relay: Option<Arc<Relay>>,
}

impl Ice {
    pub(crate) fn new(others: Vec<IceServer>, relay: Option<Arc<Relay>>) -> Self {
        Ice { others, relay }
    }

    /// Returns the reply to write: with the servers if it has a field for them.
    pub(crate) fn put_into<'a>(&self, reply: &'a Reply) -> Cow<'a, Reply> {
        match reply {
            Reply::Joined { away, .. } => Cow::Owned(Reply::Joined { ice: self.servers(), away: *away }),
            Reply::PeerJoined { .. } => Cow::Owned(Reply::PeerJoined { ice: self.servers() }),
            _ => Cow::Borrowed(reply),
        }
    }

    fn servers(&self) -> Vec<IceServer> {
        // Our own relay is first: browsers ask in any order, but people who read the list see whose
        // it is.
        let ours = self.relay.as_ref().and_then(|relay| relay.invite());
        ours.into_iter().chain(self.others.iter().cloned()).collect()
    }
}

/// Parses a server of another operator, as `--ice-server` takes it: `URL`, or
/// `URL,USERNAME,CREDENTIAL` for TURN.
///
/// Parsing is strict, because a browser makes no connection at all if it rejects one URL among
/// many.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn parse_ice_server(text: &str) -> Result<IceServer, String> {
    let mut parts = text.splitn(3, ',');
    let url = parts.next().unwrap_or_default();
    let (username, credential) = (parts.next().map(str::to_owned), parts.next().map(str::to_owned));
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    let is_turn = match scheme {
        "stun" | "stuns" => false,
        "turn" | "turns" => true,
        _ => return Err(format!("'{url}' does not begin with stun:, stuns:, turn: or turns:")),
    };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    if !is_place(place) {
        return Err(format!("'{url}' does not go on with a host, or a host and a port: stun:stun.example.org:3478"));
    }
    match query {
        None => {}
        Some("transport=udp" | "transport=tcp") if is_turn => {}
        Some(_) => return Err(format!("'{url}' may end with ?transport=udp or ?transport=tcp, and only for TURN")),
    }
    if is_turn != credential.is_some() || (username.is_some() && credential.is_none()) {
        return Err(
            "TURN needs a username and a credential, and STUN takes none: turn:HOST:PORT,USERNAME,CREDENTIAL".into()
        );
    }
    Ok(IceServer { urls: vec![url.to_owned()], username, credential })
}

/// Tells whether this is a host, with or without a port, as these URLs write it.
fn is_place(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((address, rest)) if address.parse::<std::net::Ipv6Addr>().is_ok() => match rest.strip_prefix(':') {
            Some(port) => ("v6", Some(port)),
            None if rest.is_empty() => ("v6", None),
            None => return false,
        },
        Some(_) => return false,
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    is_host && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_takes_is_taken() {
        for url in ["stun:stun.example.org", "stun:192.0.2.1:3478", "stuns:[2001:db8::1]:5349", "stun:[::1]"] {
            let server = IceServer { urls: vec![url.into()], username: None, credential: None };
            assert_eq!(parse_ice_server(url), Ok(server));
        }
        // A credential may contain commas.
        let server = parse_ice_server("turns:turn.example.org:443?transport=tcp,me,a,b").unwrap();
        assert_eq!(server.urls, ["turns:turn.example.org:443?transport=tcp"]);
        assert_eq!((server.username.as_deref(), server.credential.as_deref()), (Some("me"), Some("a,b")));
    }

    #[test]
    fn what_would_keep_a_browser_from_connecting_is_refused() {
        for bad in [
            "",
            "stun:",
            "stun.example.org",
            "http://example.org",
            "stun://example.org",
            "stun:example.org:0",
            "stun:example.org:99999",
            "stun:example.org?transport=udp",
            "stun:me@example.org",
            "stun:[::1",
            "stun:[x]:1",
            "stun:example.org,me,secret",
            "turn:example.org",
            "turn:example.org,me",
            "turn:example.org?transport=sctp,me,secret",
        ] {
            assert!(parse_ice_server(bad).is_err(), "{bad}");
        }
    }
}
