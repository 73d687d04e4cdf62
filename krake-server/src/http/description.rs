//! The description of the API, ready to be sent.

use ::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use ::http::{HeaderMap, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use serde_json::Value;

use super::answer;
use super::body::ServerBody;

/// A document that never changes while the server runs.
pub(super) struct Description {
    json: Bytes,
    tag: HeaderValue,
}

impl Description {
    /// Encodes a document.
    pub(super) fn new(document: &Value) -> Self {
        let json = Bytes::from(document.to_string());
        let tag = format!("\"{:08x}\"", crc32c::crc32c(&json));
        let tag = HeaderValue::from_maybe_shared(tag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { json, tag }
    }

    /// The document, unless the client has it already.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response<ServerBody> {
        let is_known = request
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|tags| tags.split(','))
            .any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == self.tag.as_bytes());
        let mut response = if is_known {
            let mut response = Response::new(ServerBody::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            answer::json(ServerBody::full(self.json.clone()))
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, self.tag.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}
