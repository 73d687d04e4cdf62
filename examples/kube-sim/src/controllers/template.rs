//! Pods from templates.

use serde_json::{Value, json};

use super::plan::{View, owner_reference};
use crate::object::Fields;
use crate::random::encode;

/// A pod of a template, controlled by `owner` and named after it.
pub(super) fn pod_of(view: &View<'_>, owner: &Value) -> Value {
    let template = &owner["spec"]["template"];
    let stem = format!("{}-", owner.name());
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": owner["metadata"]["namespace"],
            "name": format!("{stem}{}", view.random.suffix()),
            "generateName": stem,
            "ownerReferences": owner_reference(owner),
        },
        "spec": template["spec"],
    });
    for member in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template["metadata"].get(member) {
            pod.set(&["metadata", member], value.clone());
        }
    }
    pod
}

/// A short name for a template: equal templates have equal names (FNV-1a over its JSON, whose members are sorted).
pub(super) fn template_hash(template: &Value) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let text = template.to_string();
    let hash = text
        .bytes()
        .fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    encode(hash, 10)
}
