//! Looks at clusters and writes down what it saw.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use krake_core::kubernetes::{Cluster, ClusterState};
use krake_core::{Key, ObjectExt};
use krake_runtime::{
    Action, Context, Controller, Reconciled, Reconciler, Runnable, generation_changed,
};

use super::plan::{Look, is_observed, plan};
use crate::kubernetes::access::Connections;

/// How the controller of clusters works.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// The connections to the clusters; share them with the other controllers of the process.
    pub connections: Connections,
    /// The time between two looks at a cluster that is online.
    pub calm_interval: Duration,
    /// The time between two looks at a cluster that is not, or has just failed to answer.
    pub anxious_interval: Duration,
}

impl Default for ClusterOptions {
    /// Looks every 10 s, every 2 s when something is wrong.
    fn default() -> Self {
        Self {
            connections: Connections::default(),
            calm_interval: Duration::from_secs(10),
            anxious_interval: Duration::from_secs(2),
        }
    }
}

/// The controller that keeps the state of registered clusters up to date: state, nodes and, if it is offline, why.
///
/// Writes only what has changed. A cluster in deletion is looked at to the end: applications wait for its return to clean it
/// up. Clusters without a kubeconfig are not its business.
pub fn clusters(options: ClusterOptions) -> Box<dyn Runnable> {
    Controller::<Cluster>::named("clusters")
        .filter(generation_changed::<Cluster>())
        .reconcile_deleting()
        .workers(WORKERS)
        .build(Observer { options, failures: Mutex::default() })
}

/// Looking is mostly waiting, and a dead cluster holds a worker until its time limit.
const WORKERS: usize = 16;

struct Observer {
    options: ClusterOptions,
    /// How often in a row a cluster has not answered. Lost at a restart, which only delays the verdict by one look.
    failures: Mutex<HashMap<Key, u32>>,
}

#[async_trait]
impl Reconciler<Cluster> for Observer {
    async fn reconcile(&self, cluster: Arc<Cluster>, ctx: &Context<Cluster>) -> Reconciled {
        if cluster.spec.kubeconfig.is_empty() {
            return Ok(Action::done());
        }
        if !is_observed(cluster.status.state) {
            return Ok(Action::requeue_after(self.options.calm_interval));
        }
        let look = self.look(&cluster).await;
        let failures = self.count(&cluster.key(), &look);
        let status = plan(&cluster, &look, failures);
        let is_calm = status.state == ClusterState::Online && failures == 0;
        if status != cluster.status {
            let write = |stored: &mut Cluster| stored.status = plan(stored, &look, failures);
            let api = ctx.api::<Cluster>();
            api.edit_status(&cluster.metadata.name, write).await?;
        }
        Ok(Action::requeue_after(if is_calm {
            self.options.calm_interval
        } else {
            self.options.anxious_interval
        }))
    }

    async fn forget(&self, key: &Key, _: Option<Arc<Cluster>>, _: &Context<Cluster>) {
        self.failures().remove(key);
        self.options.connections.forget(key);
    }
}

impl Observer {
    async fn look(&self, cluster: &Cluster) -> Look {
        self.options.connections.to(cluster).await?.nodes().await
    }

    /// How often in a row the cluster has not answered, this look included.
    fn count(&self, key: &Key, look: &Look) -> u32 {
        let mut failures = self.failures();
        if look.is_ok() {
            failures.remove(key);
            return 0;
        }
        let count = failures.entry(key.clone()).or_default();
        *count = count.saturating_add(1);
        *count
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<Key, u32>> {
        // Each change is one call on the map, so a panic elsewhere cannot leave it half done.
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
