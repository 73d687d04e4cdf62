//! How long applications have been waited for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use krake_core::{Key, ResourceRef};
use tokio::time::Instant;

/// Since when each moving application has been waited for. Lost at a restart, which only begins the waits anew.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Mutex<HashMap<Key, (ResourceRef, Instant)>>,
}

impl Patience {
    /// How long `application` has been waited for on `target`, from the first call on.
    pub(super) fn waited(&self, application: &Key, target: &ResourceRef) -> Duration {
        let mut since = self.lock();
        let begin = || (target.clone(), Instant::now());
        let entry = since.entry(application.clone()).or_insert_with(begin);
        if entry.0 != *target {
            *entry = begin();
        }
        entry.1.elapsed()
    }

    /// Ends the wait for `application`.
    pub(super) fn end(&self, application: &Key) {
        self.lock().remove(application);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (ResourceRef, Instant)>> {
        // Each change is one call on the map or one assignment, so a panic elsewhere cannot leave it half done.
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use krake_core::Resource;
    use krake_core::kubernetes::Cluster;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_begins_anew_on_another_cluster_and_after_its_end() {
        const SECOND: Duration = Duration::from_secs(1);
        let cluster =
            |name: &str| ResourceRef::to_key(Cluster::KIND, &Key::namespaced("testing", name));
        let (patience, key) = (Patience::default(), Key::namespaced("testing", "app"));
        assert_eq!(patience.waited(&key, &cluster("a")), Duration::ZERO);
        tokio::time::advance(SECOND).await;
        assert_eq!(patience.waited(&key, &cluster("a")), SECOND);
        assert_eq!(patience.waited(&key, &cluster("b")), Duration::ZERO);
        tokio::time::advance(SECOND).await;
        patience.end(&key);
        assert_eq!(patience.waited(&key, &cluster("b")), Duration::ZERO);
    }
}
