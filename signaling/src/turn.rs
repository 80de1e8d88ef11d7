//! STUN and TURN in the same program, for two parties that cannot reach each other directly.
//!
//! ```text
//! party ── UDP ── Gate ── the `turn` library ── Relayed ── UDP ── the other party, or its relayed address
//!                  │            │                  │
//!                  │         Doorman: is the credential one of ours, and still good?
//!                  └───────── Ledger: how many allocations, whose, on which ports
//! ```
//!
//! The library (RFC 5389 and 5766 over UDP) implements the protocol; the resources that strangers
//! can make it use are bounded around it, see `gate`, and `peers` decides to which addresses it
//! relays. The payload is DTLS between the two parties, so a relay sees addresses, sizes and times,
//! as any router between them does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use clap::{ArgAction, Args};
use tacit_signaling_messages::IceServer;
use tokio::net::UdpSocket;
use turn::server::Server;
use turn::server::config::{ConnConfig, ServerConfig};

use crate::config::parse_duration;
use crate::metrics;
use crate::trouble::Trouble;

mod credentials;
mod gate;
mod ledger;
mod peers;
mod relayed;

use credentials::{Doorman, Issuer};
pub(crate) use gate::Gate;
use ledger::{Ledger, Tally};
use peers::Peers;
use relayed::Relayed;

/// The realm that the protocol requires for credentials.
const REALM: &str = "tacit";

/// The settings of our own STUN and TURN server.
#[derive(Clone, Debug)]
pub struct Turn {
    /// `address:port` for UDP; port 0 lets the system choose, and `[::]` means every address of
    /// both families.
    pub listen: String,
    /// The relay's public name and limits.
    pub terms: TurnTerms,
}

/// How the relay is reached, and how much it bears. Each is a flag of the program; the flag's
/// default is the field's.
#[derive(Args, Clone, Debug)]
pub struct TurnTerms {
    /// The name or address at which parties reach it [default: the address that it listens on]
    #[arg(id = "turn-name", long, value_name = "NAME")]
    pub name: Option<String>,

    /// The UDP ports at which relayed parties are reached, first and last
    #[arg(id = "turn-ports", long, value_name = "A-B", default_value = "49152-65535", value_parser = parse_ports)]
    pub ports: RangeInclusive<u16>,

    /// How long a credential is good; as long as a room lives, or reconnecting fails before its
    /// time is over
    #[arg(id = "turn-lifetime", long, value_name = "TIME", default_value = "12h", value_parser = parse_duration)]
    pub lifetime: Duration,

    /// Allocations (parties that are relayed, counted once for each of their networks) that may be
    /// there at once
    #[arg(id = "turn-allocations", long, value_name = "N", default_value = "1000")]
    pub allocations: u32,

    /// Allocations that may be there at once on one credential
    #[arg(id = "turn-allocations-each", long, value_name = "N", default_value = "10")]
    pub allocations_each: u32,

    /// Bytes a second that one allocation may relay, each way
    #[arg(id = "turn-rate", long, value_name = "BYTES", default_value = "4000000")]
    pub rate: NonZeroU32,

    /// Relay to private and link-local addresses, too, which else only a relay does whose own
    /// address is such a one
    #[arg(id = "turn-private-peers", long, value_name = "true|false", num_args = 0..=1, default_value = "false",
          default_missing_value = "true", action = ArgAction::Set)]
    pub private_peers: bool,
}

impl Default for TurnTerms {
    fn default() -> Self {
        /// The defaults are defined once, in the attributes above.
        #[derive(clap::Parser)]
        struct Flags {
            #[command(flatten)]
            terms: TurnTerms,
        }
        <Flags as clap::Parser>::parse_from([""]).terms
    }
}

fn parse_ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let ends = text.split_once('-').and_then(|(first, last)| Some(first.parse().ok()?..=last.parse().ok()?));
    let ports = ends.filter(|ports: &RangeInclusive<u16>| *ports.start() > 0 && !ports.is_empty());
    ports.ok_or_else(|| format!("'{text}' is not two ports, the lower one first, like 49152-65535"))
}

/// The relay, listening.
pub(crate) struct Relay {
    socket: Arc<UdpSocket>,
    urls: Vec<String>,
    issuer: Arc<Issuer>,
    bind: IpAddr,
    shown: IpAddr,
    terms: TurnTerms,
    tally: Arc<Tally>,
    /// The ledger of the library's current run.
    ledger: Mutex<Arc<Ledger>>,
}

/// The interval of checks whether the library still answers.
const LOOK: Duration = Duration::from_secs(5);

