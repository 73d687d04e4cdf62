//! From request to answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::Value;

use super::body::SimBody;
use super::modify::{self, Answer};
use super::negotiation::{accepts, wants_aggregated};
use super::request::ApiRequest;
use super::route::{ResourcePath, Route};
use super::{aggregated, discovery, openapi, read, scale, watch};
use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::rules::Subresource;

const JSON: &str = "application/json";

/// Answers a request; every failure is an answer too.
pub(super) async fn answer(cluster: &Arc<Cluster>, request: Request<Bytes>) -> Response<SimBody> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let result = match Route::parse(&path) {
        Route::Resource(resource) => serve_resource(cluster, &resource, parts, body).await,
        route if parts.method == Method::GET || parts.method == Method::HEAD => {
            describe(cluster, &route, &parts.headers)
        }
        Route::Unknown => Err(ApiError::no_such_path()),
        _ => Err(ApiError::method_not_allowed()),
    };
    result.unwrap_or_else(|error| refusal(&error))
}

/// The answer for a failure.
pub(super) fn refusal(error: &ApiError) -> Response<SimBody> {
    let mut response = document(error.code, JSON, error.body().to_string());
    if matches!(error.code, StatusCode::TOO_MANY_REQUESTS) {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// What is not about objects.
fn describe(
    cluster: &Cluster,
    route: &Route<'_>,
    headers: &http::HeaderMap,
) -> Result<Response<SimBody>, ApiError> {
    let catalog = cluster.catalog();
    let body = match *route {
        Route::Health => return Ok(document(StatusCode::OK, "text/plain; charset=utf-8", "ok")),
        Route::Version => discovery::version(cluster),
        Route::CoreVersions if wants_aggregated(headers) => {
            return Ok(aggregated_document(&aggregated::core(&catalog)));
        }
        Route::CoreVersions => discovery::core_versions(),
        Route::Groups if wants_aggregated(headers) => {
            return Ok(aggregated_document(&aggregated::named(&catalog)));
        }
        Route::Groups => discovery::groups(&catalog),
        Route::Group(name) => discovery::group(&catalog, name)?,
        Route::Resources { group, version } => discovery::resources(&catalog, group, version)?,
        Route::OpenApiV2 if accepts(headers, openapi::V2_WANTED) => {
            return Ok(document(StatusCode::OK, openapi::V2_GIVEN, openapi::V2_BYTES));
        }
        Route::OpenApiV2 => openapi::v2(),
        Route::OpenApiV3 => openapi::v3(&catalog),
        Route::OpenApiV3Group { group, version } => openapi::v3_group(&catalog, group, version)?,
        Route::Resource(_) | Route::Unknown => return Err(ApiError::no_such_path()),
    };
    Ok(json_document(StatusCode::OK, &body))
}

fn aggregated_document(body: &Value) -> Response<SimBody> {
    document(StatusCode::OK, aggregated::MEDIA_TYPE, body.to_string())
}

async fn serve_resource(
    cluster: &Arc<Cluster>,
    path: &ResourcePath<'_>,
    parts: http::request::Parts,
    body: Bytes,
) -> Result<Response<SimBody>, ApiError> {
    let request = ApiRequest::new(cluster, path, parts, body)?;
    if request.method == Method::GET && request.name.is_none() && request.query.flag("watch") {
        let lines = watch::watch_lines(Arc::clone(cluster), &request).await?;
        let mut response = Response::new(SimBody::stream(lines));
        let json = HeaderValue::from_static(JSON);
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        return Ok(response);
    }
    let (code, body) = verb(cluster, &request).await?;
    Ok(json_document(code, &body))
}

async fn verb(cluster: &Cluster, request: &ApiRequest) -> Result<Answer, ApiError> {
    let subresource = request.subresource.as_deref();
    let pen = match subresource {
        None => Subresource::Main,
        Some("status") if request.kind.served.status => Subresource::Status,
        Some("finalize") if request.kind.is_core("Namespace") => Subresource::Finalize,
        Some("scale") => return scale::scale(cluster, request).await,
        Some(action) if request.method == Method::POST => {
            return modify::act(cluster, request, action).await;
        }
        Some(_) => return Err(ApiError::no_such_path()),
    };
    let named = request.name.is_some();
    match (request.method.as_str(), named) {
        ("GET", true) => Ok((StatusCode::OK, read::get(cluster, request).await?)),
        ("GET", false) => Ok((StatusCode::OK, read::list(cluster, request).await?)),
        ("POST", false) => modify::create(cluster, request).await,
        ("PUT", true) => modify::replace(cluster, request, pen).await,
        ("PATCH", true) => modify::patch(cluster, request, pen).await,
        ("DELETE", true) if pen == Subresource::Main => modify::delete(cluster, request).await,
        ("DELETE", false) => modify::delete_collection(cluster, request).await,
        _ => Err(ApiError::method_not_allowed()),
    }
}

fn json_document(code: StatusCode, body: &Value) -> Response<SimBody> {
    document(code, JSON, body.to_string())
}

fn document(
    code: StatusCode,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<SimBody> {
    let mut response = Response::new(SimBody::full(body));
    *response.status_mut() = code;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
