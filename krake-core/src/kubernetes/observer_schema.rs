//! The rules for observer schemas.

use serde_json::{Map, Value};

use crate::FieldErrors;

const MIN_LENGTH: &str = "observer_schema_list_min_length";
const MAX_LENGTH: &str = "observer_schema_list_max_length";

/// Checks that each item names a resource of the manifest and only lists fields.
///
/// # Errors
/// The first violated rule of each item.
pub(super) fn validate(schema: &[Value], manifest: &[Value]) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    for (index, item) in schema.iter().enumerate() {
        if let Err(message) = check_item(item, manifest) {
            errors.add(format!("spec.observer_schema[{index}]"), message);
        }
    }
    errors.into_result()
}

fn check_item(item: &Value, manifest: &[Value]) -> Result<(), String> {
    let object = item.as_object().ok_or("Not a valid mapping type.")?;
    for key in ["apiVersion", "kind"] {
        if object.get(key).is_none_or(Value::is_null) {
            return Err(format!("{key} is not defined"));
        }
    }
    let metadata = object
        .get("metadata")
        .ok_or("metadata dictionary is not defined")?;
    let metadata = metadata
        .as_object()
        .ok_or("metadata must be a dictionary")?;
    if metadata.get("name").is_none_or(Value::is_null) {
        return Err("name is not defined in the metadata dictionary".to_owned());
    }
    check_members(metadata, &["name"])?;
    check_members(object, &["apiVersion", "kind", "metadata"])?;
    let same = |resource: &&Value| {
        ["apiVersion", "kind"]
            .iter()
            .all(|key| resource[*key] == object[*key])
            && resource["metadata"]["name"] == metadata["name"]
    };
    manifest
        .iter()
        .find(same)
        .map(|_| ())
        .ok_or_else(|| "Observed resource must be in manifest".to_owned())
}

fn check_members(object: &Map<String, Value>, except: &[&str]) -> Result<(), String> {
    object
        .iter()
        .filter(|(key, _)| !except.contains(&key.as_str()))
        .try_for_each(|(key, value)| match value {
            Value::Null => Ok(()),
            Value::Object(members) => check_members(members, &[]),
            Value::Array(elements) => check_list(elements),
            _ => Err(format!("Value of '{key}' is not 'None'")),
        })
}

/// The last element of a list is the control object with the allowed lengths.
fn check_list(elements: &[Value]) -> Result<(), String> {
    let missing = "Special list control dictionary not found";
    let (control, elements) = elements.split_last().ok_or(missing)?;
    check_control(control.as_object().ok_or(missing)?, elements.len())?;
    elements.iter().try_for_each(|element| match element {
        Value::Null => Ok(()),
        Value::Object(members) => check_members(members, &[]),
        Value::Array(nested) => check_list(nested),
        _ => Err("Element of a list is not 'None'".to_owned()),
    })
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

    fn check(edit: impl FnOnce(&mut Value)) -> Result<(), String> {
        let manifest = [json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}})];
        let mut item = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": null},
            "spec": {
                "type": null,
                "ports": [{"port": null}, {MIN_LENGTH: 1, MAX_LENGTH: 2}],
            },
        });
        edit(&mut item);
        check_item(&item, &manifest)
    }

    #[test]
    fn a_schema_that_only_lists_fields_is_accepted() {
        assert_eq!(check(|_| {}), Ok(()));
        assert_eq!(check(|item| item["spec"]["ports"][1][MAX_LENGTH] = json!(0)), Ok(()));
    }

    #[test]
    fn each_violated_rule_is_named() {
        let says = |expected: &str, edit: fn(&mut Value)| {
            assert_eq!(check(edit).unwrap_err(), expected);
        };
        says("kind is not defined", |item| item["kind"] = Value::Null);
        says("metadata must be a dictionary", |item| item["metadata"] = json!("s"));
        says("name is not defined in the metadata dictionary", |item| item["metadata"] = json!({}));
        says("Value of 'namespace' is not 'None'", |item| {
            item["metadata"]["namespace"] = json!("x");
        });
        says("Value of 'type' is not 'None'", |item| item["spec"]["type"] = json!("NodePort"));
        says("Special list control dictionary not found", |item| item["spec"]["ports"] = json!([]));
        says("Special list control dictionary not found", |item| {
            item["spec"]["ports"] = json!([{}]);
        });
        says("Special list control dictionary malformed", |item| {
            item["spec"]["ports"][1] = json!({MIN_LENGTH: 1});
        });
        says("observer_schema_list_min_length should be an integer", |item| {
            item["spec"]["ports"][1][MIN_LENGTH] = json!("1");
        });
        says("Invalid value for observer_schema_list_min_length", |item| {
            item["spec"]["ports"][1][MIN_LENGTH] = json!(-1);
        });
        says(
            "observer_schema_list_max_length is inferior to observer_schema_list_min_length",
            |item| {
                item["spec"]["ports"][1][MIN_LENGTH] = json!(3);
            },
        );
        says(
            "observer_schema_list_max_length is inferior to the number of observed elements",
            |item| {
                item["spec"]["ports"] = json!([null, null, {MIN_LENGTH: 0, MAX_LENGTH: 1}]);
            },
        );
        says("Observed resource must be in manifest", |item| item["metadata"]["name"] = json!("t"));
    }
}
