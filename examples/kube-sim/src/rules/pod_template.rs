//! Defaults of pods and pod templates.

use serde_json::{Value, json};

use crate::object::Fields;

/// Completes a pod spec as the API server does.
pub(super) fn default_pod_spec(spec: &mut Value) {
    spec.default_to(&["restartPolicy"], "Always".into());
    spec.default_to(&["terminationGracePeriodSeconds"], 30.into());
    spec.default_to(&["dnsPolicy"], "ClusterFirst".into());
    spec.default_to(&["securityContext"], json!({}));
    spec.default_to(&["schedulerName"], "default-scheduler".into());
    for list in ["initContainers", "containers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        containers.into_iter().flatten().for_each(default_container);
    }
}

fn default_container(container: &mut Value) {
    if !container.is_object() {
        return;
    }
    let image = container.text("/image");
    let unpinned = image.ends_with(":latest")
        || !image
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .contains([':', '@']);
    let policy = if unpinned { "Always" } else { "IfNotPresent" };
    container.default_to(&["imagePullPolicy"], policy.into());
    container.default_to(&["resources"], json!({}));
    container.default_to(&["terminationMessagePath"], "/dev/termination-log".into());
    container.default_to(&["terminationMessagePolicy"], "File".into());
    let ports = container.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten().filter(|port| port.is_object()) {
        port.default_to(&["protocol"], "TCP".into());
    }
}
