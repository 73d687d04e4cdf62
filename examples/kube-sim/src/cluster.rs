//! The state all requests and controllers of one cluster share.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use krake_core::Revision;
use krake_server::store::{Commit, Entry, Expect, Op, Page, Range, Store, Transaction};
use serde_json::Value;

use crate::addresses::Addresses;
use crate::clock::SimClock;
use crate::error::ApiError;
use crate::faults::Faults;
use crate::kinds::{Catalog, ObjectKey};
use crate::object::Fields;
use crate::options::SimOptions;
use crate::random::Random;

/// One simulated cluster.
pub(crate) struct Cluster {
    pub(crate) options: SimOptions,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: SimClock,
    pub(crate) random: Random,
    pub(crate) addresses: Addresses,
    pub(crate) faults: Faults,
    catalog: RwLock<Arc<Catalog>>,
}

/// An object as it was read, with the revision that a guarded write names.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) object: Value,
    pub(crate) revision: Revision,
}

impl Cluster {
    pub(crate) fn new(options: SimOptions, store: Arc<dyn Store>) -> Self {
        Self {
            store,
            clock: SimClock::start(options.epoch),
            random: Random::new(options.seed),
            addresses: Addresses::default(),
            faults: Faults::new(&options),
            catalog: RwLock::new(Arc::new(Catalog::builtin())),
            options,
        }
    }

    /// The kinds served now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn redefine(&self, change: impl FnOnce(&Catalog) -> Catalog) {
        let mut catalog = self.catalog.write().unwrap_or_else(PoisonError::into_inner);
        *catalog = Arc::new(change(&catalog));
    }

    /// Reads an object.
    pub(crate) async fn find(&self, key: &ObjectKey) -> Result<Option<Stored>, ApiError> {
        // The key itself sorts before every longer key that starts with it.
        let range = Range { prefix: key.path(), limit: Some(1), ..Range::default() };
        let page = self.store.range(range).await?;
        let entry = page
            .entries
            .into_iter()
            .find(|entry| *entry.key == *key.path());
        entry.map(|entry| Stored::decode(&entry)).transpose()
    }

    /// Reads an object that must be there.
    pub(crate) async fn read(&self, key: &ObjectKey) -> Result<Stored, ApiError> {
        let found = self.find(key).await?;
        found.ok_or_else(|| ApiError::not_found(&key.kind, &key.name))
    }

    /// Reads the entries of a range.
    pub(crate) async fn range(&self, range: Range) -> Result<Page, ApiError> {
        Ok(self.store.range(range).await?)
    }

    /// Writes an object if the guard holds, and answers it with its new resource version; `None` if somebody was faster.
    pub(crate) async fn put(
        &self,
        key: &ObjectKey,
        mut object: Value,
        guard: Expect,
    ) -> Result<Option<Value>, ApiError> {
        object.cut(&["metadata", "resourceVersion"]);
        let value = Bytes::from(object.to_string());
        let transaction = Transaction {
            guards: vec![(key.path(), guard)],
            ops: vec![Op::Put { key: key.path(), value }],
        };
        let Commit::Done(revision) = self.store.commit(transaction).await? else { return Ok(None) };
        if key.kind.is_definition() {
            self.redefine(|catalog| catalog.with_definition(&object));
        }
        object.set(&["metadata", "resourceVersion"], revision.to_string().into());
        Ok(Some(object))
    }

    /// Removes an object if it still has that revision; answers whether it did.
    pub(crate) async fn remove(&self, key: &ObjectKey, stored: &Stored) -> Result<bool, ApiError> {
        let transaction = Transaction {
            guards: vec![(key.path(), Expect::At(stored.revision))],
            ops: vec![Op::Delete { key: key.path() }],
        };
        let done = matches!(self.store.commit(transaction).await?, Commit::Done(_));
        if done && key.kind.is_definition() {
            self.redefine(|catalog| catalog.without_definition(&stored.object));
        }
        Ok(done)
    }
}

impl Stored {
    /// Reads a store entry.
    pub(crate) fn decode(entry: &Entry) -> Result<Self, ApiError> {
        Ok(Self { object: decode(entry, entry.modified)?, revision: entry.modified })
    }
}

/// The object of an entry, with a resource version.
pub(crate) fn decode(entry: &Entry, revision: Revision) -> Result<Value, ApiError> {
    let mut object: Value = serde_json::from_slice(&entry.value)
        .map_err(|error| ApiError::internal(format!("{} is damaged: {error}", entry.key)))?;
    object.set(&["metadata", "resourceVersion"], revision.to_string().into());
    Ok(object)
}
