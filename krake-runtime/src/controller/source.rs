//! Where requests for runs come from.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt};
use krake_core::{Key, Object, Resource, ResourceRef};

use super::echoes::Echoes;
use crate::informer::{AnyInformer, Informer, Subscription};
use crate::queue::Priority;
use crate::{Cause, Delta, Env, InformerConfig, Store};

/// A requested run.
pub(super) struct Request {
    pub(super) key: Key,
    pub(super) priority: Priority,
    pub(super) cause: Cause,
    /// Whether it was caused by nothing but runs for the same key.
    pub(super) is_echo: bool,
}

/// Requests as they arise.
pub(super) type Requests = BoxStream<'static, Vec<Request>>;

/// Another kind that a controller of `K` follows.
pub(super) trait Source<K>: Send + Sync {
    /// Asks for the cache; answers it and the requests that come from its changes.
    fn attach(
        &self,
        env: &Env,
        own: &Store<K>,
        echoes: &Echoes,
    ) -> (Arc<dyn AnyInformer>, Option<Requests>);
}

/// Maps a change of a `T` to the keys of the `K`s that it concerns.
pub(super) type Mapping<K, T> = Arc<dyn Fn(&Delta<T>, &Store<K>) -> Vec<Key> + Send + Sync>;

/// Another kind, and what its changes lead to; nothing, if it is only read.
pub(super) struct Related<K, T> {
    pub(super) config: InformerConfig,
    pub(super) mapping: Option<(Mapping<K, T>, Cause)>,
}

impl<K: Resource, T: Resource> Source<K> for Related<K, T> {
    fn attach(
        &self,
        env: &Env,
        own: &Store<K>,
        echoes: &Echoes,
    ) -> (Arc<dyn AnyInformer>, Option<Requests>) {
        let informer: Informer<T> = env.informers().informer(self.config.clone());
        let requests = self.mapping.as_ref().map(|(mapping, cause)| {
            let (mapping, cause, own) = (Arc::clone(mapping), *cause, own.clone());
            requests(informer.subscribe(), cause, echoes.clone(), move |delta| mapping(delta, &own))
        });
        (Arc::new(informer), requests)
    }
}

/// The requests that come from the changes of a cache.
pub(super) fn requests<T: Resource>(
    subscription: Subscription<T>,
    cause: Cause,
    echoes: Echoes,
    map: impl Fn(&Delta<T>) -> Vec<Key> + Send + Sync + 'static,
) -> Requests {
    let map = Arc::new(map);
    stream::unfold(subscription, move |mut subscription| {
        let (map, echoes) = (Arc::clone(&map), echoes.clone());
        async move {
            let delta = subscription.next().await?;
            let (priority, cause) = match delta {
                Delta::Added { initial: true, .. } => (Priority::BACKGROUND, Cause::Initial),
                _ => (Priority::NORMAL, cause),
            };
            let keys = mapped(|| map(&delta), delta.object());
            let request = |key| {
                let is_echo = echoes.has(&key, &delta);
                Request { key, priority, cause, is_echo }
            };
            let requests = keys.into_iter().map(request).collect();
            Some((requests, subscription))
        }
    })
    .boxed()
}

/// Calls the user's mapping; its panic costs the requests of this one change.
fn mapped(map: impl FnOnce() -> Vec<Key>, object: &Arc<impl Object>) -> Vec<Key> {
    catch_unwind(AssertUnwindSafe(map)).unwrap_or_else(|_| {
        let kind = object.kind();
        let name = &object.metadata().name;
        tracing::error!(%kind, name, "the mapping of a change to keys panicked");
        Vec::new()
    })
}

/// The keys of the owners of kind `K` of everything that `delta` concerns.
pub(super) fn owners<K: Resource, T: Resource>(delta: &Delta<T>, _own: &Store<K>) -> Vec<Key> {
    let owners = delta.objects().flat_map(|object| &object.metadata().owners);
    owners
        .filter(|owner| owner.is_kind(K::KIND))
        .map(ResourceRef::key)
        .collect()
}
