//! Discovery in one document (`apidiscovery.k8s.io/v2`).

use serde_json::{Value, json};

use super::discovery::{VERBS, subresources};
use crate::kinds::{Catalog, ResourceType};

/// The media type of the document.
pub(super) const MEDIA_TYPE: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// All resources of the core group, as `/api` answers them.
pub(super) fn core(catalog: &Catalog) -> Value {
    list(&[group(catalog, "", &["v1"])])
}

/// All resources of the named groups, as `/apis` answers them.
pub(super) fn named(catalog: &Catalog) -> Value {
    let groups = catalog.groups();
    let groups = groups
        .iter()
        .map(|(name, versions)| group(catalog, name, versions));
    list(&groups.collect::<Vec<_>>())
}

fn list(items: &[Value]) -> Value {
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn group(catalog: &Catalog, name: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| {
            let resources: Vec<Value> = catalog
                .in_version(name, version)
                .map(|kind| resource(kind))
                .collect();
            json!({"version": version, "resources": resources, "freshness": "Current"})
        })
        .collect();
    let metadata = if name.is_empty() {
        json!({"creationTimestamp": null})
    } else {
        json!({"name": name, "creationTimestamp": null})
    };
    json!({"metadata": metadata, "versions": versions})
}

fn resource(kind: &ResourceType) -> Value {
    let subresources: Vec<Value> = subresources(kind)
        .into_iter()
        .map(|(name, group, version, kind, verbs)| {
            let body = json!({"group": group, "version": version, "kind": kind});
            json!({"subresource": name, "responseKind": body, "verbs": verbs})
        })
        .collect();
    json!({
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular,
        "verbs": VERBS,
        "shortNames": kind.short_names,
        "categories": kind.categories,
        "subresources": subresources,
    })
}
