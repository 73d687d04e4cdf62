//! Events: what controllers tell humans.

use std::time::Duration;

use serde_json::{Value, json};

use super::plan::{Plan, View};
use super::world::Key;
use crate::object::Fields;

/// How long an event is kept, as in Kubernetes.
const TIME_TO_LIVE: Duration = Duration::from_hours(1);

/// Whether an event is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Normal,
    Warning,
}

/// An event about an object.
pub(super) fn about(
    view: &View<'_>,
    component: &str,
    subject: &Value,
    tone: Tone,
    reason: &str,
    message: &str,
) -> Value {
    let namespace = if subject.namespace().is_empty() { "default" } else { subject.namespace() };
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": format!("{}.", subject.name()), "namespace": namespace},
        "involvedObject": {
            "apiVersion": subject["apiVersion"],
            "kind": subject["kind"],
            "name": subject["metadata"]["name"],
            "namespace": subject["metadata"]["namespace"],
            "uid": subject["metadata"]["uid"],
            "resourceVersion": subject["metadata"]["resourceVersion"],
        },
        "reason": reason,
        "message": message,
        "type": match tone { Tone::Normal => "Normal", Tone::Warning => "Warning" },
        "source": {"component": component},
        "reportingComponent": component,
        "firstTimestamp": view.stamp,
        "lastTimestamp": view.stamp,
        "count": 1,
    })
}

/// Old events are forgotten.
pub(super) fn plan(view: &View<'_>, key: &Key, event: &Value) -> Plan {
    let mut plan = Plan::default();
    if plan.wait(view.remaining(key, TIME_TO_LIVE)) {
        plan.delete(key, event);
    }
    plan
}
