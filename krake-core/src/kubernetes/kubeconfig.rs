//! The rules for registered kubeconfigs.

use serde_json::Value;

use super::JsonObject;
use crate::excerpt::Excerpt;

/// Checks that a kubeconfig has exactly one context, user and cluster, and that they fit together.
///
/// # Errors
/// The first violated rule, for a person.
pub(super) fn validate(config: &JsonObject) -> Result<(), String> {
    for key in ["current-context", "contexts", "clusters"] {
        if is_missing(config.get(key)) {
            return Err(format!("Expected key {key} in kube-config"));
        }
    }
    let current = config["current-context"].as_str().unwrap_or_default();
    let context = part(config, "contexts", current, "context")?;
    let cluster = context
        .get("cluster")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    let cluster = cluster.ok_or_else(|| {
        let current = Excerpt(current);
        format!("Expected key cluster in kube-config/contexts[name={current}]/context")
    })?;
    part(config, "clusters", cluster, "cluster")?;
    if let Some(user) = context.get("user").and_then(Value::as_str)
        && list(config, "users")?
            .iter()
            .any(|entry| entry["name"] == user)
    {
        part(config, "users", user, "user")?;
    }
    for (key, noun) in [("contexts", "context"), ("users", "user"), ("clusters", "cluster")] {
        if list(config, key)?.len() != 1 {
            return Err(format!("Only one {noun} is allowed"));
        }
    }
    Ok(())
}

fn is_missing(value: Option<&Value>) -> bool {
    value.is_none_or(|value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    })
}

fn list<'a>(config: &'a JsonObject, key: &str) -> Result<&'a [Value], String> {
    match config.get(key) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("Expected a list in kube-config/{key}")),
    }
}

/// The content of the one entry of that name.
fn part<'a>(
    config: &'a JsonObject,
    key: &str,
    name: &str,
    noun: &str,
) -> Result<&'a Value, String> {
    let entries = list(config, key)?;
    if entries.iter().any(|entry| is_missing(entry.get("name"))) {
        return Err(format!("Expected all values in kube-config/{key} list to have 'name' key"));
    }
    let mut found = entries.iter().filter(|entry| entry["name"] == name);
    let name = Excerpt(name);
    match (found.next(), found.next()) {
        (None, _) => Err(format!("Expected object with name {name} in kube-config/{key} list")),
        (Some(_), Some(_)) => {
            Err(format!("Expected only one object with name {name} in kube-config/{key} list"))
        }
        (Some(entry), None) if is_missing(entry.get(noun)) => {
            Err(format!("Expected key {noun} in kube-config/{key}[name={name}]"))
        }
        (Some(entry), None) => Ok(&entry[noun]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(edit: impl FnOnce(&mut Value)) -> Result<(), String> {
        let mut config = json!({
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1"}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        });
        edit(&mut config);
        validate(config.as_object().unwrap())
    }

    #[test]
    fn one_context_with_its_cluster_and_user_is_accepted() {
        assert_eq!(check(|_| {}), Ok(()));
        assert_eq!(
            check(|config| config["contexts"][0]["context"]["user"] = json!("other")),
            Ok(())
        );
    }

    #[test]
    fn each_violated_rule_is_named() {
        let says = |expected: &str, edit: fn(&mut Value)| {
            assert_eq!(check(edit).unwrap_err(), expected);
        };
        says("Expected key current-context in kube-config", |c| c["current-context"] = json!(""));
        says("Expected key clusters in kube-config", |c| c["clusters"] = json!([]));
        says("Expected a list in kube-config/contexts", |c| c["contexts"] = json!("x"));
        says("Expected all values in kube-config/contexts list to have 'name' key", |c| {
            c["contexts"][0]["name"] = Value::Null;
        });
        says("Expected object with name y in kube-config/contexts list", |c| {
            c["current-context"] = json!("y");
        });
        says("Expected object with name d in kube-config/clusters list", |c| {
            c["contexts"][0]["context"]["cluster"] = json!("d");
        });
        says("Expected key cluster in kube-config/contexts[name=x]/context", |c| {
            c["contexts"][0]["context"] = json!({"user": "u"});
        });
        says("Expected key user in kube-config/users[name=u]", |c| {
            c["users"][0]["user"] = json!({});
        });
        says("Only one user is allowed", |c| c["users"] = json!([]));
        says("Only one cluster is allowed", |c| {
            let extra = json!({"name": "d", "cluster": {"server": "https://127.0.0.2"}});
            c["clusters"].as_array_mut().unwrap().push(extra);
        });
    }
}
