//! The collector as a whole: which kinds, and what wakes it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use krake_core::{CASCADE_DELETION, ObjectExt, Resource, ResourceRef};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::member::{Member, Typed};
use super::sweep::{Members, Sweep, dependents};
use crate::informer::AnyInformer;
use crate::queue::{Priority, WorkQueue};
use crate::runner::{Limits, Pool};
use crate::{Cause, Delta, Env, Informer, InformerConfig, RunError, Runnable};

const NAME: &str = "garbage-collector";

/// Deletes what depends on what is being deleted, over a set of kinds.
///
/// Register every kind that has owners or is one; owners of other kinds are not followed.
///
/// ```
/// use krake_core::kubernetes::{Application, Cluster};
/// use krake_runtime::GarbageCollector;
///
/// let collector = GarbageCollector::new().kind::<Application>().kind::<Cluster>().build();
/// assert_eq!(collector.name(), "garbage-collector");
/// ```
#[derive(Default)]
#[must_use]
pub struct GarbageCollector {
    kinds: Vec<fn(&Env) -> Attached>,
    warm: Vec<Attached>,
}

impl fmt::Debug for GarbageCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GarbageCollector")
            .field("kinds", &self.kinds.len())
            .finish_non_exhaustive()
    }
}

/// Puts whom the changes of a kind concern into the queue.
type Feed =
    Box<dyn FnOnce(Arc<WorkQueue<ResourceRef>>, Members) -> BoxFuture<'static, ()> + Send + Sync>;

/// A kind with its running cache.
struct Attached {
    member: Box<dyn Member>,
    informer: Arc<dyn AnyInformer>,
    feed: Feed,
}

fn attach<K: Resource>(env: &Env) -> Attached {
    let informer: Informer<K> = env.informers().informer(InformerConfig::default());
    let mut subscription = informer.subscribe();
    let feed =
        move |queue: Arc<WorkQueue<ResourceRef>>, members: Members| -> BoxFuture<'static, ()> {
            Box::pin(async move {
                while let Some(delta) = subscription.next().await {
                    let cause = match delta {
                        Delta::Added { initial: true, .. } => Cause::Initial,
                        _ => Cause::Changed,
                    };
                    for reference in concerned(&delta, &members) {
                        queue.add(reference, Priority::NORMAL, cause);
                    }
                }
            })
        };
    Attached {
        member: Box::new(Typed::new(env.client().clone(), informer.clone())),
        informer: Arc::new(informer),
        feed: Box::new(feed),
    }
}

/// Whose situation a change may have changed: the object's, its owners', and, if an instance is gone, its dependents'.
fn concerned<K: Resource>(delta: &Delta<K>, members: &Members) -> Vec<ResourceRef> {
    let mut concerned = Vec::new();
    let gone = match delta {
        Delta::Deleted { last, .. } => Some(last),
        Delta::Updated { old, new } if old.metadata().uid != new.metadata().uid => Some(old),
        Delta::Added { .. } | Delta::Updated { .. } => None,
    };
    if let Some(gone) = gone {
        let orphans = dependents(members, &gone.to_ref());
        concerned.extend(orphans.iter().map(|orphan| orphan.to_ref()));
    }
    for object in delta.objects() {
        let metadata = object.metadata();
        if metadata.is_next_finalizer(CASCADE_DELETION)
            || metadata.owners.iter().any(|owner| owner.uid.is_some())
        {
            concerned.push(object.to_ref());
        }
        concerned.extend(metadata.owners.iter().cloned());
    }
    // One object is one key, whatever instance is meant: what is there now is looked up when its turn comes.
    concerned
        .into_iter()
        .map(|reference| ResourceRef { uid: None, ..reference })
        .collect()
}

impl GarbageCollector {
    /// A collector of no kinds yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also follows `K`, as owner and as dependent.
    pub fn kind<K: Resource>(mut self) -> Self {
        self.kinds.push(attach::<K>);
        self
    }

    /// The collector, ready for a [`Manager`](crate::Manager).
    #[must_use]
    pub fn build(self) -> Box<dyn Runnable> {
        Box::new(self)
    }
}

#[async_trait]
impl Runnable for GarbageCollector {
    fn name(&self) -> &str {
        NAME
    }

    async fn warm_up(&mut self, env: &Env) -> Result<(), RunError> {
        let attached: Vec<_> = self.kinds.iter().map(|attach| attach(env)).collect();
        for Attached { informer, .. } in &attached {
            let name = NAME.to_owned();
            let synced = informer.synced(env.sync_limit()).await;
            synced.map_err(|source| RunError::NotSynced { name, source })?;
        }
        self.warm = attached;
        Ok(())
    }

    async fn run(mut self: Box<Self>, env: Env, stop: CancellationToken) -> Result<(), RunError> {
        if self.warm.is_empty() {
            self.warm_up(&env).await?;
        }
        let queue = Arc::new(WorkQueue::new());
        env.monitor().add_queue(&queue);
        let (members, starts): (Vec<_>, Vec<_>) = self
            .warm
            .into_iter()
            .map(|attached| (attached.member, attached.feed))
            .unzip();
        let members: Members = members.into();
        let mut feeds = JoinSet::new();
        for feed in starts {
            feeds.spawn(feed(Arc::clone(&queue), Arc::clone(&members)));
        }
        let job = Arc::new(Sweep { members });
        let (name, limits) = (NAME.to_owned(), Limits::default());
        let pool = Pool { name, queue, job, limits, monitor: env.monitor().clone() };
        pool.run_fed(feeds, stop, env.drain_limit()).await
    }
}
