//! What a store can answer instead of doing its work.

use std::io;
use std::sync::Arc;

use krake_core::Revision;

/// A failed store operation.
///
/// Cheap to clone: a failure of the backend is told to everyone who waits for it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The wanted history is no longer kept.
    #[error("history up to revision {oldest} has been compacted")]
    Compacted {
        /// A read or watch must start at this revision or later.
        oldest: Revision,
    },
    /// The wanted revision lies ahead of the store.
    #[error("the store is at revision {current}, the request is ahead of it")]
    Future {
        /// The store's revision.
        current: Revision,
    },
    /// No room left to write; nothing was written.
    #[error("no space left to write to {subject}")]
    Full {
        /// What could not be written.
        subject: String,
    },
    /// An earlier I/O error left it unknown what is durable: the store refuses to go on until it is opened again.
    #[error("the store is closed after an I/O error on {subject}")]
    Io {
        /// The file or endpoint.
        subject: String,
        /// The cause.
        #[source]
        source: Arc<io::Error>,
    },
    /// Stored bytes are not what was written.
    #[error("{subject} is damaged: {detail}")]
    Corrupt {
        /// The file.
        subject: String,
        /// What is wrong, and where.
        detail: String,
    },
    /// Stored files are of a format that this build does not know.
    #[error("{subject} cannot be read by this build: {detail}")]
    Unsupported {
        /// The file.
        subject: String,
        /// What is unknown, and what would be understood.
        detail: String,
    },
    /// The transaction breaks a rule of [`Transaction`](super::Transaction); nothing was written.
    #[error("the transaction cannot be stored: {0}")]
    Invalid(String),
    /// The answer to a write was lost: it may have taken effect, may take effect yet, or never. The store goes on.
    #[error("it is unknown whether the write took effect: {0}")]
    Unknown(String),
    /// The store does not answer for now, and nothing was written; trying again later may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}

impl Error {
    /// Whether a new list (instead of a resumed watch) is the remedy.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Compacted { .. } | Self::Future { .. })
    }
}
