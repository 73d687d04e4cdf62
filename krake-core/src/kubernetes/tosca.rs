//! The rules for TOSCA templates: their structure is that of the simple profile, whatever they import.
//!
//! What is imported is not fetched, and types of properties are left to the translator.

use serde_json::Value;

use super::JsonObject;
use crate::FieldErrors;
use crate::excerpt::Excerpt;

const VERSIONS: [&str; 4] = [
    "tosca_simple_yaml_1_0",
    "tosca_simple_yaml_1_1",
    "tosca_simple_yaml_1_2",
    "tosca_simple_yaml_1_3",
];

/// The members of a template, and what they are.
const SECTIONS: [(&str, Shape); 20] = [
    ("tosca_definitions_version", Shape::Any),
    ("tosca_default_namespace", Shape::Any),
    ("template_name", Shape::Any),
    ("template_author", Shape::Any),
    ("template_version", Shape::Any),
    ("description", Shape::Any),
    ("metadata", Shape::Any),
    ("dsl_definitions", Shape::Any),
    ("imports", Shape::Any),
    ("topology_template", Shape::Object),
    ("node_types", Shape::Object),
    ("relationship_types", Shape::Object),
    ("relationship_templates", Shape::Object),
    ("capability_types", Shape::Object),
    ("artifact_types", Shape::Object),
    ("data_types", Shape::Object),
    ("interface_types", Shape::Object),
    ("policy_types", Shape::Object),
    ("group_types", Shape::Object),
    ("repositories", Shape::Object),
];

/// The members of the topology, and what they are.
const TOPOLOGY: [(&str, Shape); 8] = [
    ("description", Shape::Any),
    ("inputs", Shape::Object),
    ("node_templates", Shape::Object),
    ("relationship_templates", Shape::Object),
    ("outputs", Shape::Object),
    ("groups", Shape::Object),
    ("substitution_mappings", Shape::Object),
    ("policies", Shape::List),
];

/// The node types that need no definition.
const NODE_TYPES: [&str; 17] = [
    "tosca.nodes.Root",
    "tosca.nodes.Abstract.Compute",
    "tosca.nodes.Abstract.Storage",
    "tosca.nodes.BlockStorage",
    "tosca.nodes.Compute",
    "tosca.nodes.Container.Application",
    "tosca.nodes.Container.Runtime",
    "tosca.nodes.DBMS",
    "tosca.nodes.Database",
    "tosca.nodes.LoadBalancer",
    "tosca.nodes.ObjectStorage",
    "tosca.nodes.SoftwareComponent",
    "tosca.nodes.Storage.BlockStorage",
    "tosca.nodes.Storage.ObjectStorage",
    "tosca.nodes.WebApplication",
    "tosca.nodes.WebServer",
    "tosca.nodes.network.Network",
];

/// The prefix of the node types of networks, of which there are more.
const NETWORK_TYPES: &str = "tosca.nodes.network.";

/// What a member is; it may also be `null`.
#[derive(Clone, Copy)]
enum Shape {
    Any,
    Object,
    List,
}

/// Checks a template that is not empty.
///
/// # Errors
/// Every violated rule, with its place below `field`.
pub(super) fn validate(template: &JsonObject, field: &str) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut refuse = |place: String, what: &str| {
        errors.add(place, format!("Invalid TOSCA template content. {what}"));
    };
    let version = template
        .get("tosca_definitions_version")
        .and_then(Value::as_str);
    if !version.is_some_and(|version| VERSIONS.contains(&version)) {
        let place = format!("{field}.tosca_definitions_version");
        refuse(place, "Use `tosca_simple_yaml_1_0`, `_1_1`, `_1_2` or `_1_3`.");
    }
    check_sections(template, &SECTIONS, field, &mut refuse);
    if let Some(Value::Object(topology)) = template.get("topology_template") {
        let field = format!("{field}.topology_template");
        check_sections(topology, &TOPOLOGY, &field, &mut refuse);
        check_topology(template, topology, &field, &mut refuse);
    }
    errors.into_result()
}

fn check_sections(
    object: &JsonObject,
    sections: &[(&str, Shape)],
    field: &str,
    refuse: &mut impl FnMut(String, &str),
) {
    for (name, value) in object {
        let shape = sections.iter().find(|(known, _)| known == name);
        let what = match (shape.map(|(_, shape)| *shape), value) {
            (None, _) => "There is no such section.",
            (Some(Shape::Any), _)
            | (Some(_), Value::Null)
            | (Some(Shape::Object), Value::Object(_))
            | (Some(Shape::List), Value::Array(_)) => continue,
            (Some(Shape::Object), _) => "The section is an object.",
            (Some(Shape::List), _) => "The section is a list.",
        };
        refuse(format!("{field}.{}", Excerpt(name)), what);
    }
}

