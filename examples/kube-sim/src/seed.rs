//! What a new cluster holds.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::object::Fields;
use crate::writes::{self, WriteContext};

/// Creates the namespaces, the nodes and the service of the API itself.
pub(crate) async fn seed(cluster: &Cluster) -> Result<(), ApiError> {
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        create(cluster, None, namespace(name)).await?;
    }
    for index in 1..=cluster.options.nodes {
        let node = node(cluster, index);
        create(cluster, Some("kube-node-lease"), lease(node.name(), &cluster.clock.stamp()))
            .await?;
        create(cluster, None, node).await?;
    }
    create(cluster, Some("default"), api_service()).await?;
    Ok(())
}

async fn create(cluster: &Cluster, namespace: Option<&str>, object: Value) -> Result<(), ApiError> {
    let catalog = cluster.catalog();
    let kind = catalog
        .by_kind(object.text("/apiVersion"), object.text("/kind"))
        .ok_or_else(ApiError::no_such_path)?;
    let context = WriteContext::of("kube-apiserver");
    writes::create(cluster, kind, namespace, object, &context).await?;
    Ok(())
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn api_service() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {"ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
    })
}

fn lease(node: &str, now: &str) -> Value {
    let time = now.replace('Z', ".000000Z");
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": node},
        "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": time},
    })
}

fn node(cluster: &Cluster, index: usize) -> Value {
    let options = &cluster.options;
    let name = format!("{}-node-{index}", options.name);
    let now = cluster.clock.stamp();
    let conditions: Vec<Value> = HEALTHY
        .iter()
        .map(|row| condition(row.0, row.1, row.2, row.3, &now))
        .collect();
    let resources = json!({"cpu": "8", "memory": "16Gi", "ephemeral-storage": "100Gi", "pods": options.pods_per_node.to_string()});
    let low = index % 250 + 1;
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "amd64",
        }},
        "spec": {},
        "status": {
            "capacity": resources,
            "allocatable": resources,
            "addresses": [
                {"type": "InternalIP", "address": format!("172.18.{}.{low}", index / 250)},
                {"type": "Hostname", "address": name},
            ],
            "conditions": conditions,
            "nodeInfo": {
                "kubeletVersion": options.version, "kubeProxyVersion": options.version, "osImage": "Simulated Linux",
                "kernelVersion": "6.0.0-sim", "containerRuntimeVersion": "containerd://2.0.0", "operatingSystem": "linux",
                "architecture": "amd64", "machineID": "", "systemUUID": "", "bootID": "",
            },
        },
    })
}

/// Type, status, reason and message of a healthy node's conditions.
const HEALTHY: [(&str, &str, &str, &str); 4] = [
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];

fn condition(kind: &str, status: &str, reason: &str, message: &str, now: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastHeartbeatTime": now, "lastTransitionTime": now,
    })
}

/// The node with a condition set.
pub(crate) fn with_condition(node: &Value, kind: &str, status: &str, now: &str) -> Value {
    let healthy = HEALTHY.iter().find(|row| (row.0, row.1) == (kind, status));
    let (reason, message) =
        healthy.map_or(("Simulated", "set by the simulation"), |row| (row.2, row.3));
    let mut conditions = node.items("/status/conditions").to_vec();
    let new = condition(kind, status, reason, message, now);
    match conditions
        .iter_mut()
        .find(|condition| condition.text("/type") == kind)
    {
        Some(present) if present.text("/status") == status => {
            present["lastHeartbeatTime"] = now.into();
        }
        Some(present) => *present = new,
        None => conditions.push(new),
    }
    let mut node = node.clone();
    node.set(&["status", "conditions"], conditions.into());
    node
}
