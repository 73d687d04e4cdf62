//! The endpoints that belong to no kind.

use serde_json::{Value, json};

use super::operation::{Operation, path};
use super::responses::{json_content, with_refusals};

/// The tag of these endpoints.
pub(super) const TAG: &str = "server";

/// An endpoint that can be read.
struct Endpoint {
    path: &'static str,
    /// The operation's name in generated clients.
    id: &'static str,
    summary: &'static str,
    /// The status of a success.
    status: &'static str,
    /// What it answers, by media types.
    content: fn() -> Value,
    /// Whether it is for everybody, with or without credentials.
    is_public: bool,
}

const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/",
        id: "read_version",
        summary: "Which version the server is of.",
        content: || object_of("version"),
        status: "200",
        is_public: false,
    },
    Endpoint {
        path: "/me",
        id: "read_user",
        summary: "Who the user is, and which roles it has.",
        content: || json_content(&user()),
        status: "200",
        is_public: false,
    },
    Endpoint {
        path: "/release",
        id: "release_krake",
        summary: "Releases the Krake.",
        content: || json_content(&json!({"type": "string"})),
        status: "202",
        is_public: false,
    },
    Endpoint {
        path: "/openapi.json",
        id: "read_api_description",
        summary: "This document.",
        content: || json_content(&json!({"type": "object"})),
        status: "200",
        is_public: false,
    },
    Endpoint {
        path: "/healthz",
        id: "read_health",
        summary: "Whether the server is of use: 503 when only a restart helps.",
        content: || object_of("status"),
        status: "200",
        is_public: true,
    },
    Endpoint {
        path: "/readyz",
        id: "read_readiness",
        summary: "Whether requests will be served: 503 when not.",
        content: || object_of("status"),
        status: "200",
        is_public: true,
    },
    Endpoint {
        path: "/metrics",
        id: "read_metrics",
        summary: "Measurements of the server, for Prometheus.",
        content: metrics,
        status: "200",
        is_public: false,
    },
];

/// The text format of Prometheus in one of its two versions; the request says which.
fn metrics() -> Value {
    let text = json!({"schema": {"type": "string"}});
    json!({"text/plain": text, "application/openmetrics-text": text})
}

/// An object with one text.
fn object_of(member: &str) -> Value {
    json_content(&json!({
        "type": "object",
        "properties": {member: {"type": "string"}},
        "required": [member],
    }))
}

fn user() -> Value {
    json!({
        "type": "object",
        "properties": {
            "user": {"type": "string", "description": "The name of the user."},
            "roles": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The names of its roles, in alphabetical order.",
            },
        },
        "required": ["user", "roles"],
    })
}

/// Each path with what can be done there.
pub(super) fn paths() -> impl Iterator<Item = (String, Value)> {
    ENDPOINTS
        .iter()
        .map(|endpoint| (endpoint.path.to_owned(), path(&[], vec![operation(endpoint)])))
}

fn operation(endpoint: &Endpoint) -> Operation {
    let success = json!({"description": endpoint.summary, "content": (endpoint.content)()});
    let responses = with_refusals((endpoint.status, success), &[]);
    let (id, summary) = (endpoint.id.to_owned(), endpoint.summary.to_owned());
    Operation {
        is_public: endpoint.is_public,
        ..Operation::new("get", id, TAG, summary, responses)
    }
}
