//! Garbage collection by owner references.

use serde_json::{Value, json};

use super::plan::{Plan, View};
use super::world::Key;
use crate::object::Fields;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// What ownership asks for, whatever the kind.
pub(super) fn plan(view: &View<'_>, key: &Key, object: &Value) -> Plan {
    let mut plan = Plan::default();
    let owners = object.items("/metadata/ownerReferences");
    let is_gone = |owner: &Value| view.world.key_of(owner.text("/uid")).is_none();
    if !owners.is_empty() && owners.iter().all(is_gone) {
        plan.delete(key, object);
    } else if object.is_deleting() {
        release(&mut plan, view, key, object);
    }
    plan
}

fn release(plan: &mut Plan, view: &View<'_>, key: &Key, object: &Value) {
    let finalizers = object.finalizers();
    let mut left = false;
    if finalizers.contains(&ORPHAN) {
        for (inner, dependent) in view.world.dependents(object.uid()) {
            plan.patch(inner, dependent, without_owner(dependent, object.uid()));
        }
        plan.patch(key, object, without_finalizer(object, ORPHAN));
    } else if finalizers.contains(&FOREGROUND) {
        for (inner, dependent) in view.world.dependents(object.uid()) {
            left |= blocks(dependent, object.uid());
            plan.delete_foreground(inner, dependent);
        }
        if !left {
            plan.patch(key, object, without_finalizer(object, FOREGROUND));
        }
    }
}

fn blocks(dependent: &Value, owner: &str) -> bool {
    let mut owners = dependent.items("/metadata/ownerReferences").iter();
    owners.any(|reference| {
        reference.text("/uid") == owner && reference["blockOwnerDeletion"] == Value::Bool(true)
    })
}

fn without_owner(object: &Value, uid: &str) -> Value {
    let owners = object.items("/metadata/ownerReferences").iter();
    let kept: Vec<&Value> = owners.filter(|owner| owner.text("/uid") != uid).collect();
    json!({"metadata": {"ownerReferences": kept}})
}

/// The merge patch that takes a finalizer away.
pub(super) fn without_finalizer(object: &Value, finalizer: &str) -> Value {
    let mut kept = object.finalizers();
    kept.retain(|present| *present != finalizer);
    json!({"metadata": {"finalizers": kept}})
}
