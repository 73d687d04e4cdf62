//! The schemas of patches.

use serde_json::{Value, json};

use super::components::Components;

/// Adds them.
pub(super) fn add(components: &mut Components) {
    components.add(&["MergePatch".to_owned()], merge_patch());
    components.add(&["JsonPatch".to_owned()], json_patch());
}

fn merge_patch() -> Value {
    json!({
        "description": "A merge patch, RFC 7396: the members that change, with their new values; `null` removes a member.",
        "type": "object",
    })
}

fn json_patch() -> Value {
    json!({
        "description": "A JSON patch, RFC 6902: operations, carried out in their order or not at all.",
        "type": "array",
        "maxItems": 1000,
        "items": {"oneOf": [
            operation(&["add", "replace", "test"], Some(("value", json!({"description": "The value."})))),
            operation(&["copy", "move"], Some(("from", pointer("A JSON pointer to where the value is.")))),
            operation(&["remove"], None),
        ]},
    })
}

/// Operations with a path, and perhaps one more member.
fn operation(names: &[&str], further: Option<(&str, Value)>) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "op": {"type": "string", "enum": names},
            "path": pointer("A JSON pointer: `/spec/hooks/0`."),
        },
        "required": ["op", "path"],
    });
    if let Some((name, member)) = further {
        schema["properties"][name] = member;
        schema["required"] = json!(["op", "path", name]);
    }
    schema
}

fn pointer(description: &str) -> Value {
    json!({"type": "string", "pattern": "^(/([^/~]|~[01])*)*$", "description": description})
}
