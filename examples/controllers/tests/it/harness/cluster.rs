//! A Kubernetes cluster to run applications on.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod};
use krake_core::ObjectExt;
use krake_core::kubernetes::{Cluster, ClusterSpec, JsonObject};
use krake_kube_sim::{Outage, Sim};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{DynamicObject, GroupVersionKind};
use kube::discovery::ApiResource;
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::PATIENCE;

/// Where real clusters are to be found, if there are any: two paths, separated by a colon.
const REAL_CLUSTERS: &str = "KRAKE_TEST_KUBECONFIGS";

/// A cluster, and a namespace of it that belongs to this test.
pub(crate) struct TestCluster {
    pub(crate) name: &'static str,
    pub(crate) location: &'static str,
    kubeconfig: JsonObject,
    client: Client,
    namespace: String,
    simulation: Option<Sim>,
}

impl TestCluster {
    /// Two clusters: `c1` in DE and `c2` in SK.
    pub(crate) async fn pair() -> Result<[Self; 2]> {
        let Ok(paths) = std::env::var(REAL_CLUSTERS) else {
            return Self::simulated_pair().await;
        };
        let paths = paths.split_once(':');
        let (first, second) = paths.context("KRAKE_TEST_KUBECONFIGS must be PATH:PATH")?;
        let (first, second) = (Kubeconfig::read_from(first)?, Kubeconfig::read_from(second)?);
        Ok([Self::of("c1", "DE", first).await?, Self::of("c2", "SK", second).await?])
    }

    /// The same, certainly simulated: they can be broken on demand.
    pub(crate) async fn simulated_pair() -> Result<[Self; 2]> {
        Ok([Self::simulated("c1", "DE").await?, Self::simulated("c2", "SK").await?])
    }

    async fn simulated(name: &'static str, location: &'static str) -> Result<Self> {
        let start_delay = Duration::from_millis(20);
        let simulation = Sim::builder()
            .name(name)
            .pod_start_delay(start_delay)
            .start()
            .await?;
        let kubeconfig = serde_json::from_value(simulation.kubeconfig())?;
        let cluster = Self::of(name, location, kubeconfig).await?;
        Ok(Self { simulation: Some(simulation), ..cluster })
    }

    async fn of(
        name: &'static str,
        location: &'static str,
        mut kubeconfig: Kubeconfig,
    ) -> Result<Self> {
        krake_client::ensure_crypto_provider();
        let namespace = format!("krake-{:x}", RandomState::new().build_hasher().finish());
        for context in &mut kubeconfig.contexts {
            if let Some(context) = &mut context.context {
                context.namespace = Some(namespace.clone());
            }
        }
        let Value::Object(document) = serde_json::to_value(&kubeconfig)? else {
            anyhow::bail!("a kubeconfig is an object");
        };
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
        let client = Client::try_from(config)?;
        let own: Namespace = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
        Api::all(client.clone())
            .create(&PostParams::default(), &own)
            .await?;
        Ok(Self { name, location, kubeconfig: document, client, namespace, simulation: None })
    }

    /// The cluster as it is registered with Krake, with its location as a label.
    pub(crate) fn resource(&self) -> Cluster {
        Cluster::new(self.name, ClusterSpec::of_kubeconfig(self.kubeconfig.clone()))
            .in_namespace("testing")
            .with_label("location", self.location)
    }

    /// The namespace that belongs to this test.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Breaks or mends the API of a simulated cluster.
    pub(crate) fn set_outage(&self, outage: Outage) {
        let simulation = self.simulation.as_ref();
        simulation
            .expect("real clusters cannot be broken on demand")
            .set_outage(outage);
    }

    /// Lets each request to a simulated cluster take some time; a real one takes what it takes.
    pub(crate) fn slow_down(&self, latency: Duration) {
        if let Some(simulation) = &self.simulation {
            simulation.set_latency(latency);
        }
    }

    /// The names of what there is of applications in the test's namespace.
    pub(crate) async fn leftovers(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for (group, kind, plural) in [
            ("", "ConfigMap", "configmaps"),
            ("apps", "Deployment", "deployments"),
            ("", "Pod", "pods"),
        ] {
            let kind = GroupVersionKind::gvk(group, "v1", kind);
            let resource = ApiResource::from_gvk_with_plural(&kind, plural);
            let client = self.client.clone();
            let api: Api<DynamicObject> = Api::default_namespaced_with(client, &resource);
            let objects = api.list(&ListParams::default()).await?;
            let found = objects
                .items
                .into_iter()
                .filter_map(|object| object.metadata.name);
            names.extend(found.map(|name| format!("{} {name}", resource.kind)));
        }
        // Every namespace of a real cluster has this one.
        names.retain(|name| name != "ConfigMap kube-root-ca.crt");
        Ok(names)
    }

    /// Waits until nothing of any application is left.
    pub(crate) async fn wait_until_clean(&self) -> Result<()> {
        let clean = async {
            while !self.leftovers().await?.is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
            anyhow::Ok(())
        };
        match timeout(PATIENCE, clean).await {
            Ok(done) => done,
            Err(_) => anyhow::bail!("{} still has {:?}", self.name, self.leftovers().await?),
        }
    }

    pub(crate) fn config_maps(&self) -> Api<ConfigMap> {
        Api::default_namespaced(self.client.clone())
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::default_namespaced(self.client.clone())
    }

    /// Removes the test's namespace.
    pub(crate) async fn discard(self) -> Result<()> {
        let api: Api<Namespace> = Api::all(self.client);
        api.delete(&self.namespace, &DeleteParams::default())
            .await?;
        if let Some(simulation) = self.simulation {
            simulation.shutdown().await;
        }
        Ok(())
    }
}
