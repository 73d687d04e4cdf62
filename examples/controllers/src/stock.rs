//! All stock controllers at once.

use std::time::Duration;

use krake_core::base::{
    GlobalMetric, GlobalMetricsProvider, Metric, MetricsProvider, Role, RoleBinding,
};
use krake_core::infrastructure::{
    Cloud, GlobalCloud, GlobalInfrastructureProvider, InfrastructureProvider,
};
use krake_core::kubernetes::{Application, Cluster};
use krake_core::openstack::{MagnumCluster, Project};
use krake_runtime::{GarbageCollector, Runnable};

use crate::kubernetes::access::{Connections, Limits};
use crate::kubernetes::application::{ApplicationOptions, applications};
use crate::kubernetes::cluster::{ClusterOptions, clusters};
use crate::scheduler::scheduler;

/// How the stock controllers work together.
#[derive(Clone, Copy, Debug)]
pub struct StockOptions {
    /// How long calls to clusters may take.
    pub limits: Limits,
    /// The time between two looks at a cluster or application with which all is well.
    pub calm_interval: Duration,
    /// The same when something is wrong, or is expected to change.
    pub anxious_interval: Duration,
}

impl Default for StockOptions {
    /// Looks every 10 s, every 2 s when something is wrong; the default limits.
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            calm_interval: Duration::from_secs(10),
            anxious_interval: Duration::from_secs(2),
        }
    }
}

/// The stock controllers, to be given to a manager: the scheduler, those of applications and clusters, which share their
/// connections, and the garbage collector of all kinds.
pub fn stock(options: &StockOptions) -> Vec<Box<dyn Runnable>> {
    let StockOptions { limits, calm_interval, anxious_interval } = *options;
    let connections = Connections::new(limits);
    vec![
        scheduler(),
        applications(ApplicationOptions {
            connections: connections.clone(),
            calm_interval,
            anxious_interval,
        }),
        clusters(ClusterOptions { connections, calm_interval, anxious_interval }),
        garbage(),
    ]
}

/// The garbage collector of everything: any kind can own, or be owned by, any other.
fn garbage() -> Box<dyn Runnable> {
    GarbageCollector::new()
        .kind::<Role>()
        .kind::<RoleBinding>()
        .kind::<GlobalMetric>()
        .kind::<Metric>()
        .kind::<GlobalMetricsProvider>()
        .kind::<MetricsProvider>()
        .kind::<Application>()
        .kind::<Cluster>()
        .kind::<Project>()
        .kind::<MagnumCluster>()
        .kind::<GlobalInfrastructureProvider>()
        .kind::<InfrastructureProvider>()
        .kind::<GlobalCloud>()
        .kind::<Cloud>()
        .build()
}
