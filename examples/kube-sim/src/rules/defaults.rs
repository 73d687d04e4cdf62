//! Values the server fills in.

use serde_json::{Value, json};

use super::pod_template::default_pod_spec;
use super::secret::encode_text;
use super::service::default_service;
use crate::kinds::ResourceType;
use crate::object::Fields;

/// Completes an object as the API server does, on create and on update.
pub(crate) fn apply_defaults(kind: &ResourceType, object: &mut Value) {
    if kind.served.custom {
        return;
    }
    match kind.kind.as_str() {
        "Namespace" => default_namespace(object),
        "Pod" => default_pod(object),
        "Service" => default_service(object),
        "Secret" => {
            encode_text(object);
            object.default_to(&["type"], "Opaque".into());
        }
        "Deployment" => default_deployment(object),
        "ReplicaSet" => object.default_to(&["spec", "replicas"], 1.into()),
        "StatefulSet" => default_stateful_set(object),
        "DaemonSet" => default_daemon_set(object),
        "Job" => default_job(object),
        "CronJob" => default_cron_job(object),
        "CustomResourceDefinition" => default_definition(object),
        "PersistentVolumeClaim" | "PersistentVolume" => {
            object.default_to(&["spec", "volumeMode"], "Filesystem".into());
        }
        _ => {}
    }
    if let Some(template) = object
        .pointer_mut("/spec/template/spec")
        .filter(|spec| spec.is_object())
    {
        default_pod_spec(template);
    }
}

fn default_namespace(object: &mut Value) {
    let name = object.name().to_owned();
    object.set(&["metadata", "labels", "kubernetes.io/metadata.name"], name.into());
    object.default_to(&["spec", "finalizers"], json!(["kubernetes"]));
}

fn default_pod(object: &mut Value) {
    object.default_to(&["spec", "serviceAccountName"], "default".into());
    object.default_to(&["spec", "enableServiceLinks"], true.into());
    if let Some(spec) = object.get_mut("spec") {
        default_pod_spec(spec);
    }
}

fn default_deployment(object: &mut Value) {
    object.default_to(&["spec", "replicas"], 1.into());
    object.default_to(&["spec", "revisionHistoryLimit"], 10.into());
    object.default_to(&["spec", "progressDeadlineSeconds"], 600.into());
    object.default_to(&["spec", "strategy", "type"], "RollingUpdate".into());
    if object.text("/spec/strategy/type") == "RollingUpdate" {
        object.default_to(&["spec", "strategy", "rollingUpdate", "maxSurge"], "25%".into());
        object.default_to(&["spec", "strategy", "rollingUpdate", "maxUnavailable"], "25%".into());
    }
}

fn default_stateful_set(object: &mut Value) {
    object.default_to(&["spec", "replicas"], 1.into());
    object.default_to(&["spec", "revisionHistoryLimit"], 10.into());
    object.default_to(&["spec", "podManagementPolicy"], "OrderedReady".into());
    object.default_to(&["spec", "updateStrategy", "type"], "RollingUpdate".into());
}

fn default_daemon_set(object: &mut Value) {
    object.default_to(&["spec", "revisionHistoryLimit"], 10.into());
    object.default_to(&["spec", "updateStrategy", "type"], "RollingUpdate".into());
}

fn default_job(object: &mut Value) {
    object.default_to(&["spec", "backoffLimit"], 6.into());
    object.default_to(&["spec", "completionMode"], "NonIndexed".into());
    object.default_to(&["spec", "suspend"], false.into());
    object.default_to(&["spec", "parallelism"], 1.into());
    object.default_to(&["spec", "completions"], 1.into());
    let uid = object.uid().to_owned();
    let name = object.name().to_owned();
    let label = "batch.kubernetes.io/controller-uid";
    object.default_to(&["spec", "selector", "matchLabels", label], uid.as_str().into());
    object.default_to(&["spec", "template", "metadata", "labels", label], uid.into());
    object.default_to(
        &["spec", "template", "metadata", "labels", "batch.kubernetes.io/job-name"],
        name.as_str().into(),
    );
    object.default_to(&["spec", "template", "metadata", "labels", "job-name"], name.into());
}

fn default_cron_job(object: &mut Value) {
    object.default_to(&["spec", "concurrencyPolicy"], "Allow".into());
    object.default_to(&["spec", "suspend"], false.into());
    object.default_to(&["spec", "successfulJobsHistoryLimit"], 3.into());
    object.default_to(&["spec", "failedJobsHistoryLimit"], 1.into());
}

fn default_definition(object: &mut Value) {
    let kind = object.text("/spec/names/kind").to_owned();
    object.default_to(&["spec", "names", "singular"], kind.to_lowercase().into());
    object.default_to(&["spec", "names", "listKind"], format!("{kind}List").into());
    object.default_to(&["spec", "conversion", "strategy"], "None".into());
    let time = object.text("/metadata/creationTimestamp").to_owned();
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": time, "reason": reason, "message": message});
    let storage = object
        .items("/spec/versions")
        .iter()
        .find(|version| version["storage"] == json!(true))
        .map_or(Value::Null, |version| version["name"].clone());
    let status = json!({
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "acceptedNames": object["spec"]["names"],
        "storedVersions": [storage],
    });
    object.set(&["status"], status);
}
