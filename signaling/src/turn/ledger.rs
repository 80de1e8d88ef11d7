//! The record of allocations: how many there are, for which username, and which ports they have.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::limits::{Bucket, Rate};

/// Counters of events since the start.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) allocations: AtomicU64,
    /// Datagrams to or from an address that is not relayed to.
    pub(crate) denied: AtomicU64,
    /// Datagrams beyond an allocation's rate.
    pub(crate) dropped: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

/// All allocations of one run of the TURN library.
pub(crate) struct Ledger {
    total: u32,
    each: u32,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// The username and address of the request that the library works on. It works on one at a
    /// time, and asks for an allocation's socket without naming the client.
    asking: Option<(String, SocketAddr)>,
    entries: HashMap<u64, Entry>,
    by_client: HashMap<SocketAddr, u64>,
    ports: HashSet<u16>,
    next: u64,
}

struct Entry {
    username: String,
    client: SocketAddr,
    port: u16,
    peers: Bucket,
}

impl Ledger {
    /// Allows at most `total` allocations, and `each` per username.
    pub(crate) fn new(total: u32, each: u32) -> Arc<Self> {
        Arc::new(Ledger { total, each, book: Mutex::default() })
    }

    /// Records that a request under this username arrived.
    pub(crate) fn asks(&self, username: &str, from: SocketAddr) {
        self.lock().asking = Some((username.to_owned(), from));
    }

    /// Enters an allocation for the current request, unless there are too many. It is removed when
    /// the lease is dropped.
    pub(crate) fn open(self: &Arc<Self>, port: u16, now: Instant) -> Option<Lease> {
        let mut book = self.lock();
        let (username, client) = book.asking.take()?;
        let theirs = book.entries.values().filter(|entry| entry.username == username).count();
        if book.entries.len() >= self.total as usize || theirs >= self.each as usize {
            return None;
        }
        let id = book.next;
        book.next += 1;
        book.entries.insert(id, Entry { username, client, port, peers: Bucket::full(now) });
        book.by_client.insert(client, id);
        book.ports.insert(port);
        Some(Lease { ledger: self.clone(), id })
    }

    /// Tells whether `client` has an allocation and may name one more peer for it now; if so,
    /// counts it.
    ///
    /// The library keeps a timer for each named peer, for five or ten minutes, without a bound on
    /// their number.
    #[must_use]
    pub(crate) fn may_name_peer(&self, client: SocketAddr, now: Instant) -> bool {
        const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
        const AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(127);
        let mut book = self.lock();
        let Some(id) = book.by_client.get(&client).copied() else { return false };
        book.entries.get_mut(&id).is_some_and(|entry| entry.peers.take(Rate::per_second(PER_SECOND, AT_ONCE), now))
    }

    /// Tells whether a port of the relay's address belongs to an allocation.
    pub(crate) fn has_port(&self, port: u16) -> bool {
        self.lock().ports.contains(&port)
    }

    /// Returns the number of allocations.
    pub(crate) fn len(&self) -> usize {
        self.lock().entries.len()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An entry in the ledger.
pub(crate) struct Lease {
    ledger: Arc<Ledger>,
    id: u64,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut book = self.ledger.lock();
        let Some(Entry { client, port, .. }) = book.entries.remove(&self.id) else { return };
        book.ports.remove(&port);
        // The client may have made another allocation already.
        if book.by_client.get(&client) == Some(&self.id) {
            book.by_client.remove(&client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn open(ledger: &Arc<Ledger>, username: &str, from: u16) -> Option<Lease> {
        ledger.asks(username, client(from));
        ledger.open(from + 1000, Instant::now())
    }

    #[test]
    fn one_name_has_few_and_all_have_not_too_many() {
        let ledger = Ledger::new(3, 2);
        let (first, second) = (open(&ledger, "a", 1), open(&ledger, "a", 2));
        assert!(first.is_some() && second.is_some());
        assert!(open(&ledger, "a", 3).is_none(), "too many on one name");
        let third = open(&ledger, "b", 3);
        assert!(third.is_some());
        assert!(open(&ledger, "c", 4).is_none(), "too many in all");
        drop(first);
        assert!(open(&ledger, "a", 3).is_some());
    }

    #[test]
    fn nobody_gets_one_without_having_asked() {
        let ledger = Ledger::new(3, 2);
        assert!(ledger.open(1, Instant::now()).is_none());
        assert!(open(&ledger, "a", 1).is_some());
        assert!(ledger.open(2, Instant::now()).is_none(), "one request, one allocation");
    }

    #[test]
    fn an_old_lease_takes_nothing_from_the_new_one_of_the_same_client() {
        let ledger = Ledger::new(9, 9);
        let old = open(&ledger, "a", 1).unwrap();
        ledger.asks("a", client(1));
        let new = ledger.open(7, Instant::now()).unwrap();
        drop(old);
        assert!(ledger.may_name_peer(client(1), Instant::now()));
        assert!(ledger.has_port(7) && !ledger.has_port(1001));
        drop(new);
        assert!(!ledger.may_name_peer(client(1), Instant::now()));
        assert_eq!(ledger.len(), 0);
    }

    #[test]
    fn peers_are_named_at_a_rate() {
        let ledger = Ledger::new(1, 1);
        let _lease = open(&ledger, "a", 1).unwrap();
        let now = Instant::now();
        assert_eq!((0..1000).filter(|_| ledger.may_name_peer(client(1), now)).count(), 128);
    }
}
