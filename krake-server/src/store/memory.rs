//! A store that lives as long as the process.

use async_trait::async_trait;
use krake_core::Revision;

use super::mvcc::{Publisher, Reader, Snapshot, Window};
use super::{Commit, Error, Page, Range, Store, Transaction, Watch};

/// A store in memory: for tests, and for programs that bring their state along.
///
/// Everything is gone when it is dropped, and open watches end then. Reads as of an older revision and watches that resume are
/// served from a bounded [`Window`] of history.
#[derive(Debug)]
pub struct MemoryStore {
    publisher: Publisher,
    reader: Reader,
}

impl MemoryStore {
    /// An empty store at revision 0.
    pub fn new() -> Self {
        Self::starting_at(Revision::ZERO)
    }

    /// An empty store whose first commit follows `revision`.
    ///
    /// A program whose clients outlive it passes a revision that no earlier run can have reached, for example the time in
    /// microseconds: a client that resumes from an earlier run is then told [`Error::Compacted`] and lists again, where it
    /// would otherwise silently miss changes.
    pub fn starting_at(revision: Revision) -> Self {
        Self::with_window(revision, Window::default())
    }

    /// An empty store whose first commit follows `revision`, with the given amount of history.
    pub fn with_window(revision: Revision, window: Window) -> Self {
        let (publisher, reader) = Publisher::new(Snapshot::empty(revision), window);
        Self { publisher, reader }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn revision(&self) -> Result<Revision, Error> {
        Ok(self.reader.revision())
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.reader.range(&range)
    }

    async fn commit(&self, transaction: Transaction) -> Result<Commit, Error> {
        self.publisher.transact(transaction)
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        self.reader.watch(prefix, after)
    }

    async fn compact(&self, through: Revision) -> Result<(), Error> {
        self.reader.compact(through)
    }
}
