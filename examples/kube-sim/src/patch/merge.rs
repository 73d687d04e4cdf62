//! JSON merge patches (RFC 7396).

use serde_json::Value;

use crate::object::object_mut;

/// Applies a merge patch: members are merged, null removes, everything else replaces.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    let target = object_mut(target);
    for (member, value) in patch {
        if value.is_null() {
            target.remove(member);
        } else {
            merge(target.entry(member.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_removes_lists_replace_and_objects_merge() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "l": [1, 2], "x": 1});
        merge(
            &mut target,
            &json!({"a": {"b": null, "d": {"e": null, "f": 3}}, "l": [3], "x": {"y": 1}}),
        );
        assert_eq!(target, json!({"a": {"c": 2, "d": {"f": 3}}, "l": [3], "x": {"y": 1}}));
    }
}
