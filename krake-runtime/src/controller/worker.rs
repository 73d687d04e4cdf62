//! One run of a controller: the object, its finalizer, the reconciler.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use krake_client::{Client, WriteObserver};
use krake_core::{Key, ObjectExt, Resource};
use tokio_util::sync::CancellationToken;

use super::barrier::Barrier;
use super::echoes::Echoes;
use super::finalizer::{self, Step};
use crate::informer::AnyInformer;
use crate::lock::lock;
use crate::reconcile::ContextParts;
use crate::runner::{Job, Run};
use crate::{Action, Context, Delta, Failure, Reconciled, Reconciler, Store};

/// The last states of removed objects, until their reconciler has been told.
#[derive(Debug)]
pub(super) struct Departed<K> {
    last: Arc<Mutex<HashMap<Key, Arc<K>>>>,
}

impl<K> Clone for Departed<K> {
    fn clone(&self) -> Self {
        Self { last: Arc::clone(&self.last) }
    }
}

impl<K> Default for Departed<K> {
    fn default() -> Self {
        Self { last: Arc::default() }
    }
}

impl<K: Resource> Departed<K> {
    pub(super) fn note(&self, delta: &Delta<K>) {
        let key = delta.object().key();
        let mut last = lock(&self.last);
        match delta {
            Delta::Deleted { last: state, .. } => last.insert(key, Arc::clone(state)),
            Delta::Added { .. } | Delta::Updated { .. } => last.remove(&key),
        };
    }

    fn take(&self, key: &Key) -> Option<Arc<K>> {
        lock(&self.last).remove(key)
    }
}

/// Makes the runs of a controller.
pub(super) struct Worker<K> {
    pub(super) reconciler: Arc<dyn Reconciler<K>>,
    pub(super) store: Store<K>,
    pub(super) informers: Arc<[Arc<dyn AnyInformer>]>,
    pub(super) departed: Departed<K>,
    pub(super) client: Client,
    pub(super) finalizer: Option<&'static str>,
    pub(super) sees_deleting: bool,
    pub(super) stop: CancellationToken,
    pub(super) barrier: Barrier,
    pub(super) echoes: Echoes,
}

impl<K: Resource> Worker<K> {
    fn context(&self, run: &Run<Key>) -> Context<K> {
        Context::new(ContextParts {
            key: run.key.clone(),
            client: self.client.observed_by(self.observer(run.key.clone())),
            informers: Arc::clone(&self.informers),
            causes: run.causes.clone(),
            attempt: run.attempt,
            stop: self.stop.clone(),
        })
    }

    /// Notes the writes of a run for `key`; also of one that is dropped half way.
    fn observer(&self, key: Key) -> WriteObserver {
        let (barrier, echoes) = (self.barrier.clone(), self.echoes.clone());
        Arc::new(move |written| {
            barrier.note(&key, written);
            echoes.note(&key, written);
        })
    }

    async fn step(&self, object: Arc<K>, ctx: &Context<K>) -> Reconciled {
        match Step::of(object.metadata(), self.finalizer, self.sees_deleting) {
            Step::Nothing => Ok(Action::done()),
            Step::Reconcile => self.reconciler.reconcile(object, ctx).await,
            Step::Guard(finalizer) => {
                let guarded = finalizer::add(&ctx.api(), &*object, finalizer).await?;
                self.reconciler.reconcile(Arc::new(guarded), ctx).await
            }
            Step::CleanUp(finalizer) => {
                let action = self.reconciler.cleanup(Arc::clone(&object), ctx).await?;
                if action.delay().is_none() {
                    finalizer::remove(&ctx.api::<K>(), object.metadata(), finalizer).await?;
                }
                Ok(action)
            }
        }
    }
}

#[async_trait]
impl<K: Resource> Job<Key> for Worker<K> {
    async fn run(&self, run: &Run<Key>) -> Reconciled {
        self.barrier.wait(&run.key, &self.informers).await;
        let ctx = self.context(run);
        if let Some(object) = self.store.get(&run.key) {
            return self.step(object, &ctx).await;
        }
        let last = self.departed.take(&run.key);
        self.reconciler.forget(&run.key, last, &ctx).await;
        Ok(Action::done())
    }

    async fn failed(&self, run: &Run<Key>, why: &Failure) {
        if let Some(object) = self.store.get(&run.key) {
            self.reconciler
                .failed(object, why, &self.context(run))
                .await;
        }
    }
}
