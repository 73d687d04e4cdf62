//! Changing an object.

use krake_server::store::Expect;
use serde_json::Value;

use super::WriteContext;
use crate::apply::{Operation, record_update};
use crate::cluster::{Cluster, Stored};
use crate::error::ApiError;
use crate::kinds::ObjectKey;
use crate::object::Fields;
use crate::rules::{Subresource, allocate, apply_defaults, for_update, validate_update};

/// How often a change without a resource version is tried again after somebody else was faster.
const ATTEMPTS: usize = 16;

/// Reads an object, lets `change` derive the wanted state, and stores it; answers the result.
///
/// A wanted state that names another resource version is a conflict; otherwise a lost race is tried again.
pub(crate) async fn update(
    cluster: &Cluster,
    key: &ObjectKey,
    pen: Subresource,
    context: &WriteContext,
    change: impl Fn(&Value) -> Result<Value, ApiError>,
) -> Result<Value, ApiError> {
    let manager = context.manager(cluster, Operation::Update, pen.name());
    for _ in 0..ATTEMPTS {
        let stored = cluster.read(key).await?;
        let wanted = change(&stored.object)?;
        check_preconditions(key, &stored, &wanted)?;
        let mut new = complete(cluster, key, pen, &stored.object, wanted)?;
        record_update(&key.kind, &stored.object, &mut new, &manager);
        if let Some(result) = commit(cluster, key, context, &stored, new).await? {
            return Ok(result);
        }
    }
    Err(ApiError::modified(&key.kind, &key.name))
}

/// The change of a PUT: the whole object as the client sent it.
pub(crate) fn replace_with(
    key: &ObjectKey,
    body: Value,
) -> Result<impl Fn(&Value) -> Result<Value, ApiError> + use<>, ApiError> {
    if body.name() != key.name {
        let message = format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            body.name(),
            key.name
        );
        return Err(ApiError::bad_request(message));
    }
    Ok(move |_: &Value| Ok(body.clone()))
}

fn check_preconditions(key: &ObjectKey, stored: &Stored, wanted: &Value) -> Result<(), ApiError> {
    let version = wanted.text("/metadata/resourceVersion");
    if !version.is_empty() && version != stored.revision.to_string() {
        return Err(ApiError::modified(&key.kind, &key.name));
    }
    let (uid, wanted) = (stored.object.uid(), wanted.uid());
    if !wanted.is_empty() && wanted != uid {
        let why = format!(
            "Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}"
        );
        return Err(ApiError::conflict(&key.kind, &key.name, &why));
    }
    Ok(())
}

/// The wanted state with what this pen may not change, defaults and addresses.
pub(super) fn complete(
    cluster: &Cluster,
    key: &ObjectKey,
    pen: Subresource,
    old: &Value,
    wanted: Value,
) -> Result<Value, ApiError> {
    let mut new = for_update(&key.kind, old, wanted, pen);
    if pen == Subresource::Main {
        apply_defaults(&key.kind, &mut new);
        if key.kind.is_core("Service") {
            allocate(&cluster.addresses, old, &mut new);
        }
    }
    let causes = validate_update(&key.kind, old, &new);
    if causes.is_empty() { Ok(new) } else { Err(ApiError::invalid(&key.kind, &key.name, &causes)) }
}

/// Stores the new state in place of `stored`; `None` if somebody was faster.
pub(super) async fn commit(
    cluster: &Cluster,
    key: &ObjectKey,
    context: &WriteContext,
    stored: &Stored,
    new: Value,
) -> Result<Option<Value>, ApiError> {
    if is_released(&new) && !context.dry_run {
        return Ok(cluster.remove(key, stored).await?.then_some(new));
    }
    if new == stored.object || context.dry_run {
        return Ok(Some(new));
    }
    cluster.put(key, new, Expect::At(stored.revision)).await
}

/// Whether nothing holds a deleted object any more.
fn is_released(object: &Value) -> bool {
    object.is_deleting()
        && object.finalizers().is_empty()
        && object.items("/spec/finalizers").is_empty()
        && object
            .number("/metadata/deletionGracePeriodSeconds")
            .unwrap_or_default()
            == 0
}
