//! The rules for Kubernetes manifests.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::FieldErrors;

/// Checks that every item says what it is and how it is called; nothing else of it is looked at.
///
/// # Errors
/// Every violated rule, with the index of the item.
pub(super) fn validate(manifest: &[Value]) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    for (index, item) in manifest.iter().enumerate() {
        let field = format!("spec.manifest[{index}]");
        let Some(object) = item.as_object() else {
            errors.add(field, "Not a valid mapping type.");
            continue;
        };
        if object
            .get("metadata")
            .is_some_and(|metadata| !metadata.is_object())
        {
            errors.add(format!("{field}.metadata"), "Not a valid mapping type.");
            continue;
        }
        let name = item["metadata"]["name"]
            .as_str()
            .filter(|name| !name.is_empty());
        if name.is_none() {
            errors.add(
                field.as_str(),
                format!("Field 'metadata.name' not found in resource at index {index}"),
            );
        }
        let called = name
            .map(|name| format!(" (metadata.name: '{name}')"))
            .unwrap_or_default();
        for key in ["apiVersion", "kind", "metadata"] {
            if !object.contains_key(key) {
                errors.add(
                    field.as_str(),
                    format!("Field '{key}' not found in resource at index {index}{called}"),
                );
            }
        }
    }
    errors.into_result()
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
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": 5}),
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
            ]
        );
    }
}
