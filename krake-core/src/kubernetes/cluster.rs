//! The clusters that applications run on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::application::{one, unlimited};
use super::application_status::is_zero;
use super::{JsonObject, kubeconfig, tosca};
use crate::base::MetricRef;
use crate::{
    FieldErrors, LabelConstraint, Metadata, MetricConstraint, Reason, Resource, ResourceRef,
    Timestamp,
};

/// A Kubernetes cluster: registered by its kubeconfig, or created from a TOSCA template.
#[derive(Resource, Clone, Debug, PartialEq)]
#[resource(api = "kubernetes", plural = "clusters", validate = validate, crate = crate)]
pub struct Cluster {
    /// Identity and bookkeeping.
    pub metadata: Metadata,
    /// How it is reached or made.
    pub spec: ClusterSpec,
    /// How it is.
    pub status: ClusterStatus,
}

/// How a cluster is reached or made; at least one of kubeconfig and TOSCA template is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterSpec {
    /// A kubeconfig with exactly one context, cluster and user. Holds secrets.
    #[serde(default)]
    pub kubeconfig: JsonObject,
    /// The TOSCA template that an infrastructure provider creates it from.
    #[serde(default)]
    pub tosca: JsonObject,
    /// Custom resource definitions it has, `<plural>.<group>`.
    #[serde(default)]
    pub custom_resources: Vec<String>,
    /// Where it may be created.
    pub constraints: PlacementConstraints,
    /// What it is scored by.
    #[serde(default)]
    pub metrics: Vec<MetricRef>,
    /// Whether the metrics of its cloud count as its own.
    #[serde(default)]
    pub inherit_metrics: bool,
    /// Factor of the delay between attempts.
    #[serde(default = "one")]
    pub backoff: i64,
    /// Delay between attempts, in seconds.
    #[serde(default = "one")]
    pub backoff_delay: i64,
    /// How many attempts; -1 for no limit.
    #[serde(default = "unlimited")]
    pub backoff_limit: i64,
    /// Whether Krake created it for an application, and removes it when it is no longer needed.
    #[serde(default)]
    pub auto_generated: bool,
}

impl ClusterSpec {
    /// A cluster that exists and is reached by this kubeconfig.
    pub fn of_kubeconfig(kubeconfig: JsonObject) -> Self {
        Self {
            kubeconfig,
            tosca: JsonObject::new(),
            custom_resources: Vec::new(),
            constraints: PlacementConstraints::default(),
            metrics: Vec::new(),
            inherit_metrics: false,
            backoff: one(),
            backoff_delay: one(),
            backoff_limit: unlimited(),
            auto_generated: false,
        }
    }
}

/// Where a cluster may be created.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlacementConstraints {
    /// What its cloud must offer.
    pub cloud: CloudConstraints,
}

/// What a cloud must offer: all of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CloudConstraints {
    /// Demands on its labels.
    #[serde(default)]
    pub labels: Option<Vec<LabelConstraint>>,
    /// Demands on its metrics.
    #[serde(default)]
    pub metrics: Option<Vec<MetricConstraint>>,
}

/// How a cluster is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ClusterStatus {
    /// Why it is not as wanted.
    pub reason: Option<Reason>,
    /// When the cluster controller last wrote.
    pub kube_controller_triggered: Option<Timestamp>,
    /// Whether it can be used.
    pub state: ClusterState,
    /// Which metrics could not be read, and why.
    pub metrics_reasons: BTreeMap<String, Reason>,
    /// The template it was last created or changed with.
    pub last_applied_tosca: JsonObject,
    /// Its nodes.
    pub nodes: Vec<ClusterNode>,
    /// Its name at the infrastructure provider.
    pub cluster_id: Option<String>,
    /// When the chosen cloud last changed.
    pub scheduled: Option<Timestamp>,
    /// The chosen cloud.
    pub scheduled_to: Option<ResourceRef>,
    /// The cloud it exists on.
    pub running_on: Option<ResourceRef>,
    /// Attempts made to create or change it.
    pub retries: i64,
    /// The generation that `state` speaks of.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: u64,
}

/// Whether a cluster can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ClusterState {
    /// Nobody has looked yet.
    #[default]
    Pending,
    /// It answers and its nodes are well.
    Online,
    /// It answers again; nobody has looked at its nodes yet.
    Connecting,
    /// It does not answer.
    Offline,
    /// A node is under pressure.
    Unhealthy,
    /// A node is not ready.
    #[serde(rename = "NOTREADY")]
    NotReady,
    /// A metric it is scored by cannot be read.
    FailingMetrics,
    /// It is being created.
    Creating,
    /// It is being changed.
    Reconciling,
    /// It is being deleted.
    Deleting,
    /// It could not be changed.
    FailingReconciliation,
    /// A change is needed.
    Failed,
    /// Kept for compatibility.
    Degraded,
}

