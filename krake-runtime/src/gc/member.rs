//! One kind, as the collector sees it.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use krake_client::{Client, Error};
use krake_core::{CASCADE_DELETION, Key, Kind, Object, ObjectExt, Resource, ResourceRef};

use crate::controller::remove_finalizer;
use crate::{Failure, Informer, Store, SyncState};

/// What the collector needs of a kind, whatever its type.
#[async_trait]
pub(super) trait Member: Send + Sync {
    fn kind(&self) -> &'static Kind;

    /// Whether the cache follows the server at the moment.
    fn is_current(&self) -> bool;

    /// The cached object.
    fn find(&self, key: &Key) -> Option<Arc<dyn Object>>;

    /// The cached objects that name `owner` among their owners, and do not mean another instance.
    fn dependents(&self, owner: &ResourceRef) -> Vec<Arc<dyn Object>>;

    /// Whether the server has the very instance that `reference` pins.
    async fn is_there(&self, reference: &ResourceRef) -> Result<bool, Error>;

    /// Begins the deletion of an object that was judged by this state, unless it is gone.
    async fn delete_unchanged(&self, object: &dyn Object) -> Result<(), Error>;

    /// Takes the collector's finalizer off an object, unless it is gone.
    async fn release(&self, object: &dyn Object) -> Result<(), Failure>;
}

/// A kind and its cache.
pub(super) struct Typed<K> {
    client: Client,
    informer: Informer<K>,
    store: Store<K>,
}

impl<K: Resource> Typed<K> {
    pub(super) fn new(client: Client, informer: Informer<K>) -> Self {
        let store = informer.store();
        Self { client, informer, store }
    }
}

/// That something is gone already is as good as having deleted it.
fn gone_is_fine<T>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

#[async_trait]
impl<K: Resource> Member for Typed<K> {
    fn kind(&self) -> &'static Kind {
        K::KIND
    }

    fn is_current(&self) -> bool {
        matches!(*self.informer.health().borrow(), SyncState::Synced)
    }

    fn find(&self, key: &Key) -> Option<Arc<dyn Object>> {
        self.store.get(key).map(|object| object as _)
    }

    fn dependents(&self, owner: &ResourceRef) -> Vec<Arc<dyn Object>> {
        self.store
            .owned_by(owner)
            .into_iter()
            .map(|object| object as _)
            .collect()
    }

    async fn is_there(&self, reference: &ResourceRef) -> Result<bool, Error> {
        let api = self.client.api::<K>(reference.namespace.as_deref());
        let found = api.find(&reference.name).await?;
        Ok(found.is_some_and(|object| reference.refers_to(&object)))
    }

    async fn delete_unchanged(&self, object: &dyn Object) -> Result<(), Error> {
        let any: &dyn Any = object;
        let Some(object) = any.downcast_ref::<K>() else { return Ok(()) };
        let api = self.client.api::<K>(object.key().namespace.as_deref());
        gone_is_fine(api.delete_unchanged(object).await)
    }

    async fn release(&self, object: &dyn Object) -> Result<(), Failure> {
        let api = self.client.api::<K>(object.key().namespace.as_deref());
        remove_finalizer(&api, object.metadata(), CASCADE_DELETION).await
    }
}
