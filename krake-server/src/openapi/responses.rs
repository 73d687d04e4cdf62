//! What requests are answered.

use serde_json::{Map, Value, json};

use super::components::{Name, reference};

/// Why requests are refused: status, name, meaning.
const PROBLEMS: &[(&str, &str, &str)] = &[
    (
        "400",
        "BadRequest",
        "Nothing to update, a field that cannot change, or a header that cannot be read.",
    ),
    ("401", "Unauthorized", "Nobody is authenticated, or a token is wrong."),
    ("403", "Forbidden", "The user may not do this."),
    ("404", "NotFound", "There is no such object, or no such path."),
    ("408", "RequestTimeout", "The body came too slowly."),
    (
        "409",
        "Conflict",
        "The name is taken, somebody wrote in between, or it is not possible while the object is being deleted.",
    ),
    ("410", "Gone", "The history that this needs is no longer kept: list again."),
    ("413", "ContentTooLarge", "The body is too large."),
    ("415", "UnsupportedMediaType", "The body is no JSON."),
    ("422", "Invalid", "The body or a parameter breaks the rules that are listed in `errors`."),
    ("429", "TooManyRequests", "Too much at once; try again later."),
    ("503", "Unavailable", "The server is not ready, or too slow; try again."),
    (
        "504",
        "OutcomeUnknown",
        "It is unknown whether the write took effect; read before you try again.",
    ),
    ("507", "InsufficientStorage", "The store has no space left; try again later."),
];

/// The status of almost every success.
pub(super) const SUCCESS: &str = "200";

/// Statuses that any request can be refused with.
const COMMON: &[&str] = &["401", "403", "429", "503"];

/// The shared responses and headers.
pub(super) fn components() -> Value {
    let mut responses: Map<String, Value> = PROBLEMS
        .iter()
        .map(|(status, name, description)| {
            let mut response = problem(description);
            if let Some(header) = header_of(status) {
                response["headers"] = headers_named(header);
            }
            ((*name).to_owned(), response)
        })
        .collect();
    responses.insert("Problem".to_owned(), problem("Something else is wrong."));
    responses.into()
}

/// The header that a refusal comes with.
fn header_of(status: &str) -> Option<&'static str> {
    match status {
        "401" => Some("WWW-Authenticate"),
        "429" | "503" | "507" => Some("Retry-After"),
        _ => None,
    }
}

fn headers_named(name: &str) -> Value {
    json!({name: {"$ref": format!("#/components/headers/{name}")}})
}

/// The shared headers.
pub(super) fn headers() -> Value {
    json!({
        "ETag": {
            "description": "The object's resource version, to be sent as `If-Match`; missing after a dry run.",
            "schema": {"type": "string", "pattern": "^\"[0-9]{1,19}\"$"},
        },
        "WWW-Authenticate": {
            "description": "How to authenticate.",
            "schema": {"type": "string"},
        },
        "Retry-After": {
            "description": "After how many seconds another attempt makes sense.",
            "schema": {"type": "integer", "minimum": 0},
        },
    })
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": {"application/problem+json": {"schema": reference("Problem")}},
    })
}

/// The responses of an operation: the success, refusals with these statuses besides the common ones, and anything else.
pub(super) fn with_refusals((status, success): (&str, Value), statuses: &[&str]) -> Value {
    let mut responses =
        Map::from_iter([(status.to_owned(), success), ("default".to_owned(), shared("Problem"))]);
    for (status, name, _) in PROBLEMS {
        if COMMON.contains(status) || statuses.contains(status) {
            responses.insert((*status).to_owned(), shared(name));
        }
    }
    responses.into()
}

fn shared(name: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{name}")})
}

/// A success with one object.
pub(super) fn object(description: &str, schema: &Name) -> (&'static str, Value) {
    let response = json!({
        "description": description,
        "headers": headers_named("ETag"),
        "content": json_content(&schema.reference()),
    });
    (SUCCESS, response)
}

/// JSON of this schema.
pub(super) fn json_content(schema: &Value) -> Value {
    json!({"application/json": {"schema": schema}})
}
