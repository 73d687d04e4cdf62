//! Kinds described by custom resource definitions.

use serde_json::Value;

use super::{PrinterColumn, ResourceType, Served};
use crate::object::Fields;

/// The served versions of a definition, in its order.
pub(super) fn types(definition: &Value) -> Vec<ResourceType> {
    definition
        .items("/spec/versions")
        .iter()
        .filter(|version| version["served"] == Value::Bool(true))
        .map(|version| resource_type(definition, version))
        .collect()
}

fn resource_type(definition: &Value, version: &Value) -> ResourceType {
    let kind = definition.text("/spec/names/kind");
    let or = |text: &str, other: String| if text.is_empty() { other } else { text.to_owned() };
    ResourceType {
        group: definition.text("/spec/group").to_owned(),
        version: version.text("/name").to_owned(),
        kind: kind.to_owned(),
        list_kind: or(definition.text("/spec/names/listKind"), format!("{kind}List")),
        plural: definition.text("/spec/names/plural").to_owned(),
        singular: or(definition.text("/spec/names/singular"), kind.to_lowercase()),
        short_names: words(definition, "/spec/names/shortNames"),
        categories: words(definition, "/spec/names/categories"),
        namespaced: definition.text("/spec/scope") == "Namespaced",
        served: Served {
            status: version.pointer("/subresources/status").is_some(),
            scale: version.pointer("/subresources/scale").is_some(),
            custom: true,
        },
        columns: version
            .items("/additionalPrinterColumns")
            .iter()
            .map(column)
            .collect(),
        schema: version
            .pointer("/schema/openAPIV3Schema")
            .cloned()
            .unwrap_or_default(),
    }
}

fn column(column: &Value) -> PrinterColumn {
    PrinterColumn {
        name: column.text("/name").to_owned(),
        kind: column.text("/type").to_owned(),
        path: column.text("/jsonPath").to_owned(),
        priority: column.number("/priority").unwrap_or_default(),
    }
}

fn words(definition: &Value, pointer: &str) -> Vec<String> {
    let items = definition.items(pointer).iter();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
