//! Failures as Kubernetes words them.

use http::StatusCode;
use krake_server::store;
use serde_json::{Value, json};

use crate::kinds::ResourceType;

/// A refused or failed request; its body is a `Status` object.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) code: StatusCode,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    details: Value,
}

/// One reason for refusing a field, as listed in `details.causes`.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) field: String,
}

impl Cause {
    /// The field must be given.
    pub(crate) fn required(field: impl Into<String>) -> Self {
        Self {
            reason: "FieldValueRequired",
            message: "Required value".to_owned(),
            field: field.into(),
        }
    }

    /// The field has a value that cannot be.
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        let message = format!("Invalid value: {value}: {why}");
        Self { reason: "FieldValueInvalid", message, field: field.into() }
    }
}

impl ApiError {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null }
    }

    fn about(mut self, kind: &ResourceType, name: &str) -> Self {
        self.details = json!({"name": name, "kind": kind.plural});
        if !kind.group.is_empty() {
            self.details["group"] = kind.group.as_str().into();
        }
        self
    }

    pub(crate) fn not_found(kind: &ResourceType, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(kind, name)
    }

    pub(crate) fn no_such_path() -> Self {
        let message = "the server could not find the requested resource";
        let mut error = Self::new(StatusCode::NOT_FOUND, "NotFound", message);
        error.details = json!({});
        error
    }

    pub(crate) fn already_exists(kind: &ResourceType, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(kind, name)
    }

    pub(crate) fn conflict(kind: &ResourceType, name: &str, why: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.qualified());
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(kind, name)
    }

    /// Somebody changed the object since the caller read it.
    pub(crate) fn modified(kind: &ResourceType, name: &str) -> Self {
        const WHY: &str = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, WHY)
    }

    /// Server-side apply met fields of other managers.
    pub(crate) fn apply_conflict(causes: &[Cause]) -> Self {
        let fields = causes
            .iter()
            .map(|cause| format!("{}: {}", cause.message, cause.field))
            .collect::<Vec<_>>()
            .join("; ");
        let plural = if causes.len() == 1 { "conflict" } else { "conflicts" };
        let message = format!("Apply failed with {} {plural}: {fields}", causes.len());
        let mut error = Self::new(StatusCode::CONFLICT, "Conflict", message);
        error.details = json!({"causes": cause_list(causes)});
        error
    }

    pub(crate) fn invalid(kind: &ResourceType, name: &str, causes: &[Cause]) -> Self {
        let fields = causes
            .iter()
            .map(|cause| format!("{}: {}", cause.field, cause.message))
            .collect::<Vec<_>>();
        let fields = match fields.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let message = format!("{} \"{name}\" is invalid: {fields}", kind.qualified_kind());
        let mut error =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about(kind, name);
        error.details["kind"] = kind.kind.as_str().into();
        error.details["causes"] = cause_list(causes);
        error
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(crate) fn forbidden(kind: &ResourceType, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: {why}", kind.qualified());
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about(kind, name)
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "Expired", message)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("Request entity too large: limit is {limit}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    }

    pub(crate) fn unsupported_media_type(sent: &str) -> Self {
        let message =
            format!("the body of the request was in an unknown format - {sent} is not served here");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// A failure the simulation was told to answer.
    pub(crate) fn injected(code: StatusCode) -> Self {
        let (reason, message) = match code {
            StatusCode::UNAUTHORIZED => ("Unauthorized", "Unauthorized"),
            StatusCode::FORBIDDEN => ("Forbidden", "forbidden: injected by the simulation"),
            StatusCode::CONFLICT => ("Conflict", "the object has been modified; please try again"),
            StatusCode::GONE => ("Expired", "too old resource version"),
            StatusCode::TOO_MANY_REQUESTS => {
                ("TooManyRequests", "too many requests, please try again later")
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                ("ServiceUnavailable", "the server is currently unable to handle the request")
            }
            StatusCode::GATEWAY_TIMEOUT => ("Timeout", "the request timed out"),
            _ => (
                "InternalError",
                "an error on the server has prevented the request from succeeding",
            ),
        };
        let mut error = Self::new(code, reason, message);
        if matches!(code, StatusCode::TOO_MANY_REQUESTS) {
            error.details = json!({"retryAfterSeconds": 1});
        }
        error
    }

    /// The `Status` object for it.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        });
        if !self.details.is_null() {
            body["details"] = self.details.clone();
        }
        body["code"] = self.code.as_u16().into();
        body
    }
}

fn cause_list(causes: &[Cause]) -> Value {
    causes
        .iter()
        .map(
            |cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field}),
        )
        .collect()
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Compacted { oldest } => Self::expired(format!(
                "The resourceVersion for the provided watch is too old; the oldest kept is {oldest}."
            )),
            store::Error::Future { current } => {
                let message = format!("Too large resource version, current: {current}");
                Self::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message)
            }
            other => Self::internal(other.to_string()),
        }
    }
}
