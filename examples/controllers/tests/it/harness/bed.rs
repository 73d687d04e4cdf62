//! Krake with its stock controllers, and two clusters.

use std::time::Duration;

use anyhow::{Context, Result};
use krake_client::{Api, Client};
use krake_controllers::kubernetes::access::Limits;
use krake_controllers::{StockOptions, stock};
use krake_core::ObjectExt;
use krake_core::kubernetes::{
    Application, ApplicationSpec, ApplicationState, Cluster, ClusterState,
};
use krake_runtime::{CancellationToken, Manager, RunError};
use krake_server::ServerBuilder;
use krake_server::store::MemoryStore;
use serde_json::Value;
use tokio::task::JoinSet;

use super::{PATIENCE, TestCluster};

/// Krake with its stock controllers, and two clusters that it knows.
pub(crate) struct Bed {
    pub(crate) client: Client,
    pub(crate) clusters: [TestCluster; 2],
    stop: CancellationToken,
    controllers: JoinSet<Result<(), RunError>>,
}

impl Bed {
    /// Starts everything, and waits until both clusters are online.
    pub(crate) async fn start() -> Result<Self> {
        Self::with(TestCluster::pair().await?).await
    }

    /// The same with clusters that can be broken on demand.
    pub(crate) async fn start_simulated() -> Result<Self> {
        Self::with(TestCluster::simulated_pair().await?).await
    }

    async fn with(clusters: [TestCluster; 2]) -> Result<Self> {
        let server = ServerBuilder::new(MemoryStore::new())
            .stock()
            .build()
            .await?;
        let client = Client::from_service(server);
        let (stop, controllers) = (CancellationToken::new(), JoinSet::new());
        let mut bed = Self { client, clusters, stop, controllers };
        for cluster in &bed.clusters {
            bed.krake_clusters().create(&cluster.resource()).await?;
        }
        bed.start_controllers();
        for name in ["c1", "c2"] {
            bed.cluster_in(name, ClusterState::Online).await?;
        }
        Ok(bed)
    }

    pub(crate) fn start_controllers(&mut self) {
        let options = StockOptions {
            limits: Limits { connect: Duration::from_secs(1), call: Duration::from_secs(2) },
            calm_interval: Duration::from_millis(100),
            anxious_interval: Duration::from_millis(50),
        };
        let controllers = stock(&options);
        let manager = Manager::new(self.client.clone());
        let manager = controllers.into_iter().fold(manager, Manager::add);
        self.stop = CancellationToken::new();
        let stop = self.stop.clone();
        self.controllers
            .spawn(async move { manager.run(stop.cancelled_owned()).await });
    }

    /// Ends the controllers wherever they are, as a crash would.
    pub(crate) async fn kill_controllers(&mut self) {
        self.controllers.shutdown().await;
    }

    /// One of the clusters.
    pub(crate) fn cluster(&self, name: &str) -> &TestCluster {
        let found = self.clusters.iter().find(|cluster| cluster.name == name);
        found.expect("the clusters are c1 and c2")
    }

    pub(crate) fn applications(&self) -> Api<Application> {
        self.client.namespace("testing")
    }

    pub(crate) fn krake_clusters(&self) -> Api<Cluster> {
        self.client.namespace("testing")
    }

    /// Creates an application whose cluster must fulfil `constraint`.
    pub(crate) async fn deploy(
        &self,
        name: &str,
        constraint: &str,
        manifest: Vec<Value>,
    ) -> Result<Application> {
        let mut application =
            Application::new(name, ApplicationSpec::of_manifest(manifest)).in_namespace("testing");
        application.spec.constraints.cluster.labels = Some(vec![constraint.parse()?]);
        Ok(self.applications().create(&application).await?)
    }

    /// Waits until an application is as wanted; `what` says how, should it never be.
    pub(crate) async fn application_when(
        &self,
        name: &str,
        what: &str,
        is_reached: impl Fn(&Application) -> bool + Send + Sync,
    ) -> Result<Application> {
        let api = self.applications();
        let reached = api
            .wait(name, |found| found.is_some_and(&is_reached), PATIENCE)
            .await;
        if let Ok(Some(application)) = reached {
            return Ok(application);
        }
        let status = api
            .find(name)
            .await?
            .map(|application| (application.metadata, application.status));
        anyhow::bail!("{name} never was {what}: {status:?}")
    }

    /// Waits until an application runs on that cluster, with all its pods, as of its current generation.
    pub(crate) async fn running_on(&self, name: &str, cluster: &str) -> Result<Application> {
        let what = format!("running on {cluster}");
        self.application_when(name, &what, |application| {
            let status = &application.status;
            let pods = status.container_health;
            status.state == ApplicationState::Running
                && status
                    .running_on
                    .as_ref()
                    .is_some_and(|on| on.name == cluster)
                && status.observed_generation == application.metadata.generation
                && status.reason.is_none()
                && pods.running_pods == pods.desired_pods
        })
        .await
    }

    /// Waits until an application is gone.
    pub(crate) async fn gone(&self, name: &str) -> Result<()> {
        let gone = self
            .applications()
            .wait(name, |found| found.is_none(), PATIENCE)
            .await;
        gone.with_context(|| format!("{name} never went"))?;
        Ok(())
    }

    /// Waits until a cluster is in a state.
    pub(crate) async fn cluster_in(&self, name: &str, state: ClusterState) -> Result<Cluster> {
        let is_reached =
            |found: Option<&Cluster>| found.is_some_and(|cluster| cluster.status.state == state);
        let found = self.krake_clusters().wait(name, is_reached, PATIENCE).await;
        let found = found.with_context(|| format!("{name} never was {state:?}"))?;
        found.context("waited for a cluster that exists")
    }

    /// Ends the controllers in order and discards what the test has left on its clusters.
    pub(crate) async fn finish(mut self) -> Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.controllers.join_next().await {
            ended??;
        }
        for cluster in self.clusters {
            cluster.discard().await?;
        }
        Ok(())
    }
}
