//! The versioned state in memory that every local backend serves reads and watches from.
//!
//! [`Snapshot`] is all keys as of one revision, [`transact`] decides what a transaction does to it, [`History`](history::History)
//! keeps the recent commits, and a [`Publisher`] and its [`Reader`]s share the result: one history, one cursor per watcher.

mod cursor;
mod history;
mod hub;
mod snapshot;
mod transact;

pub use history::Window;
pub(crate) use hub::{Publisher, Reader};
pub(crate) use snapshot::{Committed, Snapshot};
pub(crate) use transact::{apply, transact};
