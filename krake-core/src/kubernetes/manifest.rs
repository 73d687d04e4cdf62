//! The rules for Kubernetes manifests.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::JsonObject;
use crate::FieldErrors;
use crate::excerpt::Excerpt;

/// Checks that every item says what it is and how it is called; nothing else of it is looked at.
///
/// # Errors
/// Every violated rule, with the index of the item.
pub(super) fn validate(manifest: &[Value]) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    for (index, item) in manifest.iter().enumerate() {
        let field = format!("spec.manifest[{index}]");
        match item.as_object() {
            Some(object) => check_item(object, index, &field, &mut errors),
            None => errors.add(field, "Not a valid mapping type."),
        }
    }
    errors.into_result()
}

fn check_item(object: &JsonObject, index: usize, field: &str, errors: &mut FieldErrors) {
    let name = match object.get("metadata") {
        None => Some(&Value::Null),
        Some(Value::Object(metadata)) => Some(metadata.get("name").unwrap_or(&Value::Null)),
        Some(_) => {
            errors.add(format!("{field}.metadata"), "Not a valid mapping type.");
            None
        }
    };
    let mut called = String::new();
    match name {
        Some(Value::String(name)) if !name.is_empty() => {
            called = format!(" (metadata.name: '{}')", Excerpt(name));
        }
        Some(Value::String(_) | Value::Null) => errors
            .add(field, format!("Field 'metadata.name' not found in resource at index {index}")),
        Some(_) => errors.add(format!("{field}.metadata.name"), "Not a valid string."),
        None => {}
    }
    for key in ["apiVersion", "kind", "metadata"] {
        if !object.contains_key(key) {
            let message = format!("Field '{key}' not found in resource at index {index}{called}");
            errors.add(field, message);
        }
    }
}

/// What [`validate`] takes.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "apiVersion": {"description": "The API that it belongs to: `apps/v1`."},
                "kind": {"description": "What it is: `Deployment`."},
                "metadata": {
                    "type": "object",
                    "properties": {"name": {
                        "type": "string", "minLength": 1, "description": "What it is called.",
                    }},
                    "required": ["name"],
                },
            },
            "required": ["apiVersion", "kind", "metadata"],
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_is_missing_is_reported_at_once() {
        let errors = validate(&[
            json!({"kind": "Pod", "metadata": {"name": "p"}}),
            json!({"apiVersion": "v1", "kind": "Pod"}),
            json!("text"),
            json!({"apiVersion": "v1", "metadata": 5}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 5}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ""}}),
        ]);
        let messages: Vec<_> = errors
            .unwrap_err()
            .0
            .into_iter()
            .map(|error| error.message)
            .collect();
        assert_eq!(
            messages,
            [
                "Field 'apiVersion' not found in resource at index 0 (metadata.name: 'p')",
                "Field 'metadata.name' not found in resource at index 1",
                "Field 'metadata' not found in resource at index 1",
                "Not a valid mapping type.",
                "Not a valid mapping type.",
                "Field 'kind' not found in resource at index 3",
                "Not a valid string.",
                "Field 'metadata.name' not found in resource at index 5",
            ]
        );
    }
}
