//! What a run gets besides its object.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use krake_client::{Api, Client};
use krake_core::{Key, ObjectExt, Resource, WithStatus};
use tokio_util::sync::CancellationToken;

use super::{Cause, Failure};
use crate::informer::{AnyInformer, Informer, Store};

/// What a run gets besides its object: the server, the caches, and what is known about the run. Cheap to clone.
///
/// What is written through it is waited for: the next run for the same key starts when the caches show these writes (or
/// after 5 s), so it does not act on what it has changed itself.
pub struct Context<K> {
    inner: Arc<ContextParts>,
    kind: PhantomData<fn() -> K>,
}

/// What a context is made of.
pub(crate) struct ContextParts {
    pub(crate) key: Key,
    pub(crate) client: Client,
    pub(crate) informers: Arc<[Arc<dyn AnyInformer>]>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) attempt: u32,
    pub(crate) stop: CancellationToken,
}

impl<K> Clone for Context<K> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), kind: PhantomData }
    }
}

impl<K> fmt::Debug for Context<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("key", &self.inner.key)
            .field("causes", &self.inner.causes)
            .field("attempt", &self.inner.attempt)
            .finish_non_exhaustive()
    }
}

impl<K: Resource> Context<K> {
    pub(crate) fn new(inner: ContextParts) -> Self {
        Self { inner: Arc::new(inner), kind: PhantomData }
    }

    /// The key of the object.
    pub fn key(&self) -> &Key {
        &self.inner.key
    }

    /// The connection to the server.
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// The objects of kind `T` in the namespace of the object; all of them, if either kind is global.
    pub fn api<T: Resource>(&self) -> Api<T> {
        let namespace = self.inner.key.namespace.as_deref();
        self.inner
            .client
            .api(namespace.filter(|_| T::KIND.is_namespaced()))
    }

    /// The cache of the controller's own kind, or of one that it declared by `owns`, `watches` or `reads`.
    ///
    /// # Panics
    /// If the controller has not declared `T`: a cache that starts in the middle of a run would be empty.
    pub fn store<T: Resource>(&self) -> Store<T> {
        let declared = self.inner.informers.iter().find_map(|informer| {
            let informer: &dyn Any = &**informer;
            informer.downcast_ref::<Informer<T>>().map(Informer::store)
        });
        declared.unwrap_or_else(|| undeclared::<T>())
    }

    /// The cached objects of kind `T` that `owner` owns, ordered by namespace, then name.
    ///
    /// # Panics
    /// As [`store`](Self::store).
    pub fn children<T: Resource>(&self, owner: &K) -> Vec<Arc<T>> {
        self.store().owned_by(&owner.to_ref())
    }

    /// Writes the status of `object`, unless it is `status` already; answers the object with it.
    ///
    /// # Errors
    /// A conflict, if the object was written since `object` was read: the run is then repeated in a moment.
    pub async fn set_status(&self, object: &K, status: K::Status) -> Result<Arc<K>, Failure>
    where
        K: WithStatus,
    {
        let mut wanted = object.clone();
        if *object.status() != status {
            *wanted.status_mut() = status;
            wanted = self.api().update_status(&wanted).await?;
        }
        Ok(Arc::new(wanted))
    }

    /// How many runs for this key in a row have failed before this one.
    pub fn attempt(&self) -> u32 {
        self.inner.attempt
    }

    /// Why this run is made, for diagnosis.
    pub fn causes(&self) -> &[Cause] {
        &self.inner.causes
    }

    /// Ends when the controller is asked to stop: long runs should come to an end then.
    pub async fn cancelled(&self) {
        self.inner.stop.cancelled().await;
    }
}

#[expect(
    clippy::panic,
    reason = "the controller is not assembled right; the panic is confined to the run and names the remedy"
)]
fn undeclared<T: Resource>() -> ! {
    panic!("the controller does not declare {kind}: add owns, watches or reads", kind = T::KIND)
}
