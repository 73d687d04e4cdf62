//! The rules for observer schemas.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::FieldErrors;
use crate::excerpt::Excerpt;

const MIN_LENGTH: &str = "observer_schema_list_min_length";
const MAX_LENGTH: &str = "observer_schema_list_max_length";

/// Checks that each item names a resource of the manifest and only lists fields. Without a manifest there is nothing to
/// observe, and only that they are objects is checked.
///
/// # Errors
/// Every violated rule, with its place.
pub(super) fn validate(schema: &[Value], manifest: &[Value]) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    let resources: HashSet<Identity<'_>> = manifest.iter().map(identity).collect();
    for (index, item) in schema.iter().enumerate() {
        let field = format!("spec.observer_schema[{index}]");
        match item.as_object() {
            Some(_) if manifest.is_empty() => {}
            Some(object) => {
                check_item(object, &field, &mut errors);
                let identity = identity(item);
                let is_named = identity
                    .iter()
                    .all(|part| part.is_some_and(|part| !part.is_null()));
                if is_named && !resources.contains(&identity) {
                    errors.add(field, "Observed resource must be in manifest");
                }
            }
            None => errors.add(field, "Not a valid mapping type."),
        }
    }
    errors.into_result()
}

/// What a resource is called by: its version, kind and name.
type Identity<'a> = [Option<&'a Value>; 3];

fn identity(resource: &Value) -> Identity<'_> {
    ["/apiVersion", "/kind", "/metadata/name"].map(|part| resource.pointer(part))
}

fn check_item(object: &Map<String, Value>, field: &str, errors: &mut FieldErrors) {
    for key in ["apiVersion", "kind"] {
        if object.get(key).is_none_or(Value::is_null) {
            errors.add(field, format!("{key} is not defined"));
        }
    }
    let metadata = match object.get("metadata") {
        None => Err("metadata dictionary is not defined"),
        Some(Value::Object(metadata)) => Ok(metadata),
        Some(_) => Err("metadata must be a dictionary"),
    };
    match metadata {
        Ok(metadata) => {
            let field = format!("{field}.metadata");
            if metadata.get("name").is_none_or(Value::is_null) {
                errors.add(&*field, "name is not defined in the metadata dictionary");
            }
            check_members(metadata, &["name"], &field, errors);
        }
        Err(message) => errors.add(field, message),
    }
    check_members(object, &["apiVersion", "kind", "metadata"], field, errors);
}

fn check_members(
    object: &Map<String, Value>,
    except: &[&str],
    field: &str,
    errors: &mut FieldErrors,
) {
    for (key, value) in object {
        if except.contains(&key.as_str()) {
            continue;
        }
        let field = || format!("{field}.{}", Excerpt(key));
        match value {
            Value::Null => {}
            Value::Object(members) => check_members(members, &[], &field(), errors),
            Value::Array(elements) => check_list(elements, &field(), errors),
            _ => errors.add(field(), format!("Value of '{}' is not 'None'", Excerpt(key))),
        }
    }
}

/// The last element of a list is the control object with the allowed lengths.
fn check_list(elements: &[Value], field: &str, errors: &mut FieldErrors) {
    let Some((Value::Object(control), elements)) = elements.split_last() else {
        return errors.add(field, "Special list control dictionary not found");
    };
    if let Err(message) = check_control(control, elements.len()) {
        errors.add(format!("{field}[{}]", elements.len()), message);
    }
    for (index, element) in elements.iter().enumerate() {
        let field = || format!("{field}[{index}]");
        match element {
            Value::Null => {}
            Value::Object(members) => check_members(members, &[], &field(), errors),
            Value::Array(nested) => check_list(nested, &field(), errors),
            _ => errors.add(field(), "Element of a list is not 'None'"),
        }
    }
}

