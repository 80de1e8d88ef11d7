//! Rate limits: token buckets, and a bounded table of the addresses that connections come from.
//!
//! An address is used to count and for nothing else: [`Place`] has no `Debug`, and nothing here
//! logs.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A rate: `burst` tokens at once, and one more per `interval`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    interval: Duration,
    burst: NonZeroU32,
}

impl Rate {
    /// Allows `burst` at once, then `per_second` in the long run.
    pub(crate) fn per_second(per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        Rate { interval: Duration::from_secs(1) / per_second.get(), burst }
    }

    /// Allows a minute's worth at once, then as many per minute in the long run.
    pub(crate) fn per_minute(per_minute: NonZeroU32) -> Self {
        Rate { interval: Duration::from_secs(60) / per_minute.get(), burst: per_minute }
    }
}

/// A token bucket, stored as one point in time: when it will be full again (the generic cell rate
/// algorithm).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    pub(crate) fn full(now: Instant) -> Self {
        Bucket { full_at: now }
    }

    /// Takes a token, if one is left.
    #[must_use]
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.take_many(1, rate, now)
    }

    /// Takes `count` tokens, if that many are left.
    #[must_use]
    pub(crate) fn take_many(&mut self, count: u32, rate: Rate, now: Instant) -> bool {
        let full_at = self.full_at.max(now);
        let may = rate.burst.get().checked_sub(count).is_some_and(|rest| full_at - now <= rate.interval * rest);
        if may {
            self.full_at = full_at + rate.interval * count;
        }
        may
    }

    /// Returns a token that was taken.
    pub(crate) fn give_back(&mut self, rate: Rate) {
        // Shortly after the clock's start there is no earlier time; then the token is lost.
        self.full_at = self.full_at.checked_sub(rate.interval).unwrap_or(self.full_at);
    }

    fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}

/// Limits for all addresses together, and for each of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// Connections open at once, from all addresses.
    pub(crate) total: u32,
    /// Connections open at once, from one address.
    pub(crate) connections: u32,
    pub(crate) sockets: Rate,
    pub(crate) seats: Rate,
}

/// Counts connections, sockets and seats per address.
///
/// The table is bounded. When it is full of addresses that are all in use, newcomers share one
/// entry: a flood from very many addresses slows newcomers down, and costs no more memory.
pub(crate) struct Doorkeeper {
    allowance: Allowance,
    capacity: usize,
    book: Mutex<Book>,
}

/// The table's capacity: about a megabyte.
pub(crate) const PLACES: usize = 16 * 1024;

/// The minimum time between two sweeps of the whole table, which are costly.
const SWEEP_GAP: Duration = Duration::from_secs(1);

struct Book {
    total: u32,
    places: HashMap<Place, Entry>,
    crowd: Entry,
    swept: Option<Instant>,
}

impl Doorkeeper {
    pub(crate) fn new(allowance: Allowance, capacity: usize, now: Instant) -> Arc<Self> {
        let book = Book { total: 0, places: HashMap::new(), crowd: Entry::new(now), swept: None };
        Arc::new(Doorkeeper { allowance, capacity, book: Mutex::new(book) })
    }

    /// Admits a connection if the limits allow it; it counts as open until the visit is dropped.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr, now: Instant) -> Option<Visit> {
        let mut book = self.lock();
        if book.total >= self.allowance.total {
            return None;
        }
        let place = book.place(Place::from(address), self.capacity, now);
        let entry = book.entry(place, now);
        if entry.connections >= self.allowance.connections {
            return None;
        }
        entry.connections += 1;
        book.total += 1;
        drop(book);
        Some(Visit { doorkeeper: self.clone(), place })
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open connection.
pub(crate) struct Visit {
    doorkeeper: Arc<Doorkeeper>,
    place: Option<Place>,
}

impl Visit {
    /// Tells whether this address may open one more socket now; if so, counts it.
    #[must_use]
    pub(crate) fn may_open_socket(&self, now: Instant) -> bool {
        self.doorkeeper.lock().entry(self.place, now).sockets.take(self.doorkeeper.allowance.sockets, now)
    }

