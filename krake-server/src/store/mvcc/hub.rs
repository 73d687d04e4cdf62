//! One state, one writer, many readers and watchers.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use futures::StreamExt;
use krake_core::Revision;
use tokio::sync::watch;

use super::cursor::Cursor;
use super::history::{History, Span};
use super::{Committed, Snapshot, Window, transact};
use crate::store::{Commit, Error, Page, Range, Transaction, Watch};

#[derive(Debug)]
struct State {
    current: Snapshot,
    history: History,
}

impl State {
    #[must_use]
    fn advance(&mut self, commits: Vec<Committed>, current: Snapshot) -> Vec<Span> {
        debug_assert_eq!(commits.last().map(|c| c.revision), Some(current.revision()));
        let dropped = self.history.record(&self.current, commits);
        self.current = current;
        dropped
    }

    fn check(&self, revision: Revision) -> Result<(), Error> {
        let (oldest, current) = (self.history.oldest(), self.current.revision());
        if revision > current {
            return Err(Error::Future { current });
        }
        if revision < oldest {
            return Err(Error::Compacted { oldest });
        }
        Ok(())
    }
}

/// The state behind its lock. The lock is held for O(log n) steps only, never across an await point; what a change leaves behind
/// is dropped after it.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<RwLock<State>>);

impl Shared {
    // Nothing that runs under the lock can panic half-way through a change, so a poisoned lock still guards a whole state.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whole commits after `revision`, until they have `limit` events; none when the state is not newer.
    pub(super) fn since(&self, revision: Revision, limit: usize) -> Result<Vec<Committed>, Error> {
        let state = self.read();
        state.check(revision)?;
        Ok(state.history.since(revision, limit))
    }
}

/// The writing half. Dropping it ends all watches, after they have seen everything published.
#[derive(Debug)]
pub(crate) struct Publisher {
    shared: Shared,
    wake: watch::Sender<()>,
}

impl Publisher {
    /// A state that can be read and watched from `start` on.
    pub(crate) fn new(start: Snapshot, window: Window) -> (Self, Reader) {
        let history = History::new(start.clone(), window);
        let shared = Shared(Arc::new(RwLock::new(State { current: start, history })));
        let (wake, receiver) = watch::channel(());
        let reader = Reader { shared: shared.clone(), wake: receiver };
        (Self { shared, wake }, reader)
    }

    /// The newest state.
    pub(crate) fn current(&self) -> Snapshot {
        self.shared.read().current.clone()
    }

    /// Makes commits visible, all at once. `current` is the state that the newest of them leads to; `commits` is not empty and
    /// follows the state published before.
    pub(crate) fn publish(&self, commits: Vec<Committed>, current: Snapshot) {
        let dropped = self.shared.write().advance(commits, current);
        self.wake.send_replace(());
        drop(dropped);
    }

    /// Checks, applies and publishes one transaction as one step.
    pub(crate) fn transact(&self, transaction: Transaction) -> Result<Commit, Error> {
        let mut state = self.shared.write();
        let mut current = state.current.clone();
        let (answer, committed) = transact(&mut current, transaction)?;
        if let Some(committed) = committed {
            let dropped = state.advance(vec![committed], current);
            drop(state);
            self.wake.send_replace(());
            drop(dropped);
        }
        Ok(answer)
    }
}

/// The reading half.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    shared: Shared,
    wake: watch::Receiver<()>,
}

impl Reader {
    /// Whether the publisher is still there.
    pub(crate) fn is_open(&self) -> bool {
        self.wake.has_changed().is_ok()
    }

    /// The newest revision.
    pub(crate) fn revision(&self) -> Revision {
        self.shared.read().current.revision()
    }

    /// See [`Store::range`](crate::store::Store::range).
    pub(crate) fn range(&self, range: &Range) -> Result<Page, Error> {
        Ok(self.state_at(range.at)?.page(range))
    }

    /// See [`Store::watch`](crate::store::Store::watch).
    pub(crate) fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        self.shared.read().check(after)?;
        let cursor = Cursor::new(self.shared.clone(), self.wake.clone(), prefix, after);
        Ok(cursor.into_stream().boxed())
    }

    /// See [`Store::compact`](crate::store::Store::compact).
    pub(crate) fn compact(&self, through: Revision) -> Result<(), Error> {
        let mut guard = self.shared.write();
        let state = &mut *guard;
        let current = state.current.revision();
        if through > current {
            return Err(Error::Future { current });
        }
        let dropped = state.history.compact(through, &state.current);
        drop(guard);
        drop(dropped);
        Ok(())
    }

    fn state_at(&self, revision: Option<Revision>) -> Result<Snapshot, Error> {
        let state = self.shared.read();
        let Some(revision) = revision.filter(|at| *at != state.current.revision()) else {
            return Ok(state.current.clone());
        };
        state.check(revision)?;
        let (mut snapshot, commits) = state.history.at(revision);
        drop(state);
        snapshot.replay(&commits);
        Ok(snapshot)
    }
}