/// A node of a cluster, as last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterNode {
    /// Always `kubernetes`.
    #[serde(default = "node_api")]
    pub api: String,
    /// Always `ClusterNode`.
    #[serde(default = "node_kind")]
    pub kind: String,
    /// Its identity.
    pub metadata: ClusterNodeMetadata,
    /// How it is.
    #[serde(default)]
    pub status: Option<ClusterNodeStatus>,
}

impl ClusterNode {
    /// A node with the conditions it reports.
    pub fn new(name: impl Into<String>, conditions: Vec<ClusterNodeCondition>) -> Self {
        Self {
            api: node_api(),
            kind: node_kind(),
            metadata: ClusterNodeMetadata { name: name.into() },
            status: Some(ClusterNodeStatus { conditions }),
        }
    }
}

fn node_api() -> String {
    "kubernetes".to_owned()
}

fn node_kind() -> String {
    "ClusterNode".to_owned()
}

/// The identity of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterNodeMetadata {
    /// Its name on the cluster.
    pub name: String,
}

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterNodeStatus {
    /// What the node reports.
    pub conditions: Vec<ClusterNodeCondition>,
}

/// One statement of a node about itself, as Kubernetes has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterNodeCondition {
    /// Explanation.
    pub message: String,
    /// Cause, one word.
    pub reason: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// What the statement is about: `Ready`, `MemoryPressure` …
    #[serde(rename = "type")]
    pub kind: String,
}

fn validate(new: &Cluster, _old: Option<&Cluster>) -> Result<(), FieldErrors> {
    let spec = &new.spec;
    let mut errors = FieldErrors::default();
    if spec.kubeconfig.is_empty() && spec.tosca.is_empty() {
        errors
            .add("spec", "The cluster should be defined by a kubeconfig file or a TOSCA template.");
    }
    if !spec.kubeconfig.is_empty()
        && let Err(message) = kubeconfig::validate(&spec.kubeconfig)
    {
        errors.add("spec.kubeconfig", format!("Invalid kube-config file. {message}"));
    }
    if !spec.tosca.is_empty() {
        if !tosca::outputs_kubeconfig(&spec.tosca) {
            errors.add(
                "spec.tosca",
                "Invalid TOSCA template content. The output `kubeconfig` is missing.",
            );
        }
        errors.merge(tosca::validate(&spec.tosca, "spec.tosca"));
    }
    errors.into_result()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn errors(kubeconfig: &Value, tosca: &Value) -> Vec<String> {
        let spec = json!({
            "kubeconfig": kubeconfig, "tosca": tosca, "constraints": {"cloud": {}},
        });
        let cluster = Cluster::new("a", crate::input::decode_value(spec).unwrap());
        let errors = cluster.validate(None).err().unwrap_or_default();
        errors.0.iter().map(ToString::to_string).collect()
    }

    fn template(version: &str) -> Value {
        json!({
            "tosca_definitions_version": version,
            "topology_template": {"outputs": {"kubeconfig": {"value": "x"}}},
        })
    }

    #[test]
    fn a_cluster_is_defined_by_a_kubeconfig_or_a_template() {
        assert_eq!(
            errors(&json!({}), &json!({})),
            ["spec: The cluster should be defined by a kubeconfig file or a TOSCA template."]
        );
        assert_eq!(errors(&json!({}), &template("tosca_simple_yaml_1_0")), [""; 0]);
    }

    #[test]
    fn kubeconfig_and_template_are_checked_both() {
        assert_eq!(
            errors(
                &json!({"x": 1}),
                &json!({"tosca_definitions_version": "tosca_simple_yaml_1_0"})
            ),
            [
                "spec.kubeconfig: Invalid kube-config file. Expected key current-context in kube-config",
                "spec.tosca: Invalid TOSCA template content. The output `kubeconfig` is missing.",
            ]
        );
        assert_eq!(
            errors(&json!({}), &template("other")),
            ["spec.tosca.tosca_definitions_version: Invalid TOSCA template content. \
                 Use `tosca_simple_yaml_1_0`, `_1_1`, `_1_2` or `_1_3`."]
        );
    }

    #[test]
    fn a_minimal_body_gets_the_documented_defaults() {
        let body = json!({"metadata": {"name": "a"}, "spec": {"constraints": {"cloud": {}}}});
        let cluster: Cluster = crate::input::decode_value(body).unwrap();
        assert_eq!(cluster.spec, ClusterSpec::of_kubeconfig(JsonObject::new()));
        assert_eq!(
            serde_json::to_value(&cluster.spec).unwrap(),
            json!({
                "kubeconfig": {}, "tosca": {}, "custom_resources": [],
                "constraints": {"cloud": {"labels": null, "metrics": null}},
                "metrics": [], "inherit_metrics": false, "backoff": 1, "backoff_delay": 1,
                "backoff_limit": -1, "auto_generated": false,
            })
        );
    }
}
