//! A running cluster and its handle.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use krake_server::store::MemoryStore;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::api::{SimService, serve};
use crate::cluster::Cluster;
use crate::controllers;
use crate::error::ApiError;
use crate::faults::Outage;
use crate::kinds::ObjectKey;
use crate::object::Fields;
use crate::options::{SimBuilder, SimOptions};
use crate::rules::Subresource;
use crate::seed;
use crate::writes::{self, WriteContext};

/// A running simulated cluster: its API on a loopback port, its nodes and its controllers.
///
/// Dropping it stops everything at once; [`shutdown`](Self::shutdown) also waits for it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), krake_kube_sim::SimError> {
/// use krake_kube_sim::Sim;
///
/// let sim = Sim::builder().name("edge").nodes(3_usize).seed(42_u64).start().await?;
/// let kubeconfig = sim.kubeconfig();
/// assert_eq!(kubeconfig["clusters"][0]["cluster"]["server"], sim.url());
/// sim.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct Sim {
    cluster: Arc<Cluster>,
    url: String,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// A cluster could not be started or changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum SimError {
    /// No socket on the loopback interface.
    Listen(io::Error),
    /// An object of the cluster could not be written; the text is the API's message.
    Refused(String),
}

impl fmt::Display for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(_) => f.write_str("cannot listen on the loopback interface"),
            Self::Refused(message) => {
                write!(f, "the simulated cluster refused a change: {message}")
            }
        }
    }
}

impl std::error::Error for SimError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(error) => Some(error),
            Self::Refused(_) => None,
        }
    }
}

impl From<ApiError> for SimError {
    fn from(error: ApiError) -> Self {
        Self::Refused(error.message)
    }
}

impl SimBuilder {
    /// Starts the cluster; its nodes are ready when this returns.
    ///
    /// # Errors
    /// [`SimError::Listen`] without a free loopback port.
    pub async fn start(self) -> Result<Sim, SimError> {
        Sim::start(self.options).await
    }
}

impl Sim {
    /// Sets up a cluster.
    pub fn builder() -> SimBuilder {
        SimBuilder::default()
    }

    /// Starts a cluster; its nodes are ready when this returns.
    ///
    /// # Errors
    /// [`SimError::Listen`] without a free loopback port.
    ///
    /// # Cancel safety
    /// Dropping the future stops what was started.
    pub async fn start(options: SimOptions) -> Result<Self, SimError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(SimError::Listen)?;
        let address = listener.local_addr().map_err(SimError::Listen)?;
        let cluster = Arc::new(Cluster::new(options, Arc::new(MemoryStore::new())));
        seed::seed(&cluster).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(controllers::run(Arc::clone(&cluster), stop.clone()));
        tasks.spawn(serve(listener, SimService::new(Arc::clone(&cluster)), stop.clone()));
        Ok(Self { cluster, url: format!("http://{address}"), stop, tasks })
    }

    /// The API's base URL: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The API as a service in this process; it works without the socket and with tokio's time paused.
    pub fn service(&self) -> SimService {
        SimService::new(Arc::clone(&self.cluster))
    }

    /// A kubeconfig with exactly one cluster, one user and one context, all named after the simulation.
    pub fn kubeconfig(&self) -> Value {
        let name = &self.cluster.options.name;
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": self.url}}],
            // Some readers refuse a user without credentials; the API takes any.
            "users": [{"name": name, "user": {"token": "kube-sim"}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}}],
            "current-context": name,
        })
    }

    /// Breaks or mends the API. The cluster's own controllers go on.
    pub fn set_outage(&self, outage: Outage) {
        self.cluster.faults.set_outage(outage);
    }

    /// Lets every further request wait before it is handled.
    pub fn set_latency(&self, latency: Duration) {
        self.cluster.faults.set_latency(latency);
    }

    /// Lets a share of further requests, 0 to 1, fail with status 500.
    pub fn set_error_rate(&self, rate: f64) {
        self.cluster.faults.set_error_rate(rate);
    }

    /// Lets the next requests fail with that status; what is under way is not affected. Calls add up.
    pub fn fail_next(&self, requests: usize, status: StatusCode) {
        self.cluster.faults.fail_next(requests, status);
    }

    /// Sets a condition of a node, for example `Ready` to `False`, `MemoryPressure` to `True`.
    ///
    /// # Errors
    /// [`SimError::Refused`] when there is no such node.
    pub async fn set_node_condition(
        &self,
        node: &str,
        condition: &str,
        status: &str,
    ) -> Result<(), SimError> {
        let catalog = self.cluster.catalog();
        let kind = catalog
            .by_kind("v1", "Node")
            .ok_or_else(ApiError::no_such_path)?;
        let now = self.cluster.clock.stamp();
        let change = |node: &Value| Ok(seed::with_condition(node, condition, status, &now));
        let key = ObjectKey::new(kind, None, node);
        writes::update(
            &self.cluster,
            &key,
            Subresource::Status,
            &WriteContext::of("kubelet"),
            change,
        )
        .await?;
        Ok(())
    }

    /// The names of the nodes, in order.
    ///
    /// # Errors
    /// [`SimError::Refused`] when the state cannot be read.
    pub async fn node_names(&self) -> Result<Vec<String>, SimError> {
        let range = krake_server::store::Range {
            prefix: "/registry/core/nodes/".to_owned(),
            ..Default::default()
        };
        let page = self.cluster.range(range).await?;
        let names = page
            .entries
            .iter()
            .map(|entry| crate::cluster::decode(entry, entry.modified));
        let nodes = names.collect::<Result<Vec<_>, _>>()?;
        Ok(nodes.iter().map(|node| node.name().to_owned()).collect())
    }

    /// Stops the controllers and the server, closes all connections, and waits until that is done.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
