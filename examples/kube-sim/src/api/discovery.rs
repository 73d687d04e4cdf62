//! Which groups, versions and resources there are.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::kinds::{Catalog, ResourceType};

/// `/version`
pub(super) fn version(cluster: &Cluster) -> Value {
    let version = &cluster.options.version;
    let mut numbers = version.trim_start_matches('v').split('.');
    json!({
        "major": numbers.next().unwrap_or_default(),
        "minor": numbers.next().unwrap_or_default(),
        "gitVersion": version,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("linux/{}", std::env::consts::ARCH),
    })
}

/// `/api`
pub(super) fn core_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

/// `/apis`
pub(super) fn groups(catalog: &Catalog) -> Value {
    let groups: Vec<Value> = catalog
        .groups()
        .iter()
        .map(|(group, versions)| describe(group, versions))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/{group}`
pub(super) fn group(catalog: &Catalog, name: &str) -> Result<Value, ApiError> {
    let groups = catalog.groups();
    let (group, versions) = groups
        .iter()
        .find(|(group, _)| *group == name)
        .ok_or_else(ApiError::no_such_path)?;
    let mut document = describe(group, versions);
    document["kind"] = "APIGroup".into();
    document["apiVersion"] = "v1".into();
    Ok(document)
}

fn describe(group: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
        .collect();
    json!({"name": group, "versions": versions, "preferredVersion": versions[0]})
}

/// `/api/v1` and `/apis/{group}/{version}`
pub(super) fn resources(catalog: &Catalog, group: &str, version: &str) -> Result<Value, ApiError> {
    let resources: Vec<Value> = catalog
        .in_version(group, version)
        .flat_map(|kind| entries(kind))
        .collect();
    if resources.is_empty() {
        return Err(ApiError::no_such_path());
    }
    let group_version =
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Ok(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources,
    }))
}

/// All a client can do with a collection and its objects.
pub(super) const VERBS: [&str; 8] =
    ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// The subresources of a kind: name, group, version and kind of the body, verbs.
pub(super) fn subresources(
    kind: &ResourceType,
) -> Vec<(&'static str, &str, &str, &str, &'static [&'static str])> {
    let (group, version) = (kind.group.as_str(), kind.version.as_str());
    let change: &[&str] = &["get", "patch", "update"];
    let mut subresources = Vec::new();
    if kind.served.status {
        subresources.push(("status", group, version, kind.kind.as_str(), change));
    }
    if kind.served.scale && !kind.served.custom {
        subresources.push(("scale", "autoscaling", "v1", "Scale", change));
    }
    if kind.is_core("Pod") {
        subresources.push(("binding", "", "v1", "Binding", &["create"]));
        subresources.push(("eviction", "policy", "v1", "Eviction", &["create"]));
    }
    if kind.is_core("Namespace") {
        subresources.push(("finalize", "", "v1", "Namespace", &["update"]));
    }
    subresources
}

fn entries(kind: &ResourceType) -> Vec<Value> {
    let mut main = json!({
        "name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.kind, "verbs": VERBS,
    });
    if !kind.short_names.is_empty() {
        main["shortNames"] = json!(kind.short_names);
    }
    if !kind.categories.is_empty() {
        main["categories"] = json!(kind.categories);
    }
    let mut entries = vec![main];
    for (name, group, version, body, verbs) in subresources(kind) {
        let mut entry = json!({
            "name": format!("{}/{name}", kind.plural), "singularName": "", "namespaced": kind.namespaced,
            "kind": body, "verbs": verbs,
        });
        if group != kind.group {
            entry["group"] = group.into();
            entry["version"] = version.into();
        }
        entries.push(entry);
    }
    entries
}
