//! The `scale` subresource.

use http::StatusCode;
use serde_json::{Value, json};

use super::modify::{Answer, patch_type};
use super::request::ApiRequest;
use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::object::Fields;
use crate::patch::{PatchType, merge};
use crate::rules::Subresource;
use crate::writes;

/// GET, PUT or PATCH of the scale of a workload.
pub(super) async fn scale(cluster: &Cluster, request: &ApiRequest) -> Result<Answer, ApiError> {
    if !request.kind.served.scale || request.kind.served.custom {
        return Err(ApiError::no_such_path());
    }
    let key = request.key()?;
    let wanted = match request.method.as_str() {
        "GET" => {
            let stored = cluster.read(&key).await?;
            return Ok((StatusCode::OK, scale_of(&stored.object)));
        }
        "PUT" => request.document()?,
        "PATCH"
            if patch_type(request.content_type()).is_some_and(|form| form != PatchType::Json) =>
        {
            request.document()?
        }
        "PATCH" => return Err(ApiError::unsupported_media_type(request.content_type())),
        _ => return Err(ApiError::method_not_allowed()),
    };
    let context = request.write_context();
    let change = |object: &Value| {
        let mut scale = scale_of(object);
        merge(&mut scale, &wanted);
        let mut object = object.clone();
        object.set(&["spec", "replicas"], scale["spec"]["replicas"].clone());
        object.set(&["metadata", "resourceVersion"], scale["metadata"]["resourceVersion"].clone());
        Ok(object)
    };
    let object = writes::update(cluster, &key, Subresource::Main, &context, change).await?;
    Ok((StatusCode::OK, scale_of(&object)))
}

fn scale_of(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let selector: Vec<String> = object
        .labels("/spec/selector/matchLabels")
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": object.number("/spec/replicas").unwrap_or_default()},
        "status": {"replicas": object.number("/status/replicas").unwrap_or_default(), "selector": selector.join(",")},
    })
}
