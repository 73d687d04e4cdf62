//! A minimal description of the API: enough for clients to trust the server with validation.

use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::kinds::{Catalog, ResourceType};

/// Media type by which kubectl asks for version 2 in Protocol Buffers, the only form that it reads.
pub(super) const V2_WANTED: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/// Media type of the answer: as in real clusters it differs from the one above, which no parser of media types accepts.
pub(super) const V2_GIVEN: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// `/openapi/v2`: a document without paths.
pub(super) fn v2() -> Value {
    json!({"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1"}, "paths": {}})
}

/// The same in Protocol Buffers (`openapi.v2.Document`): `swagger` is field 1, `info` field 2 with `title` 1 and `version` 2,
/// `paths` field 8.
pub(super) const V2_BYTES: &[u8] = b"\x0a\x032.0\x12\x10\x0a\x0aKubernetes\x12\x02v1\x42\x00";

/// `/openapi/v3`: where to find each group and version.
pub(super) fn v3(catalog: &Catalog) -> Value {
    let mut paths = Map::new();
    let mut add = |path: String| {
        let url = format!("/openapi/v3/{path}");
        paths.insert(path, json!({"serverRelativeURL": url}));
    };
    add("api/v1".to_owned());
    for (group, versions) in catalog.groups() {
        for version in versions {
            add(format!("apis/{group}/{version}"));
        }
    }
    json!({"paths": paths})
}

/// `/openapi/v3/apis/{group}/{version}`: one PATCH operation a kind, which says that the server validates fields itself.
pub(super) fn v3_group(catalog: &Catalog, group: &str, version: &str) -> Result<Value, ApiError> {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for kind in catalog.in_version(group, version) {
        paths.insert(object_path(kind), json!({"patch": patch_operation(kind)}));
        schemas.insert(schema_name(kind), schema(kind));
    }
    if paths.is_empty() {
        return Err(ApiError::no_such_path());
    }
    Ok(json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }))
}

fn object_path(kind: &ResourceType) -> String {
    let api = kind.api_version();
    let root = if kind.group.is_empty() { format!("/api/{api}") } else { format!("/apis/{api}") };
    let scope = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
    format!("{root}{scope}/{}/{{name}}", kind.plural)
}

fn group_version_kind(kind: &ResourceType) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

fn schema_name(kind: &ResourceType) -> String {
    let group = if kind.group.is_empty() { "core" } else { &kind.group };
    format!("io.k8s.{group}.{}.{}", kind.version, kind.kind)
}

fn patch_operation(kind: &ResourceType) -> Value {
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let body = json!({"schema": {"type": "object"}});
    json!({
        "operationId": format!("patch{}", kind.kind),
        "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation")],
        "requestBody": {"content": {
            "application/apply-patch+yaml": body, "application/json-patch+json": body, "application/merge-patch+json": body,
        }},
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": group_version_kind(kind),
    })
}

fn schema(kind: &ResourceType) -> Value {
    let mut schema = match &kind.schema {
        Value::Object(_) => kind.schema.clone(),
        _ => {
            json!({"type": "object", "description": format!("{} as the simulated cluster serves it; its fields are not described.", kind.kind)})
        }
    };
    let metadata = json!({
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
    });
    let mut properties = metadata;
    crate::patch::merge(&mut properties, schema.get("properties").unwrap_or(&json!({})));
    schema["properties"] = properties;
    schema["x-kubernetes-group-version-kind"] = json!([group_version_kind(kind)]);
    schema
}
