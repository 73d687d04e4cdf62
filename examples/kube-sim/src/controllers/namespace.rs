//! Namespaces: what each one holds from the start, and how it is emptied.

use serde_json::{Value, json};

use super::plan::{Plan, View};
use super::world::Key;
use crate::object::Fields;
use crate::rules::Subresource;

pub(super) fn plan(view: &View<'_>, key: &Key, namespace: &Value) -> Plan {
    let mut plan = Plan::default();
    if namespace.is_deleting() {
        empty(&mut plan, view, key, namespace);
        return plan;
    }
    let name = namespace.name();
    let standard = [
        (
            "core/serviceaccounts",
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}),
        ),
        (
            "core/configmaps",
            json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "kube-root-ca.crt", "namespace": name},
                "data": {"ca.crt": "the simulated cluster has no certificate authority\n"},
            }),
        ),
    ];
    for (plural, object) in standard {
        let path = format!("/registry/{plural}/{name}/{}", object.name());
        if view.world.get(&path).is_none() {
            plan.create(object);
        }
    }
    plan
}

/// Deletes everything in the namespace; when nothing is left, lets it go.
fn empty(plan: &mut Plan, view: &View<'_>, key: &Key, namespace: &Value) {
    let mut left = false;
    for (inner, object) in view.world.list("/registry/") {
        if object.namespace() == namespace.name() {
            left = true;
            plan.delete(inner, object);
        }
    }
    if !left {
        plan.change(key, namespace, json!({"spec": {"finalizers": null}}), Subresource::Finalize);
    }
}
