//! Waiting for one's own writes before acting again.
//!
//! The coarse form of read-your-writes (KEP-5647; kopf waits likewise): the newest revision written for a key is remembered
//! by kind, and the next run of that key waits until the caches have reached it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use krake_client::Written;
use krake_core::{Key, Kind, Revision};
use tokio::time::Instant;

use crate::informer::AnyInformer;
use crate::lock::lock;

/// How long a run waits at most for what the one before has written.
const LIMIT: Duration = Duration::from_secs(5);

/// The newest revision of each kind that was written for each key.
#[derive(Clone, Debug, Default)]
pub(super) struct Barrier {
    written: Arc<Mutex<HashMap<Key, HashMap<Kind, Revision>>>>,
}

impl Barrier {
    /// Notes a write of a run for `key`.
    pub(super) fn note(&self, key: &Key, write: &Written<'_>) {
        let mut written = lock(&self.written);
        let newest = written.entry(key.clone()).or_default();
        let entry = newest.entry(write.kind.clone()).or_default();
        *entry = write.revision.max(*entry);
    }

    /// Waits until `informers` show what was written for `key`. If they do not in time, the run goes on: it is a matter of
    /// economy, conditional writes are what keeps it correct.
    pub(super) async fn wait(&self, key: &Key, informers: &[Arc<dyn AnyInformer>]) {
        let written = lock(&self.written).remove(key).unwrap_or_default();
        let deadline = Instant::now() + LIMIT;
        for (kind, revision) in written {
            for informer in informers.iter().filter(|informer| *informer.kind() == kind) {
                let left = deadline.saturating_duration_since(Instant::now());
                if let Err(behind) = informer.reaches(revision, left).await {
                    tracing::debug!(%key, %kind, %behind, "cache does not show own writes yet");
                }
            }
        }
    }
}
