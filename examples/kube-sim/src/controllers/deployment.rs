//! Deployments: a replica set a template.

use std::sync::Arc;

use serde_json::{Value, json};

use super::conditions::{Condition, with_conditions};
use super::event::{self, Tone};
use super::plan::{Plan, View, count, owner_reference, replicas};
use super::rollout::{Bounds, Generation, next_sizes};
use super::template::template_hash;
use super::world::Key;
use crate::object::Fields;

const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";

/// A replica set of the deployment.
type Owned<'a> = (&'a Key, &'a Arc<Value>);

pub(super) fn plan(view: &View<'_>, key: &Key, deployment: &Value) -> Plan {
    let mut plan = Plan::default();
    if deployment.is_deleting() {
        return plan;
    }
    let (new, old) = generations(view, deployment);
    if deployment["spec"]["paused"] != Value::Bool(true) {
        roll(&mut plan, view, deployment, new, &old);
        note_revision(&mut plan, key, deployment, new);
        forget_history(&mut plan, deployment, &old);
    }
    plan.status(key, deployment, &status(view, deployment, new, &old));
    plan
}

/// The replica set of the present template, and the others, oldest first.
fn generations<'a>(view: &View<'a>, deployment: &'a Value) -> (Option<Owned<'a>>, Vec<Owned<'a>>) {
    let wanted = &deployment["spec"]["template"];
    let mut sets: Vec<Owned<'a>> = view
        .world
        .controlled(deployment.uid(), "ReplicaSet")
        .collect();
    sets.sort_by_key(|(_, set)| revision(set));
    let current = sets.iter().position(|(_, set)| {
        let mut template = set["spec"]["template"].clone();
        template.cut(&["metadata", "labels", HASH]);
        template == *wanted
    });
    let new = current.map(|position| sets.remove(position));
    (new, sets)
}

fn revision(object: &Value) -> i64 {
    let text = object["metadata"]["annotations"][REVISION].as_str();
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn generation(set: &Value) -> Generation {
    let number = |pointer: &str| {
        usize::try_from(set.number(pointer).unwrap_or_default()).unwrap_or_default()
    };
    Generation {
        wanted: replicas(set),
        present: number("/status/replicas"),
        available: number("/status/availableReplicas"),
    }
}

/// Creates the new replica set and moves pods from the old ones to it.
fn roll(
    plan: &mut Plan,
    view: &View<'_>,
    deployment: &Value,
    new: Option<Owned<'_>>,
    old: &[Owned<'_>],
) {
    let present = new.map_or(Generation::default(), |(_, set)| generation(set));
    let before: Vec<Generation> = old.iter().map(|(_, set)| generation(set)).collect();
    let (size, old_sizes) = next_sizes(Bounds::of(deployment), present, &before);
    if let Some(set) = new {
        resize(plan, view, deployment, set, size);
    } else {
        let set = new_set(deployment, size, next_revision(deployment, old));
        tell(plan, view, deployment, &set, 0, size);
        plan.create(set);
    }
    for (set, size) in old.iter().zip(old_sizes) {
        resize(plan, view, deployment, *set, size);
    }
}

fn resize(
    plan: &mut Plan,
    view: &View<'_>,
    deployment: &Value,
    (key, set): Owned<'_>,
    size: usize,
) {
    if replicas(set) != size {
        tell(plan, view, deployment, set, replicas(set), size);
        plan.patch(key, set, json!({"spec": {"replicas": size}}));
    }
}

fn tell(plan: &mut Plan, view: &View<'_>, deployment: &Value, set: &Value, from: usize, to: usize) {
    let direction = if to >= from { "up" } else { "down" };
    let message = format!("Scaled {direction} replica set {} from {from} to {to}", set.name());
    plan.create(event::about(
        view,
        "deployment-controller",
        deployment,
        Tone::Normal,
        "ScalingReplicaSet",
        &message,
    ));
}

fn next_revision(deployment: &Value, sets: &[Owned<'_>]) -> i64 {
    let revisions = sets.iter().map(|(_, set)| revision(set));
    revisions
        .chain([revision(deployment)])
        .max()
        .unwrap_or_default()
        + 1
}

fn new_set(deployment: &Value, size: usize, revision: i64) -> Value {
    let hash = template_hash(&deployment["spec"]["template"]);
    let mut template = deployment["spec"]["template"].clone();
    template.set(&["metadata", "labels", HASH], hash.as_str().into());
    let mut selector = deployment["spec"]["selector"].clone();
    selector.set(&["matchLabels", HASH], hash.as_str().into());
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{hash}", deployment.name()),
            "namespace": deployment["metadata"]["namespace"],
            "labels": template["metadata"]["labels"],
            "annotations": {REVISION: revision.to_string()},
            "ownerReferences": owner_reference(deployment),
        },
        "spec": {"replicas": size, "selector": selector, "template": template},
    })
}

