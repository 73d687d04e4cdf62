//! Reading a cache.

use std::sync::Arc;
use std::time::Duration;

use krake_client::ApiObject;
use krake_core::{Key, ResourceRef, Revision, Selector};
use tokio::time::timeout;

use super::Behind;
use super::handle::Shared;

/// The cached objects of one kind. Cheap to clone; reading never waits for the server.
#[derive(Debug)]
pub struct Store<K> {
    shared: Arc<Shared<K>>,
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K: ApiObject> Store<K> {
    pub(super) const fn new(shared: Arc<Shared<K>>) -> Self {
        Self { shared }
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.shared.cache.get(key)
    }

    /// All objects, ordered by namespace, then name.
    pub fn list(&self) -> Vec<Arc<K>> {
        self.select(&Selector::default())
    }

    /// The objects with these labels, ordered by namespace, then name.
    pub fn select(&self, selector: &Selector) -> Vec<Arc<K>> {
        self.shared.cache.select(selector)
    }

    /// The objects that name `owner` among their owners, ordered by namespace, then name. If both the reference in the object
    /// and `owner` pin an instance, it must be the same. Served from an index.
    pub fn owned_by(&self, owner: &ResourceRef) -> Vec<Arc<K>> {
        self.shared.cache.owned_by(owner)
    }

    /// The revision that the cache shows; `None` before it has read the current state.
    pub fn revision(&self) -> Option<Revision> {
        self.shared.cache.revision()
    }

    /// Waits until the cache shows `revision` or a later one, at most `limit`.
    ///
    /// # Errors
    /// [`Behind`], with what it shows.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    pub async fn reaches(&self, revision: Revision, limit: Duration) -> Result<(), Behind> {
        let mut revisions = self.shared.cache.revisions();
        let reached = revisions.wait_for(|reached| *reached >= Some(revision));
        if matches!(timeout(limit, reached).await, Ok(Ok(_))) {
            return Ok(());
        }
        Err(Behind { reached: self.revision().unwrap_or_default(), wanted: revision })
    }
}
