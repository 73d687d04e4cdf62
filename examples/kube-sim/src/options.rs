//! How a simulated cluster is set up.

use std::time::Duration;

use krake_core::Timestamp;

/// Everything that can be chosen when a cluster is started; build it with [`Sim::builder`](crate::Sim::builder).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SimOptions {
    /// The cluster's name in its kubeconfig and in node names. Default `kube-sim`.
    pub name: String,
    /// How many nodes there are at the start. Default 1.
    pub nodes: usize,
    /// How many pods fit on a node. Default 110.
    pub pods_per_node: usize,
    /// Seed of uids, generated names and random failures. Default 0.
    pub seed: u64,
    /// What the wall clock shows at the start; the machine's time when there is none. It advances with tokio's time.
    pub epoch: Option<Timestamp>,
    /// From a pod's scheduling to its being ready. Default 500 ms.
    pub pod_start_delay: Duration,
    /// From a pod's deletion to its disappearance. Default 100 ms.
    pub pod_stop_delay: Duration,
    /// How long the pod of a job runs. Default 1 s.
    pub job_duration: Duration,
    /// From a `LoadBalancer` service's creation to its external address. Default 500 ms.
    pub load_balancer_delay: Duration,
    /// How long the pods of a node that is not ready are left alone before they are deleted. Default 300 s.
    pub eviction_delay: Duration,
    /// How long each request waits before it is handled. Default none.
    pub latency: Duration,
    /// Which share of requests fails with status 500, from 0 to 1. Default 0.
    pub error_rate: f64,
    /// The server's version. Default `v1.32.0`.
    pub version: String,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            name: "kube-sim".to_owned(),
            nodes: 1,
            pods_per_node: 110,
            seed: 0,
            epoch: None,
            pod_start_delay: Duration::from_millis(500),
            pod_stop_delay: Duration::from_millis(100),
            job_duration: Duration::from_secs(1),
            load_balancer_delay: Duration::from_millis(500),
            eviction_delay: Duration::from_mins(5),
            latency: Duration::ZERO,
            error_rate: 0.0,
            version: "v1.32.0".to_owned(),
        }
    }
}

/// Sets up a cluster; see [`SimOptions`] for what each setting means and its default.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing runs before `start`"]
pub struct SimBuilder {
    pub(crate) options: SimOptions,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $type:ty;)*) => {
        impl SimBuilder {
            $(
                $(#[$doc])*
                pub fn $field(mut self, $field: impl Into<$type>) -> Self {
                    self.options.$field = $field.into();
                    self
                }
            )*
        }
    };
}

setters! {
    /// Sets [`SimOptions::name`].
    name: String;
    /// Sets [`SimOptions::nodes`].
    nodes: usize;
    /// Sets [`SimOptions::pods_per_node`].
    pods_per_node: usize;
    /// Sets [`SimOptions::seed`].
    seed: u64;
    /// Sets [`SimOptions::epoch`].
    epoch: Option<Timestamp>;
    /// Sets [`SimOptions::pod_start_delay`].
    pod_start_delay: Duration;
    /// Sets [`SimOptions::pod_stop_delay`].
    pod_stop_delay: Duration;
    /// Sets [`SimOptions::job_duration`].
    job_duration: Duration;
    /// Sets [`SimOptions::load_balancer_delay`].
    load_balancer_delay: Duration;
    /// Sets [`SimOptions::eviction_delay`].
    eviction_delay: Duration;
    /// Sets [`SimOptions::latency`].
    latency: Duration;
    /// Sets [`SimOptions::error_rate`].
    error_rate: f64;
    /// Sets [`SimOptions::version`].
    version: String;
}
