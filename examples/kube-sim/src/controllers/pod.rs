//! Pods: scheduled to a node, started, run and stopped there.

use serde_json::{Value, json};

use super::conditions::{Condition, with_conditions};
use super::event::{self, Tone};
use super::plan::{Plan, View};
use super::pod_status;
use super::scheduler::choose_node;
use super::world::Key;
use crate::object::Fields;

const SCHEDULER: &str = "default-scheduler";

pub(super) fn plan(view: &View<'_>, key: &Key, pod: &Value) -> Plan {
    let mut plan = Plan::default();
    let node_key: Key = format!("/registry/core/nodes/{}", pod.text("/spec/nodeName")).into();
    let node = view.world.get(&node_key);
    let phase = pod.text("/status/phase");
    if pod.text("/spec/nodeName").is_empty() {
        schedule(&mut plan, view, key, pod);
        return plan;
    }
    let Some(node) = node else {
        // The node is gone, nobody will ever stop the pod.
        plan.delete_now(key);
        return plan;
    };
    let alive = node.condition("Ready") == "True";
    if !alive {
        lose_node(&mut plan, view, key, pod, &node_key);
    } else if pod.is_deleting() {
        if plan.wait(view.remaining(key, view.options.pod_stop_delay)) {
            plan.delete_now(key);
        }
    } else if phase == "Pending" {
        start(&mut plan, view, key, pod, node);
    } else if phase == "Running" {
        run(&mut plan, view, key, pod);
    }
    plan
}

fn schedule(plan: &mut Plan, view: &View<'_>, key: &Key, pod: &Value) {
    if pod.is_deleting() || !pod.items("/spec/schedulingGates").is_empty() {
        return;
    }
    match choose_node(view, pod) {
        Ok(node) => {
            let message =
                format!("Successfully assigned {}/{} to {node}", pod.namespace(), pod.name());
            plan.create(event::about(view, SCHEDULER, pod, Tone::Normal, "Scheduled", &message));
            plan.patch(key, pod, json!({"spec": {"nodeName": node}}));
        }
        Err(message) => fail_to_schedule(plan, view, key, pod, &message),
    }
}

fn fail_to_schedule(plan: &mut Plan, view: &View<'_>, key: &Key, pod: &Value, message: &str) {
    if pod.condition("PodScheduled").is_empty() {
        plan.create(event::about(view, SCHEDULER, pod, Tone::Warning, "FailedScheduling", message));
    }
    let waiting =
        Condition { kind: "PodScheduled", status: false, reason: "Unschedulable", message };
    let conditions = with_conditions(pod, &[waiting], view.stamp, &[]);
    plan.status(key, pod, &json!({"conditions": conditions}));
}

fn start(plan: &mut Plan, view: &View<'_>, key: &Key, pod: &Value, node: &Value) {
    if pod.items("/status/containerStatuses").is_empty() {
        // Watchers see every pod in this state, however short the delay is.
        plan.status(key, pod, &pod_status::creating(view, pod, node));
    } else if plan.wait(view.remaining(key, view.options.pod_start_delay)) {
        for container in pod.items("/spec/containers") {
            let message = format!("Started container {}", container.text("/name"));
            plan.create(event::about(view, "kubelet", pod, Tone::Normal, "Started", &message));
        }
        plan.status(key, pod, &pod_status::running(view, pod, node));
    }
}

fn run(plan: &mut Plan, view: &View<'_>, key: &Key, pod: &Value) {
    if pod.condition("Ready") != "True" {
        plan.status(key, pod, &pod_status::ready_again(view, pod));
    }
    let ends = pod.text("/spec/restartPolicy") != "Always";
    if ends && plan.wait(view.remaining(key, view.options.job_duration)) {
        plan.status(key, pod, &pod_status::succeeded(view, pod));
    }
}

/// A node that does not report leaves its pods not ready, and after a while they are given up.
fn lose_node(plan: &mut Plan, view: &View<'_>, key: &Key, pod: &Value, node_key: &Key) {
    if pod.is_deleting() {
        return;
    }
    if pod.condition("Ready") == "True" {
        plan.status(key, pod, &pod_status::lost(view, pod));
    }
    let daemon = pod
        .controller()
        .is_some_and(|owner| owner.text("/kind") == "DaemonSet");
    if !daemon && plan.wait(view.remaining(node_key, view.options.eviction_delay)) {
        plan.delete(key, pod);
    }
}
