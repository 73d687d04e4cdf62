//! Writing verbs.

use http::StatusCode;
use krake_server::store::Range;
use serde_json::{Value, json};

use super::read::present;
use super::request::ApiRequest;
use crate::cluster::{Cluster, decode};
use crate::error::ApiError;
use crate::kinds::ObjectKey;
use crate::object::Fields;
use crate::patch::{Patch, PatchType};
use crate::rules::Subresource;
use crate::writes::{self, DeleteOptions, Deletion, Propagation, WriteContext};

/// A successful answer.
pub(super) type Answer = (StatusCode, Value);

/// POST to a collection.
pub(super) async fn create(cluster: &Cluster, request: &ApiRequest) -> Result<Answer, ApiError> {
    if request.kind.namespaced && request.namespace.is_none() {
        return Err(ApiError::method_not_allowed());
    }
    let object = request.object()?;
    let namespace = request.namespace.as_deref();
    let created =
        writes::create(cluster, &request.kind, namespace, object, &request.write_context()).await?;
    Ok((StatusCode::CREATED, shown(cluster, request, created)))
}

/// PUT of an object or its status.
pub(super) async fn replace(
    cluster: &Cluster,
    request: &ApiRequest,
    pen: Subresource,
) -> Result<Answer, ApiError> {
    let key = request.key()?;
    let change = writes::replace_with(&key, request.object()?)?;
    let object = writes::update(cluster, &key, pen, &request.write_context(), change).await?;
    Ok((StatusCode::OK, shown(cluster, request, object)))
}

/// PATCH of an object or its status.
pub(super) async fn patch(
    cluster: &Cluster,
    request: &ApiRequest,
    pen: Subresource,
) -> Result<Answer, ApiError> {
    let key = request.key()?;
    let context = request.write_context();
    let form = match request.content_type() {
        "application/apply-patch+yaml" | "application/apply-patch+json" => {
            return apply(cluster, request, &key, pen, &context).await;
        }
        other => patch_type(other).ok_or_else(|| ApiError::unsupported_media_type(other))?,
    };
    let patch = Patch::new(form, request.document()?, &request.kind)?;
    let change = |object: &Value| patch.apply(&request.kind, object);
    let object = writes::update(cluster, &key, pen, &context, change).await?;
    Ok((StatusCode::OK, shown(cluster, request, object)))
}

/// The patch of a media type.
pub(super) fn patch_type(media_type: &str) -> Option<PatchType> {
    match media_type {
        "application/json-patch+json" => Some(PatchType::Json),
        "application/merge-patch+json" => Some(PatchType::Merge),
        "application/strategic-merge-patch+json" => Some(PatchType::Strategic),
        _ => None,
    }
}

async fn apply(
    cluster: &Cluster,
    request: &ApiRequest,
    key: &ObjectKey,
    pen: Subresource,
    context: &WriteContext,
) -> Result<Answer, ApiError> {
    if request.query.text("fieldManager").is_empty() {
        return Err(ApiError::bad_request("fieldManager is required for apply patch"));
    }
    let (wanted, force) = (request.document()?, request.query.flag("force"));
    let (object, created) =
        writes::server_side_apply(cluster, key, pen, &wanted, context, force).await?;
    let code = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((code, shown(cluster, request, object)))
}

/// DELETE of an object.
pub(super) async fn delete(cluster: &Cluster, request: &ApiRequest) -> Result<Answer, ApiError> {
    let key = request.key()?;
    let options = delete_options(request)?;
    match writes::delete(cluster, &key, &options, &request.write_context()).await? {
        Deletion::Marked(object) => Ok((StatusCode::OK, shown(cluster, request, object))),
        Deletion::Removed(object) => {
            let mut details =
                json!({"name": key.name, "kind": key.kind.plural, "uid": object.uid()});
            if !key.kind.group.is_empty() {
                details["group"] = key.kind.group.as_str().into();
            }
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
            });
            Ok((StatusCode::OK, status))
        }
    }
}

/// DELETE of a collection.
pub(super) async fn delete_collection(
    cluster: &Cluster,
    request: &ApiRequest,
) -> Result<Answer, ApiError> {
    if request.kind.namespaced && request.namespace.is_none() {
        return Err(ApiError::method_not_allowed());
    }
    let (filter, options, context) =
        (request.filter()?, delete_options(request)?, request.write_context());
    let prefix = request.kind.prefix_in(request.namespace.as_deref());
    let page = cluster.range(Range { prefix, ..Range::default() }).await?;
    let mut items = Vec::new();
    for entry in &page.entries {
        let object = decode(entry, entry.modified)?;
        if !filter.matches(&object) {
            continue;
        }
        match writes::delete(cluster, &ObjectKey::of(&request.kind, &object), &options, &context)
            .await
        {
            Ok(Deletion::Removed(object) | Deletion::Marked(object)) => items.push(object),
            Err(error) if error.code == StatusCode::NOT_FOUND => {}
            Err(error) => return Err(error),
        }
    }
    let list = json!({
        "kind": request.kind.list_kind,
        "apiVersion": request.kind.api_version(),
        "metadata": {"resourceVersion": page.revision.to_string()},
        "items": items,
    });
    Ok((StatusCode::OK, list))
}

/// POST of a pod's eviction or binding.
pub(super) async fn act(
    cluster: &Cluster,
    request: &ApiRequest,
    action: &str,
) -> Result<Answer, ApiError> {
    let (key, context) = (request.key()?, request.write_context());
    if !key.kind.is_core("Pod") {
        return Err(ApiError::no_such_path());
    }
    let document = request.document()?;
    match action {
        "eviction" => {
            writes::delete(cluster, &key, &DeleteOptions::default(), &context).await?;
        }
        "binding" => {
            let node = document["target"]["name"].clone();
            let bind = |pod: &Value| {
                let mut pod = pod.clone();
                pod.set(&["spec", "nodeName"], node.clone());
                Ok(pod)
            };
            writes::update(cluster, &key, Subresource::Main, &context, bind).await?;
        }
        _ => return Err(ApiError::no_such_path()),
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok((StatusCode::CREATED, status))
}

fn delete_options(request: &ApiRequest) -> Result<DeleteOptions, ApiError> {
    let body = request.document()?;
    let text = |pointer: &str| Some(body.text(pointer).to_owned()).filter(|text| !text.is_empty());
    let asked = match body.text("/propagationPolicy") {
        "" => request.query.text("propagationPolicy"),
        policy => policy,
    };
    let propagation = match asked {
        "Foreground" => Propagation::Foreground,
        "Orphan" => Propagation::Orphan,
        _ if body["orphanDependents"] == json!(true) => Propagation::Orphan,
        _ => Propagation::Background,
    };
    let grace = request.query.number("gracePeriodSeconds")?;
    let grace = grace.and_then(|grace| i64::try_from(grace).ok());
    Ok(DeleteOptions {
        propagation,
        grace_period_seconds: body.number("/gracePeriodSeconds").or(grace),
        uid: text("/preconditions/uid"),
        resource_version: text("/preconditions/resourceVersion"),
    })
}

fn shown(cluster: &Cluster, request: &ApiRequest, object: Value) -> Value {
    present(cluster, &request.kind, request.form, object)
}
