//! A Kubernetes cluster to run applications on.

use std::hash::{BuildHasher, Hasher, RandomState};

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod};
use krake_core::ObjectExt;
use krake_core::kubernetes::{Cluster, ClusterSpec, JsonObject};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::DynamicObject;
use kube::discovery::ApiResource;
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{sleep, timeout};

use super::PATIENCE;

/// A cluster, and a namespace of it that belongs to this test.
pub(crate) struct TestCluster {
    pub(crate) name: &'static str,
    pub(crate) location: &'static str,
    kubeconfig: JsonObject,
    client: Client,
    namespace: String,
}

impl TestCluster {
    /// Two clusters: `c1` in DE and `c2` in SK.
    pub(crate) async fn pair() -> Result<[Self; 2]> {
        let paths = std::env::var("KRAKE_TEST_KUBECONFIGS")?;
        let (first, second) = paths
            .split_once(':')
            .context("KRAKE_TEST_KUBECONFIGS must be PATH:PATH")?;
        let (first, second) = (Kubeconfig::read_from(first)?, Kubeconfig::read_from(second)?);
        Ok([Self::of("c1", "DE", first).await?, Self::of("c2", "SK", second).await?])
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
        Ok(Self { name, location, kubeconfig: document, client, namespace })
    }

    /// The cluster as it is registered with Krake, with its location as a label.
    pub(crate) fn resource(&self) -> Cluster {
        Cluster::new(self.name, ClusterSpec::of_kubeconfig(self.kubeconfig.clone()))
            .in_namespace("testing")
            .with_label("location", self.location)
    }

    /// A client for this cluster, whose default namespace is the test's.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// The names of what is left of the tests' applications.
    pub(crate) async fn leftovers(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for (kind, plural, group) in [
            ("ConfigMap", "configmaps", ""),
            ("Deployment", "deployments", "apps"),
            ("Pod", "pods", ""),
        ] {
            let gvk = kube::core::GroupVersionKind::gvk(group, "v1", kind);
            let resource = ApiResource::from_gvk_with_plural(&gvk, plural);
            let api: Api<DynamicObject> = Api::default_namespaced_with(self.client(), &resource);
            let objects = api.list(&ListParams::default()).await?;
            let found = objects
                .items
                .into_iter()
                .filter_map(|object| object.metadata.name);
            names.extend(found.map(|name| format!("{kind} {name}")));
        }
        // Every namespace of a real cluster has this one.
        names.retain(|name| name != "ConfigMap kube-root-ca.crt");
        Ok(names)
    }

    /// Waits until nothing of the tests' applications is left.
    pub(crate) async fn wait_until_clean(&self) -> Result<()> {
        let clean = async {
            loop {
                if self.leftovers().await?.is_empty() {
                    return anyhow::Ok(());
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        match timeout(PATIENCE, clean).await {
            Ok(done) => done,
            Err(_) => anyhow::bail!("{} still has {:?}", self.name, self.leftovers().await?),
        }
    }

    pub(crate) fn config_maps(&self) -> Api<ConfigMap> {
        Api::default_namespaced(self.client())
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::default_namespaced(self.client())
    }

    /// Removes the test's namespace.
    pub(crate) async fn discard(&self) -> Result<()> {
        let api: Api<Namespace> = Api::all(self.client());
        api.delete(&self.namespace, &DeleteParams::default())
            .await?;
        Ok(())
    }
}
