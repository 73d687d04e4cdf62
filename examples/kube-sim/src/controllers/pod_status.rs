//! What a kubelet reports about a pod.

use serde_json::{Value, json};

use super::conditions::{Condition, with_conditions};
use super::plan::View;
use crate::object::Fields;

/// On its node, its containers are being made.
pub(super) fn creating(view: &View<'_>, pod: &Value, node: &Value) -> Value {
    let waiting = json!({"waiting": {"reason": "ContainerCreating"}});
    let no = |kind| Condition {
        kind,
        status: false,
        reason: "ContainersNotReady",
        message: "containers with unready status",
    };
    let conditions = [yes("PodScheduled"), yes("Initialized"), no("ContainersReady"), no("Ready")];
    json!({
        "phase": "Pending",
        "startTime": started(view, pod),
        "hostIP": host_ip(node),
        "qosClass": qos_class(pod),
        "conditions": with_conditions(pod, &conditions, view.stamp, &[]),
        "containerStatuses": containers(pod, &waiting, false),
    })
}

/// All its containers run and are ready.
pub(super) fn running(view: &View<'_>, pod: &Value, node: &Value) -> Value {
    let running = json!({"running": {"startedAt": view.stamp}});
    let conditions =
        ["PodReadyToStartContainers", "PodScheduled", "Initialized", "ContainersReady", "Ready"]
            .map(yes);
    let ip = match pod.text("/status/podIP") {
        "" if pod["spec"]["hostNetwork"] == Value::Bool(true) => host_ip(node),
        "" => view.addresses.pod().into(),
        ip => ip.into(),
    };
    json!({
        "phase": "Running",
        "startTime": started(view, pod),
        "hostIP": host_ip(node),
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "qosClass": qos_class(pod),
        "conditions": with_conditions(pod, &conditions, view.stamp, &[]),
        "containerStatuses": containers(pod, &running, true),
    })
}

/// Its containers ended well.
pub(super) fn succeeded(view: &View<'_>, pod: &Value) -> Value {
    let started = pod.text("/status/startTime");
    let ended = json!({"terminated": {
        "exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": view.stamp,
    }});
    let conditions = ["ContainersReady", "Ready"].map(|kind| Condition {
        kind,
        status: false,
        reason: "PodCompleted",
        message: "",
    });
    json!({
        "phase": "Succeeded",
        "conditions": with_conditions(pod, &conditions, view.stamp, &[]),
        "containerStatuses": containers(pod, &ended, false),
    })
}

/// Its node does not report any more.
pub(super) fn lost(view: &View<'_>, pod: &Value) -> Value {
    let lost = Condition {
        kind: "Ready",
        status: false,
        reason: "NodeNotReady",
        message: "the node does not report",
    };
    json!({"conditions": with_conditions(pod, &[lost], view.stamp, &[])})
}

/// Its node reports again.
pub(super) fn ready_again(view: &View<'_>, pod: &Value) -> Value {
    json!({"conditions": with_conditions(pod, &[yes("Ready")], view.stamp, &[])})
}

const fn yes(kind: &str) -> Condition<'_> {
    Condition { kind, status: true, reason: "", message: "" }
}

fn started(view: &View<'_>, pod: &Value) -> Value {
    match pod.text("/status/startTime") {
        "" => view.stamp.into(),
        time => time.into(),
    }
}

fn host_ip(node: &Value) -> Value {
    let addresses = node.items("/status/addresses").iter();
    let internal = addresses.filter(|address| address.text("/type") == "InternalIP");
    internal
        .map(|address| address["address"].clone())
        .next()
        .unwrap_or_default()
}

fn containers(pod: &Value, state: &Value, ready: bool) -> Value {
    let containers = pod.items("/spec/containers").iter();
    containers
        .map(|container| {
            let name = container.text("/name");
            let mut status = json!({
                "name": name, "image": container["image"], "imageID": "", "ready": ready, "started": ready,
                "restartCount": 0, "lastState": {}, "state": state,
            });
            if state.get("waiting").is_none() {
                let image = container.text("/image");
                status["imageID"] = format!("sim://{image}").into();
                status["containerID"] = format!("containerd://{}-{name}", pod.uid()).into();
            }
            status
        })
        .collect()
}

/// Guaranteed: limits for all; best effort: nothing for any; burstable: in between.
fn qos_class(pod: &Value) -> &'static str {
    let containers = pod.items("/spec/containers");
    let has = |container: &Value, member: &str| {
        container["resources"][member]
            .as_object()
            .is_some_and(|amounts| !amounts.is_empty())
    };
    let limited = |container: &Value| {
        let (limits, requests) =
            (&container["resources"]["limits"], &container["resources"]["requests"]);
        !limits["cpu"].is_null()
            && !limits["memory"].is_null()
            && (requests.is_null() || requests == limits)
    };
    if containers.iter().all(limited) {
        "Guaranteed"
    } else if containers
        .iter()
        .any(|container| has(container, "limits") || has(container, "requests"))
    {
        "Burstable"
    } else {
        "BestEffort"
    }
}
