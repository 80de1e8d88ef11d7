//! The server's settings and their defaults, which are safe for one small public instance.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser};
use redis::IntoConnectionInfo as _;
use tacit_signaling_messages::{IceServer, MAX_BODY};

use crate::page::PageFrom;
use crate::tls::Tls;
use crate::turn::Turn;

/// The addresses to listen on, the content to serve, and the limits.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on, `address:port`; port 0 lets the system choose, and `[::]` means
    /// every address of both families.
    pub listen: String,
    /// The source of the built page; `None` serves the introductions only.
    pub page: Option<PageFrom>,
    /// The source of the certificate; `None` serves plain HTTP.
    pub tls: Option<Tls>,
    /// `address:port` on which metrics for the operator are served, at `/metrics`; `None` serves
    /// none.
    pub metrics: Option<String>,
    /// The store of the rooms.
    pub rooms: RoomsAt,
    /// STUN and TURN servers of other operators that parties are told of.
    pub ice_servers: Vec<IceServer>,
    /// Our own STUN and TURN server; `None` runs none.
    pub turn: Option<Turn>,
    /// Bounds on memory, rates and time.
    pub limits: Limits,
}

/// The store that holds the rooms.
#[derive(Clone, Debug, Default)]
pub enum RoomsAt {
    /// In this process, for a single instance.
    #[default]
    Memory,
    /// In a Redis, for all instances that use the same one.
    Redis(RedisAt),
}

/// The address of the Redis.
#[derive(Clone)]
pub struct RedisAt(pub(crate) redis::ConnectionInfo);

impl fmt::Debug for RedisAt {
    /// Omits the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisAt").field(&self.0.addr().to_string()).finish()
    }
}

impl FromStr for RoomsAt {
    type Err = String;

    /// Parses `memory`, or `redis://host:port`, with optional `user:password@` and `/database`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "memory" {
            return Ok(RoomsAt::Memory);
        }
        // The input may hold a password, so the error does not repeat it.
        let wanted = || "it is `memory`, or where a Redis is: `redis://host:port`, and `/database` if not 0".to_owned();
        if !text.starts_with("redis://") {
            return Err(wanted());
        }
        text.into_connection_info().map(|redis| RoomsAt::Redis(RedisAt(redis))).map_err(|_| wanted())
    }
}

impl Default for Config {
    /// Listens on 127.0.0.1:8080, in plain HTTP, as a single instance, without a page and without
    /// STUN or TURN servers.
    fn default() -> Self {
        Config {
            listen: "127.0.0.1:8080".into(),
            page: None,
            tls: None,
            metrics: None,
            rooms: RoomsAt::Memory,
            ice_servers: Vec::new(),
            turn: None,
            limits: Limits::default(),
        }
    }
}

/// Bounds on memory, rates and time. Each is a flag of the program; the flag's default is the
/// field's.
///
/// Limits per address take an IPv4 address or an IPv6 /64 for one place. No proxy header is
/// believed: behind a reverse proxy everybody comes from the proxy's address, so raise them there
/// and let the proxy count.
#[derive(Args, Clone, Debug)]
pub struct Limits {
    /// Rooms and doors that may be open at once
    #[arg(long, value_name = "N", default_value = "10000")]
    pub max_rooms: u32,

    /// Longest relayed body in bytes, at most 16384
    #[arg(long, value_name = "BYTES", default_value_t = MAX_BODY, value_parser = parse_body_limit)]
    pub max_body: usize,

    /// How long a room waits for its guest
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    pub waiting: Duration,