fn check_topology(
    template: &JsonObject,
    topology: &JsonObject,
    field: &str,
    refuse: &mut impl FnMut(String, &str),
) {
    for (section, member, what) in [
        ("inputs", "type", "The input has no `type`."),
        ("outputs", "value", "The output has no `value`."),
        ("node_templates", "type", "The node template has no `type`."),
        ("relationship_templates", "type", "The relationship template has no `type`."),
    ] {
        let lacking = members(topology, section).filter(|(_, value)| value.get(member).is_none());
        for (name, _) in lacking {
            refuse(format!("{field}.{section}.{}", Excerpt(name)), what);
        }
    }
    if template
        .get("imports")
        .is_some_and(|imports| !imports.is_null())
    {
        return;
    }
    for (name, node) in members(topology, "node_templates") {
        if let Some(kind) = node.get("type")
            && !is_known(template, kind)
        {
            let place = format!("{field}.node_templates.{}.type", Excerpt(name));
            refuse(place, "The type is neither imported nor in `node_types`.");
        }
    }
}

fn members<'a>(
    object: &'a JsonObject,
    section: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object
        .get(section)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// Whether a template that imports nothing knows a node type.
fn is_known(template: &JsonObject, kind: &Value) -> bool {
    kind.as_str().is_some_and(|kind| {
        NODE_TYPES.contains(&kind)
            || kind.starts_with(NETWORK_TYPES)
            || template
                .get("node_types")
                .is_some_and(|types| types.get(kind).is_some())
    })
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
    use serde_json::json;

    use super::*;

    fn errors(template: Value) -> Vec<String> {
        let template: JsonObject = serde_json::from_value(template).unwrap();
        let errors = validate(&template, "t").err().unwrap_or_default();
        let text = |error: &crate::FieldError| error.to_string();
        errors
            .0
            .iter()
            .map(text)
            .map(|text| text.replace("Invalid TOSCA template content. ", ""))
            .collect()
    }

    #[test]
    fn templates_of_the_simple_profile_are_accepted() {
        for template in [
            json!({"tosca_definitions_version": "tosca_simple_yaml_1_0"}),
            json!({"tosca_definitions_version": "tosca_simple_yaml_1_3", "topology_template": null}),
            json!({
                "tosca_definitions_version": "tosca_simple_yaml_1_2",
                "description": "A workload.",
                "metadata": {"template_name": "x"},
                "imports": [{"custom": "https://example.org/types.yaml"}],
                "topology_template": {
                    "inputs": {"port": {"type": "integer", "default": 80}},
                    "node_templates": {"a": {"type": "tosca.nodes.indigo.KubernetesObject"}},
                    "outputs": {"kubeconfig": {"value": {"get_attribute": ["a", "x"]}}},
                    "policies": [],
                },
            }),
            json!({
                "tosca_definitions_version": "tosca_simple_yaml_1_0",
                "node_types": {"mine": {"derived_from": "tosca.nodes.Root"}},
                "topology_template": {"node_templates": {
                    "a": {"type": "mine"}, "b": {"type": "tosca.nodes.Compute"},
                    "c": {"type": "tosca.nodes.network.Port"},
                }},
            }),
        ] {
            assert_eq!(errors(template.clone()), [""; 0], "{template}");
        }
    }

    #[test]
    fn the_version_is_required() {
        let says =
            "t.tosca_definitions_version: Use `tosca_simple_yaml_1_0`, `_1_1`, `_1_2` or `_1_3`.";
        for version in [json!("nonsense"), json!("tosca_simple_yaml_1_x"), json!(1), json!(null)] {
            assert_eq!(errors(json!({"tosca_definitions_version": version})), [says]);
        }
        assert_eq!(errors(json!({})), [says]);
    }

    #[test]
    fn every_wrong_part_is_named() {
        let template = json!({
            "tosca_definitions_version": "tosca_simple_yaml_1_0",
            "nonsense": true,
            "node_types": [],
            "topology_template": {
                "nodes": {},
                "policies": {},
                "inputs": {"a": {}, "b": 5},
                "outputs": {"c": {"description": "x"}},
                "node_templates": {"d": {}, "e": {"type": "mine"}, "f": {"type": 5}},
            },
        });
        assert_eq!(
            errors(template),
            [
                "t.node_types: The section is an object.",
                "t.nonsense: There is no such section.",
                "t.topology_template.nodes: There is no such section.",
                "t.topology_template.policies: The section is a list.",
                "t.topology_template.inputs.a: The input has no `type`.",
                "t.topology_template.inputs.b: The input has no `type`.",
                "t.topology_template.outputs.c: The output has no `value`.",
                "t.topology_template.node_templates.d: The node template has no `type`.",
                "t.topology_template.node_templates.e.type: The type is neither imported nor in `node_types`.",
                "t.topology_template.node_templates.f.type: The type is neither imported nor in `node_types`.",
            ]
        );
        let topology = json!({
            "tosca_definitions_version": "tosca_simple_yaml_1_0", "topology_template": 5,
        });
        assert_eq!(errors(topology), ["t.topology_template: The section is an object."]);
    }
}
