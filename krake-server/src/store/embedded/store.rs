//! The store itself: a reader of the state, and a queue to the thread that writes.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use krake_core::Revision;
use tokio::sync::{mpsc, oneshot};

use super::Options;
use super::committer::{Committer, Request};
use super::directory::{Directory, LockedDirectory};
use super::recovery::{Recovered, recover};
use crate::store::mvcc::Reader;
use crate::store::{Commit, Error, Page, Range, Store, Transaction, Watch};

/// A durable, crash-safe store in a directory of its own.
///
/// Concurrent commits share a sync of the disk. Reads and watches are served from memory and see a commit only when it is durable.
/// After a failed write ([`Error::Io`]) the store takes no more writes until it is opened again; reads and open watches go on, since
/// nothing that could be lost was ever visible. With [`Error::Full`] it goes on taking writes as soon as there is room.
///
/// Dropping the store finishes the commits already asked for, and blocks until then; [`close`](Self::close) does not block.
#[derive(Debug)]
pub struct EmbeddedStore {
    // Dropped before the thread is joined, which ends when it is gone.
    requests: mpsc::Sender<Request>,
    reader: Reader,
    _thread: Joined,
}

impl EmbeddedStore {
    /// Opens the store in `path`, and creates it if there is none.
    ///
    /// Reads all files, and blocks for it: about a second for a gigabyte.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if another store has the directory open, [`Error::Corrupt`] if files are damaged,
    /// [`Error::Unsupported`] if they were written by a newer version, [`Error::Full`] and [`Error::Io`] as the file system answers.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, Error> {
        Self::start(Arc::new(LockedDirectory::open(path.as_ref())?), options)
    }

    pub(super) fn start(directory: Arc<dyn Directory>, options: Options) -> Result<Self, Error> {
        let Recovered { publisher, reader, log, logged } = recover(&directory, &options)?;
        tracing::info!(
            directory = directory.subject(""),
            revision = reader.revision().0,
            "opened the store"
        );
        let (requests, receiver) = mpsc::channel(options.queue.max(1));
        let subject = directory.subject("");
        let committer = Committer::new(receiver, directory, publisher, (log, logged), options);
        let thread = thread::Builder::new().name("krake-store".into());
        let thread = thread.spawn(move || committer.run());
        let thread = thread.map_err(|source| Error::Io { subject, source: Arc::new(source) })?;
        Ok(Self { requests, reader, _thread: Joined(Some(thread)) })
    }

    /// Finishes the commits already asked for, ends all watches and unlocks the directory. Later calls of any method answer
    /// [`Error::Unavailable`], except this one.
    ///
    /// # Errors
    /// The [`Error::Io`] that the store failed with, if it did.
    ///
    /// # Cancel safety
    /// A dropped call may or may not close the store.
    pub async fn close(&self) -> Result<(), Error> {
        let (done, closed) = oneshot::channel();
        if self.requests.send(Request::Close { done }).await.is_err() {
            return Ok(());
        }
        closed.await.unwrap_or(Ok(()))
    }

    fn reader(&self) -> Result<&Reader, Error> {
        if self.reader.is_open() { Ok(&self.reader) } else { Err(closed()) }
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn revision(&self) -> Result<Revision, Error> {
        Ok(self.reader()?.revision())
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.reader()?.range(&range)
    }

    async fn commit(&self, transaction: Transaction) -> Result<Commit, Error> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Commit { transaction, answer };
        self.requests.send(request).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error> {
        self.reader()?.watch(prefix, after)
    }

    async fn compact(&self, through: Revision) -> Result<(), Error> {
        self.reader()?.compact(through)
    }
}

fn closed() -> Error {
    Error::Unavailable("it has been closed".into())
}

/// A thread that is waited for.
#[derive(Debug)]
struct Joined(Option<JoinHandle<()>>);

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some(Err(_)) = self.0.take().map(JoinHandle::join) {
            tracing::error!("the thread of the store panicked");
        }
    }
}
