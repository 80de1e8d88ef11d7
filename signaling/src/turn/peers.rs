//! Decides to which addresses the relay sends: to the other party, and not into the relay's own
//! network.
//!
//! A relay sends from inside. Through it strangers could reach what the operator's firewall keeps
//! from them: services of this machine, of its neighbours, the metadata service of a cloud. So only
//! public addresses are relayed to; and those that are of the same kind as the relay's own, since a
//! relay with a private address was put there for its neighbours. A machine may have more addresses
//! than the one that parties are told, public ones too: every address that the system takes for its
//! own is refused.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The range from which an address can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Public,
    /// One network: RFC 1918 and 6598, unique local.
    Private,
    /// One link.
    Link,
    /// One machine.
    Loopback,
    /// No single host, or no usable one: multicast, reserved, for documentation.
    Nowhere,
}

impl Reach {
    /// Classifies an address by the special-purpose registries (RFC 6890); an address that embeds
    /// an IPv4 address counts as that one.
    pub(crate) fn of(address: IpAddr) -> Reach {
        match address.to_canonical() {
            IpAddr::V4(address) => Reach::of_v4(address),
            IpAddr::V6(address) => Reach::of_v6(address),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Reach {
        match address.octets() {
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Private,
            [127, ..] => Reach::Loopback,
            [169, 254, ..] => Reach::Link,
            [0, ..] | [224..=255, ..] | [198, 18..=19, ..] => Reach::Nowhere,
            [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 51, 100, _] | [203, 0, 113, _] => Reach::Nowhere,
            _ => Reach::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Reach {
        let inside = |high: u16, low: u16| Reach::of_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Loopback,
            // NAT64 and 6to4 lead to the IPv4 address in them.
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inside(high, low),
            [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Reach::Private,
            [0xfe80..=0xfebf, ..] => Reach::Link,
            // Teredo, benchmarks, ORCHID and the like; documentation.
            [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reach::Nowhere,
            [0x2000..=0x3fff, ..] => Reach::Public,
            _ => Reach::Nowhere,
        }
    }
}

/// Tells whether an address is one of this machine's, whichever interface has it now.
///
/// The system is asked for the source address it would use: for a destination of its own it uses
/// that very address. Nothing is sent.
fn is_of_this_machine(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // The port is arbitrary: connecting a datagram socket sends nothing.
    let source = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    source.is_ok_and(|source| source.ip().to_canonical() == address)
}

/// How long the system's answer for an address is cached, and for how many addresses.
const KNOWN_FOR: Duration = Duration::from_secs(30);
const MOST_KNOWN: usize = 4096;

/// The filter of addresses that the relay sends to and receives from.
#[derive(Clone)]
pub(crate) struct Peers {
    own: IpAddr,
    neighbours: bool,
    is_local: fn(IpAddr) -> bool,
    /// Cached answers of the system for addresses, with their times.
    known: Arc<Mutex<HashMap<IpAddr, (Instant, bool)>>>,
}

impl Peers {
    /// Makes the filter for a relay reached at `own`; `neighbours` allows private addresses in any
    /// case.
    pub(crate) fn new(own: IpAddr, neighbours: bool) -> Self {
        Peers { own: own.to_canonical(), neighbours, is_local: is_of_this_machine, known: Arc::default() }
    }

    /// Tells whether an address is this machine's; the answer may be cached.
    fn is_local(&self, address: IpAddr) -> bool {
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&(_, is_local)) = known.get(&address).filter(|(asked, _)| now - *asked < KNOWN_FOR) {
            return is_local;
        }
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        let is_local = (self.is_local)(address);
        known.insert(address, (now, is_local));
        is_local
    }

    /// Tells whether to relay to `peer` and from it; `is_relay` tells whether a port of this
    /// machine is one of the relay's own.
    ///
    /// At the relay's own address only other relayed parties are reached: both parties may use the
    /// relay.
    pub(crate) fn allow(&self, peer: SocketAddr, is_relay: impl FnOnce(u16) -> bool) -> bool {
        let address = peer.ip().to_canonical();
        if address == self.own {
            return is_relay(peer.port());
        }
        let (own, reach) = (Reach::of(self.own), Reach::of(address));
        // The system need not be asked about addresses that are refused anyway.
        if reach != Reach::Nowhere && self.is_local(address) {
            return false;
        }
        match reach {
            Reach::Public => peer.port() != 0,
            reach @ (Reach::Private | Reach::Link) => peer.port() != 0 && (self.neighbours || reach == own),
            // All of 127.0.0.0/8 is this machine.
            Reach::Loopback | Reach::Nowhere => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells whether a relay at `own` relays to `peer`, where no relayed party is.
    fn relays(own: &str, neighbours: bool, peer: &str) -> bool {
        Peers::new(own.parse().unwrap(), neighbours).allow(SocketAddr::new(peer.parse().unwrap(), 4000), |_| false)
    }

    #[test]
    fn a_public_relay_reaches_public_addresses_only() {
        for public in ["1.1.1.1", "100.63.0.1", "172.32.0.1", "2600::1", "64:ff9b::101:101", "2002:101:101::1"] {
            assert!(relays("8.8.8.8", false, public), "{public}");
        }
        for other in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            // The same addresses in other notations.
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
            "64:ff9b:1::a00:1",
        ] {
            assert!(!relays("8.8.8.8", false, other), "{other}");
        }
    }

    #[test]
    fn a_private_relay_reaches_its_neighbours_and_not_this_machine() {
        assert!(relays("192.168.1.5", false, "192.168.1.6"));
        assert!(relays("192.168.1.5", false, "1.1.1.1"));
        assert!(!relays("192.168.1.5", false, "127.0.0.1"));
        assert!(!relays("192.168.1.5", false, "169.254.169.254"));
        assert!(relays("8.8.8.8", true, "192.168.1.6"));
        assert!(!relays("8.8.8.8", true, "127.0.0.1"), "a flag does not open this machine");
    }

    /// A machine's second public address, and the private address of a machine behind a public one.
    #[test]
    fn no_other_address_of_this_machine_is_reached() {
        let second = |address: IpAddr| ["9.9.9.9", "10.0.0.5", "2600::2"].iter().any(|own| *own == address.to_string());
        let peers = Peers { is_local: second, ..Peers::new("8.8.8.8".parse().unwrap(), true) };
        let allow = |peer: &str| peers.allow(SocketAddr::new(peer.parse().unwrap(), 50_000), |port| port == 50_000);
        for own in ["9.9.9.9", "10.0.0.5", "2600::2", "::ffff:9.9.9.9", "::ffff:10.0.0.5"] {
            assert!(!allow(own) && !allow(own), "{own}");
        }
        for other in ["9.9.9.8", "10.0.0.6", "2600::3"] {
            assert!(allow(other) && allow(other), "{other}");
        }
    }

    #[test]
    fn the_system_knows_its_addresses() {
        assert!(is_of_this_machine(Ipv4Addr::LOCALHOST.into()));
        for other in ["192.0.2.1", "1.1.1.1", "2001:db8::1"] {
            assert!(!is_of_this_machine(other.parse().unwrap()), "{other}");
        }
        // The address that this machine would send from is its own, too.
        let out = UdpSocket::bind("0.0.0.0:0").unwrap();
        if out.connect("192.0.2.1:9").is_ok() {
            assert!(is_of_this_machine(out.local_addr().unwrap().ip()));
        }
    }

    #[test]
    fn at_its_own_address_a_relay_reaches_other_relayed_parties_only() {
        for own in ["8.8.8.8", "192.168.1.5", "127.0.0.1", "2600::1"] {
            let peers = Peers::new(own.parse().unwrap(), true);
            let at = |port| SocketAddr::new(own.parse().unwrap(), port);
            assert!(peers.allow(at(50_000), |port| port == 50_000), "{own}");
            assert!(!peers.allow(at(53), |port| port == 50_000), "{own}");
        }
        assert!(!relays("127.0.0.1", true, "127.0.0.2"));
    }
}
