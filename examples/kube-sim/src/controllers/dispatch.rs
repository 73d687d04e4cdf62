//! Which controllers look at an object, and whom its change concerns.

use std::collections::BTreeSet;

use serde_json::Value;

use super::plan::{Plan, View};
use super::world::{Key, World};
use super::{
    daemon_set, definition, deployment, endpoints, event, garbage, job, namespace, pod,
    replica_set, service, stateful_set, volume_claim,
};
use crate::object::Fields;

/// Group and plural in a store key.
fn resource(key: &str) -> &str {
    let rest = key.strip_prefix("/registry/").unwrap_or_default();
    let end = rest
        .match_indices('/')
        .nth(1)
        .map_or(rest.len(), |(end, _)| end);
    &rest[..end]
}

/// The plans for an object, each with the component that makes it.
pub(super) fn plans(view: &View<'_>, key: &Key, object: &Value) -> Vec<(&'static str, Plan)> {
    const MANAGER: &str = "kube-controller-manager";
    let own = match resource(key) {
        "apps/deployments" => (MANAGER, deployment::plan(view, key, object)),
        "apps/replicasets" => (MANAGER, replica_set::plan(view, key, object)),
        "apps/statefulsets" => (MANAGER, stateful_set::plan(view, key, object)),
        "apps/daemonsets" => (MANAGER, daemon_set::plan(view, key, object)),
        "batch/jobs" => (MANAGER, job::plan(view, key, object)),
        "core/namespaces" => (MANAGER, namespace::plan(view, key, object)),
        "core/events" => (MANAGER, event::plan(view, key, object)),
        "core/endpoints" => (MANAGER, endpoints::plan_orphan(view, key, object)),
        "core/persistentvolumeclaims" => (MANAGER, volume_claim::plan(key, object)),
        "core/pods" if object.text("/spec/nodeName").is_empty() => {
            ("kube-scheduler", pod::plan(view, key, object))
        }
        "core/pods" => ("kubelet", pod::plan(view, key, object)),
        "core/services" => {
            let balancer = ("cloud-controller-manager", service::plan(view, key, object));
            let endpoints = (MANAGER, endpoints::plan(view, object));
            return vec![balancer, endpoints, (MANAGER, garbage::plan(view, key, object))];
        }
        "apiextensions.k8s.io/customresourcedefinitions" => {
            ("kube-apiserver", definition::plan(view, key, object))
        }
        _ => return vec![(MANAGER, garbage::plan(view, key, object))],
    };
    vec![(MANAGER, garbage::plan(view, key, object)), own]
}

/// The keys of those to look at after a change of an object; `removed` when it is gone.
pub(super) fn concerned(world: &World, key: &Key, object: &Value, removed: bool) -> BTreeSet<Key> {
    let mut keys = BTreeSet::from([Key::clone(key)]);
    let owners = object.items("/metadata/ownerReferences").iter();
    keys.extend(
        owners
            .filter_map(|owner| world.key_of(owner.text("/uid")))
            .cloned(),
    );
    let mut all = |prefix: &str| keys.extend(world.list(prefix).map(|(key, _)| Key::clone(key)));
    match resource(key) {
        "core/pods" => all(&format!("/registry/core/services/{}/", object.namespace())),
        "core/nodes" => all("/registry/apps/daemonsets/"),
        "core/services" => {
            all(&format!("/registry/core/endpoints/{}/{}", object.namespace(), object.name()));
        }
        "core/serviceaccounts" | "core/configmaps" if removed => {
            all(&format!("/registry/core/namespaces/{}", object.namespace()));
        }
        _ => {}
    }
    match resource(key) {
        "core/nodes" => {
            keys.extend(world.pods_on(object.name()).map(|(key, _)| Key::clone(key)));
            keys.extend(world.pods_on("").map(|(key, _)| Key::clone(key)));
        }
        "core/pods" if removed => keys.extend(world.pods_on("").map(|(key, _)| Key::clone(key))),
        _ => {}
    }
    if removed {
        keys.extend(
            world
                .dependents(object.uid())
                .map(|(key, _)| Key::clone(key)),
        );
        keys.extend(containers(world, key, object));
    }
    keys
}

/// What may be waiting for the object to go: its namespace and the definition of its kind.
fn containers(world: &World, key: &str, object: &Value) -> Vec<Key> {
    let (group, plural) = resource(key).split_once('/').unwrap_or_default();
    let namespace = format!("/registry/core/namespaces/{}", object.namespace());
    let definition =
        format!("/registry/apiextensions.k8s.io/customresourcedefinitions/{plural}.{group}");
    [namespace, definition]
        .into_iter()
        .filter(|path| world.get(path).is_some_and(|holder| holder.is_deleting()))
        .map(Key::from)
        .collect()
}
