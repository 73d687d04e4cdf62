//! Columns of everything else.

use serde_json::Value;

use super::columns::{Heading, Shown, joined, text_or_none};
use crate::object::Fields;

pub(super) const GENERIC: &[Heading] = &[("Name", "string", 0), ("Age", "string", 0)];

pub(super) fn generic(object: &Value, shown: &Shown) -> Vec<Value> {
    vec![object.name().into(), shown.age(object)]
}

pub(super) const CREATED_AT: &[Heading] = &[("Name", "string", 0), ("Created At", "date", 0)];

pub(super) fn created_at(object: &Value, _: &Shown) -> Vec<Value> {
    vec![object.name().into(), object.text("/metadata/creationTimestamp").into()]
}

pub(super) const BINDING: &[Heading] =
    &[("Name", "string", 0), ("Role", "string", 0), ("Age", "string", 0)];

pub(super) fn binding(object: &Value, shown: &Shown) -> Vec<Value> {
    let role = format!("{}/{}", object.text("/roleRef/kind"), object.text("/roleRef/name"));
    vec![object.name().into(), role.into(), shown.age(object)]
}

pub(super) const NAMESPACE: &[Heading] =
    &[("Name", "string", 0), ("Status", "string", 0), ("Age", "string", 0)];

pub(super) fn namespace(object: &Value, shown: &Shown) -> Vec<Value> {
    vec![object.name().into(), object.text("/status/phase").into(), shown.age(object)]
}

pub(super) const CONFIG_MAP: &[Heading] =
    &[("Name", "string", 0), ("Data", "string", 0), ("Age", "string", 0)];

pub(super) fn config_map(object: &Value, shown: &Shown) -> Vec<Value> {
    let entries = members(object, "data") + members(object, "binaryData");
    vec![object.name().into(), entries.into(), shown.age(object)]
}

pub(super) const SECRET: &[Heading] =
    &[("Name", "string", 0), ("Type", "string", 0), ("Data", "string", 0), ("Age", "string", 0)];

pub(super) fn secret(object: &Value, shown: &Shown) -> Vec<Value> {
    vec![
        object.name().into(),
        object.text("/type").into(),
        members(object, "data").into(),
        shown.age(object),
    ]
}

fn members(object: &Value, member: &str) -> usize {
    object[member].as_object().map_or(0, serde_json::Map::len)
}

pub(super) const NODE: &[Heading] = &[
    ("Name", "string", 0),
    ("Status", "string", 0),
    ("Roles", "string", 0),
    ("Age", "string", 0),
    ("Version", "string", 0),
    ("Internal-IP", "string", 1),
    ("External-IP", "string", 1),
    ("OS-Image", "string", 1),
    ("Kernel-Version", "string", 1),
    ("Container-Runtime", "string", 1),
];

pub(super) fn node(object: &Value, shown: &Shown) -> Vec<Value> {
    let mut status = vec![match object.condition("Ready") {
        "True" => "Ready".to_owned(),
        "" => "Unknown".to_owned(),
        _ => "NotReady".to_owned(),
    }];
    if object["spec"]["unschedulable"] == Value::Bool(true) {
        status.push("SchedulingDisabled".to_owned());
    }
    let labels = object.labels("/metadata/labels");
    let roles: Vec<String> = labels
        .keys()
        .filter_map(|key| key.strip_prefix("node-role.kubernetes.io/"))
        .map(str::to_owned)
        .collect();
    vec![
        object.name().into(),
        joined(&status),
        joined(&roles),
        shown.age(object),
        object.text("/status/nodeInfo/kubeletVersion").into(),
        address(object, "InternalIP"),
        address(object, "ExternalIP"),
        object.text("/status/nodeInfo/osImage").into(),
        object.text("/status/nodeInfo/kernelVersion").into(),
        object
            .text("/status/nodeInfo/containerRuntimeVersion")
            .into(),
    ]
}

fn address(node: &Value, kind: &str) -> Value {
    let addresses = node.items("/status/addresses").iter();
    let mut address = addresses
        .filter(|address| address.text("/type") == kind)
        .map(|address| address.text("/address"));
    address.next_back().unwrap_or("<none>").into()
}

pub(super) const EVENT: &[Heading] = &[
    ("Last Seen", "string", 0),
    ("Type", "string", 0),
    ("Reason", "string", 0),
    ("Object", "string", 0),
    ("Message", "string", 0),
];

pub(super) fn event(object: &Value, shown: &Shown) -> Vec<Value> {
    let subject = format!(
        "{}/{}",
        object.text("/involvedObject/kind").to_lowercase(),
        object.text("/involvedObject/name")
    );
    vec![
        shown.since(object, "/lastTimestamp"),
        object.text("/type").into(),
        object.text("/reason").into(),
        subject.into(),
        object.text("/message").into(),
    ]
}

pub(super) const CLAIM: &[Heading] = &[
    ("Name", "string", 0),
    ("Status", "string", 0),
    ("Volume", "string", 0),
    ("Capacity", "string", 0),
    ("Access Modes", "string", 0),
    ("StorageClass", "string", 0),
    ("Age", "string", 0),
];

pub(super) fn claim(object: &Value, shown: &Shown) -> Vec<Value> {
    let modes = object
        .items("/spec/accessModes")
        .iter()
        .filter_map(Value::as_str);
    let modes: Vec<String> = modes
        .map(|mode| {
            mode.replace("ReadWriteOnce", "RWO")
                .replace("ReadOnlyMany", "ROX")
                .replace("ReadWriteMany", "RWX")
        })
        .collect();
    vec![
        object.name().into(),
        object.text("/status/phase").into(),
        object.text("/spec/volumeName").into(),
        object.text("/status/capacity/storage").into(),
        modes.join(",").into(),
        text_or_none(object, "/spec/storageClassName"),
        shown.age(object),
    ]
}