    /// Uncounts a socket that answers a guest whose own socket was counted.
    pub(crate) fn forget_socket(&self, now: Instant) {
        self.doorkeeper.lock().entry(self.place, now).sockets.give_back(self.doorkeeper.allowance.sockets);
    }

    /// Tells whether this address may ask for one more seat now, without counting it.
    pub(crate) fn has_seat_left(&self, now: Instant) -> bool {
        let mut seats = self.doorkeeper.lock().entry(self.place, now).seats;
        seats.take(self.doorkeeper.allowance.seats, now)
    }

    /// Tells whether this address may ask for one more seat now; if so, counts it.
    #[must_use]
    pub(crate) fn may_take_seat(&self, now: Instant) -> bool {
        self.doorkeeper.lock().entry(self.place, now).seats.take(self.doorkeeper.allowance.seats, now)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut book = self.doorkeeper.lock();
        book.total -= 1;
        let entry = match self.place {
            Some(place) => book.places.get_mut(&place),
            None => Some(&mut book.crowd),
        };
        if let Some(entry) = entry {
            entry.connections -= 1;
        }
    }
}

impl Book {
    /// Returns the place itself if the table knows it or has space for it, or `None` for the shared
    /// entry.
    fn place(&mut self, place: Place, capacity: usize, now: Instant) -> Option<Place> {
        if self.places.len() >= capacity && !self.places.contains_key(&place) {
            let rested = self.swept.is_none_or(|swept| now.saturating_duration_since(swept) >= SWEEP_GAP);
            if rested {
                self.swept = Some(now);
                self.places.retain(|_, entry| !entry.is_idle(now));
            }
            if self.places.len() >= capacity {
                return None;
            }
        }
        Some(place)
    }

    fn entry(&mut self, place: Option<Place>, now: Instant) -> &mut Entry {
        match place {
            Some(place) => self.places.entry(place).or_insert_with(|| Entry::new(now)),
            None => &mut self.crowd,
        }
    }
}

struct Entry {
    connections: u32,
    sockets: Bucket,
    seats: Bucket,
}

impl Entry {
    fn new(now: Instant) -> Self {
        Entry { connections: 0, sockets: Bucket::full(now), seats: Bucket::full(now) }
    }

    /// Tells whether the entry can be forgotten without effect on later decisions.
    fn is_idle(&self, now: Instant) -> bool {
        self.connections == 0 && self.sockets.is_full(now) && self.seats.is_full(now)
    }
}

/// The origin of a connection: an IPv4 address, or the /64 that one IPv6 subscriber has.
///
/// Deliberately not `Debug`, so that it cannot end up in a log by accident.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for Place {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Place::V4(address.to_bits()),
            IpAddr::V6(address) => Place::V6(network(address)),
        }
    }
}

