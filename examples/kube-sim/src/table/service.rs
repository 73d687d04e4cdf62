//! Columns of services and what belongs to them.

use serde_json::Value;

use super::columns::{Heading, Shown, joined, selector, text_or_none};
use crate::object::Fields;

pub(super) const SERVICE: &[Heading] = &[
    ("Name", "string", 0),
    ("Type", "string", 0),
    ("Cluster-IP", "string", 0),
    ("External-IP", "string", 0),
    ("Port(s)", "string", 0),
    ("Age", "string", 0),
    ("Selector", "string", 1),
];

pub(super) fn service(service: &Value, shown: &Shown) -> Vec<Value> {
    vec![
        service.name().into(),
        service.text("/spec/type").into(),
        text_or_none(service, "/spec/clusterIP"),
        external(service),
        joined(
            &service
                .items("/spec/ports")
                .iter()
                .map(port)
                .collect::<Vec<_>>(),
        ),
        shown.age(service),
        selector(service, "/spec/selector"),
    ]
}

fn external(service: &Value) -> Value {
    let addresses = addresses(service);
    match service.text("/spec/type") {
        "ExternalName" => service.text("/spec/externalName").into(),
        "LoadBalancer" if addresses.is_empty() => "<pending>".into(),
        _ => joined(&addresses),
    }
}

fn addresses(object: &Value) -> Vec<String> {
    let ingress = object.items("/status/loadBalancer/ingress").iter();
    ingress
        .map(|ingress| match ingress.text("/ip") {
            "" => ingress.text("/hostname").to_owned(),
            ip => ip.to_owned(),
        })
        .collect()
}

fn port(port: &Value) -> String {
    let (number, protocol) = (&port["port"], port.text("/protocol"));
    match port.number("/nodePort") {
        Some(node_port) => format!("{number}:{node_port}/{protocol}"),
        None => format!("{number}/{protocol}"),
    }
}

pub(super) const ENDPOINTS: &[Heading] =
    &[("Name", "string", 0), ("Endpoints", "string", 0), ("Age", "string", 0)];

pub(super) fn endpoints(endpoints: &Value, shown: &Shown) -> Vec<Value> {
    let mut targets = Vec::new();
    for subset in endpoints.items("/subsets") {
        for port in subset.items("/ports") {
            let addresses = subset.items("/addresses").iter();
            targets.extend(
                addresses.map(|address| format!("{}:{}", address.text("/ip"), port["port"])),
            );
        }
    }
    let more = targets.len().saturating_sub(3);
    targets.truncate(3);
    let mut cell = joined(&targets);
    if more > 0 {
        cell = format!("{} + {more} more...", targets.join(",")).into();
    }
    vec![endpoints.name().into(), cell, shown.age(endpoints)]
}

pub(super) const INGRESS: &[Heading] = &[
    ("Name", "string", 0),
    ("Class", "string", 0),
    ("Hosts", "string", 0),
    ("Address", "string", 0),
    ("Ports", "string", 0),
    ("Age", "string", 0),
];

pub(super) fn ingress(ingress: &Value, shown: &Shown) -> Vec<Value> {
    let rules = ingress.items("/spec/rules").iter();
    let hosts: Vec<String> = rules
        .map(|rule| rule.text("/host"))
        .map(|host| if host.is_empty() { "*" } else { host }.to_owned())
        .collect();
    let ports = if ingress.items("/spec/tls").is_empty() { "80" } else { "80, 443" };
    vec![
        ingress.name().into(),
        text_or_none(ingress, "/spec/ingressClassName"),
        if hosts.is_empty() { "*".into() } else { joined(&hosts) },
        addresses(ingress).join(",").into(),
        ports.into(),
        shown.age(ingress),
    ]
}
