//! A store that works only when it is let to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use krake_core::Revision;
use krake_server::store::{Commit, Error, MemoryStore, Page, Range, Store, Transaction, Watch};
use tokio::sync::watch;

/// A store in memory behind a gate for commits, and one for the question of its revision, which every read asks.
pub(crate) struct Gated {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) commits: Gate,
    pub(crate) reads: Gate,
}

/// Lets through, or makes wait.
pub(crate) struct Gate {
    is_open: watch::Sender<bool>,
    waiting: AtomicUsize,
    most: AtomicUsize,
}

impl Gate {
    fn open() -> Self {
        let (waiting, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { is_open: watch::Sender::new(true), waiting, most }
    }

    pub(crate) fn set(&self, is_open: bool) {
        self.is_open.send_replace(is_open);
    }

    /// How many are at the gate.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// How many were at the gate or behind it at most.
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    async fn pass<T>(&self, work: impl Future<Output = T>) -> T {
        let _here = Here::at(self);
        let mut is_open = self.is_open.subscribe();
        is_open.wait_for(|is_open| *is_open).await.unwrap();
        work.await
    }
}

/// One more at a gate, until it leaves or gives up.
struct Here<'a>(&'a Gate);

impl<'a> Here<'a> {
    fn at(gate: &'a Gate) -> Self {
        let now = gate.waiting.fetch_add(1, Ordering::SeqCst) + 1;
        gate.most.fetch_max(now, Ordering::SeqCst);
        Self(gate)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Gated {
    pub(crate) fn new() -> Arc<Self> {
        let inner = Arc::new(MemoryStore::new());
        Arc::new(Self { inner, commits: Gate::open(), reads: Gate::open() })
    }
}

#[async_trait]
impl Store for Gated {
    async fn revision(&self) -> Result<Revision, Error> {
        self.reads.pass(self.inner.revision()).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.inner.range(range).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<Commit, Error> {
        self.commits.pass(self.inner.commit(transaction)).await
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        self.inner.watch(prefix, after).await
    }

    async fn compact(&self, through: Revision) -> Result<(), Error> {
        self.inner.compact(through).await
    }
}
