//! Building responses.

use ::http::header::{ALLOW, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use ::http::{HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use krake_core::{Problem, Revision};

use super::body::ServerBody;
use crate::metrics::TextFormat;
use crate::refusal::{PATCH_TYPES, Refusal};

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json; charset=utf-8");
const PROMETHEUS: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// A JSON text that needs no further headers.
pub(super) fn json(body: ServerBody) -> Response<ServerBody> {
    with_header(body, CONTENT_TYPE, JSON)
}

/// A JSON text.
pub(super) fn text(text: String) -> Response<ServerBody> {
    json(ServerBody::full(text.into()))
}

/// A JSON text that is always the same.
pub(super) fn fixed(text: &'static str) -> Response<ServerBody> {
    json(ServerBody::full(Bytes::from_static(text.as_bytes())))
}

/// One object.
pub(super) fn object(json_text: Bytes, revision: Revision) -> Response<ServerBody> {
    let mut response = untagged(json_text);
    if let Ok(tag) = HeaderValue::from_maybe_shared(format!("\"{revision}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// One object that was never stored.
pub(super) fn untagged(json_text: Bytes) -> Response<ServerBody> {
    json(ServerBody::full(json_text))
}

/// The Krake is told to go.
pub(super) fn released() -> Response<ServerBody> {
    let mut response = fixed("\"You released the Krake.\"");
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// An open watch.
pub(super) fn watch(body: ServerBody) -> Response<ServerBody> {
    with_header(body, CONTENT_TYPE, LINES)
}

/// Metrics.
pub(super) fn metrics(text: String, format: TextFormat) -> Response<ServerBody> {
    let content_type = match format {
        TextFormat::Prometheus => PROMETHEUS,
        TextFormat::OpenMetrics => OPEN_METRICS,
    };
    with_header(ServerBody::full(text.into()), CONTENT_TYPE, content_type)
}

/// A problem, explained below `base_url`.
pub(super) fn problem(refusal: Refusal, base_url: &str) -> Response<ServerBody> {
    let retry_after = refusal.retry_after();
    let remedy = match refusal {
        Refusal::Method { allowed } => Some((ALLOW, allowed)),
        Refusal::PatchType => Some((ACCEPT_PATCH, PATCH_TYPES)),
        _ => None,
    };
    let problem = Problem::from(refusal).explained_at(base_url);
    let text = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = with_header(ServerBody::full(text.into()), CONTENT_TYPE, PROBLEM);
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if problem.status == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"krake\""));
    }
    if let Some((header, value)) = remedy {
        headers.insert(header, HeaderValue::from_static(value));
    }
    if let Some(seconds) = retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    response
}

fn with_header(body: ServerBody, name: HeaderName, value: HeaderValue) -> Response<ServerBody> {
    let mut response = Response::new(body);
    response.headers_mut().insert(name, value);
    response
}
