//! Hearing of the changes of a cache.

use std::sync::Arc;

use krake_client::ApiObject;

use super::Delta;
use super::handle::Shared;
use super::inbox::Inbox;

/// The changes of a cache, as one reader sees them: first everything that is there, then what changes.
///
/// There is at most one pending change for each object, so a slow reader costs bounded memory and misses intermediate
/// states, never the last one and never a removal.
#[derive(Debug)]
pub struct Subscription<K> {
    inbox: Arc<Inbox<K>>,
    _shared: Arc<Shared<K>>,
}

impl<K: ApiObject> Subscription<K> {
    pub(super) fn new(shared: Arc<Shared<K>>) -> Self {
        Self { inbox: shared.cache.subscribe(), _shared: shared }
    }

    /// The next change; `None` once the informers have been shut down.
    ///
    /// # Cancel safety
    /// A change is taken only when this returns it.
    pub async fn next(&mut self) -> Option<Delta<K>> {
        self.inbox.next().await
    }
}
