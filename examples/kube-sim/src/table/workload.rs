//! Columns of what runs pods.

use krake_core::Timestamp;
use serde_json::Value;

use super::age::human;
use super::columns::{Heading, Shown, joined, selector, text_or_none};
use crate::object::Fields;

const WIDE: [Heading; 3] =
    [("Containers", "string", 1), ("Images", "string", 1), ("Selector", "string", 1)];

fn wide(object: &Value) -> [Value; 3] {
    let containers = object.items("/spec/template/spec/containers");
    let texts = |pointer: &str| {
        let texts: Vec<_> = containers
            .iter()
            .map(|container| container.text(pointer).to_owned())
            .collect();
        joined(&texts)
    };
    [texts("/name"), texts("/image"), selector(object, "/spec/selector/matchLabels")]
}

fn number(object: &Value, pointer: &str) -> i64 {
    object.number(pointer).unwrap_or_default()
}

fn row<const N: usize>(object: &Value, cells: [Value; N]) -> Vec<Value> {
    let name = std::iter::once(object.name().into());
    name.chain(cells).chain(wide(object)).collect()
}

pub(super) const DEPLOYMENT: &[Heading] = &[
    ("Name", "string", 0),
    ("Ready", "string", 0),
    ("Up-to-date", "string", 0),
    ("Available", "string", 0),
    ("Age", "string", 0),
    WIDE[0],
    WIDE[1],
    WIDE[2],
];

pub(super) fn deployment(object: &Value, shown: &Shown) -> Vec<Value> {
    let ready =
        format!("{}/{}", number(object, "/status/readyReplicas"), number(object, "/spec/replicas"));
    row(
        object,
        [
            ready.into(),
            number(object, "/status/updatedReplicas").into(),
            number(object, "/status/availableReplicas").into(),
            shown.age(object),
        ],
    )
}

pub(super) const REPLICA_SET: &[Heading] = &[
    ("Name", "string", 0),
    ("Desired", "integer", 0),
    ("Current", "integer", 0),
    ("Ready", "integer", 0),
    ("Age", "string", 0),
    WIDE[0],
    WIDE[1],
    WIDE[2],
];

pub(super) fn replica_set(object: &Value, shown: &Shown) -> Vec<Value> {
    row(
        object,
        [
            number(object, "/spec/replicas").into(),
            number(object, "/status/replicas").into(),
            number(object, "/status/readyReplicas").into(),
            shown.age(object),
        ],
    )
}

pub(super) const STATEFUL_SET: &[Heading] = &[
    ("Name", "string", 0),
    ("Ready", "string", 0),
    ("Age", "string", 0),
    ("Containers", "string", 1),
    ("Images", "string", 1),
];

pub(super) fn stateful_set(object: &Value, shown: &Shown) -> Vec<Value> {
    let ready =
        format!("{}/{}", number(object, "/status/readyReplicas"), number(object, "/spec/replicas"));
    let [containers, images, _] = wide(object);
    vec![object.name().into(), ready.into(), shown.age(object), containers, images]
}

pub(super) const DAEMON_SET: &[Heading] = &[
    ("Name", "string", 0),
    ("Desired", "integer", 0),
    ("Current", "integer", 0),
    ("Ready", "integer", 0),
    ("Up-to-date", "integer", 0),
    ("Available", "integer", 0),
    ("Node Selector", "string", 0),
    ("Age", "string", 0),
    WIDE[0],
    WIDE[1],
    WIDE[2],
];

pub(super) fn daemon_set(object: &Value, shown: &Shown) -> Vec<Value> {
    row(
        object,
        [
            number(object, "/status/desiredNumberScheduled").into(),
            number(object, "/status/currentNumberScheduled").into(),
            number(object, "/status/numberReady").into(),
            number(object, "/status/updatedNumberScheduled").into(),
            number(object, "/status/numberAvailable").into(),
            selector(object, "/spec/template/spec/nodeSelector"),
            shown.age(object),
        ],
    )
}

pub(super) const JOB: &[Heading] = &[
    ("Name", "string", 0),
    ("Status", "string", 0),
    ("Completions", "string", 0),
    ("Duration", "string", 0),
    ("Age", "string", 0),
    WIDE[0],
    WIDE[1],
    WIDE[2],
];

pub(super) fn job(object: &Value, shown: &Shown) -> Vec<Value> {
    let state = match (object.condition("Complete"), object.condition("Failed")) {
        ("True", _) => "Complete",
        (_, "True") => "Failed",
        _ if object["spec"]["suspend"] == Value::Bool(true) => "Suspended",
        _ => "Running",
    };
    let completions =
        format!("{}/{}", number(object, "/status/succeeded"), number(object, "/spec/completions"));
    row(object, [state.into(), completions.into(), duration(object, shown), shown.age(object)])
}

fn duration(job: &Value, shown: &Shown) -> Value {
    let time = |pointer: &str| job.text(pointer).parse::<Timestamp>().ok();
    match (time("/status/startTime"), time("/status/completionTime")) {
        (None, _) => Value::String(String::new()),
        (Some(_), None) => shown.since(job, "/status/startTime"),
        (Some(start), Some(end)) => human(end.since(start)).into(),
    }
}

pub(super) const CRON_JOB: &[Heading] = &[
    ("Name", "string", 0),
    ("Schedule", "string", 0),
    ("Timezone", "string", 0),
    ("Suspend", "boolean", 0),
    ("Active", "integer", 0),
    ("Last Schedule", "string", 0),
    ("Age", "string", 0),
];

pub(super) fn cron_job(object: &Value, shown: &Shown) -> Vec<Value> {
    let suspend = object["spec"]["suspend"] == Value::Bool(true);
    vec![
        object.name().into(),
        object.text("/spec/schedule").into(),
        text_or_none(object, "/spec/timeZone"),
        if suspend { "True" } else { "False" }.into(),
        object.items("/status/active").len().into(),
        text_or_none(object, "/status/lastScheduleTime"),
        shown.age(object),
    ]
}
