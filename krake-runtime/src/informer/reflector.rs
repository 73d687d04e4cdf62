//! Keeps a cache equal to the server.

use std::collections::BTreeMap;
use std::sync::Arc;

use krake_client::ApiObject;
use krake_core::ObjectExt;
use tokio_util::sync::CancellationToken;

use super::cache::Cache;
use crate::error_chain::ErrorChain;
use crate::watcher::{Event, Watcher};

/// Marks the cache as stopped, however its task ends.
struct StopOnDrop<K: ApiObject>(Arc<Cache<K>>);

impl<K: ApiObject> Drop for StopOnDrop<K> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Feeds `cache` from `watcher` until `stop`.
pub(super) async fn reflect<K: ApiObject>(
    mut watcher: Watcher<K>,
    cache: Arc<Cache<K>>,
    stop: CancellationToken,
) {
    let guard = StopOnDrop(cache);
    let cache = &guard.0;
    // The current state while it is being told; it replaces the cache in one step, so that readers never see a part of it.
    let mut current = BTreeMap::new();
    while let Some(event) = stop.run_until_cancelled(watcher.next()).await {
        match event {
            Ok(Event::Init) => current.clear(),
            Ok(Event::InitApply(object)) => {
                current.insert(object.key(), object);
            }
            Ok(Event::InitDone(revision)) => {
                cache.replace(std::mem::take(&mut current), revision);
            }
            Ok(Event::Apply(object)) => cache.apply(object),
            Ok(Event::Delete(last)) => cache.delete(last),
            Ok(Event::Bookmark(revision)) => cache.advance(revision),
            Err(error) => {
                tracing::warn!(kind = %cache.kind(), error = %ErrorChain(&error), "watch interrupted");
                cache.interrupted(Arc::new(error));
            }
        }
    }
}
