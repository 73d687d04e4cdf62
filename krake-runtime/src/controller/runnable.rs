//! A controller at work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use krake_core::{Key, ObjectExt, Resource};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::barrier::Barrier;
use super::echoes::Echoes;
use super::source::{Request, Requests, requests};
use super::worker::{Departed, Worker};
use super::{Controller, Predicate};
use crate::informer::{AnyInformer, Informer, Store};
use crate::queue::{Priority, WorkQueue};
use crate::runner::Pool;
use crate::{Cause, Delta, Env, Reconciler, RunError, Runnable};

/// A controller and its reconciler.
pub(super) struct Built<K: Resource> {
    controller: Controller<K>,
    reconciler: Arc<dyn Reconciler<K>>,
    warm: Option<Warm<K>>,
}

/// What a controller has once it has warmed up.
struct Warm<K> {
    store: Store<K>,
    informers: Vec<Arc<dyn AnyInformer>>,
    requests: Vec<Requests>,
    departed: Departed<K>,
    echoes: Echoes,
}

impl<K: Resource> Built<K> {
    pub(super) fn new(controller: Controller<K>, reconciler: Arc<dyn Reconciler<K>>) -> Self {
        Self { controller, reconciler, warm: None }
    }

    /// Asks for the caches and listens to them.
    fn attach(&mut self, env: &Env) -> Warm<K> {
        let own: Informer<K> = env.informers().informer(self.controller.scope.clone());
        let store = own.store();
        let (departed, echoes) = (Departed::default(), Echoes::default());
        let predicates = std::mem::take(&mut self.controller.predicates);
        let cleans_up = self.controller.finalizer.is_some();
        let noted = departed.clone();
        let changes = requests(own.subscribe(), Cause::Changed, echoes.clone(), move |delta| {
            noted.note(delta);
            if cleans_up && moves_deletion(delta) || is_admitted(&predicates, delta) {
                vec![delta.object().key()]
            } else {
                Vec::new()
            }
        });
        let mut warm = Warm {
            store,
            informers: vec![Arc::new(own)],
            requests: vec![changes],
            departed,
            echoes,
        };
        for source in &self.controller.sources {
            let (informer, requests) = source.attach(env, &warm.store, &warm.echoes);
            warm.informers.push(informer);
            warm.requests.extend(requests);
        }
        for trigger in self.controller.triggers.drain(..) {
            let request = |key| {
                let (priority, cause) = (Priority::NORMAL, Cause::Triggered);
                vec![Request { key, priority, cause, is_echo: false }]
            };
            // A trigger may end; the controller goes on without it.
            warm.requests
                .push(trigger.map(request).chain(stream::pending()).boxed());
        }
        warm
    }
}

/// Whether it may be the turn of a finalizer now. No filter keeps a controller from cleaning up: the object would hang in
/// deletion for ever.
fn moves_deletion<K: Resource>(delta: &Delta<K>) -> bool {
    let Delta::Updated { old, new } = delta else { return false };
    let (old, new) = (old.metadata(), new.metadata());
    new.is_deleting() && (!old.is_deleting() || old.finalizers != new.finalizers)
}

/// Whether a change counts. A predicate that panics admits: a run too many does no harm.
fn is_admitted<K: Resource>(predicates: &[Box<dyn Predicate<K>>], delta: &Delta<K>) -> bool {
    let is_removal = matches!(delta, Delta::Deleted { .. });
    let admits = |predicate: &dyn Predicate<K>| {
        catch_unwind(AssertUnwindSafe(|| predicate.admits(delta))).unwrap_or_else(|_| {
            tracing::error!(kind = %K::KIND, "a filter panicked");
            true
        })
    };
    is_removal || predicates.iter().all(|predicate| admits(&**predicate))
}

#[async_trait]
impl<K: Resource> Runnable for Built<K> {
    fn name(&self) -> &str {
        self.controller.name
    }

    async fn warm_up(&mut self, env: &Env) -> Result<(), RunError> {
        let warm = self.attach(env);
        for informer in &warm.informers {
            let name = self.controller.name.to_owned();
            let synced = informer.synced(env.sync_limit()).await;
            synced.map_err(|source| RunError::NotSynced { name, source })?;
        }
        self.warm = Some(warm);
        Ok(())
    }

    async fn run(mut self: Box<Self>, env: Env, stop: CancellationToken) -> Result<(), RunError> {
        if self.warm.is_none() {
            self.warm_up(&env).await?;
        }
        let Some(warm) = self.warm.take() else { return Ok(()) };
        let queue = Arc::new(WorkQueue::new());
        env.monitor().add_queue(&queue);
        let mut feeds = JoinSet::new();
        for requests in warm.requests {
            feeds.spawn(feed(requests, Arc::clone(&queue)));
        }
        let worker = Worker {
            reconciler: self.reconciler,
            store: warm.store,
            informers: warm.informers.into(),
            departed: warm.departed,
            client: env.client().clone(),
            finalizer: self.controller.finalizer,
            sees_deleting: self.controller.sees_deleting,
            stop: stop.clone(),
            barrier: Barrier::default(),
            echoes: warm.echoes,
        };
        let pool = Pool {
            name: self.controller.name.to_owned(),
            queue,
            job: Arc::new(worker),
            limits: self.controller.limits,
            monitor: env.monitor().clone(),
        };
        pool.run_fed(feeds, stop, env.drain_limit()).await
    }
}

/// Puts requests into the queue.
async fn feed(mut requests: Requests, queue: Arc<WorkQueue<Key>>) {
    while let Some(batch) = requests.next().await {
        for Request { key, priority, cause, is_echo } in batch {
            if is_echo {
                queue.echo(key, priority, cause);
            } else {
                queue.add(key, priority, cause);
            }
        }
    }
}