impl Relay {
    /// Determines the relay's public address, and listens.
    ///
    /// # Errors
    /// [`Trouble`] with the address or the name.
    pub(crate) async fn bind(turn: Turn) -> Result<Relay, Trouble> {
        let Turn { listen, terms } = turn;
        let refused = |source| Trouble::Turn { listen: listen.clone(), source };
        let socket = UdpSocket::bind(&listen).await.map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        let issuer = Issuer::new(terms.lifetime).map_err(|error| refused(std::io::Error::other(error)))?;
        let (host, shown) = reached_at(terms.name.as_deref(), address.ip()).await?;
        let bind = match (address.ip(), shown) {
            (ip, shown) if !ip.is_unspecified() && ip.is_ipv4() == shown.is_ipv4() => ip,
            (_, IpAddr::V4(_)) => Ipv4Addr::UNSPECIFIED.into(),
            (_, IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let port = address.port();
        Ok(Relay {
            socket: Arc::new(socket),
            urls: vec![format!("stun:{host}:{port}"), format!("turn:{host}:{port}?transport=udp")],
            issuer: Arc::new(issuer),
            bind,
            shown,
            ledger: Mutex::new(Ledger::new(terms.allocations, terms.allocations_each)),
            tally: Arc::default(),
            terms,
        })
    }

    /// Makes the entry that one party needs to use the relay, with a credential that no other party
    /// gets.
    pub(crate) fn invite(&self) -> Option<IceServer> {
        let (username, password) = self.issuer.issue(SystemTime::now())?;
        Some(IceServer { urls: self.urls.clone(), username: Some(username), credential: Some(password) })
    }

    /// Serves until dropped.
    pub(crate) async fn run(&self) {
        loop {
            let ledger = Ledger::new(self.terms.allocations, self.terms.allocations_each);
            *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = ledger.clone();
            let gate = Retiring(Gate::new(self.socket.clone(), ledger.clone()));
            // The library's tasks run beside us and end when it is dropped.
            let server = Server::new(self.library(gate.0.clone(), ledger)).await;
            let mut look = tokio::time::interval(LOOK);
            while server.is_ok() && !gate.0.is_stuck() {
                look.tick().await;
            }
            tracing::warn!("the relay does not answer any more, and begins anew");
            drop((server, gate));
            look.reset();
            look.tick().await;
        }
    }

    fn library(&self, gate: Arc<Gate>, ledger: Arc<Ledger>) -> ServerConfig {
        let relayed = Relayed {
            bind: self.bind,
            shown: self.shown,
            ports: self.terms.ports.clone(),
            share: self.terms.rate,
            peers: Peers::new(self.shown, self.terms.private_peers),
            ledger: ledger.clone(),
            tally: self.tally.clone(),
        };
        ServerConfig {
            conn_configs: vec![ConnConfig { conn: gate, relay_addr_generator: Box::new(relayed) }],
            realm: REALM.into(),
            auth_handler: Arc::new(Doorman { issuer: self.issuer.clone(), ledger }),
            // Zero selects the library's own default.
            channel_bind_timeout: Duration::ZERO,
            alloc_close_notify: None,
        }
    }

    /// Returns the operator's metrics.
    pub(crate) fn figures(&self) -> String {
        let Tally { allocations, denied, dropped, bytes } = &*self.tally;
        let open = self.ledger.lock().unwrap_or_else(PoisonError::into_inner).len();
        let mut text = String::new();
        metrics::write(&mut text, "turn_allocations", "gauge", "Allocations that are there now.", open as u64);
        for (name, help, counter) in [
            ("turn_allocations_total", "Allocations that were made.", allocations),
            ("turn_bytes_total", "Bytes that were relayed, either way.", bytes),
            ("turn_dropped_total", "Datagrams beyond an allocation's share.", dropped),
            ("turn_denied_total", "Datagrams to or from addresses that are not relayed to.", denied),
        ] {
            metrics::write(&mut text, name, "counter", help, counter.load(Ordering::Relaxed));
        }
        text
    }
}

/// A gate that is closed for good when this is dropped, even while the library still holds it.
struct Retiring(Arc<Gate>);

impl Drop for Retiring {
    fn drop(&mut self) {
        self.0.retire();
    }
}

/// Returns the host for URLs, and the address that relayed parties are told.
async fn reached_at(name: Option<&str>, listening: IpAddr) -> Result<(String, IpAddr), Trouble> {
    let unclear = |reason: String| Trouble::TurnName { reason };
    let address = match name {
        None if listening.is_unspecified() => {
            return Err(unclear(format!("{listening} is every address and says none that parties could reach")));
        }
        None => listening.to_canonical(),
        Some(name) => match name.parse::<IpAddr>() {
            Ok(address) => address.to_canonical(),
            Err(_) => {
                let found =
                    tokio::net::lookup_host((name, 0)).await.map_err(|error| unclear(format!("{name}: {error}")))?;
                let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
                // Relayed parties have one address, and more networks have IPv4.
                found.sort_by_key(IpAddr::is_ipv6);
                let first = found.into_iter().next().ok_or_else(|| unclear(format!("{name} has no address")))?;
                return Ok((name.to_owned(), first));
            }
        },
    };
    if address.is_unspecified() {
        return Err(unclear(format!("{address} is not an address that parties could reach")));
    }
    let host = SocketAddr::new(address, 0).to_string();
    Ok((host.trim_end_matches(":0").to_owned(), address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_two_the_lower_first() {
        assert_eq!(parse_ports("49152-65535"), Ok(49152..=65535));
        assert_eq!(parse_ports("5000-5000"), Ok(5000..=5000));
        for bad in ["", "5000", "0-5", "6-5", "1-65536", "a-b", "1-2-3"] {
            assert!(parse_ports(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn urls_have_brackets_where_they_need_them() {
        let at = async |name: Option<&str>, listening: &str| reached_at(name, listening.parse().unwrap()).await.ok();
        let v4: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(at(None, "192.0.2.1").await, Some(("192.0.2.1".into(), v4)));
        assert_eq!(at(Some("192.0.2.1"), "::").await, Some(("192.0.2.1".into(), v4)));
        assert_eq!(at(None, "2001:db8::1").await, Some(("[2001:db8::1]".into(), "2001:db8::1".parse().unwrap())));
        assert_eq!(at(Some("localhost"), "127.0.0.1").await.map(|(host, _)| host).as_deref(), Some("localhost"));
        for unspecified in ["0.0.0.0", "::"] {
            assert_eq!(at(None, unspecified).await, None);
            assert_eq!(at(Some(unspecified), "127.0.0.1").await, None);
        }
    }
}
