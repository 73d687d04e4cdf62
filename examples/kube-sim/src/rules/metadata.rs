//! Which parts of an object a write may change.

use serde_json::{Value, json};

use crate::kinds::ResourceType;
use crate::object::Fields;

/// Which pen a write holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subresource {
    /// Everything but the status.
    Main,
    /// Only the status.
    Status,
    /// Only the finalizers in a namespace's spec.
    Finalize,
}

impl Subresource {
    /// As `managedFields` name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Status => "status",
            Self::Finalize => "finalize",
        }
    }
}

/// Completes the metadata of a new object and drops what a creator cannot say.
pub(crate) fn for_create(kind: &ResourceType, object: &mut Value, uid: String, now: &str) {
    object.set(&["apiVersion"], kind.api_version().into());
    object.set(&["kind"], kind.kind.as_str().into());
    for member in [
        "resourceVersion",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
    ] {
        object.cut(&["metadata", member]);
    }
    object.set(&["metadata", "uid"], uid.into());
    object.set(&["metadata", "creationTimestamp"], now.into());
    if kind.has_generation() {
        object.set(&["metadata", "generation"], 1.into());
    }
    if kind.served.status && !kind.is_core("Node") {
        object.cut(&["status"]);
    }
    if let Some(status) = first_status(kind) {
        object.set(&["status"], status);
    }
    tidy(object);
}

fn first_status(kind: &ResourceType) -> Option<Value> {
    match kind.kind.as_str() {
        "Namespace" => Some(json!({"phase": "Active"})),
        "Pod" | "PersistentVolume" | "PersistentVolumeClaim" => Some(json!({"phase": "Pending"})),
        "Service" | "Ingress" => Some(json!({"loadBalancer": {}})),
        "Deployment" | "DaemonSet" | "Job" | "CronJob" | "PodDisruptionBudget" => Some(json!({})),
        "ReplicaSet" | "StatefulSet" => Some(json!({"replicas": 0})),
        _ => None,
    }
}

/// Completes an update: what this pen may not change is taken from the old state, and a changed spec counts.
pub(crate) fn for_update(
    kind: &ResourceType,
    old: &Value,
    mut new: Value,
    pen: Subresource,
) -> Value {
    let mut result = match pen {
        Subresource::Status => {
            let mut result = old.clone();
            result.set(&["status"], new.cut(&["status"]).unwrap_or_else(|| json!({})));
            result
        }
        Subresource::Finalize => {
            let mut result = old.clone();
            result.set(&["spec"], new.cut(&["spec"]).unwrap_or_else(|| json!({})));
            result
        }
        Subresource::Main => keep_status(kind, old, new),
    };
    keep_identity(kind, old, &mut result);
    tidy(&mut result);
    if pen == Subresource::Main
        && kind.has_generation()
        && counts_as_spec_change(kind, old, &result)
    {
        let generation = old.number("/metadata/generation").unwrap_or_default();
        result.set(&["metadata", "generation"], (generation + 1).into());
    }
    result
}

fn keep_status(kind: &ResourceType, old: &Value, mut new: Value) -> Value {
    if kind.served.status {
        match old.get("status") {
            Some(status) => new.set(&["status"], status.clone()),
            None => drop(new.cut(&["status"])),
        }
    }
    if kind.is_core("Namespace") {
        new.set(&["spec"], old["spec"].clone());
    }
    new
}

fn keep_identity(kind: &ResourceType, old: &Value, new: &mut Value) {
    const FIXED: [&str; 8] = [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "resourceVersion",
    ];
    new.set(&["apiVersion"], kind.api_version().into());
    new.set(&["kind"], kind.kind.as_str().into());
    new.cut(&["metadata", "selfLink"]);
    for member in FIXED {
        match old["metadata"].get(member) {
            Some(value) => new.set(&["metadata", member], value.clone()),
            None => drop(new.cut(&["metadata", member])),
        }
    }
}

/// Members that say nothing are not stored, so that leaving them out is no change: nulls everywhere, and what is empty in the
/// metadata.
fn tidy(object: &mut Value) {
    strip_nulls(object);
    for member in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let empty = match &object["metadata"][member] {
            Value::Object(members) => members.is_empty(),
            Value::Array(elements) => elements.is_empty(),
            _ => false,
        };
        if empty {
            object.cut(&["metadata", member]);
        }
    }
}

fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(strip_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}

/// Everything but metadata and status is the spec.
fn counts_as_spec_change(kind: &ResourceType, old: &Value, new: &Value) -> bool {
    let spec = |object: &Value| {
        let mut spec = object.clone();
        for member in ["metadata", "apiVersion"] {
            spec.cut(&[member]);
        }
        if kind.served.status {
            spec.cut(&["status"]);
        }
        spec
    };
    spec(old) != spec(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Catalog;

    fn update(old: &Value, new: Value, pen: Subresource) -> Value {
        let catalog = Catalog::builtin();
        for_update(catalog.by_kind("apps/v1", "Deployment").unwrap(), old, new, pen)
    }

    fn old() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "uid": "u", "generation": 3},
            "spec": {"replicas": 1}, "status": {"replicas": 1},
        })
    }

    #[test]
    fn spec_and_status_have_two_pens() {
        let new =
            json!({"metadata": {"name": "a"}, "spec": {"replicas": 2}, "status": {"replicas": 2}});
        let main = update(&old(), new.clone(), Subresource::Main);
        assert_eq!(
            (&main["spec"]["replicas"], &main["status"]["replicas"]),
            (&json!(2), &json!(1))
        );
        let status = update(&old(), new, Subresource::Status);
        assert_eq!(
            (&status["spec"]["replicas"], &status["status"]["replicas"]),
            (&json!(1), &json!(2))
        );
    }

    #[test]
    fn only_a_changed_spec_counts() {
        let mut labelled = old();
        labelled["metadata"]["labels"] = json!({"a": "b"});
        labelled["metadata"]["uid"] = "forged".into();
        let labelled = update(&old(), labelled, Subresource::Main);
        assert_eq!((labelled.number("/metadata/generation"), labelled.uid()), (Some(3), "u"));
        let mut scaled = old();
        scaled["spec"]["replicas"] = 5.into();
        assert_eq!(
            update(&old(), scaled, Subresource::Main).number("/metadata/generation"),
            Some(4)
        );
    }
}
