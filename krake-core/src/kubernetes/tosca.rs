//! The rules for TOSCA templates.

use super::JsonObject;

/// What the version of a template starts with; the rest is its number.
const SIMPLE_PROFILE: &str = "tosca_simple_yaml_1_";

/// Checks that a template is one of the simple profile. Whether it can be translated is found out by the translator.
///
/// # Errors
/// What is wrong, for a person.
pub(super) fn validate(template: &JsonObject) -> Result<(), &'static str> {
    let version = template
        .get("tosca_definitions_version")
        .and_then(|version| version.as_str());
    let number = version.and_then(|version| version.strip_prefix(SIMPLE_PROFILE));
    let is_known = number.is_some_and(|number| number.parse::<u8>().is_ok());
    let has_topology = template
        .get("topology_template")
        .is_none_or(serde_json::Value::is_object);
    if is_known && has_topology { Ok(()) } else { Err("Invalid TOSCA template content.") }
}

/// Whether a template tells how the cluster that it describes is reached.
pub(super) fn outputs_kubeconfig(template: &JsonObject) -> bool {
    let output = || {
        template
            .get("topology_template")?
            .get("outputs")?
            .get("kubeconfig")?
            .as_object()
    };
    output().is_some_and(|output| !output.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn is_valid(template: Value) -> bool {
        validate(serde_json::from_value(template).as_ref().unwrap()).is_ok()
    }

    #[test]
    fn a_template_says_that_it_is_of_the_simple_profile() {
        assert!(is_valid(json!({"tosca_definitions_version": "tosca_simple_yaml_1_0"})));
        assert!(is_valid(json!({
            "tosca_definitions_version": "tosca_simple_yaml_1_3", "topology_template": {},
        })));
        for template in [
            json!({"nonsense": true}),
            json!({"tosca_definitions_version": "nonsense"}),
            json!({"tosca_definitions_version": "tosca_simple_yaml_1_x"}),
            json!({"tosca_definitions_version": 1}),
            json!({"tosca_definitions_version": "tosca_simple_yaml_1_0", "topology_template": 5}),
        ] {
            assert!(!is_valid(template.clone()), "{template}");
        }
    }
}
