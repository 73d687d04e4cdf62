//! Creating an object.

use std::sync::Arc;

use krake_server::store::Expect;
use serde_json::Value;

use super::WriteContext;
use crate::apply::{Operation, record_update};
use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::kinds::{ObjectKey, ResourceType};
use crate::object::Fields;
use crate::rules::{allocate, apply_defaults, for_create, validate_create};

/// Creates an object and answers it as stored.
///
/// With only a `generateName`, a name that is taken is followed by another try.
pub(crate) async fn create(
    cluster: &Cluster,
    kind: &Arc<ResourceType>,
    namespace: Option<&str>,
    object: Value,
    context: &WriteContext,
) -> Result<Value, ApiError> {
    if !object.text("/metadata/resourceVersion").is_empty() {
        return Err(ApiError::bad_request(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    let manager = context.manager(cluster, Operation::Update, "");
    let mut attempts = if object.name().is_empty() { 8 } else { 1 };
    loop {
        let mut named = object.clone();
        name(cluster, kind, namespace, &mut named)?;
        prepare(cluster, kind, &mut named);
        named.cut(&["metadata", "managedFields"]);
        record_update(kind, &Value::Null, &mut named, &manager);
        attempts -= 1;
        match store(cluster, kind, named, context).await {
            Err(error) if error.reason == "AlreadyExists" && attempts > 0 => {}
            result => return result,
        }
    }
}

/// Fills in everything a new object gets from the server, but its field managers.
pub(super) fn prepare(cluster: &Cluster, kind: &ResourceType, object: &mut Value) {
    for_create(kind, object, cluster.random.uid(), &cluster.clock.stamp());
    apply_defaults(kind, object);
    if kind.is_core("Service") {
        allocate(&cluster.addresses, &Value::Null, object);
    }
}

/// Gives the object its name and namespace.
pub(super) fn name(
    cluster: &Cluster,
    kind: &ResourceType,
    namespace: Option<&str>,
    object: &mut Value,
) -> Result<(), ApiError> {
    if object.name().is_empty() {
        let stem = object.text("/metadata/generateName");
        if stem.is_empty() {
            return Err(ApiError::invalid(
                kind,
                "",
                &[crate::error::Cause {
                    reason: "FieldValueRequired",
                    message: "Required value: name or generateName is required".to_owned(),
                    field: "metadata.name".to_owned(),
                }],
            ));
        }
        let name = format!("{stem}{}", cluster.random.suffix());
        object.set(&["metadata", "name"], name.into());
    }
    match namespace.filter(|_| kind.namespaced) {
        None => drop(object.cut(&["metadata", "namespace"])),
        Some(namespace) => {
            let given = object.namespace();
            if !given.is_empty() && given != namespace {
                return Err(ApiError::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            object.set(&["metadata", "namespace"], namespace.into());
        }
    }
    Ok(())
}

/// Validates and stores a prepared object.
pub(super) async fn store(
    cluster: &Cluster,
    kind: &Arc<ResourceType>,
    object: Value,
    context: &WriteContext,
) -> Result<Value, ApiError> {
    let causes = validate_create(kind, &object);
    if !causes.is_empty() {
        return Err(ApiError::invalid(kind, object.name(), &causes));
    }
    let key = ObjectKey::of(kind, &object);
    if let Some(namespace) = &key.namespace {
        admit(cluster, &key, namespace).await?;
    }
    let taken = || ApiError::already_exists(kind, &key.name);
    if context.dry_run {
        return if cluster.find(&key).await?.is_some() { Err(taken()) } else { Ok(object) };
    }
    cluster
        .put(&key, object, Expect::Absent)
        .await?
        .ok_or_else(taken)
}

/// The namespace must be there and not on its way out.
async fn admit(cluster: &Cluster, key: &ObjectKey, namespace: &str) -> Result<(), ApiError> {
    let catalog = cluster.catalog();
    let kind = catalog
        .by_kind("v1", "Namespace")
        .ok_or_else(ApiError::no_such_path)?;
    let namespace = cluster.read(&ObjectKey::new(kind, None, namespace)).await?;
    if namespace.object.is_deleting() {
        let why = format!(
            "unable to create new content in namespace {} because it is being terminated",
            namespace.object.name()
        );
        return Err(ApiError::forbidden(&key.kind, &key.name, &why));
    }
    Ok(())
}
