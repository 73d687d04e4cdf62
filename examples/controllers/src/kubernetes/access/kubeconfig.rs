//! From the kubeconfig of a cluster resource to the configuration of a client.
//!
//! A kubeconfig is written by whoever may register clusters, and is used by a controller that may do more than that person
//! on its own machine. So it must carry everything itself: programs to run and files to read are refused.

use krake_core::kubernetes::JsonObject;
use kube::Config;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster};

use super::connection::Limits;
use super::error::AccessError;

/// The configuration that `kubeconfig` describes: its current context, with the connection limits.
///
/// # Errors
/// [`AccessError::Kubeconfig`] if it cannot be read, or refers to anything outside itself.
pub(super) async fn configuration(
    kubeconfig: &JsonObject,
    limits: &Limits,
) -> Result<Config, AccessError> {
    let parsed = parse(kubeconfig)?;
    refuse_outside_references(&parsed)?;
    let mut config = Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default())
        .await
        .map_err(|error| AccessError::Kubeconfig(error.to_string()))?;
    config.connect_timeout = Some(limits.connect);
    config.read_timeout = Some(limits.call);
    config.write_timeout = Some(limits.call);
    config.reset_reader_on_write = true;
    config.default_retry = false;
    Ok(config)
}

/// An error names the field and not its content, which may be a secret.
fn parse(kubeconfig: &JsonObject) -> Result<Kubeconfig, AccessError> {
    let text = serde_json::to_vec(kubeconfig)
        .map_err(|error| AccessError::Kubeconfig(error.to_string()))?;
    krake_core::decode(&text).map_err(|errors| {
        let field = errors
            .0
            .into_iter()
            .next()
            .map_or_else(String::new, |error| error.field);
        AccessError::Kubeconfig(format!("'{field}' is not as it should be"))
    })
}

fn refuse_outside_references(config: &Kubeconfig) -> Result<(), AccessError> {
    let clusters = config.clusters.iter().filter_map(cluster_reference);
    let users = config.auth_infos.iter().filter_map(user_reference);
    match clusters.chain(users).next() {
        Some(field) => Err(AccessError::Kubeconfig(format!(
            "'{field}' refers to something outside of it; embed the data, or use a token"
        ))),
        None => Ok(()),
    }
}

fn cluster_reference(entry: &NamedCluster) -> Option<&'static str> {
    let cluster = entry.cluster.as_ref()?;
    cluster
        .certificate_authority
        .as_ref()
        .map(|_| "certificate-authority")
}

fn user_reference(entry: &NamedAuthInfo) -> Option<&'static str> {
    let AuthInfo { exec, auth_provider, token_file, client_certificate, client_key, .. } =
        entry.auth_info.as_ref()?;
    [
        ("exec", exec.is_some()),
        ("auth-provider", auth_provider.is_some()),
        ("tokenFile", token_file.is_some()),
        ("client-certificate", client_certificate.is_some()),
        ("client-key", client_key.is_some()),
    ]
    .into_iter()
    .find_map(|(field, is_used)| is_used.then_some(field))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn configure(edit: impl FnOnce(&mut Value)) -> Result<Config, AccessError> {
        let mut config = json!({
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        });
        edit(&mut config);
        configuration(config.as_object().unwrap(), &Limits::default()).await
    }

    #[tokio::test]
    async fn the_current_context_decides_server_and_namespace() {
        let config = configure(|_| {}).await.unwrap();
        assert_eq!(config.cluster_url.to_string(), "https://127.0.0.1:6443/");
        assert_eq!(config.default_namespace, "n");
    }

    #[tokio::test]
    async fn programs_and_files_are_refused_by_name() {
        let user = |field: &'static str, value: Value| {
            move |config: &mut Value| config["users"][0]["user"][field] = value
        };
        let exec = json!({"command": "sh", "args": ["-c", "id"]});
        for (field, value) in [
            ("exec", exec),
            ("auth-provider", json!({"name": "gcp", "config": {}})),
            ("tokenFile", json!("/etc/shadow")),
            ("client-certificate", json!("/etc/passwd")),
            ("client-key", json!("/etc/passwd")),
        ] {
            let error = configure(user(field, value)).await.unwrap_err();
            assert!(error.to_string().contains(&format!("'{field}'")), "{error}");
        }
        let authority = |config: &mut Value| {
            config["clusters"][0]["cluster"]["certificate-authority"] = json!("/etc/passwd");
        };
        assert!(configure(authority).await.is_err());
    }

    #[tokio::test]
    async fn nonsense_is_an_error_that_is_about_the_kubeconfig() {
        let error = configure(|config| config["contexts"] = json!("x"))
            .await
            .unwrap_err();
        assert!(matches!(error, AccessError::Kubeconfig(_)), "{error}");
        let secret = |config: &mut Value| config["users"][0]["user"] = json!("secret");
        let text = configure(secret).await.unwrap_err().to_string();
        assert!(text.contains("users[0].user") && !text.contains("secret"), "{text}");
    }
}
