//! Reading a kubeconfig for registration: one context, without references to files.

use std::path::Path;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use krake_core::kubernetes::JsonObject;
use serde_json::{Value, json};

/// Members that name a file, and those that hold its content instead.
const FILES: [(&str, &str); 3] = [
    ("certificate-authority", "certificate-authority-data"),
    ("client-certificate", "client-certificate-data"),
    ("client-key", "client-key-data"),
];

/// The name of the cluster, and a kubeconfig of its own for it.
pub(crate) fn read(path: &Path, context: Option<&str>) -> anyhow::Result<(String, JsonObject)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let config: Value = serde_saphyr::from_str(&text)
        .with_context(|| format!("{} is not valid YAML", path.display()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    reduce(&config, context, |file| {
        let file = folder.join(file);
        std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
    })
}

/// Keeps the chosen context with its cluster and user.
fn reduce(
    config: &Value,
    context: Option<&str>,
    load: impl Fn(&str) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<(String, JsonObject)> {
    let current = context.or_else(|| config["current-context"].as_str());
    let current =
        current.context("the kubeconfig has no current context; choose one with --context")?;
    let context = named(config, "contexts", current)?;
    let cluster_name = context["context"]["cluster"]
        .as_str()
        .context("the context names no cluster")?;
    let user_name = context["context"]["user"]
        .as_str()
        .context("the context names no user")?;
    let cluster = inline(named(config, "clusters", cluster_name)?.clone(), "cluster", &load)?;
    let user = inline(named(config, "users", user_name)?.clone(), "user", &load)?;
    let reduced = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": current,
        "contexts": [context], "clusters": [cluster], "users": [user],
    });
    match reduced {
        Value::Object(reduced) => Ok((cluster_name.to_owned(), reduced)),
        _ => bail!("the kubeconfig is no mapping"),
    }
}

fn named<'a>(config: &'a Value, list: &str, name: &str) -> anyhow::Result<&'a Value> {
    let entries = config[list]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let found = entries.iter().find(|entry| entry["name"] == name);
    found.with_context(|| format!("the kubeconfig has no entry {name} in its {list}"))
}

fn inline(
    mut entry: Value,
    member: &str,
    load: impl Fn(&str) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<Value> {
    let Some(content) = entry[member].as_object_mut() else { return Ok(entry) };
    for (file, data) in FILES {
        if let Some(Value::String(path)) = content.remove(file) {
            content.insert(data.to_owned(), BASE64.encode(load(&path)?).into());
        }
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Value {
        json!({
            "current-context": "b",
            "contexts": [
                {"name": "a", "context": {"cluster": "ca", "user": "ua"}},
                {"name": "b", "context": {"cluster": "cb", "user": "ub"}},
            ],
            "clusters": [
                {"name": "ca", "cluster": {"server": "https://a", "certificate-authority": "ca.pem"}},
                {"name": "cb", "cluster": {"server": "https://b"}},
            ],
            "users": [{"name": "ua", "user": {"token": "t"}}, {"name": "ub", "user": {}}],
        })
    }

    #[test]
    fn one_context_remains_and_files_become_data() {
        let load = |file: &str| Ok(file.as_bytes().to_vec());
        let (name, reduced) = reduce(&config(), Some("a"), load).unwrap();
        assert_eq!(name, "ca");
        assert_eq!(reduced["current-context"], "a");
        assert_eq!(reduced["contexts"].as_array().unwrap().len(), 1);
        assert_eq!(
            reduced["clusters"],
            json!([{"name": "ca", "cluster": {
                "server": "https://a", "certificate-authority-data": "Y2EucGVt",
            }}])
        );
        assert_eq!(reduced["users"], json!([{"name": "ua", "user": {"token": "t"}}]));
    }

    #[test]
    fn the_current_context_is_the_default_and_a_missing_one_is_named() {
        let load = |_: &str| Ok(Vec::new());
        assert_eq!(reduce(&config(), None, load).unwrap().0, "cb");
        let error = reduce(&config(), Some("c"), load).unwrap_err();
        assert_eq!(error.to_string(), "the kubeconfig has no entry c in its contexts");
    }
}
