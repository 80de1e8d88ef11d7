//! Limits on the bits of answers, per client and in all. The opened bits bound what any program
//! learns of the model.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tacit_jobs::Event;
use tacit_session::Stage;

/// The limit for all clients together, and the bits already promised or opened.
pub(super) struct Budget {
    limit: u64,
    taken: AtomicU64,
}

/// One client's share.
pub(super) struct Account {
    all: Arc<Budget>,
    limit: u64,
    /// Bits of rounds that this side has begun to answer.
    opened: u64,
    /// Bits promised to a round whose first response is not sent yet.
    promised: u64,
}

/// The reason why a round is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    /// This client has reached its limit.
    Client,
    /// All clients together have reached the limit.
    All,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, taken: AtomicU64::new(0) }
    }

    /// Opens an account for a client with this limit in bits.
    pub(super) fn account(self: &Arc<Self>, limit: u64) -> Account {
        Account { all: Arc::clone(self), limit, opened: 0, promised: 0 }
    }
}

impl Account {
    /// Promises the bits of a round, before this side accepts it. An earlier promise that was not
    /// opened is released.
    pub(super) fn promise(&mut self, bits: u64) -> Result<(), Spent> {
        self.release();
        if self.opened.checked_add(bits).is_none_or(|sum| sum > self.limit) {
            return Err(Spent::Client);
        }
        let fits = |taken: u64| taken.checked_add(bits).filter(|sum| *sum <= self.all.limit);
        self.all.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).map_err(|_| Spent::All)?;
        self.promised = bits;
        Ok(())
    }

    /// Counts the promised bits once this side answers; returns their number if the answer has just
    /// begun. Encrypted products are the first messages that depend on the weights, and a client
    /// can derive the answer from them and the messages that follow, whether or not the round ends.
    pub(super) fn hear(&mut self, event: &Event) -> Option<u64> {
        let answers = matches!(event, Event::Progress { stage: Stage::Correlate, .. } | Event::Started);
        if !answers || self.promised == 0 {
            return None;
        }
        let bits = std::mem::take(&mut self.promised);
        self.opened += bits;
        Some(bits)
    }

    /// Returns the bits opened to this client.
    pub(super) fn opened(&self) -> u64 {
        self.opened
    }

    fn release(&mut self) {
        self.all.taken.fetch_sub(std::mem::take(&mut self.promised), Ordering::Relaxed);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: Event = Event::Progress { stage: Stage::Correlate, done: 1, total: 9, rounds: 0 };

    #[test]
    fn a_round_counts_from_the_first_response_and_is_promised_before() {
        let all = Arc::new(Budget::new(10));
        let mut one = all.account(8);
        assert_eq!(one.promise(4), Ok(()));
        assert_eq!(one.hear(&Event::Agreed), None, "nothing depends on the weights yet");
        assert_eq!((one.hear(&ANSWERS), one.hear(&ANSWERS), one.hear(&Event::Started)), (Some(4), None, None));
        assert_eq!(one.promise(4), Ok(()));
        let mut other = all.account(8);
        assert_eq!(other.promise(4), Err(Spent::All), "two bits are left");
        // Other terms are proposed, or the first client leaves before it is answered.
        assert_eq!(one.promise(2), Ok(()));
        assert_eq!(other.promise(4), Ok(()));
        drop(one);
        assert_eq!(all.taken.load(Ordering::Relaxed), 8, "what was opened stays counted");
        other.hear(&ANSWERS);
        assert_eq!((other.opened(), other.promise(5)), (4, Err(Spent::Client)));
        assert_eq!(other.promise(2), Ok(()));
    }

    #[test]
    fn no_sum_overflows() {
        let all = Arc::new(Budget::new(u64::MAX));
        let mut one = all.account(u64::MAX);
        assert_eq!(one.promise(u64::MAX), Ok(()));
        one.hear(&ANSWERS);
        assert_eq!(one.promise(1), Err(Spent::Client));
        assert_eq!(all.account(u64::MAX).promise(1), Err(Spent::All));
    }
}
