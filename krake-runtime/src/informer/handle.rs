//! A running cache, held by those who need it.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use krake_client::ApiObject;
use krake_core::{Kind, Revision};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

use super::cache::Cache;
use super::{Behind, InformerConfig, NotSynced, Store, Subscription, SyncState};
use crate::monitor::CacheRecord;

/// A cache of one kind that follows the server, shared by all who asked for the same.
///
/// Cheap to clone. The watch ends with the last of: informers, [`Store`]s and [`Subscription`]s of it.
#[derive(Debug)]
pub struct Informer<K> {
    shared: Arc<Shared<K>>,
}

/// What the handles of one informer share.
#[derive(Debug)]
pub(super) struct Shared<K> {
    pub(super) cache: Arc<Cache<K>>,
    pub(super) config: InformerConfig,
    /// Ends the reflector with the last handle.
    pub(super) _running: DropGuard,
}

impl<K> Clone for Informer<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K: ApiObject> Informer<K> {
    pub(super) const fn new(shared: Arc<Shared<K>>) -> Self {
        Self { shared }
    }

    /// The cached objects.
    pub fn store(&self) -> Store<K> {
        Store::new(Arc::clone(&self.shared))
    }

    /// What is cached now, then every change, without gap.
    pub fn subscribe(&self) -> Subscription<K> {
        Subscription::new(Arc::clone(&self.shared))
    }

    /// How the cache stands to the server, and each change of that.
    pub fn health(&self) -> watch::Receiver<SyncState> {
        self.shared.cache.health()
    }

    /// Waits until the cache has read the current state once, at most `limit`.
    ///
    /// # Errors
    /// [`NotSynced`], with the kind and the latest error of the watch.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    pub async fn synced(&self, limit: Duration) -> Result<(), NotSynced> {
        let mut revisions = self.shared.cache.revisions();
        let ready = async { revisions.wait_for(Option::is_some).await.is_ok() };
        if timeout(limit, ready).await == Ok(true) {
            return Ok(());
        }
        let cause = match &*self.health().borrow() {
            SyncState::Degraded { error, .. } => Some(Arc::clone(error)),
            _ => None,
        };
        Err(NotSynced { kind: self.shared.cache.kind().to_string(), limit, cause })
    }
}

/// An informer of any type.
#[async_trait]
pub(crate) trait AnyInformer: Any + Debug + Send + Sync {
    fn kind(&self) -> &Kind;
    fn record(&self) -> CacheRecord;
    /// The cached objects with their revisions, ordered by key.
    #[cfg(feature = "testing")]
    fn versions(&self) -> Vec<(krake_core::Key, Revision)>;
    async fn synced(&self, limit: Duration) -> Result<(), NotSynced>;
    async fn reaches(&self, revision: Revision, limit: Duration) -> Result<(), Behind>;
}

#[async_trait]
impl<K: ApiObject> AnyInformer for Informer<K> {
    fn kind(&self) -> &Kind {
        self.shared.cache.kind()
    }

    fn record(&self) -> CacheRecord {
        CacheRecord {
            kind: (**self.shared.cache.kind()).clone(),
            config: self.shared.config.clone(),
            revision: self.shared.cache.revision(),
            health: self.health().borrow().clone(),
        }
    }

    #[cfg(feature = "testing")]
    fn versions(&self) -> Vec<(krake_core::Key, Revision)> {
        use krake_core::ObjectExt;
        self.store()
            .list()
            .iter()
            .map(|object| (object.key(), object.revision()))
            .collect()
    }

    async fn synced(&self, limit: Duration) -> Result<(), NotSynced> {
        self.synced(limit).await
    }

    async fn reaches(&self, revision: Revision, limit: Duration) -> Result<(), Behind> {
        self.store().reaches(revision, limit).await
    }
}