    /// How long a room lives once the guest is there
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = parse_duration)]
    pub lifetime: Duration,

    /// How long a closed room's number rests, so that an old code does not reach a stranger
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_duration)]
    pub rest: Duration,

    /// Guests who may ring at one door at once
    #[arg(long, value_name = "N", default_value = "64")]
    pub waiting_at_door: u32,

    /// How long a guest rings at a door before it is sent away
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = parse_duration)]
    pub answer_within: Duration,

    /// How long an instance that shares rooms may be silent before its members have left
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub instance_silence: Duration,

    /// How long a request's headers, and a socket's first word, may take
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = parse_duration)]
    pub first_word: Duration,

    /// How long a socket may be silent before it is pinged
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_duration)]
    pub ping_after: Duration,

    /// How long the answer to a ping may take
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = parse_duration)]
    pub pong_within: Duration,

    /// How long a reader may keep one message waiting
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub write_within: Duration,

    /// Messages that may wait for one socket before it counts as too slow
    #[arg(long, value_name = "N", default_value = "64")]
    pub queue: NonZeroU32,

    /// Messages that one socket may send per second, in the long run
    #[arg(long, value_name = "N", default_value = "16")]
    pub messages_per_second: NonZeroU32,

    /// Messages that one socket may send at once
    #[arg(long, value_name = "N", default_value = "64")]
    pub message_burst: NonZeroU32,

    /// Connections of any kind that may be open at once
    #[arg(long, value_name = "N", default_value = "25000")]
    pub max_connections: u32,

    /// Connections of any kind that one address may have open at once
    #[arg(long, value_name = "N", default_value = "512")]
    pub connections_per_address: u32,

    /// Sockets that one address may open per minute
    #[arg(long, value_name = "N", default_value = "240")]
    pub sockets_per_minute: NonZeroU32,

    /// Rooms that one address may create or try to join per minute
    #[arg(long, value_name = "N", default_value = "120")]
    pub seats_per_minute: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        /// The defaults are defined once, in the attributes above.
        #[derive(Parser)]
        struct Flags {
            #[command(flatten)]
            limits: Limits,
        }
        Flags::parse_from([""]).limits
    }
}

/// Parses a duration: a whole number and a unit, one of `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wanted = || format!("'{text}' is not a time; write it like 250ms, 30s, 10m, 12h or 7d");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wanted)?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wanted())?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return Err(wanted()),
    };
    // The maximum of a year exceeds any sensible setting and is far from overflowing a clock.
    let most: u64 = 366 * 24 * 60 * 60 * 1000;
    let total = number.checked_mul(milliseconds).filter(|total| (1..=most).contains(total));
    total.map(Duration::from_millis).ok_or_else(|| format!("'{text}' is not between 1ms and 366d"))
}

fn parse_body_limit(text: &str) -> Result<usize, String> {
    let bytes = text.parse().ok().filter(|bytes| (1..=MAX_BODY).contains(bytes));
    bytes.ok_or_else(|| format!("'{text}' is not a number from 1 to {MAX_BODY}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let good = [("250ms", 250), ("30s", 30_000), ("10m", 600_000), ("12h", 43_200_000), ("1d", 86_400_000)];
        for (text, milliseconds) in good {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for bad in ["", "5", "s", "0s", "1.5h", "-1s", "10 m", "1w", "99999999999999999999s", "18446744073709551615d"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_body_limit_beyond_what_clients_read_is_refused() {
        assert_eq!(parse_body_limit("1"), Ok(1));
        assert_eq!(parse_body_limit("16384"), Ok(16384));
        for bad in ["0", "16385", "-1", "many"] {
            assert!(parse_body_limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn where_rooms_are_kept_as_people_write_it() {
        assert!(matches!("memory".parse(), Ok(RoomsAt::Memory)));
        for good in ["redis://127.0.0.1:6379", "redis://[::1]:6379/2", "redis://cache", "redis://:secret@cache:7000/1"]
        {
            assert!(matches!(good.parse(), Ok(RoomsAt::Redis(_))), "{good}");
        }
        for bad in ["", "disk", "redis", "redis:", "rediss://cache", "http://cache", "redis://cache:port:secret"] {
            let said = bad.parse::<RoomsAt>().unwrap_err();
            assert!(said.contains("redis://host:port") && !said.contains("secret"), "{bad}: {said}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let rooms: RoomsAt = "redis://somebody:secret@cache:7000".parse().unwrap();
        assert_eq!(format!("{rooms:?}"), r#"Redis(RedisAt("cache:7000"))"#);
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let limits = Limits::default();
        assert_eq!(limits.waiting, Duration::from_secs(600));
        assert_eq!(limits.max_body, MAX_BODY);
        assert!(limits.rest >= limits.waiting, "a number must rest longer than a code is worth typing");
    }
}
