//! The informers of a process: whoever asks for the same gets the same.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};

use krake_client::{Api, ApiObject, Client};
use krake_core::{DynObject, Kind, Resource, Selector};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::cache::Cache;
use super::handle::{AnyInformer, Informer, Shared};
use super::reflector::reflect;
use crate::lock::lock;
use crate::watcher::{Config, Watcher};

/// Which objects of a kind are cached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct InformerConfig {
    /// Only this namespace; `None` means all.
    pub namespace: Option<String>,
    /// Only objects with these labels.
    pub selector: Selector,
}

/// What tells informers apart: type, kind and configuration.
type Identity = (std::any::TypeId, Kind, InformerConfig);

/// The informers of a process. Cheap to clone; clones share the informers.
///
/// # Panics
/// Asking for an informer starts a task, so it panics outside a tokio runtime.
#[derive(Clone)]
pub struct Informers {
    client: Client,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    running: HashMap<Identity, Weak<dyn AnyShared>>,
    reflectors: JoinSet<()>,
}

/// What the handles of an informer of any type share.
trait AnyShared: Any + Send + Sync {
    fn informer(self: Arc<Self>) -> Arc<dyn AnyInformer>;
}

impl<K: ApiObject> AnyShared for Shared<K> {
    fn informer(self: Arc<Self>) -> Arc<dyn AnyInformer> {
        Arc::new(Informer::new(self))
    }
}

impl Informers {
    /// No informers yet; they will use `client`.
    pub fn new(client: Client) -> Self {
        Self { client, inner: Arc::default() }
    }

    /// The cache of a kind. It starts now, unless somebody else asked for the same before.
    pub fn informer<K: Resource>(&self, config: InformerConfig) -> Informer<K> {
        let api = self.client.api::<K>(config.namespace.as_deref());
        self.get_or_start(api, config)
    }

    /// The cache of a kind that is known at run time only.
    pub fn dynamic(&self, kind: Arc<Kind>, config: InformerConfig) -> Informer<DynObject> {
        let api = self.client.dynamic(kind, config.namespace.as_deref());
        self.get_or_start(api, config)
    }

    /// Ends all watches and waits until they have ended. Caches stay readable, subscriptions end.
    ///
    /// # Cancel safety
    /// If dropped, the watches end, but nobody has waited for them.
    pub async fn shutdown(&self) {
        let mut reflectors = {
            let mut inner = lock(&self.inner);
            inner.running.clear();
            std::mem::take(&mut inner.reflectors)
        };
        reflectors.shutdown().await;
    }

    /// The informers that somebody holds.
    pub(crate) fn all(&self) -> Vec<Arc<dyn AnyInformer>> {
        let inner = lock(&self.inner);
        inner
            .running
            .values()
            .filter_map(Weak::upgrade)
            .map(AnyShared::informer)
            .collect()
    }

    fn get_or_start<K: ApiObject>(&self, api: Api<K>, config: InformerConfig) -> Informer<K> {
        let identity = (std::any::TypeId::of::<K>(), (**api.kind()).clone(), config.clone());
        let mut inner = lock(&self.inner);
        let running = inner.running.get(&identity).and_then(Weak::upgrade);
        let shared: Option<Arc<dyn Any + Send + Sync>> = running.map(|shared| shared as _);
        if let Some(Ok(shared)) = shared.map(Arc::downcast) {
            return Informer::new(shared);
        }
        // Reflectors that have ended, with their last handle, are joined here.
        while inner.reflectors.try_join_next().is_some() {}
        inner.running.retain(|_, shared| shared.strong_count() > 0);
        let shared = Arc::new(start(api, config, &mut inner.reflectors));
        let weak = Arc::downgrade(&shared);
        inner.running.insert(identity, weak);
        Informer::new(shared)
    }
}

fn start<K: ApiObject>(
    api: Api<K>,
    config: InformerConfig,
    reflectors: &mut JoinSet<()>,
) -> Shared<K> {
    let cache = Arc::new(Cache::new(Arc::clone(api.kind())));
    let stop = CancellationToken::new();
    let selector = config.selector.clone();
    let watcher = Watcher::new(api, Config { selector, ..Config::default() });
    reflectors.spawn(reflect(watcher, Arc::clone(&cache), stop.clone()));
    Shared { cache, config, _running: stop.drop_guard() }
}

impl fmt::Debug for Informers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Informers")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
