//! Endpoints: the pods behind a service.

use std::sync::Arc;

use serde_json::{Value, json};

use super::plan::{Plan, View, has_labels, owner_reference, sibling};
use super::world::Key;
use crate::object::Fields;

/// Keeps the endpoints and the endpoint slice of a service with a selector.
pub(super) fn plan(view: &View<'_>, service: &Value) -> Plan {
    let mut plan = Plan::default();
    let selector = service.labels("/spec/selector");
    if selector.is_empty() || service.is_deleting() {
        return plan;
    }
    let prefix = format!("/registry/core/pods/{}/", service.namespace());
    let pods: Vec<&Arc<Value>> = view
        .world
        .list(&prefix)
        .map(|(_, pod)| pod)
        .filter(|pod| !pod.text("/status/podIP").is_empty() && !pod.is_deleting())
        .filter(|pod| {
            pod.text("/status/phase") == "Running"
                && has_labels(&pod.labels("/metadata/labels"), &selector)
        })
        .collect();
    keep(&mut plan, view, "core/endpoints", endpoints(service, &pods));
    keep(&mut plan, view, "discovery.k8s.io/endpointslices", slice(service, &pods));
    plan
}

/// Endpoints have no owner: they go when their service is no longer there.
pub(super) fn plan_orphan(view: &View<'_>, key: &Key, endpoints: &Value) -> Plan {
    let mut plan = Plan::default();
    if view
        .world
        .get(&sibling(endpoints, "core/services", endpoints.name()))
        .is_none()
    {
        plan.delete(key, endpoints);
    }
    plan
}

fn keep(plan: &mut Plan, view: &View<'_>, plural: &str, wanted: Value) {
    let key = sibling(&wanted, plural, wanted.name());
    match view.world.get(&key) {
        None => plan.create(wanted),
        Some(present) => plan.patch(&key, present, wanted),
    }
}

fn endpoints(service: &Value, pods: &[&Arc<Value>]) -> Value {
    let addresses = |ready: bool| -> Value {
        let pods = pods
            .iter()
            .filter(|pod| (pod.condition("Ready") == "True") == ready);
        pods.map(|pod| json!({"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": target(pod)}))
            .collect()
    };
    let mut subset = json!({"ports": ports(service, pods)});
    for (member, addresses) in
        [("addresses", addresses(true)), ("notReadyAddresses", addresses(false))]
    {
        if addresses != json!([]) {
            subset[member] = addresses;
        }
    }
    let subsets = if pods.is_empty() { Value::Null } else { json!([subset]) };
    json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": service.name(), "namespace": service.namespace()},
        "subsets": subsets,
    })
}

fn slice(service: &Value, pods: &[&Arc<Value>]) -> Value {
    let endpoints: Vec<Value> = pods
        .iter()
        .map(|pod| {
            let ready = pod.condition("Ready") == "True";
            json!({
                "addresses": [pod["status"]["podIP"]],
                "conditions": {"ready": ready, "serving": ready, "terminating": false},
                "nodeName": pod["spec"]["nodeName"],
                "targetRef": target(pod),
            })
        })
        .collect();
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": service.name(),
            "namespace": service.namespace(),
            "labels": {
                "kubernetes.io/service-name": service.name(),
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": owner_reference(service),
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports(service, pods),
    })
}

fn target(pod: &Value) -> Value {
    json!({"kind": "Pod", "namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid()})
}

/// The service's ports as the pods have them: a named target port is looked up in the first pod.
fn ports(service: &Value, pods: &[&Arc<Value>]) -> Value {
    let containers = pods
        .iter()
        .take(1)
        .flat_map(|pod| pod.items("/spec/containers"));
    let named: Vec<&Value> = containers
        .flat_map(|container| container.items("/ports"))
        .collect();
    let ports = service.items("/spec/ports").iter();
    ports
        .map(|port| {
            let target = match &port["targetPort"] {
                Value::String(name) => named
                    .iter()
                    .find(|port| port.text("/name") == name)
                    .map_or(&port["port"], |port| &port["containerPort"]),
                number => number,
            };
            json!({"name": port.text("/name"), "port": target, "protocol": port["protocol"]})
        })
        .collect()
}