fn check_control(control: &Map<String, Value>, observed: usize) -> Result<(), String> {
    let length = |key: &str| -> Result<u64, String> {
        let value = control
            .get(key)
            .ok_or("Special list control dictionary malformed")?;
        if !value.is_i64() && !value.is_u64() {
            return Err(format!("{key} should be an integer"));
        }
        value
            .as_u64()
            .ok_or_else(|| format!("Invalid value for {key}"))
    };
    if !control.contains_key(MIN_LENGTH) && !control.contains_key(MAX_LENGTH) {
        return Err("Special list control dictionary not found".to_owned());
    }
    let (shortest, longest) = (length(MIN_LENGTH)?, length(MAX_LENGTH)?);
    if longest == 0 {
        return Ok(());
    }
    if longest < shortest {
        return Err(format!("{MAX_LENGTH} is inferior to {MIN_LENGTH}"));
    }
    if longest < observed as u64 {
        return Err(format!("{MAX_LENGTH} is inferior to the number of observed elements"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(edit: impl FnOnce(&mut Value)) -> Result<(), FieldErrors> {
        let manifest = [json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}})];
        let mut item = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": null},
            "spec": {
                "type": null,
                "ports": [{"port": null}, {MIN_LENGTH: 1, MAX_LENGTH: 2}],
            },
        });
        edit(&mut item);
        validate(&[item], &manifest)
    }

    #[test]
    fn a_schema_that_only_lists_fields_is_accepted() {
        assert_eq!(check(|_| {}), Ok(()));
        assert_eq!(check(|item| item["spec"]["ports"][1][MAX_LENGTH] = json!(0)), Ok(()));
    }

    #[test]
    fn each_violated_rule_is_named() {
        let says = |expected: &str, edit: fn(&mut Value)| {
            let errors = check(edit).unwrap_err();
            assert_eq!(errors.to_string(), format!("spec.observer_schema[0]{expected}"));
        };
        says(": kind is not defined", |item| item["kind"] = Value::Null);
        says(": metadata must be a dictionary", |item| item["metadata"] = json!("s"));
        says(".metadata: name is not defined in the metadata dictionary", |item| {
            item["metadata"] = json!({});
        });
        says(".metadata.namespace: Value of 'namespace' is not 'None'", |item| {
            item["metadata"]["namespace"] = json!("x");
        });
        says(".spec.type: Value of 'type' is not 'None'", |item| {
            item["spec"]["type"] = json!("NodePort");
        });
        says(".spec.ports: Special list control dictionary not found", |item| {
            item["spec"]["ports"] = json!([]);
        });
        says(".spec.ports[0]: Special list control dictionary not found", |item| {
            item["spec"]["ports"] = json!([{}]);
        });
        says(".spec.ports[1]: Special list control dictionary malformed", |item| {
            item["spec"]["ports"][1] = json!({MIN_LENGTH: 1});
        });
        says(".spec.ports[1]: observer_schema_list_min_length should be an integer", |item| {
            item["spec"]["ports"][1][MIN_LENGTH] = json!("1");
        });
        says(".spec.ports[1]: Invalid value for observer_schema_list_min_length", |item| {
            item["spec"]["ports"][1][MIN_LENGTH] = json!(-1);
        });
        says(
            ".spec.ports[1]: observer_schema_list_max_length is inferior to observer_schema_list_min_length",
            |item| {
                item["spec"]["ports"][1][MIN_LENGTH] = json!(3);
            },
        );
        says(
            ".spec.ports[2]: observer_schema_list_max_length is inferior to the number of observed elements",
            |item| {
                item["spec"]["ports"] = json!([null, null, {MIN_LENGTH: 0, MAX_LENGTH: 1}]);
            },
        );
        says(": Observed resource must be in manifest", |item| {
            item["metadata"]["name"] = json!("t");
        });
    }

    #[test]
    fn every_violated_rule_is_told_at_once() {
        let errors = check(|item| {
            *item = json!({
                "kind": "Service", "metadata": {"x": 1},
                "spec": {"a": 1, "list": [5, {"b": "x"}, {MIN_LENGTH: 0, MAX_LENGTH: 1}]},
            });
        });
        let fields: Vec<_> = errors
            .unwrap_err()
            .0
            .into_iter()
            .map(|error| error.field)
            .collect();
        let expected = [
            "",
            ".metadata",
            ".metadata.x",
            ".spec.a",
            ".spec.list[2]",
            ".spec.list[0]",
            ".spec.list[1].b",
        ];
        assert_eq!(fields, expected.map(|field| format!("spec.observer_schema[0]{field}")));
    }
}
