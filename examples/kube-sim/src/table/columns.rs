//! Which columns a kind has.

use krake_core::{Clock, Timestamp};
use serde_json::{Value, json};

use super::age::human;
use super::{cluster_kinds, custom, pod, service, workload};
use crate::kinds::ResourceType;
use crate::object::Fields;

/// A column's heading, type, and priority; columns of priority 1 appear with `-o wide`.
pub(super) type Heading = (&'static str, &'static str, i64);

/// The moment of showing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    now: Timestamp,
}

impl Shown {
    pub(super) fn at(clock: &dyn Clock) -> Self {
        Self { now: clock.now() }
    }

    /// The time since the one written there.
    pub(super) fn since(&self, object: &Value, pointer: &str) -> Value {
        let time = object.text(pointer).parse::<Timestamp>();
        time.map_or_else(|_| "<unknown>".to_owned(), |time| human(self.now.since(time)))
            .into()
    }

    /// The time since the object's creation.
    pub(super) fn age(&self, object: &Value) -> Value {
        self.since(object, "/metadata/creationTimestamp")
    }
}

/// How a kind is shown.
#[derive(Debug)]
pub(super) enum Columns<'a> {
    Builtin(&'static [Heading], fn(&Value, &Shown) -> Vec<Value>),
    Custom(&'a ResourceType),
}

/// The columns of a kind.
pub(super) fn columns_of(kind: &ResourceType) -> Columns<'_> {
    if kind.served.custom {
        return Columns::Custom(kind);
    }
    match kind.kind.as_str() {
        "Pod" => Columns::Builtin(pod::HEADINGS, pod::cells),
        "Service" => Columns::Builtin(service::SERVICE, service::service),
        "Endpoints" => Columns::Builtin(service::ENDPOINTS, service::endpoints),
        "Ingress" => Columns::Builtin(service::INGRESS, service::ingress),
        "Deployment" => Columns::Builtin(workload::DEPLOYMENT, workload::deployment),
        "ReplicaSet" => Columns::Builtin(workload::REPLICA_SET, workload::replica_set),
        "StatefulSet" => Columns::Builtin(workload::STATEFUL_SET, workload::stateful_set),
        "DaemonSet" => Columns::Builtin(workload::DAEMON_SET, workload::daemon_set),
        "Job" => Columns::Builtin(workload::JOB, workload::job),
        "CronJob" => Columns::Builtin(workload::CRON_JOB, workload::cron_job),
        "Node" => Columns::Builtin(cluster_kinds::NODE, cluster_kinds::node),
        "Namespace" => Columns::Builtin(cluster_kinds::NAMESPACE, cluster_kinds::namespace),
        "ConfigMap" => Columns::Builtin(cluster_kinds::CONFIG_MAP, cluster_kinds::config_map),
        "Secret" => Columns::Builtin(cluster_kinds::SECRET, cluster_kinds::secret),
        "Event" => Columns::Builtin(cluster_kinds::EVENT, cluster_kinds::event),
        "PersistentVolumeClaim" => Columns::Builtin(cluster_kinds::CLAIM, cluster_kinds::claim),
        "CustomResourceDefinition" | "ClusterRole" | "Role" => {
            Columns::Builtin(cluster_kinds::CREATED_AT, cluster_kinds::created_at)
        }
        "RoleBinding" | "ClusterRoleBinding" => {
            Columns::Builtin(cluster_kinds::BINDING, cluster_kinds::binding)
        }
        _ => Columns::Builtin(cluster_kinds::GENERIC, cluster_kinds::generic),
    }
}

impl Columns<'_> {
    pub(super) fn cells(&self, object: &Value, shown: &Shown) -> Vec<Value> {
        match self {
            Self::Builtin(_, cells) => cells(object, shown),
            Self::Custom(kind) => custom::cells(kind, object, shown),
        }
    }

    pub(super) fn definitions(&self) -> Vec<Value> {
        match self {
            Self::Builtin(headings, _) => headings
                .iter()
                .map(|(name, kind, priority)| definition(name, kind, *priority))
                .collect(),
            Self::Custom(kind) => custom::definitions(kind),
        }
    }
}

/// A column definition.
pub(super) fn definition(name: &str, kind: &str, priority: i64) -> Value {
    let format = if name == "Name" { "name" } else { "" };
    json!({"name": name, "type": kind, "format": format, "description": "", "priority": priority})
}

/// What is written there, or `<none>`.
pub(super) fn text_or_none(object: &Value, pointer: &str) -> Value {
    match object.text(pointer) {
        "" => "<none>".into(),
        text => text.into(),
    }
}

/// Texts as one cell, or `<none>`.
pub(super) fn joined(texts: &[String]) -> Value {
    if texts.is_empty() { "<none>".into() } else { texts.join(",").into() }
}

/// A label selector as one cell.
pub(super) fn selector(object: &Value, pointer: &str) -> Value {
    let labels = object.labels(pointer);
    joined(
        &labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>(),
    )
}
