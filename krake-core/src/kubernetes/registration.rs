//! Making a kubeconfig fit for registration.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::JsonObject;

/// Members that name a file, and those that hold its content instead.
const FILES: [(&str, &str); 3] = [
    ("certificate-authority", "certificate-authority-data"),
    ("client-certificate", "client-certificate-data"),
    ("client-key", "client-key-data"),
];

/// A kubeconfig as the `Cluster` kind takes it: one context with its cluster and user, nothing outside of it referred to.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// The name of the cluster in the kubeconfig.
    pub name: String,
    /// The reduced kubeconfig. Holds secrets.
    pub kubeconfig: JsonObject,
}

/// Why a kubeconfig cannot be made fit for registration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// No context is chosen and the kubeconfig has no current one.
    #[error("the kubeconfig has no current-context; choose a context")]
    NoContext,
    /// The context does not name a cluster or a user.
    #[error("the context {context} of the kubeconfig names no {member}")]
    Incomplete {
        /// The context.
        context: String,
        /// What it lacks.
        member: &'static str,
    },
    /// The kubeconfig does not have what it refers to.
    #[error("the kubeconfig has no entry {name} in its {list}")]
    Missing {
        /// `contexts`, `clusters` or `users`.
        list: &'static str,
        /// The name that was looked for.
        name: String,
    },
    /// A file that the kubeconfig refers to cannot be read.
    #[error("cannot read {file}, to which the kubeconfig refers")]
    File {
        /// Its path as the kubeconfig has it.
        file: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl Registration {
    /// Reduces a kubeconfig to `context`, or else its current one, and replaces references to files by what `load` reads
    /// from them.
    ///
    /// # Errors
    /// [`RegistrationError`] when the kubeconfig lacks a part that it refers to.
    pub fn reduce(
        config: &Value,
        context: Option<&str>,
        load: impl Fn(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Self, RegistrationError> {
        let current = context.or_else(|| config["current-context"].as_str());
        let current = current
            .filter(|name| !name.is_empty())
            .ok_or(RegistrationError::NoContext)?;
        let context = named(config, "contexts", current)?;
        let member = |member| {
            let name = context["context"][member].as_str();
            name.ok_or_else(|| RegistrationError::Incomplete {
                context: current.to_owned(),
                member,
            })
        };
        let name = member("cluster")?;
        let cluster = inline(named(config, "clusters", name)?, "cluster", &load)?;
        let user = inline(named(config, "users", member("user")?)?, "user", &load)?;
        let kubeconfig = JsonObject::from_iter([
            ("apiVersion".to_owned(), json!("v1")),
            ("kind".to_owned(), json!("Config")),
            ("current-context".to_owned(), json!(current)),
            ("contexts".to_owned(), json!([context])),
            ("clusters".to_owned(), json!([cluster])),
            ("users".to_owned(), json!([user])),
        ]);
        Ok(Self { name: name.to_owned(), kubeconfig })
    }
}

fn named<'a>(
    config: &'a Value,
    list: &'static str,
    name: &str,
) -> Result<&'a Value, RegistrationError> {
    let entries = config[list]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let found = entries.iter().find(|entry| entry["name"] == name);
    found.ok_or_else(|| RegistrationError::Missing { list, name: name.to_owned() })
}

fn inline(
    entry: &Value,
    member: &str,
    load: impl Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Value, RegistrationError> {
    let mut entry = entry.clone();
    let Some(content) = entry.get_mut(member).and_then(Value::as_object_mut) else {
        return Ok(entry);
    };
    for (file, data) in FILES {
        if let Some(Value::String(file)) = content.remove(file) {
            let bytes = load(&file).map_err(|source| RegistrationError::File { file, source })?;
            content.insert(data.to_owned(), BASE64.encode(bytes).into());
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
        let Registration { name, kubeconfig } =
            Registration::reduce(&config(), Some("a"), load).unwrap();
        assert_eq!(name, "ca");
        assert_eq!(kubeconfig["current-context"], "a");
        assert_eq!(kubeconfig["contexts"].as_array().unwrap().len(), 1);
        assert_eq!(
            kubeconfig["clusters"],
            json!([{"name": "ca", "cluster": {
                "server": "https://a", "certificate-authority-data": "Y2EucGVt",
            }}])
        );
        assert_eq!(kubeconfig["users"], json!([{"name": "ua", "user": {"token": "t"}}]));
        assert_eq!(super::super::kubeconfig::validate(&kubeconfig), Ok(()));
    }

    #[test]
    fn the_current_context_is_the_default_and_what_is_missing_is_named() {
        let load = |_: &str| Err(io::ErrorKind::NotFound.into());
        assert_eq!(Registration::reduce(&config(), None, load).unwrap().name, "cb");
        let says = |config: &Value, context| {
            Registration::reduce(config, context, load)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(says(&config(), Some("c")), "the kubeconfig has no entry c in its contexts");
        assert_eq!(
            says(&config(), Some("a")),
            "cannot read ca.pem, to which the kubeconfig refers"
        );
        assert_eq!(
            says(&json!([]), None),
            "the kubeconfig has no current-context; choose a context"
        );
        let mut without_user = config();
        without_user["contexts"][1]["context"] = json!({"cluster": "cb"});
        assert_eq!(says(&without_user, None), "the context b of the kubeconfig names no user");
    }
}
