//! Signatures.
#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    unused,
    clippy::allow_attributes_without_reason
)]
use crate::{Backoff, Delta, InformerConfig, Reconciler, Runnable};
use futures::Stream;
use krake_core::{Key, Resource};
use std::marker::PhantomData;
use std::time::Duration;

/// Which changes count. Every `Fn(&Delta<K>) -> bool` is one.
pub trait Predicate<K>: Send + Sync + 'static {
    fn admits(&self, delta: &Delta<K>) -> bool;
}
impl<K, F: Fn(&Delta<K>) -> bool + Send + Sync + 'static> Predicate<K> for F {
    fn admits(&self, delta: &Delta<K>) -> bool {
        self(delta)
    }
}
/// Creations, removals, changes of the spec, and what moves a deletion on; not: status, labels, annotations.
pub fn generation_changed<K: Resource>() -> impl Predicate<K> {
    |_: &Delta<K>| todo!()
}
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    pub backoff: Backoff,
    pub conflict: Backoff,
}
#[derive(Debug)]
pub struct Controller<K>(PhantomData<fn() -> K>);
impl<K: Resource> Controller<K> {
    pub fn named(name: &'static str) -> Self {
        todo!()
    }
    pub fn scope(self, config: InformerConfig) -> Self {
        todo!()
    }
    pub fn filter(self, predicate: impl Predicate<K>) -> Self {
        todo!()
    }
    pub fn owns<T: Resource>(self) -> Self {
        todo!()
    }
    /// Keys to reconcile for each change of a `T`; use `delta.objects()` in the mapping.
    pub fn watches<T: Resource, I: IntoIterator<Item = Key>>(
        self,
        map: impl Fn(&Delta<T>) -> I + Send + Sync + 'static,
    ) -> Self {
        todo!()
    }
    /// As `watches`, and the mapping may look into the cache of `K`.
    pub fn watches_with<T: Resource, I: IntoIterator<Item = Key>>(
        self,
        map: impl Fn(&Delta<T>, &crate::Store<K>) -> I + Send + Sync + 'static,
    ) -> Self {
        todo!()
    }
    /// Caches `T` for [`Context::store`](crate::Context::store) without being woken by its changes.
    pub fn reads<T: Resource>(self) -> Self {
        todo!()
    }
    pub fn trigger(self, keys: impl Stream<Item = Key> + Send + 'static) -> Self {
        todo!()
    }
    pub fn finalizer(self, name: &'static str) -> Self {
        todo!()
    }
    pub fn workers(self, count: usize) -> Self {
        todo!()
    }
    pub fn timeout(self, limit: Duration) -> Self {
        todo!()
    }
    pub fn retry(self, policy: RetryPolicy) -> Self {
        todo!()
    }
    pub fn build(self, reconciler: impl Reconciler<K>) -> Box<dyn Runnable> {
        todo!()
    }
}