fn network(address: Ipv6Addr) -> u64 {
    (address.to_bits() >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    fn doorkeeper(capacity: usize, now: Instant) -> Arc<Doorkeeper> {
        let rate = Rate::per_minute(some(2));
        Doorkeeper::new(Allowance { total: 8, connections: 2, sockets: rate, seats: rate }, capacity, now)
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let rate = Rate::per_second(some(4), some(3));
        let mut bucket = Bucket::full(start);
        let given = (0..10).filter(|_| bucket.take(rate, start)).count();
        assert_eq!(given, 3);
        let mut later = |milliseconds| bucket.take(rate, start + Duration::from_millis(milliseconds));
        assert!(!later(249));
        assert!(later(250));
        assert!(!later(251));
        // After a long pause a full burst is allowed again, and no more than that.
        let given = (0..10).filter(|_| later(60_000)).count();
        assert_eq!(given, 3);
    }

    #[test]
    fn many_tokens_are_taken_together_or_not_at_all() {
        let start = Instant::now();
        let rate = Rate::per_second(some(10), some(10));
        let mut bucket = Bucket::full(start);
        assert!(!bucket.take_many(11, rate, start), "more than there ever are");
        assert!(bucket.take_many(7, rate, start));
        assert!(!bucket.take_many(4, rate, start));
        assert!(bucket.take_many(3, rate, start));
        assert!(!bucket.take(rate, start + Duration::from_millis(99)));
        assert!(bucket.take(rate, start + Duration::from_millis(100)));
    }

    #[test]
    fn a_clock_that_stands_still_or_repeats_gives_nothing_away() {
        let start = Instant::now();
        let later = start + Duration::from_secs(5);
        let rate = Rate::per_second(some(1), some(1));
        let mut bucket = Bucket::full(later);
        assert!(bucket.take(rate, later));
        assert!(!bucket.take(rate, start), "an earlier time must not refill");
    }

    #[test]
    fn connections_are_counted_per_place_and_given_back() {
        let now = Instant::now();
        let door = doorkeeper(8, now);
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        let first = door.admit(here, now).unwrap();
        let _second = door.admit("::ffff:192.0.2.1".parse().unwrap(), now).expect("the same place, written otherwise");
        assert!(door.admit(here, now).is_none());
        assert!(door.admit("192.0.2.2".parse().unwrap(), now).is_some());
        drop(first);
        assert!(door.admit(here, now).is_some());
    }

    #[test]
    fn all_places_together_are_bounded() {
        let now = Instant::now();
        let door = doorkeeper(64, now);
        let mut held: Vec<_> = (0..8u32).map(|number| door.admit(number.to_be_bytes().into(), now).unwrap()).collect();
        assert!(door.admit(99u32.to_be_bytes().into(), now).is_none());
        held.pop();
        assert!(door.admit(99u32.to_be_bytes().into(), now).is_some());
    }

    #[test]
    fn an_ipv6_subscriber_is_one_place() {
        let now = Instant::now();
        let door = doorkeeper(8, now);
        let visit = door.admit("2001:db8:1:2::3".parse().unwrap(), now).unwrap();
        assert!(visit.may_take_seat(now) && visit.may_take_seat(now));
        let neighbour = door.admit("2001:db8:1:2:ffff::9".parse().unwrap(), now).unwrap();
        assert!(!neighbour.may_take_seat(now));
        let elsewhere = door.admit("2001:db8:1:3::3".parse().unwrap(), now).unwrap();
        assert!(elsewhere.may_take_seat(now));
    }

    #[test]
    fn seats_and_sockets_are_counted_apart() {
        let now = Instant::now();
        let visit = doorkeeper(8, now).admit("192.0.2.1".parse().unwrap(), now).unwrap();
        assert!(visit.may_open_socket(now) && visit.may_open_socket(now) && !visit.may_open_socket(now));
        assert!(visit.may_take_seat(now));
    }

    #[test]
    fn coming_back_does_not_refill() {
        let now = Instant::now();
        let door = doorkeeper(8, now);
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..2 {
            assert!(door.admit(here, now).unwrap().may_take_seat(now));
        }
        assert!(!door.admit(here, now).unwrap().may_take_seat(now));
    }

    #[test]
    fn a_full_table_makes_newcomers_share_and_recovers() {
        let start = Instant::now();
        let door = doorkeeper(4, start);
        let place = |number: u32| IpAddr::from(number.to_be_bytes());
        let held: Vec<_> = (0..4).map(|number| door.admit(place(number), start).unwrap()).collect();
        // Two unknown addresses share one entry, and its two connections.
        let _strangers = [door.admit(place(10), start).unwrap(), door.admit(place(11), start).unwrap()];
        assert!(door.admit(place(12), start).is_none());
        assert!(door.admit(place(0), start).is_some(), "who is known is not held up");
        assert!(door.lock().places.len() <= 4);
        drop(held);
        // Once those have gone and the sweep may run again, a newcomer has an entry of its own.
        let later = start + SWEEP_GAP;
        assert!(door.admit(place(12), later).unwrap().place.is_some());
    }
}
