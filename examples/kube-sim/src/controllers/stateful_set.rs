//! Stateful sets: numbered pods with a volume claim each.

use std::sync::Arc;

use serde_json::{Value, json};

use super::plan::{Plan, View, count, replicas, sibling};
use super::template::{pod_of, template_hash};
use super::world::Key;
use crate::object::Fields;

const REVISION: &str = "controller-revision-hash";

pub(super) fn plan(view: &View<'_>, key: &Key, set: &Value) -> Plan {
    let mut plan = Plan::default();
    let revision = format!("{}-{}", set.name(), template_hash(&set["spec"]["template"]));
    let pods = numbered(view, set);
    if !set.is_deleting() {
        act(&mut plan, view, set, &pods, &revision);
    }
    plan.status(key, set, &status(set, &pods, &revision));
    plan
}

/// The pods with their numbers, in order.
fn numbered<'a>(view: &View<'a>, set: &'a Value) -> Vec<(usize, &'a Key, &'a Arc<Value>)> {
    let pods = view.world.controlled(set.uid(), "Pod");
    let mut pods: Vec<_> = pods
        .filter_map(|(key, pod)| Some((pod.name().rsplit_once('-')?.1.parse().ok()?, key, pod)))
        .collect();
    pods.sort_by_key(|(number, _, _)| *number);
    pods
}

fn is_current(pod: &Value, revision: &str) -> bool {
    pod["metadata"]["labels"][REVISION] == *revision
}

/// Creates from the lowest number, removes and replaces from the highest; one at a time, unless pods may come in parallel.
fn act(
    plan: &mut Plan,
    view: &View<'_>,
    set: &Value,
    pods: &[(usize, &Key, &Arc<Value>)],
    revision: &str,
) {
    let wanted = replicas(set);
    let parallel = set.text("/spec/podManagementPolicy") == "Parallel";
    let settled = |pod: &Value| pod.condition("Ready") == "True" && !pod.is_deleting();
    for number in 0..wanted {
        match pods.iter().find(|(present, _, _)| *present == number) {
            None => {
                create(plan, view, set, number, revision);
                if !parallel {
                    return;
                }
            }
            Some((_, _, pod)) if !parallel && !settled(pod) => return,
            Some(_) => {}
        }
    }
    let mut surplus = pods
        .iter()
        .rev()
        .filter(|(number, _, _)| *number >= wanted)
        .peekable();
    if surplus.peek().is_some() {
        surplus
            .take(if parallel { usize::MAX } else { 1 })
            .for_each(|(_, key, pod)| plan.delete(key, pod));
        return;
    }
    let outdated = pods
        .iter()
        .rev()
        .find(|(_, _, pod)| !is_current(pod, revision));
    if set.text("/spec/updateStrategy/type") != "OnDelete"
        && let Some((_, key, pod)) = outdated
        && pods.iter().all(|(_, _, pod)| settled(pod))
    {
        plan.delete(key, pod);
    }
}

fn create(plan: &mut Plan, view: &View<'_>, set: &Value, number: usize, revision: &str) {
    let name = format!("{}-{number}", set.name());
    let mut pod = pod_of(view, set);
    pod.cut(&["metadata", "generateName"]);
    pod.set(&["metadata", "labels", REVISION], revision.into());
    pod.set(&["metadata", "labels", "statefulset.kubernetes.io/pod-name"], name.as_str().into());
    pod.set(&["metadata", "labels", "apps.kubernetes.io/pod-index"], number.to_string().into());
    pod.set(&["spec", "hostname"], name.as_str().into());
    for template in set.items("/spec/volumeClaimTemplates") {
        claim(plan, view, set, template, &mut pod, &name);
    }
    pod.set(&["metadata", "name"], name.into());
    plan.create(pod);
}

/// Lets the pod use its claim, which is created unless it is still there from an earlier pod.
fn claim(
    plan: &mut Plan,
    view: &View<'_>,
    set: &Value,
    template: &Value,
    pod: &mut Value,
    pod_name: &str,
) {
    let claim_name = format!("{}-{pod_name}", template.name());
    let volume =
        json!({"name": template.name(), "persistentVolumeClaim": {"claimName": claim_name}});
    let mut volumes = pod.items("/spec/volumes").to_vec();
    volumes.push(volume);
    pod.set(&["spec", "volumes"], volumes.into());
    let key = sibling(set, "core/persistentvolumeclaims", &claim_name);
    if view.world.get(&key).is_none() {
        plan.create(json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": claim_name, "namespace": set["metadata"]["namespace"], "labels": set["spec"]["selector"]["matchLabels"],
            },
            "spec": template["spec"],
        }));
    }
}

fn status(set: &Value, pods: &[(usize, &Key, &Arc<Value>)], revision: &str) -> Value {
    let that =
        |claim: &dyn Fn(&Value) -> bool| pods.iter().filter(|(_, _, pod)| claim(pod)).count();
    let ready = that(&|pod| pod.condition("Ready") == "True");
    let updated = that(&|pod| is_current(pod, revision));
    let done = updated == pods.len() || set.text("/status/currentRevision").is_empty();
    let current = if done { revision } else { set.text("/status/currentRevision") };
    json!({
        "observedGeneration": set["metadata"]["generation"],
        "replicas": pods.len(),
        "readyReplicas": count(ready),
        "availableReplicas": ready,
        "currentReplicas": count(if done { updated } else { pods.len() - updated }),
        "updatedReplicas": count(updated),
        "currentRevision": current,
        "updateRevision": revision,
        "collisionCount": 0,
    })
}
