//! What became of an application.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::JsonObject;
use super::binding::Decision;
use crate::{FieldErrors, Reason, ResourceRef, Timestamp, Uid};

/// What became of an application. Secrets of its hooks are part of it, as in the original.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ApplicationStatus {
    /// Why it is not as wanted.
    pub reason: Option<Reason>,
    /// Where it is in its life.
    pub state: ApplicationState,
    /// How its pods are.
    pub container_health: ContainerHealth,
    /// When the application controller was last given its turn.
    pub kube_controller_triggered: Option<Timestamp>,
    /// When the chosen cluster last changed.
    pub scheduled: Option<Timestamp>,
    /// The chosen cluster.
    pub scheduled_to: Option<ResourceRef>,
    /// The cluster that its resources are on.
    pub running_on: Option<ResourceRef>,
    /// Attempts left to find a cluster.
    pub retries: Option<i64>,
    /// When the next attempt is made.
    pub scheduled_retry: Option<Timestamp>,
    /// Endpoints of its services: name to `host:port`.
    pub services: BTreeMap<String, Value>,
    /// The effective observer schema.
    #[schemars(with = "Vec<JsonObject>")]
    pub mangled_observer_schema: Vec<Value>,
    /// The observed fields, as they were last seen.
    #[schemars(with = "Vec<JsonObject>")]
    pub last_observed_manifest: Vec<Value>,
    /// The manifests, as they were last applied.
    #[schemars(with = "Vec<JsonObject>")]
    pub last_applied_manifest: Vec<Value>,
    /// Token for the complete hook.
    #[schemars(extend("format" = "password"))]
    pub complete_token: Option<String>,
    /// Certificate for the complete hook.
    pub complete_cert: Option<String>,
    /// Private key for the complete hook.
    #[schemars(extend("format" = "password"))]
    pub complete_key: Option<String>,
    /// Token for the shutdown hook.
    #[schemars(extend("format" = "password"))]
    pub shutdown_token: Option<String>,
    /// Certificate for the shutdown hook.
    pub shutdown_cert: Option<String>,
    /// Private key for the shutdown hook.
    #[schemars(extend("format" = "password"))]
    pub shutdown_key: Option<String>,
    /// When the shutdown hook has failed.
    pub shutdown_grace_period: Option<Timestamp>,
    /// The name of the cluster that is being created for it.
    pub auto_cluster_create_started: Option<String>,
    /// How often moving its volumes failed.
    pub migration_retries: i64,
    /// When moving its volumes may be tried again, in Unix seconds.
    pub migration_timeout: i64,
    /// What Krake has put, or is about to put, on clusters: exactly this is removed again. One entry a cluster; besides the
    /// cluster of `running_on` there are those that are still to be cleaned up after a move.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<ClusterInventory>,
    /// How the cluster was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The generation that `state` speaks of.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: u64,
}

impl ApplicationStatus {
    /// Checks the free-form parts: their items are objects, whatever is in them.
    pub(super) fn validate(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        for (field, items) in [
            ("mangled_observer_schema", &self.mangled_observer_schema),
            ("last_observed_manifest", &self.last_observed_manifest),
            ("last_applied_manifest", &self.last_applied_manifest),
        ] {
            let wrong = items
                .iter()
                .enumerate()
                .filter(|(_, item)| !item.is_object());
            for (index, _) in wrong {
                errors.add(format!("status.{field}[{index}]"), "Not a valid mapping type.");
            }
        }
        errors.into_result()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
pub(super) const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Where an application is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ApplicationState {
    /// Waiting for a cluster.
    #[default]
    Pending,
    /// Being created on a cluster.
    Creating,
    /// All its resources are on the cluster.
    Running,
    /// Being brought back to what its user wants.
    Reconciling,
    /// A TOSCA template or CSAR archive is being translated.
    Translating,
    /// Kept for compatibility; never set.
    Retrying,
    /// A container is being restarted.
    Restarting,
    /// The workload was asked to clean up.
    WaitingForCleaning,
    /// The workload has cleaned up.
    ReadyForAction,
    /// Moving to another cluster.
    Migrating,
    /// A cluster is being created for it.
    WaitingForClusterCreation,
    /// Being removed from its cluster.
    Deleting,
    /// Gone.
    Deleted,
    /// Not as wanted; Krake keeps trying.
    Degraded,
    /// Not as wanted; a change is needed.
    Failed,
    /// The workload has ended well.
    Completed,
}

/// Pods of an application, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the wire format calls them so")]
pub struct ContainerHealth {
    /// How many there should be.
    pub desired_pods: i64,
    /// How many run.
    pub running_pods: i64,
    /// How many ended well.
    pub completed_pods: i64,
    /// How many ended badly.
    pub failed_pods: i64,
}

/// What Krake has put, or is about to put, on one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterInventory {
    /// The cluster.
    pub cluster: ResourceRef,
    /// The resources, in the order in which they are applied.
    pub items: Vec<InventoryItem>,
}

/// One resource that Krake has put, or is about to put, on a cluster.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct InventoryItem {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version it was applied with.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The namespace on the cluster; `null` for cluster-scoped kinds.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The instance; a later one of the same name is not Krake's. `null` until the cluster has confirmed the resource, which
    /// may or may not exist so far.
    #[serde(default)]
    pub uid: Option<Uid>,
}

impl InventoryItem {
    /// Whether both name the same resource of a cluster, whatever versions and instances they pin.
    pub fn same_object(&self, other: &Self) -> bool {
        self.group == other.group
            && self.kind == other.kind
            && self.namespace == other.namespace
            && self.name == other.name
    }
}

impl fmt::Display for InventoryItem {
    /// `apps/Deployment default/echo`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.group.is_empty() {
            write!(f, "{}/", self.group)?;
        }
        write!(f, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}
