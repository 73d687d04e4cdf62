//! The clusters of the tour: simulated, or real ones by their kubeconfigs.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use k8s_openapi::api::core::v1::Pod;
use krake_core::ObjectExt;
use krake_core::is_valid_name;
use krake_core::kubernetes::{Cluster, ClusterSpec, JsonObject};
use krake_kube_sim::Sim;
use kube::api::ListParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

use crate::shop::NAMESPACE;

/// Where the clusters are said to be, in this order.
pub(crate) const LOCATIONS: [&str; 2] = ["DE", "SK"];

/// A cluster of the tour.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its name as a resource.
    pub(crate) name: String,
    /// What it is labelled with.
    pub(crate) location: &'static str,
    /// How it is reached, for `kubectl`.
    pub(crate) kubeconfig: PathBuf,
    /// The same, for its registration.
    content: JsonObject,
}

/// The clusters of the tour, and the simulations behind them if they are not real.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) members: Vec<Member>,
    simulations: Vec<Sim>,
}

impl Fleet {
    /// Two simulated clusters; their kubeconfigs are written to `folder`.
    ///
    /// # Errors
    /// When no port is free or the folder cannot be written to.
    pub(crate) async fn simulated(folder: &Path) -> anyhow::Result<Self> {
        let mut fleet = Self { members: Vec::new(), simulations: Vec::new() };
        for (name, location) in ["cluster-a", "cluster-b"].into_iter().zip(LOCATIONS) {
            let simulation = Sim::builder().name(name).start().await?;
            let content = object(simulation.kubeconfig())?;
            let kubeconfig = folder.join(format!("{name}.kubeconfig"));
            std::fs::write(&kubeconfig, serde_saphyr::to_string(&content)?)
                .with_context(|| format!("cannot write {}", kubeconfig.display()))?;
            fleet
                .members
                .push(Member { name: name.to_owned(), location, kubeconfig, content });
            fleet.simulations.push(simulation);
        }
        Ok(fleet)
    }

    /// Real clusters, one a kubeconfig.
    ///
    /// # Errors
    /// When a file cannot be read, or there are more clusters than the tour has places for.
    pub(crate) fn real(files: &[PathBuf]) -> anyhow::Result<Self> {
        ensure!(
            files.len() <= LOCATIONS.len(),
            "the tour has places for {} clusters",
            LOCATIONS.len()
        );
        let members = files
            .iter()
            .zip(LOCATIONS)
            .map(|(file, location)| member(file, location));
        Ok(Self { members: members.collect::<Result<_, _>>()?, simulations: Vec::new() })
    }

    pub(crate) const fn is_simulated(&self) -> bool {
        !self.simulations.is_empty()
    }

    pub(crate) async fn shutdown(self) {
        for simulation in self.simulations {
            simulation.shutdown().await;
        }
    }
}

fn member(file: &Path, location: &'static str) -> anyhow::Result<Member> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let content = serde_saphyr::from_str(&text)
        .with_context(|| format!("{} is not a kubeconfig", file.display()))?;
    let stem = file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let name = if is_valid_name(stem) { stem.to_owned() } else { format!("cluster-{location}") };
    Ok(Member { name, location, kubeconfig: file.to_owned(), content: object(content)? })
}

fn object(value: Value) -> anyhow::Result<JsonObject> {
    match value {
        Value::Object(object) => Ok(object),
        _ => bail!("a kubeconfig is a mapping"),
    }
}

impl Member {
    /// Its registration.
    pub(crate) fn resource(&self) -> Cluster {
        Cluster::new(&self.name, ClusterSpec::of_kubeconfig(self.content.clone()))
            .in_namespace(NAMESPACE)
            .with_label("location", self.location)
    }

    /// The pods on it, but those of Kubernetes itself; one line each.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub(crate) async fn pods(&self) -> anyhow::Result<Vec<String>> {
        let config = Kubeconfig::read_from(&self.kubeconfig)?;
        let config =
            kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await?;
        let pods: kube::Api<Pod> = kube::Api::all(kube::Client::try_from(config)?);
        let pods = pods.list(&ListParams::default()).await?;
        Ok(pods
            .items
            .iter()
            .filter(|pod| !is_system(pod))
            .map(describe)
            .collect())
    }
}

fn is_system(pod: &Pod) -> bool {
    pod.metadata
        .namespace
        .as_deref()
        .is_some_and(|namespace| namespace.starts_with("kube-"))
}

fn describe(pod: &Pod) -> String {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let node = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.node_name.as_deref())
        .unwrap_or("no node yet");
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref())
        .unwrap_or("Unknown");
    let leaving = if pod.metadata.deletion_timestamp.is_some() { ", leaving" } else { "" };
    format!("{name} on {node}, {phase}{leaving}")
}
