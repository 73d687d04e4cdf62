//! Assembling a controller.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use krake_core::{Key, Resource};

use super::Predicate;
use super::runnable::Built;
use super::source::{Mapping, Related, Source, owners};
use crate::runner::{Limits, RetryPolicy};
use crate::{Cause, Delta, InformerConfig, Reconciler, Runnable, Store};

/// A controller of kind `K` under construction: what leads to a run, and how runs are made.
#[must_use]
pub struct Controller<K> {
    pub(super) name: &'static str,
    pub(super) scope: InformerConfig,
    pub(super) predicates: Vec<Box<dyn Predicate<K>>>,
    pub(super) sources: Vec<Box<dyn Source<K>>>,
    pub(super) triggers: Vec<BoxStream<'static, Key>>,
    pub(super) finalizer: Option<&'static str>,
    pub(super) sees_deleting: bool,
    pub(super) limits: Limits,
}

impl<K> fmt::Debug for Controller<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller")
            .field("name", &self.name)
            .field("scope", &self.scope)
            .field("finalizer", &self.finalizer)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<K: Resource> Controller<K> {
    /// A controller of all objects of kind `K`: four runs at a time, two minutes each.
    pub fn named(name: &'static str) -> Self {
        Self {
            name,
            scope: InformerConfig::default(),
            predicates: Vec::new(),
            sources: Vec::new(),
            triggers: Vec::new(),
            finalizer: None,
            sees_deleting: false,
            limits: Limits::default(),
        }
    }

    /// Only these objects.
    pub fn scope(mut self, scope: InformerConfig) -> Self {
        self.scope = scope;
        self
    }

    /// Only these changes of the controller's own kind lead to a run. Several filters must all admit a change. With a
    /// [`finalizer`](Self::finalizer), changes that move a deletion on lead to a run in any case.
    pub fn filter(mut self, predicate: impl Predicate<K>) -> Self {
        self.predicates.push(Box::new(predicate));
        self
    }

    /// A change of a `T` leads to a run for its owners of kind `K`.
    pub fn owns<T: Resource>(self) -> Self {
        self.related::<T>(Some((Arc::new(owners), Cause::Owned)))
    }

    /// A change of a `T` leads to a run for the keys that `map` names.
    ///
    /// A change has up to two states, before and after: [`Delta::objects`] goes over both.
    pub fn watches<T: Resource, I: IntoIterator<Item = Key>>(
        self,
        map: impl Fn(&Delta<T>) -> I + Send + Sync + 'static,
    ) -> Self {
        self.watches_with(move |delta, _| map(delta))
    }

    /// As [`watches`](Self::watches); `map` can look into the cache of the controller's own kind.
    pub fn watches_with<T: Resource, I: IntoIterator<Item = Key>>(
        self,
        map: impl Fn(&Delta<T>, &Store<K>) -> I + Send + Sync + 'static,
    ) -> Self {
        let mapping = move |delta: &Delta<T>, own: &Store<K>| map(delta, own).into_iter().collect();
        self.related::<T>(Some((Arc::new(mapping), Cause::Watched)))
    }

    /// Caches `T` for [`Context::store`](crate::Context::store); its changes lead to no run.
    pub fn reads<T: Resource>(self) -> Self {
        self.related::<T>(None)
    }

    fn related<T: Resource>(mut self, mapping: Option<(Mapping<K, T>, Cause)>) -> Self {
        let config = InformerConfig { namespace: self.scope.namespace.clone(), ..<_>::default() };
        self.sources.push(Box::new(Related { config, mapping }));
        self
    }

    /// Each key from `keys` leads to a run.
    pub fn trigger(mut self, keys: impl Stream<Item = Key> + Send + 'static) -> Self {
        self.triggers.push(keys.boxed());
        self
    }

    /// Puts `name` on the finalizers of each object before it is reconciled for the first time, calls
    /// [`Reconciler::cleanup`] when the object is in deletion and it is this finalizer's turn, and takes it off after that.
    pub fn finalizer(mut self, name: &'static str) -> Self {
        self.finalizer = Some(name);
        self
    }

    /// Also reconciles objects in deletion, until they are gone. For controllers that only observe; one that creates
    /// something for an object would do so while it is being removed. Has no effect with a [`finalizer`](Self::finalizer).
    pub fn reconcile_deleting(mut self) -> Self {
        self.sees_deleting = true;
        self
    }

    /// How many runs are made at a time; at least one.
    pub fn workers(mut self, count: usize) -> Self {
        self.limits.workers = count.max(1);
        self
    }

    /// How long a run may take.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limits.timeout = limit;
        self
    }

    /// When failed runs are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.limits.retry = policy;
        self
    }

    /// The controller, ready for a [`Manager`](crate::Manager).
    #[must_use]
    pub fn build(self, reconciler: impl Reconciler<K>) -> Box<dyn Runnable> {
        Box::new(Built::new(self, Arc::new(reconciler)))
    }
}
