//! The durable, versioned truth behind the API: one small byte-level trait and its backends.
//!
//! A store keeps UTF-8 keys with opaque values. Every commit, of one key or of several, is atomic and gets the next
//! [`Revision`]; watchers see commits in that order, whole. Nothing is answered or announced before it is durable.

mod embedded;
mod error;
#[cfg(feature = "etcd")]
mod etcd;
mod memory;
mod mvcc;
mod shared;
mod validate;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use krake_core::Revision;

pub use embedded::{EmbeddedStore, Options};
pub use error::Error;
#[cfg(feature = "etcd")]
pub use etcd::{EtcdOptions, EtcdOptionsError, EtcdStore, EtcdTls, EtcdUser};
pub use memory::MemoryStore;
pub use mvcc::Window;

/// A stored key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The full key.
    pub key: Arc<str>,
    /// The value as it was put.
    pub value: Bytes,
    /// Revision of the commit that created the key; unchanged by later puts, new after a delete.
    pub created: Revision,
    /// Revision of the last commit that put the key.
    pub modified: Revision,
}

/// Which keys to read, and as of when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Only keys that start with this text; empty means all keys.
    pub prefix: String,
    /// Only keys greater than this one: the last key of the page before.
    pub after: Option<String>,
    /// At most this many entries; `None` means no limit.
    pub limit: Option<usize>,
    /// The state as of this revision; `None` means the newest. A backend may keep no history: then anything older than the newest
    /// revision answers [`Error::Compacted`].
    pub at: Option<Revision>,
}

/// Entries in ascending key (byte) order, all as of one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether keys of the range were left out because of the limit.
    pub more: bool,
    /// The revision the page shows; a watch after it continues without gap.
    pub revision: Revision,
}

/// What must hold for a key at the moment of the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a guard is one of these two by definition")]
pub enum Expect {
    /// The key does not exist.
    Absent,
    /// The key exists and was last put by this revision.
    At(Revision),
}

/// One change of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a store has no other changes")]
pub enum Op {
    /// Create the key or replace its value.
    Put {
        /// The key.
        key: String,
        /// Its new value.
        value: Bytes,
    },
    /// Remove the key; no effect if it does not exist.
    Delete {
        /// The key.
        key: String,
    },
}

/// A guarded, atomic write of one or several keys.
///
/// Keys are not empty, each occurs in at most one operation, and keys and values together have at most
/// [`MAX_BYTES`](Self::MAX_BYTES); anything else is [`Error::Invalid`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Everything that must hold; otherwise nothing is written.
    pub guards: Vec<(String, Expect)>,
    /// The changes, applied together as one revision.
    pub ops: Vec<Op>,
}

impl Transaction {
    /// The most bytes that the keys and values of one transaction may have together.
    pub const MAX_BYTES: usize = 16 << 20;
}

/// The answer to a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a commit happens or it does not")]
pub enum Commit {
    /// Written and durable as this revision. A transaction without effect (no operations, or only deletes of keys that do not
    /// exist) makes no revision of its own and is answered with the store's current one.
    Done(Revision),
    /// A guard did not hold; nothing was written.
    Refused {
        /// The store's revision when the guards were checked.
        revision: Revision,
        /// What the guarded keys hold now, in the order of the guards: no second read is needed.
        current: Vec<Option<Entry>>,
    },
}

/// One change as watchers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "mirrors `Op`")]
pub enum Event {
    /// The key was created or replaced; created when `entry.created == entry.modified`.
    Put {
        /// The new state.
        entry: Entry,
    },
    /// The key was removed.
    Delete {
        /// The last state before the removal.
        last: Entry,
        /// The revision of the removal.
        revision: Revision,
    },
}

impl Event {
    /// The commit this change belongs to.
    pub const fn revision(&self) -> Revision {
        match self {
            Self::Put { entry } => entry.modified,
            Self::Delete { revision, .. } => *revision,
        }
    }

    /// The changed key.
    pub const fn key(&self) -> &Arc<str> {
        match self {
            Self::Put { entry } => &entry.key,
            Self::Delete { last, .. } => &last.key,
        }
    }
}

/// Changes of whole commits, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The changes under the watched prefix. Empty for a progress report: commits happened, none of them under the prefix.
    /// A commit is never split over two batches.
    pub events: Vec<Event>,
    /// The watcher has now seen everything up to and including this revision.
    pub through: Revision,
}

/// An endless stream of batches. It ends after an error, and when the store shuts down.
pub type Watch = BoxStream<'static, Result<Batch, Error>>;

/// A versioned, ordered key-value store.
///
/// All methods may be called concurrently. Dropping a returned future is safe: a [`commit`](Self::commit) that was dropped may
/// still take effect, but never partly.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The revision of the last commit.
    async fn revision(&self) -> Result<Revision, Error>;

    /// Reads keys, all as of one revision.
    ///
    /// # Errors
    /// [`Error::Compacted`] or [`Error::Future`] when [`Range::at`] cannot be served.
    async fn range(&self, range: Range) -> Result<Page, Error>;

    /// Writes, if all guards hold. When this answers [`Commit::Done`], the write is durable.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a transaction that breaks the rules of [`Transaction`], [`Error::Full`] when there is no room; both
    /// leave the store unchanged and usable, and so does [`Error::Unavailable`]. After [`Error::Io`] and [`Error::Unknown`] it is
    /// unknown whether the write took effect.
    async fn commit(&self, transaction: Transaction) -> Result<Commit, Error>;

    /// Streams every change under `prefix` after `after`, without gaps.
    ///
    /// The watch is registered when this returns: a commit that starts afterwards is always seen.
    ///
    /// # Errors
    /// [`Error::Compacted`] when history right after `after` is no longer kept (also inside the stream, for a watcher that fell
    /// behind), [`Error::Future`] when the store has not reached `after`.
    async fn watch(&self, prefix: &str, after: Revision) -> Result<Watch, Error>;

    /// Forgets history before `through`: reads as of an older revision and watches after one answer [`Error::Compacted`] from now
    /// on. The state as of `through` stays readable, and so does everything newer.
    ///
    /// # Errors
    /// [`Error::Future`] when the store has not reached `through`.
    async fn compact(&self, through: Revision) -> Result<(), Error>;
}