/// A template that comes back gets a new revision; the deployment shows that of its present one.
fn note_revision(plan: &mut Plan, key: &Key, deployment: &Value, new: Option<Owned<'_>>) {
    let Some((new_key, set)) = new else { return };
    let own = revision(set);
    let latest = revision(deployment);
    let revision = if own < latest { latest + 1 } else { own };
    let patch = json!({"metadata": {"annotations": {REVISION: revision.to_string()}}});
    plan.patch(new_key, set, patch.clone());
    plan.patch(key, deployment, patch);
}

/// Deletes the oldest empty replica sets beyond the history limit.
fn forget_history(plan: &mut Plan, deployment: &Value, old: &[Owned<'_>]) {
    let limit = deployment
        .number("/spec/revisionHistoryLimit")
        .unwrap_or(10);
    let empty: Vec<_> = old
        .iter()
        .filter(|(_, set)| replicas(set) == 0 && generation(set).present == 0)
        .collect();
    let surplus = empty
        .len()
        .saturating_sub(usize::try_from(limit).unwrap_or_default());
    for (key, set) in empty.into_iter().take(surplus) {
        plan.delete(key, set);
    }
}

fn status(view: &View<'_>, deployment: &Value, new: Option<Owned<'_>>, old: &[Owned<'_>]) -> Value {
    let sum = |pointer: &str| {
        let sets = new.iter().chain(old);
        let numbers = sets.filter_map(|(_, set)| set.number(pointer));
        usize::try_from(numbers.sum::<i64>()).unwrap_or_default()
    };
    let (total, available) = (sum("/status/replicas"), sum("/status/availableReplicas"));
    let updated = new.map_or(0, |(_, set)| generation(set).present);
    let bounds = Bounds::of(deployment);
    let complete = updated == bounds.desired && total == updated && available >= bounds.desired;
    let name = new.map_or_else(String::new, |(_, set)| set.name().to_owned());
    let conditions = [availability(available >= bounds.floor()), progress(complete, &name)];
    let conditions = conditions
        .each_ref()
        .map(|(kind, status, reason, message)| Condition {
            kind,
            status: *status,
            reason,
            message,
        });
    json!({
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": count(total),
        "updatedReplicas": count(updated),
        "readyReplicas": count(sum("/status/readyReplicas")),
        "availableReplicas": count(available),
        "unavailableReplicas": count(bounds.desired.max(total).saturating_sub(available)),
        "conditions": with_conditions(deployment, &conditions, view.stamp, &["lastUpdateTime"]),
    })
}

type Described = (&'static str, bool, &'static str, String);

fn availability(enough: bool) -> Described {
    if enough {
        (
            "Available",
            true,
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.".to_owned(),
        )
    } else {
        (
            "Available",
            false,
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.".to_owned(),
        )
    }
}

fn progress(complete: bool, name: &str) -> Described {
    if complete {
        (
            "Progressing",
            true,
            "NewReplicaSetAvailable",
            format!("ReplicaSet \"{name}\" has successfully progressed."),
        )
    } else {
        ("Progressing", true, "ReplicaSetUpdated", format!("ReplicaSet \"{name}\" is progressing."))
    }
}
