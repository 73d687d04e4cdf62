//! Custom resource definitions: their objects go before they do.

use serde_json::Value;

use super::garbage::without_finalizer;
use super::plan::{Plan, View};
use super::world::Key;
use crate::object::Fields;

const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

pub(super) fn plan(view: &View<'_>, key: &Key, definition: &Value) -> Plan {
    let mut plan = Plan::default();
    if !definition.is_deleting() || !definition.finalizers().contains(&FINALIZER) {
        return plan;
    }
    let prefix = format!(
        "/registry/{}/{}/",
        definition.text("/spec/group"),
        definition.text("/spec/names/plural")
    );
    let mut left = false;
    for (inner, object) in view.world.list(&prefix) {
        left = true;
        plan.delete(inner, object);
    }
    if !left {
        plan.patch(key, definition, without_finalizer(definition, FINALIZER));
    }
    plan
}
