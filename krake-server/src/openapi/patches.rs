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
    let pointer = |description: &str| json!({"type": "string", "pattern": "^(/([^/~]|~[01])*)*$", "description": description});
    let path = || pointer("A JSON pointer: `/spec/hooks/0`.");
    let from = || pointer("A JSON pointer to where the value is.");
    let value = || json!({"description": "The value."});
    let operation = |names: &[&str], members: Value| {
        let mut properties = json!({"op": {"type": "string", "enum": names}, "path": path()});
        let mut required = vec!["op".to_owned(), "path".to_owned()];
        if let (Some(all), Value::Object(members)) = (properties.as_object_mut(), members) {
            required.extend(members.keys().cloned());
            all.extend(members);
        }
        json!({"type": "object", "properties": properties, "required": required})
    };
    json!({
        "description": "A JSON patch, RFC 6902: operations, carried out in their order or not at all.",
        "type": "array",
        "items": {"oneOf": [
            operation(&["add", "replace", "test"], json!({"value": value()})),
            operation(&["copy", "move"], json!({"from": from()})),
            operation(&["remove"], json!({})),
        ]},
    })
}
