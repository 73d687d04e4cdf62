//! Server-side apply: create or update by one manager's view of the object.

use std::sync::Arc;

use serde_json::Value;

use super::WriteContext;
use super::create::{name, prepare, store};
use super::update::{commit, complete};
use crate::apply::{Operation, apply};
use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::kinds::{ObjectKey, ResourceType};
use crate::object::Fields;
use crate::rules::Subresource;

const ATTEMPTS: usize = 16;

/// Applies `wanted`; the flag of the answer says whether the object is new.
pub(crate) async fn server_side_apply(
    cluster: &Cluster,
    key: &ObjectKey,
    pen: Subresource,
    wanted: &Value,
    context: &WriteContext,
    force: bool,
) -> Result<(Value, bool), ApiError> {
    check(key, wanted)?;
    let manager = context.manager(cluster, Operation::Apply, pen.name());
    let said = visible(&key.kind, pen, wanted);
    for _ in 0..ATTEMPTS {
        let Some(stored) = cluster.find(key).await? else {
            if pen != Subresource::Main {
                return Err(ApiError::not_found(&key.kind, &key.name));
            }
            let first = apply(&key.kind, &Value::Null, &said, &manager, force)?;
            match create(cluster, &key.kind, key, first, context).await {
                Err(error) if error.reason == "AlreadyExists" => continue,
                result => return result.map(|object| (object, true)),
            }
        };
        let merged = apply(&key.kind, &stored.object, &said, &manager, force)?;
        let managed = merged["metadata"]["managedFields"].clone();
        let mut new = complete(cluster, key, pen, &stored.object, merged)?;
        new.set(&["metadata", "managedFields"], managed);
        if let Some(result) = commit(cluster, key, context, &stored, new).await? {
            return Ok((result, false));
        }
    }
    Err(ApiError::modified(&key.kind, &key.name))
}

fn check(key: &ObjectKey, wanted: &Value) -> Result<(), ApiError> {
    if wanted.get("apiVersion").is_none() || wanted.get("kind").is_none() {
        return Err(ApiError::bad_request("apply needs `apiVersion` and `kind` in the body"));
    }
    if wanted.text("/kind") != key.kind.kind {
        let message =
            format!("the body is a {}, the URL names a {}", wanted.text("/kind"), key.kind.kind);
        return Err(ApiError::bad_request(message));
    }
    if !wanted.name().is_empty() && wanted.name() != key.name {
        return Err(ApiError::bad_request(
            "the name of the object does not match the name on the URL",
        ));
    }
    if wanted
        .pointer("/metadata/managedFields")
        .is_some_and(|fields| !fields.is_null())
    {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    Ok(())
}

/// What of the body this pen may say.
fn visible(kind: &ResourceType, pen: Subresource, wanted: &Value) -> Value {
    let mut said = wanted.clone();
    match pen {
        Subresource::Status => {
            let status = said.cut(&["status"]);
            said = serde_json::json!({"status": status});
        }
        Subresource::Main | Subresource::Finalize if kind.served.status => {
            drop(said.cut(&["status"]));
        }
        Subresource::Main | Subresource::Finalize => {}
    }
    if let Some(metadata) = said.get_mut("metadata") {
        for member in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
            metadata.cut(&[member]);
        }
    }
    said
}

async fn create(
    cluster: &Cluster,
    kind: &Arc<ResourceType>,
    key: &ObjectKey,
    mut object: Value,
    context: &WriteContext,
) -> Result<Value, ApiError> {
    object.set(&["metadata", "name"], key.name.as_str().into());
    name(cluster, kind, key.namespace.as_deref(), &mut object)?;
    prepare(cluster, kind, &mut object);
    store(cluster, kind, object, context).await
}
