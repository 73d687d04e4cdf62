//! The application of the tour.

use std::path::Path;

use anyhow::{Context, ensure};
use krake_core::kubernetes::{Application, ApplicationSpec};
use krake_core::{LabelConstraint, ObjectExt};
use serde_json::{Value, json};

/// Where the resources of the tour live.
pub(crate) const NAMESPACE: &str = "testing";

/// The name of the application.
pub(crate) const NAME: &str = "shop";

/// Reads the manifest, the built-in one if no file is given.
///
/// # Errors
/// When the file cannot be read or is not a Kubernetes manifest.
pub(crate) fn manifest(file: Option<&Path>) -> anyhow::Result<Vec<Value>> {
    let (name, text) = match file {
        Some(file) => {
            let name = file.display().to_string();
            let text =
                std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
            (name, text)
        }
        None => ("the built-in manifest".to_owned(), include_str!("shop.yaml").to_owned()),
    };
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(&text).with_context(|| format!("{name} is not valid YAML"))?;
    ensure!(!documents.is_empty(), "{name} has no documents");
    Ok(documents)
}

/// The application as its user first wants it.
pub(crate) fn application(manifest: Vec<Value>, location: &str) -> anyhow::Result<Application> {
    let mut application = Application::new(NAME, ApplicationSpec::of_manifest(manifest));
    application.spec.constraints.cluster.labels = Some(vec![constraint(location)?]);
    Ok(application.in_namespace(NAMESPACE))
}

/// The demand for a place.
pub(crate) fn constraint(location: &str) -> anyhow::Result<LabelConstraint> {
    Ok(format!("location is {location}").parse()?)
}

/// Changes the manifest as a user might: one more replica, or else a new label on the first resource. Says what it did.
pub(crate) fn change(manifest: &mut [Value]) -> String {
    let deployment = manifest
        .iter_mut()
        .find(|item| item["kind"] == "Deployment");
    if let Some(deployment) = deployment {
        let replicas = deployment["spec"]["replicas"].as_u64().unwrap_or(1) + 1;
        deployment["spec"]["replicas"] = json!(replicas);
        return format!(
            "{replicas} replicas of the deployment {}",
            text(&deployment["metadata"]["name"])
        );
    }
    match manifest.first_mut() {
        Some(first) => {
            first["metadata"]["labels"]["changed-by"] = json!("quickstart");
            format!("a label on {} {}", text(&first["kind"]), text(&first["metadata"]["name"]))
        }
        None => "nothing: the manifest is empty".to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_manifest_is_a_valid_application() {
        use krake_core::Resource;

        let application = application(manifest(None).unwrap(), "DE").unwrap();
        assert_eq!(application.validate(None), Ok(()));
        assert_eq!(application.spec.manifest.len(), 3);
    }

    #[test]
    fn a_change_adds_a_replica_or_a_label() {
        let mut manifest = manifest(None).unwrap();
        assert_eq!(change(&mut manifest), "3 replicas of the deployment shop");
        let mut manifest = [json!({"kind": "ConfigMap", "metadata": {"name": "c"}})];
        assert_eq!(change(&mut manifest), "a label on ConfigMap c");
        assert_eq!(manifest[0]["metadata"]["labels"]["changed-by"], "quickstart");
    }
}
