//! Addresses and ports of services.

use serde_json::{Value, json};

use crate::addresses::Addresses;
use crate::object::Fields;

/// Defaults that need no address.
pub(super) fn default_service(object: &mut Value) {
    object.default_to(&["spec", "type"], "ClusterIP".into());
    object.default_to(&["spec", "sessionAffinity"], "None".into());
    if object.text("/spec/type") != "ExternalName" {
        object.default_to(&["spec", "internalTrafficPolicy"], "Cluster".into());
        object.default_to(&["spec", "ipFamilies"], json!(["IPv4"]));
        object.default_to(&["spec", "ipFamilyPolicy"], "SingleStack".into());
    }
    if has_node_ports(object) {
        object.default_to(&["spec", "externalTrafficPolicy"], "Cluster".into());
    }
    if object.text("/spec/type") == "LoadBalancer" {
        object.default_to(&["spec", "allocateLoadBalancerNodePorts"], true.into());
    }
    for port in ports(object) {
        port.default_to(&["protocol"], "TCP".into());
        let number = port["port"].clone();
        port.default_to(&["targetPort"], number);
    }
}

/// Gives a service the addresses it needs and keeps those it has; `old` is null for a new one.
pub(crate) fn allocate(addresses: &Addresses, old: &Value, object: &mut Value) {
    if object.text("/spec/type") == "ExternalName" {
        return;
    }
    if object.text("/spec/clusterIP").is_empty() {
        let kept = old.text("/spec/clusterIP");
        let ip = if kept.is_empty() { addresses.service() } else { kept.to_owned() };
        object.set(&["spec", "clusterIP"], ip.into());
    }
    let ip = object["spec"]["clusterIP"].clone();
    object.set(&["spec", "clusterIPs"], json!([ip]));
    let node_ports = has_node_ports(object);
    for port in ports(object) {
        if !node_ports {
            port.cut(&["nodePort"]);
        } else if port["nodePort"].as_i64().unwrap_or_default() == 0 {
            let before = old.items("/spec/ports").iter().find(|before| {
                before["port"] == port["port"] && before["protocol"] == port["protocol"]
            });
            let kept = before.and_then(|before| before["nodePort"].as_i64());
            port["nodePort"] = kept.unwrap_or_else(|| addresses.node_port().into()).into();
        }
    }
}

fn has_node_ports(object: &Value) -> bool {
    matches!(object.text("/spec/type"), "NodePort" | "LoadBalancer")
}

fn ports(object: &mut Value) -> impl Iterator<Item = &mut Value> {
    let ports = object
        .pointer_mut("/spec/ports")
        .and_then(Value::as_array_mut);
    ports.into_iter().flatten().filter(|port| port.is_object())
}
