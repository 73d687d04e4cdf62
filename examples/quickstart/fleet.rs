//! The clusters of the tour: simulated, or real ones by their kubeconfigs.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use k8s_openapi::api::core::v1::Pod;
use krake_core::ObjectExt;
use krake_core::is_valid_name;
use krake_core::kubernetes::{Cluster, ClusterSpec, JsonObject, Registration};
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
    /// The pods that were there before the tour.
    foreign: HashSet<String>,
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
            let Registration { kubeconfig: content, .. } =
                Registration::reduce(&simulation.kubeconfig(), None, |path| std::fs::read(path))?;
            let kubeconfig = folder.join(format!("{name}.kubeconfig"));
            std::fs::write(&kubeconfig, serde_saphyr::to_string(&content)?)
                .with_context(|| format!("cannot write {}", kubeconfig.display()))?;
            let (name, foreign) = (name.to_owned(), HashSet::new());
            fleet
                .members
                .push(Member { name, location, kubeconfig, content, foreign });
            fleet.simulations.push(simulation);
        }
        Ok(fleet)
    }

    /// Real clusters, one a kubeconfig.
    ///
    /// # Errors
    /// When a file cannot be read, a cluster does not answer, or there are more of them than the tour has places for.
    pub(crate) async fn real(files: &[PathBuf]) -> anyhow::Result<Self> {
        ensure!(
            files.len() <= LOCATIONS.len(),
            "the tour has places for {} clusters",
            LOCATIONS.len()
        );
        let mut fleet = Self { members: Vec::new(), simulations: Vec::new() };
        for (file, location) in files.iter().zip(LOCATIONS) {
            let mut member = member(file, location)?;
            let pods = member.pods().await;
            let pods = pods.with_context(|| format!("{} does not answer", member.name))?;
            member.foreign = pods.into_keys().collect();
            fleet.members.push(member);
        }
        Ok(fleet)
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
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let config: Value = serde_saphyr::from_str(&text)
        .with_context(|| format!("{} is not valid YAML", file.display()))?;
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let reduced = Registration::reduce(&config, None, |path| std::fs::read(folder.join(path)));
    let Registration { name, kubeconfig: content } =
        reduced.with_context(|| format!("{} cannot be registered", file.display()))?;
    let name = if is_valid_name(&name) { name } else { format!("cluster-{location}") };
    let foreign = HashSet::new();
    Ok(Member { name, location, kubeconfig: file.to_owned(), content, foreign })
}

impl Member {
    /// Its registration.
    pub(crate) fn resource(&self) -> Cluster {
        Cluster::new(&self.name, ClusterSpec::of_kubeconfig(self.content.clone()))
            .in_namespace(NAMESPACE)
            .with_label("location", self.location)
    }

    /// The pods of the tour on it, by namespace and name, and how they are.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub(crate) async fn pods(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let config = Kubeconfig::read_from(&self.kubeconfig)?;
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(config, &options).await?;
        let pods: kube::Api<Pod> = kube::Api::all(kube::Client::try_from(config)?);
        let pods = pods.list(&ListParams::default()).await?;
        let pods = pods
            .items
            .iter()
            .filter(|pod| !is_system(pod))
            .map(describe);
        Ok(pods
            .filter(|(name, _)| !self.foreign.contains(name))
            .collect())
    }
}

fn is_system(pod: &Pod) -> bool {
    pod.metadata
        .namespace
        .as_deref()
        .is_some_and(|namespace| namespace.starts_with("kube-"))
}

fn describe(pod: &Pod) -> (String, String) {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let leaving = if pod.metadata.deletion_timestamp.is_some() { ", leaving" } else { "" };
    let state = format!(
        "on {}, {}{leaving}",
        node.unwrap_or("no node yet"),
        phase.unwrap_or("in an unknown state")
    );
    (format!("{namespace}/{name}"), state)
}
