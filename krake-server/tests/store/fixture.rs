//! Stores to test, and short words for what is done with them.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use futures::StreamExt;
use krake_core::Revision;
use krake_server::store::{
    Batch, Commit, EmbeddedStore, Entry, Error, Event, Expect, MemoryStore, Op, Options, Range,
    Store, Transaction, Watch, Window,
};
#[cfg(feature = "etcd")]
use krake_server::store::{EtcdOptions, EtcdStore};

#[cfg(feature = "etcd")]
use crate::support::Etcd;

/// A store with what it lives in.
pub(crate) struct Fixture {
    pub(crate) store: Arc<dyn Store>,
    /// The revision of the empty store.
    start: Revision,
    _home: Box<dyn Any>,
}

impl Fixture {
    /// The revision of the n-th commit.
    pub(crate) fn revision(&self, n: u64) -> Revision {
        Revision(self.start.0 + n)
    }
}

/// Makes a backend's fixture.
pub(crate) type Open = fn(Window) -> Fixture;

pub(crate) fn memory(window: Window) -> Fixture {
    let store = MemoryStore::with_window(Revision::ZERO, window);
    Fixture { store: Arc::new(store), start: Revision::ZERO, _home: Box::new(()) }
}

pub(crate) fn embedded(window: Window) -> Fixture {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = open(directory.path(), Options { window, ..small() });
    Fixture { store: Arc::new(store), start: Revision::ZERO, _home: Box::new(directory) }
}

/// Etcd has its own window, which is all there was since the last compaction.
#[cfg(feature = "etcd")]
pub(crate) fn etcd(_window: Window) -> Fixture {
    let etcd = Etcd::with(1, &["--max-txn-ops", "2000"]);
    let store = EtcdStore::connect(&EtcdOptions::new(etcd.endpoints())).expect("good options");
    Fixture { store: Arc::new(store), start: Revision(1), _home: Box::new(etcd) }
}

/// Options under which a few commits already make new logs and snapshots.
pub(crate) fn small() -> Options {
    Options { snapshot_after: 4096, segment: 1024, preallocate: 512, ..Options::default() }
}

pub(crate) fn open(path: &Path, options: Options) -> EmbeddedStore {
    EmbeddedStore::open(path, options).expect("the store opens")
}

pub(crate) fn put(key: &str, value: impl Into<Bytes>) -> Op {
    Op::Put { key: key.into(), value: value.into() }
}

pub(crate) fn delete(key: &str) -> Op {
    Op::Delete { key: key.into() }
}

pub(crate) fn write(ops: impl Into<Vec<Op>>) -> Transaction {
    Transaction { guards: Vec::new(), ops: ops.into() }
}

pub(crate) fn guarded(key: &str, expect: Expect, ops: impl Into<Vec<Op>>) -> Transaction {
    Transaction { guards: vec![(key.into(), expect)], ops: ops.into() }
}

/// Commits what must succeed.
pub(crate) async fn done(store: &dyn Store, transaction: Transaction) -> Revision {
    match store.commit(transaction).await {
        Ok(Commit::Done(revision)) => revision,
        other => unreachable!("a commit must be done, not {other:?}"),
    }
}

/// Commits what must be refused.
pub(crate) async fn refused(
    store: &dyn Store,
    transaction: Transaction,
) -> (Revision, Vec<Option<Entry>>) {
    match store.commit(transaction).await {
        Ok(Commit::Refused { revision, current }) => (revision, current),
        other => unreachable!("a commit must be refused, not {other:?}"),
    }
}

pub(crate) fn under(prefix: &str) -> Range {
    Range { prefix: prefix.into(), ..Range::default() }
}

pub(crate) async fn entries(store: &dyn Store, range: Range) -> Vec<Entry> {
    store
        .range(range)
        .await
        .expect("the range is served")
        .entries
}

pub(crate) async fn get(store: &dyn Store, key: &str) -> Option<Entry> {
    let range = Range { limit: Some(1), ..under(key) };
    entries(store, range)
        .await
        .pop()
        .filter(|entry| &*entry.key == key)
}

pub(crate) async fn keys(store: &dyn Store, range: Range) -> Vec<String> {
    entries(store, range)
        .await
        .into_iter()
        .map(|entry| entry.key.to_string())
        .collect()
}

pub(crate) async fn next(watch: &mut Watch) -> Batch {
    watch
        .next()
        .await
        .expect("the watch goes on")
        .expect("the watch is served")
}

/// Reads a watch up to a revision.
pub(crate) async fn batches_through(watch: &mut Watch, revision: Revision) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    while batches.last().is_none_or(|batch| batch.through < revision) {
        batches.push(next(watch).await);
    }
    batches
}

pub(crate) async fn events_through(watch: &mut Watch, revision: Revision) -> Vec<Event> {
    let batches = batches_through(watch, revision).await;
    batches.into_iter().flat_map(|batch| batch.events).collect()
}

/// The error with which a watch ends.
pub(crate) async fn end_of(mut watch: Watch) -> Error {
    let error = loop {
        if let Err(error) = watch.next().await.expect("an error comes before the end") {
            break error;
        }
    };
    assert!(watch.next().await.is_none(), "the stream ends after an error");
    error
}

pub(crate) fn is_compacted(error: &Error) -> bool {
    matches!(error, Error::Compacted { .. })
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(future)
}

/// Runs `work` on its own thread and runtime: real concurrency, whatever the backend awaits.
pub(crate) fn in_thread<F>(work: F) -> thread::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    thread::spawn(move || block_on(work))
}
