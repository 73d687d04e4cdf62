//! The kinds every cluster serves.

use super::{ResourceType, Served};

/// Group, version, kind, plural, short names, categories, marks.
///
/// Marks: `n` namespaced, `s` has a status subresource, `c` has a scale subresource.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("", "v1", "ConfigMap", "configmaps", "cm", "", "n"),
    ("", "v1", "Endpoints", "endpoints", "ep", "", "n"),
    ("", "v1", "Event", "events", "ev", "", "n"),
    ("", "v1", "LimitRange", "limitranges", "limits", "", "n"),
    ("", "v1", "Namespace", "namespaces", "ns", "", "s"),
    ("", "v1", "Node", "nodes", "no", "", "s"),
    ("", "v1", "PersistentVolume", "persistentvolumes", "pv", "", "s"),
    ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", "", "ns"),
    ("", "v1", "Pod", "pods", "po", "all", "ns"),
    ("", "v1", "ReplicationController", "replicationcontrollers", "rc", "all", "ns"),
    ("", "v1", "ResourceQuota", "resourcequotas", "quota", "", "ns"),
    ("", "v1", "Secret", "secrets", "", "", "n"),
    ("", "v1", "Service", "services", "svc", "all", "ns"),
    ("", "v1", "ServiceAccount", "serviceaccounts", "sa", "", "n"),
    ("apps", "v1", "DaemonSet", "daemonsets", "ds", "all", "ns"),
    ("apps", "v1", "Deployment", "deployments", "deploy", "all", "nsc"),
    ("apps", "v1", "ReplicaSet", "replicasets", "rs", "all", "nsc"),
    ("apps", "v1", "StatefulSet", "statefulsets", "sts", "all", "nsc"),
    ("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "all", "ns"),
    ("batch", "v1", "CronJob", "cronjobs", "cj", "all", "ns"),
    ("batch", "v1", "Job", "jobs", "", "all", "ns"),
    ("coordination.k8s.io", "v1", "Lease", "leases", "", "", "n"),
    ("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "", "", "n"),
    ("networking.k8s.io", "v1", "Ingress", "ingresses", "ing", "", "ns"),
    ("networking.k8s.io", "v1", "IngressClass", "ingressclasses", "", "", ""),
    ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol", "", "n"),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", "", "ns"),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "", "", ""),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", "", "", ""),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles", "", "", "n"),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", "", "", "n"),
    ("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", "pc", "", ""),
    ("storage.k8s.io", "v1", "StorageClass", "storageclasses", "sc", "", ""),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", "crd crds", "api-extensions", "s"),
];

/// The types of the table.
pub(super) fn types() -> impl Iterator<Item = ResourceType> {
    TABLE.iter().map(resource_type)
}

fn resource_type(row: &Row) -> ResourceType {
    let (group, version, kind, plural, short_names, categories, marks) = *row;
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    ResourceType {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        list_kind: format!("{kind}List"),
        plural: plural.to_owned(),
        singular: kind.to_lowercase(),
        short_names: words(short_names),
        categories: words(categories),
        namespaced: marks.contains('n'),
        served: Served { status: marks.contains('s'), scale: marks.contains('c'), custom: false },
        columns: Vec::new(),
        schema: serde_json::Value::Null,
    }
}
