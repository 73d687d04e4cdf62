//! Replica sets: so many pods of one template.

use std::sync::Arc;

use serde_json::{Value, json};

use super::event::{self, Tone};
use super::plan::{Plan, View, count, replicas};
use super::template::pod_of;
use super::world::Key;
use crate::object::Fields;

const COMPONENT: &str = "replicaset-controller";

pub(super) fn plan(view: &View<'_>, key: &Key, set: &Value) -> Plan {
    let mut plan = Plan::default();
    let pods = active_pods(view, set);
    let wanted = replicas(set);
    if !set.is_deleting() {
        for _ in pods.len()..wanted {
            let pod = pod_of(view, set);
            let message = format!("Created pod: {}", pod.name());
            plan.create(event::about(
                view,
                COMPONENT,
                set,
                Tone::Normal,
                "SuccessfulCreate",
                &message,
            ));
            plan.create(pod);
        }
        for (key, pod) in surplus(&pods, wanted) {
            let message = format!("Deleted pod: {}", pod.name());
            plan.create(event::about(
                view,
                COMPONENT,
                set,
                Tone::Normal,
                "SuccessfulDelete",
                &message,
            ));
            plan.delete(key, pod);
        }
    }
    let ready = count(
        pods.iter()
            .filter(|(_, pod)| pod.condition("Ready") == "True")
            .count(),
    );
    let status = json!({
        "replicas": pods.len(),
        "fullyLabeledReplicas": count(pods.len()),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "observedGeneration": set["metadata"]["generation"],
    });
    plan.status(key, set, &status);
    plan
}

/// The controlled pods that have not ended and are not about to.
pub(super) fn active_pods<'a>(view: &View<'a>, owner: &'a Value) -> Vec<(&'a Key, &'a Arc<Value>)> {
    let ended = |pod: &Value| matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
    view.world
        .controlled(owner.uid(), "Pod")
        .filter(|(_, pod)| !pod.is_deleting() && !ended(pod))
        .collect()
}

/// Those to give up: without a node before with one, not ready before ready, young before old.
fn surplus<'a>(
    pods: &[(&'a Key, &'a Arc<Value>)],
    wanted: usize,
) -> Vec<(&'a Key, &'a Arc<Value>)> {
    let mut pods = pods.to_vec();
    pods.sort_by_key(|(key, pod)| {
        let age = std::cmp::Reverse(pod.text("/metadata/creationTimestamp").to_owned());
        (
            !pod.text("/spec/nodeName").is_empty(),
            pod.condition("Ready") == "True",
            age,
            Key::clone(key),
        )
    });
    pods.truncate(pods.len().saturating_sub(wanted));
    pods
}
