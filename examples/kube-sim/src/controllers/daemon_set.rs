//! Daemon sets: one pod on each node that fits.

use std::sync::Arc;

use serde_json::{Value, json};

use super::plan::{Plan, View, count};
use super::replica_set::active_pods;
use super::scheduler::suits_daemon;
use super::template::{pod_of, template_hash};
use super::world::Key;
use crate::object::Fields;

const REVISION: &str = "controller-revision-hash";

pub(super) fn plan(view: &View<'_>, key: &Key, set: &Value) -> Plan {
    let mut plan = Plan::default();
    let hash = template_hash(&set["spec"]["template"]);
    let pods = active_pods(view, set);
    let nodes: Vec<&str> = view
        .world
        .list("/registry/core/nodes/")
        .filter(|(_, node)| suits_daemon(&set["spec"]["template"]["spec"], node))
        .map(|(_, node)| node.name())
        .collect();
    if !set.is_deleting() {
        act(&mut plan, view, set, &hash, &nodes, &pods);
    }
    plan.status(key, set, &status(set, &hash, &nodes, &pods));
    plan
}

fn act(
    plan: &mut Plan,
    view: &View<'_>,
    set: &Value,
    hash: &str,
    nodes: &[&str],
    pods: &[(&Key, &Arc<Value>)],
) {
    let on = |node: &str| {
        pods.iter()
            .any(|(_, pod)| pod.text("/spec/nodeName") == node)
    };
    for node in nodes.iter().filter(|node| !on(node)) {
        let leaving = view.world.pods_on(node).any(|(_, pod)| {
            pod.controller()
                .is_some_and(|owner| owner.text("/uid") == set.uid())
                && pod.is_deleting()
        });
        if !leaving {
            let mut pod = pod_of(view, set);
            pod.set(&["metadata", "labels", REVISION], hash.into());
            pod.set(&["spec", "nodeName"], (*node).into());
            plan.create(pod);
        }
    }
    for (key, pod) in pods
        .iter()
        .filter(|(_, pod)| !nodes.contains(&pod.text("/spec/nodeName")))
    {
        plan.delete(key, pod);
    }
    let all_ready =
        pods.len() == nodes.len() && pods.iter().all(|(_, pod)| pod.condition("Ready") == "True");
    let outdated = pods
        .iter()
        .find(|(_, pod)| pod["metadata"]["labels"][REVISION] != *hash);
    if set.text("/spec/updateStrategy/type") != "OnDelete"
        && all_ready
        && let Some((key, pod)) = outdated
    {
        plan.delete(key, pod);
    }
}

fn status(set: &Value, hash: &str, nodes: &[&str], pods: &[(&Key, &Arc<Value>)]) -> Value {
    let that = |claim: &dyn Fn(&Value) -> bool| pods.iter().filter(|(_, pod)| claim(pod)).count();
    let scheduled = that(&|pod| nodes.contains(&pod.text("/spec/nodeName")));
    let ready = that(&|pod| pod.condition("Ready") == "True");
    json!({
        "observedGeneration": set["metadata"]["generation"],
        "desiredNumberScheduled": nodes.len(),
        "currentNumberScheduled": scheduled,
        "numberMisscheduled": pods.len() - scheduled,
        "numberReady": ready,
        "numberAvailable": count(ready),
        "numberUnavailable": count(nodes.len().saturating_sub(ready)),
        "updatedNumberScheduled": count(that(&|pod| pod["metadata"]["labels"][REVISION] == *hash)),
    })
}
