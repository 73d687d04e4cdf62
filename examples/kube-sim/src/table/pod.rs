//! Columns of pods.

use serde_json::Value;

use super::columns::{Heading, Shown, text_or_none};
use crate::object::Fields;

pub(super) const HEADINGS: &[Heading] = &[
    ("Name", "string", 0),
    ("Ready", "string", 0),
    ("Status", "string", 0),
    ("Restarts", "string", 0),
    ("Age", "string", 0),
    ("IP", "string", 1),
    ("Node", "string", 1),
    ("Nominated Node", "string", 1),
    ("Readiness Gates", "string", 1),
];

pub(super) fn cells(pod: &Value, shown: &Shown) -> Vec<Value> {
    let statuses = pod.items("/status/containerStatuses");
    let ready = statuses
        .iter()
        .filter(|status| status["ready"] == Value::Bool(true));
    let containers = pod.items("/spec/containers").len();
    let restarts: i64 = statuses
        .iter()
        .filter_map(|status| status.number("/restartCount"))
        .sum();
    vec![
        pod.name().into(),
        format!("{}/{containers}", ready.count()).into(),
        status(pod).into(),
        restarts.to_string().into(),
        shown.age(pod),
        text_or_none(pod, "/status/podIP"),
        text_or_none(pod, "/spec/nodeName"),
        "<none>".into(),
        "<none>".into(),
    ]
}

/// The most telling word for the pod's state.
fn status(pod: &Value) -> String {
    if pod.is_deleting() {
        return "Terminating".to_owned();
    }
    let states = pod.items("/status/containerStatuses").iter();
    let reason = states
        .flat_map(|status| {
            ["/state/waiting/reason", "/state/terminated/reason"].map(|place| status.text(place))
        })
        .find(|reason| !reason.is_empty());
    match reason.unwrap_or_else(|| pod.text("/status/reason")) {
        "" => pod.text("/status/phase").to_owned(),
        reason => reason.to_owned(),
    }
}
