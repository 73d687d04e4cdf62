//! Kubernetes clusters that Magnum makes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::MetricRef;
use crate::{LabelConstraint, Metadata, Reason, Resource, ResourceRef};

/// A Kubernetes cluster that Magnum makes in a project.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "openstack", plural = "magnumclusters", immutable = changed_immutable, crate = crate)]
pub struct MagnumCluster {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// What it is to be like.
    pub spec: MagnumClusterSpec,
    /// What became of it.
    pub status: MagnumClusterStatus,
}

/// What a Magnum cluster is to be like; what is left open is up to the template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MagnumClusterSpec {
    /// How many masters; cannot be changed.
    pub master_count: Option<i64>,
    /// How many workers.
    pub node_count: Option<i64>,
    /// What it is scored by.
    pub metrics: Vec<MetricRef>,
    /// Where it may be made.
    pub constraints: Option<MagnumClusterConstraints>,
}

/// Where a Magnum cluster may be made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MagnumClusterConstraints {
    /// What its project must offer.
    pub project: Option<ProjectConstraints>,
}

/// What a project must offer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ProjectConstraints {
    /// Demands on its labels.
    pub labels: Option<Vec<LabelConstraint>>,
}

/// What became of a Magnum cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MagnumClusterStatus {
    /// Why it is not as wanted.
    pub reason: Option<Reason>,
    /// Where it is in its life.
    pub state: MagnumClusterState,
    /// The chosen project.
    pub project: Option<ResourceRef>,
    /// The Magnum template it is made from; set by the binding alone.
    pub template: Option<String>,
    /// Its id at Magnum.
    pub cluster_id: Option<String>,
    /// How many workers it has.
    pub node_count: Option<i64>,
    /// Where its Kubernetes API is.
    #[schemars(example = "https://192.0.2.7:6443")]
    pub api_address: Option<String>,
    /// The addresses of its masters.
    pub master_addresses: Option<Vec<String>>,
    /// The addresses of its workers.
    pub node_addresses: Option<Vec<String>>,
    /// The `Cluster` that stands for it.
    pub cluster: Option<ResourceRef>,
}

/// Where a Magnum cluster is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum MagnumClusterState {
    /// Waiting for a project.
    #[default]
    Pending,
    /// Being made.
    Creating,
    /// It exists.
    Running,
    /// Being changed.
    Reconciling,
    /// Being deleted.
    Deleting,
    /// A change is needed.
    Failed,
}

fn changed_immutable(new: &MagnumCluster, old: &MagnumCluster) -> Option<&'static str> {
    if new.spec.master_count != old.spec.master_count {
        return Some("master_count");
    }
    (new.status.template != old.status.template).then_some("template")
}
