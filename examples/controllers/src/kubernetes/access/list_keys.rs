//! Completing the keys of list elements before server-side apply.
//!
//! Ports are merged by number and protocol. The protocol has a default, but API servers before Kubernetes 1.21 do not apply it to
//! the patch: they refuse a port without one. So the documented default is written out.

use serde_json::{Map, Value};

/// Groups whose ports are meant; other kinds have schemas of their own.
const GROUPS: [&str; 3] = ["", "apps", "batch"];

/// The manifest with a protocol at each port of a service or container.
pub(super) fn with_protocols(group: &str, manifest: &Value) -> Value {
    let mut manifest = manifest.clone();
    if !GROUPS.contains(&group) {
        return manifest;
    }
    let is_service = manifest["kind"] == "Service";
    if let Some(Value::Object(spec)) = manifest.get_mut("spec") {
        if is_service {
            complete_ports(spec);
        }
        complete_containers(spec);
    }
    manifest
}

/// The ports of all containers of a pod, or of the pod template at any depth: a cron job has a job that has a pod.
fn complete_containers(spec: &mut Map<String, Value>) {
    for list in ["containers", "initContainers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            complete_ports(container);
        }
    }
    for template in ["template", "jobTemplate"] {
        let nested = spec
            .get_mut(template)
            .and_then(|template| template.get_mut("spec"));
        if let Some(Value::Object(nested)) = nested {
            complete_containers(nested);
        }
    }
}

fn complete_ports(owner: &mut Map<String, Value>) {
    let ports = owner.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
        port.entry("protocol").or_insert_with(|| "TCP".into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ports_of_services_and_of_containers_at_any_depth_get_their_default() {
        let service = json!({"kind": "Service", "spec": {"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}});
        assert_eq!(
            with_protocols("", &service)["spec"]["ports"],
            json!([{"port": 80, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}])
        );
        let pod = json!({"containers": [{"ports": [{"containerPort": 80}]}]});
        let job = json!({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}});
        let completed = with_protocols("batch", &job);
        let pod = &completed["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["ports"][0]["protocol"], "TCP");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let custom = json!({"kind": "Service", "spec": {"ports": [{"port": 80}]}});
        assert_eq!(with_protocols("serving.example.com", &custom), custom);
        for odd in [
            json!({"kind": "Service"}),
            json!({"kind": "Service", "spec": {"ports": "all"}}),
            json!([]),
        ] {
            assert_eq!(with_protocols("", &odd), odd);
        }
    }
}
