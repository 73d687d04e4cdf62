//! Where the services of an application are reached.

use std::collections::BTreeMap;

use serde_json::Value;

/// What stands for a part of an endpoint that the cluster has not assigned yet.
const PENDING: &str = "<pending>";

/// The endpoints of the services among `objects`, by name. `host` is the host of the cluster's API server, where node ports
/// are reached.
pub(super) fn endpoints<'a>(
    objects: impl IntoIterator<Item = &'a Value>,
    host: &str,
) -> BTreeMap<String, Value> {
    objects
        .into_iter()
        .filter(|object| object["apiVersion"] == "v1" && object["kind"] == "Service")
        .filter_map(|service| {
            let name = service["metadata"]["name"].as_str()?;
            Some((name.to_owned(), endpoint(service, host)?.into()))
        })
        .collect()
}

/// Whether an endpoint is still to be assigned.
pub(super) fn is_pending(endpoints: &BTreeMap<String, Value>) -> bool {
    let mut endpoints = endpoints.values().filter_map(Value::as_str);
    endpoints.any(|endpoint| endpoint.contains(PENDING))
}

/// `host:port` of a service that is reached from outside of the cluster.
fn endpoint(service: &Value, host: &str) -> Option<String> {
    let port = &service["spec"]["ports"][0];
    if service["spec"]["type"] == "LoadBalancer" {
        let ingress = &service["status"]["loadBalancer"]["ingress"][0];
        let address = ingress["ip"]
            .as_str()
            .or_else(|| ingress["hostname"].as_str());
        let port = port["port"].as_u64().map(|port| port.to_string());
        let address = address.unwrap_or(PENDING);
        return Some(format!("{address}:{}", port.as_deref().unwrap_or(PENDING)));
    }
    let node_port = port["nodePort"].as_u64().filter(|port| *port != 0)?;
    Some(format!("{host}:{node_port}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn service(spec: &Value, status: &Value) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "echo"},
            "spec": spec, "status": status,
        })
    }

    #[test]
    fn a_load_balancer_is_pending_until_it_has_an_address() {
        let spec = json!({"type": "LoadBalancer", "ports": [{"port": 80, "nodePort": 30000}]});
        let pending = service(&spec, &json!({"loadBalancer": {}}));
        assert_eq!(endpoint(&pending, "h").unwrap(), "<pending>:80");
        let ready = service(&spec, &json!({"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}));
        assert_eq!(endpoint(&ready, "h").unwrap(), "10.0.0.1:80");
    }

    #[test]
    fn a_node_port_is_reached_at_the_api_server_and_a_cluster_ip_not_at_all() {
        let node_port = service(
            &json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]}),
            &json!({}),
        );
        let cluster_ip =
            service(&json!({"type": "ClusterIP", "ports": [{"port": 80}]}), &json!({}));
        assert_eq!(endpoint(&cluster_ip, "h"), None);
        let found = endpoints([&node_port, &json!({"kind": "Pod"})], "h");
        assert_eq!(found, BTreeMap::from([("echo".to_owned(), json!("h:30080"))]));
    }
}
