//! Whether a cache is up to date, and if not, why.

use std::sync::Arc;
use std::time::Duration;

use krake_core::Revision;
use tokio::time::Instant;

use crate::watcher;

/// How a cache stands to its server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SyncState {
    /// It has not read the current state yet.
    Starting,
    /// It follows the server.
    Synced,
    /// It shows an older state: the watch is broken and will be opened again.
    Degraded {
        /// When it broke.
        since: Instant,
        /// Why; the latest error.
        error: Arc<watcher::Error>,
    },
    /// Nobody keeps it up to date any more.
    Stopped,
}

/// A cache that did not get up to date in time.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the cache of {kind} was not ready after {limit:?}")]
pub struct NotSynced {
    /// What is cached: `kubernetes/Application`.
    pub kind: String,
    /// How long was waited.
    pub limit: Duration,
    /// The latest error, if the watch failed rather than was slow.
    #[source]
    pub cause: Option<Arc<watcher::Error>>,
}

/// A cache that has not reached a revision in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cache is at revision {reached}, not yet at {wanted}")]
pub struct Behind {
    /// Where it is.
    pub reached: Revision,
    /// Where it should be.
    pub wanted: Revision,
}
