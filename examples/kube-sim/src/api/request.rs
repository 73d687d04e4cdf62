//! A request whose path names a served kind.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::Value;

use super::filter::Filter;
use super::negotiation::{Form, form};
use super::query::Query;
use super::route::ResourcePath;
use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::kinds::{ObjectKey, ResourceType};
use crate::protobuf::{Undecodable, decode};
use crate::writes::WriteContext;

/// Everything the verbs need to know.
#[derive(Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    pub(super) kind: Arc<ResourceType>,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
    pub(super) query: Query,
    pub(super) form: Form,
    headers: HeaderMap,
    body: Bytes,
}

impl ApiRequest {
    /// Finds the kind; the path must fit its scope.
    pub(super) fn new(
        cluster: &Cluster,
        path: &ResourcePath<'_>,
        parts: http::request::Parts,
        body: Bytes,
    ) -> Result<Self, ApiError> {
        let catalog = cluster.catalog();
        let kind = catalog
            .by_path(path.group, path.version, path.plural)
            .ok_or_else(ApiError::no_such_path)?;
        if path.namespace.is_some() && !kind.namespaced {
            return Err(ApiError::no_such_path());
        }
        if kind.namespaced && path.namespace.is_none() && path.name.is_some() {
            return Err(ApiError::no_such_path());
        }
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        Ok(Self {
            method: parts.method,
            kind: Arc::clone(kind),
            namespace: path.namespace.map(str::to_owned),
            name: path.name.map(str::to_owned),
            subresource: path.subresource.map(str::to_owned),
            form: form(&parts.headers, query.text("includeObject")),
            query,
            headers: parts.headers,
            body,
        })
    }

    /// The object the path names.
    pub(super) fn key(&self) -> Result<ObjectKey, ApiError> {
        let name = self
            .name
            .as_deref()
            .ok_or_else(ApiError::method_not_allowed)?;
        Ok(ObjectKey::new(&self.kind, self.namespace.as_deref(), name))
    }

    pub(super) fn filter(&self) -> Result<Filter, ApiError> {
        Filter::parse(&self.kind, &self.query)
    }

    /// The media type of the body, without parameters.
    pub(super) fn content_type(&self) -> &str {
        self.headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .unwrap_or("application/json")
            .trim()
    }

    /// The body, null if there is none; JSON, or YAML where Kubernetes accepts it.
    pub(super) fn document(&self) -> Result<Value, ApiError> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        let content_type = self.content_type();
        let bad = |error: String| {
            ApiError::bad_request(format!("the object provided is unrecognized: {error}"))
        };
        if content_type.contains("json") || content_type == "*/*" {
            return serde_json::from_slice(&self.body).map_err(|error| bad(error.to_string()));
        }
        if content_type.contains("yaml") {
            // Most clients send JSON under this name; it is YAML too, and read faster as what it is.
            if let Ok(document) = serde_json::from_slice(&self.body) {
                return Ok(document);
            }
            return serde_saphyr::from_slice(&self.body).map_err(|error| bad(error.to_string()));
        }
        if content_type == "application/vnd.kubernetes.protobuf" {
            return decode(&self.body).map_err(|error| match error {
                Undecodable::Unknown => ApiError::unsupported_media_type(content_type),
                Undecodable::Malformed => bad("it is not the message it says it is".to_owned()),
            });
        }
        Err(ApiError::unsupported_media_type(content_type))
    }

    /// The body as an object of the path's kind.
    pub(super) fn object(&self) -> Result<Value, ApiError> {
        let object = self.document()?;
        let (kind, version) = (&self.kind.kind, self.kind.api_version());
        let fits =
            |member: &str, wanted: &str| object.get(member).is_none_or(|given| *given == *wanted);
        if !object.is_object() {
            return Err(ApiError::bad_request(format!("the body must be a {kind} object")));
        }
        if !fits("kind", kind) || !fits("apiVersion", &version) {
            let message = format!(
                "the object provided is a {} {}, this path takes a {version} {kind}",
                object["apiVersion"], object["kind"]
            );
            return Err(ApiError::bad_request(message));
        }
        Ok(object)
    }

    /// On whose behalf the request writes.
    pub(super) fn write_context(&self) -> WriteContext {
        let named = self.query.text("fieldManager");
        let manager = if named.is_empty() { self.user_agent() } else { named };
        WriteContext { manager: manager.to_owned(), dry_run: self.query.dry_run() }
    }

    /// The program's name in the `User-Agent`, as field managers are named by default.
    fn user_agent(&self) -> &str {
        self.headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(['/', ' ']).next())
            .filter(|value| !value.is_empty())
            .unwrap_or("unknown")
    }
}
