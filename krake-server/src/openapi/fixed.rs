//! The endpoints that belong to no kind.

use serde_json::{Value, json};

use super::operation::{Operation, path};
use super::responses::{json_content, with_refusals};

/// The tag of these endpoints.
pub(super) const TAG: &str = "server";

/// An endpoint: path, operation id, summary, the schema of what it answers, and whether it is for everybody.
struct Endpoint {
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    schema: fn() -> Value,
    is_public: bool,
}

const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/",
        id: "read_version",
        summary: "Which version the server is of.",
        schema: || object_of("version"),
        is_public: false,
    },
    Endpoint {
        path: "/openapi.json",
        id: "read_api_description",
        summary: "This document.",
        schema: || json!({"type": "object"}),
        is_public: false,
    },
    Endpoint {
        path: "/healthz",
        id: "read_health",
        summary: "Whether the server is of use: 503 when only a restart helps.",
        schema: || object_of("status"),
        is_public: true,
    },
    Endpoint {
        path: "/readyz",
        id: "read_readiness",
        summary: "Whether requests will be served: 503 when not.",
        schema: || object_of("status"),
        is_public: true,
    },
];

/// An object with one text.
fn object_of(member: &str) -> Value {
    json!({
        "type": "object",
        "properties": {member: {"type": "string"}},
        "required": [member],
    })
}

/// Each path with what can be done there.
pub(super) fn paths() -> impl Iterator<Item = (String, Value)> {
    ENDPOINTS
        .iter()
        .map(|endpoint| (endpoint.path.to_owned(), path(&[], vec![operation(endpoint)])))
}

fn operation(endpoint: &Endpoint) -> Operation {
    let success =
        json!({"description": endpoint.summary, "content": json_content((endpoint.schema)())});
    let responses = with_refusals(success, &[]);
    let (id, summary) = (endpoint.id.to_owned(), endpoint.summary.to_owned());
    Operation {
        is_public: endpoint.is_public,
        ..Operation::new("get", id, TAG, summary, responses)
    }
}
