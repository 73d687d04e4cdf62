//! The rules of the queue, without clock and locks.
//!
//! One entry a key (after client-go's work queue and controller-runtime's priority queue): any number of requests for a key
//! make one run, as early as the earliest of them and as urgent as the most urgent. A run consumes the entry, and with it
//! the key's timer. Requests for a running key wait until it is done: no key runs twice at once, and no request is lost.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

use super::Priority;
use crate::Cause;

/// The state of the queue.
#[derive(Debug)]
pub(crate) struct Core<Q> {
    epoch: Instant,
    entries: HashMap<Q, Entry>,
    /// Entries whose time has not come, by time.
    waiting: BTreeSet<(Instant, Q)>,
    /// Entries that may run, by rank.
    ready: BTreeSet<(i128, Q)>,
    /// Keys in progress; their entries are in neither set.
    running: HashSet<Q>,
    /// What runs in progress have requested by their own writes: granted if they succeed.
    echoes: HashMap<Q, (Priority, Cause)>,
    /// Keys whose last run has failed.
    failed: HashSet<Q>,
}

#[derive(Clone, Debug)]
struct Entry {
    ready_at: Instant,
    priority: Priority,
    causes: BTreeSet<Cause>,
}

/// A run to be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work<Q> {
    pub(crate) key: Q,
    pub(crate) causes: Vec<Cause>,
}

/// Orders entries that may run: the smallest goes first. Static, so ageing costs nothing.
pub(super) fn rank(epoch: Instant, ready_at: Instant, priority: Priority) -> i128 {
    const SECOND: i128 = Duration::from_secs(1).as_nanos().cast_signed();
    let since = ready_at.saturating_duration_since(epoch).as_nanos();
    since.cast_signed() - i128::from(priority.0) * SECOND
}

impl<Q: Clone + Eq + Ord + Hash> Core<Q> {
    pub(crate) fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            entries: HashMap::new(),
            waiting: BTreeSet::new(),
            ready: BTreeSet::new(),
            running: HashSet::new(),
            echoes: HashMap::new(),
            failed: HashSet::new(),
        }
    }

    /// Requests a run of `key` not before `ready_at`.
    pub(crate) fn add(
        &mut self,
        key: Q,
        ready_at: Instant,
        priority: Priority,
        cause: Cause,
        now: Instant,
    ) {
        let mut entry = self.unplace(&key).unwrap_or_else(|| Entry {
            ready_at,
            priority,
            causes: BTreeSet::new(),
        });
        entry.ready_at = entry.ready_at.min(ready_at);
        entry.priority = entry.priority.max(priority);
        entry.causes.insert(cause);
        self.place(key, entry, now);
    }

    /// Hands out the run whose turn it is; the key is in progress until [`done`](Self::done).
    pub(crate) fn next(&mut self, now: Instant) -> Option<Work<Q>> {
        self.promote(now);
        let (_, key) = self.ready.pop_first()?;
        let entry = self.entries.remove(&key)?;
        self.running.insert(key.clone());
        Some(Work { key, causes: entry.causes.into_iter().collect() })
    }

    /// Requests a run of `key` that only its own runs have caused: not if they have failed, or no backoff would hold.
    pub(crate) fn echo(&mut self, key: Q, priority: Priority, cause: Cause, now: Instant) {
        if self.running.contains(&key) {
            self.echoes.insert(key, (priority, cause));
        } else if !self.failed.contains(&key) {
            self.add(key, now, priority, cause, now);
        }
    }

    /// Ends the run of `key`; what was requested meanwhile counts from now on.
    pub(crate) fn done(&mut self, key: &Q, has_failed: bool, now: Instant) {
        self.running.remove(key);
        let echo = self.echoes.remove(key);
        if has_failed {
            self.failed.insert(key.clone());
        } else {
            self.failed.remove(key);
            if let Some((priority, cause)) = echo {
                self.add(key.clone(), now, priority, cause, now);
            }
        }
        if let Some(entry) = self.unplace(key) {
            self.place(key.clone(), entry, now);
        }
    }

    /// When [`next`](Self::next) will have something, if nothing is added.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        if self.ready.is_empty() {
            self.waiting.first().map(|(ready_at, _)| *ready_at)
        } else {
            Some(self.epoch)
        }
    }

    /// The keys in progress.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    /// The keys that want a run at `now` or soon after a lost race.
    pub(crate) fn due(&self, now: Instant) -> usize {
        let is_due =
            |entry: &&Entry| entry.ready_at <= now || entry.causes.contains(&Cause::Conflict);
        self.entries.values().filter(is_due).count()
    }

    fn unplace(&mut self, key: &Q) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.waiting.remove(&(entry.ready_at, key.clone()));
        self.ready.remove(&(self.rank(&entry), key.clone()));
        Some(entry)
    }

    fn place(&mut self, key: Q, entry: Entry, now: Instant) {
        if !self.running.contains(&key) {
            if entry.ready_at <= now {
                self.ready.insert((self.rank(&entry), key.clone()));
            } else {
                self.waiting.insert((entry.ready_at, key.clone()));
            }
        }
        self.entries.insert(key, entry);
    }

    fn promote(&mut self, now: Instant) {
        while let Some((ready_at, _)) = self.waiting.first()
            && *ready_at <= now
            && let Some((_, key)) = self.waiting.pop_first()
            && let Some(entry) = self.entries.get(&key)
        {
            self.ready.insert((self.rank(entry), key));
        }
    }

    fn rank(&self, entry: &Entry) -> i128 {
        rank(self.epoch, entry.ready_at, entry.priority)
    }
}
