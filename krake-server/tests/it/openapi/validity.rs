//! The document by the rules of OpenAPI.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Document, walk};
use crate::bed::Bed;

/// The official schema of OpenAPI 3.1 documents by the OpenAPI Initiative, of 2022-10-07; licensed under Apache-2.0.
const METASCHEMA: &str = include_str!("metaschema.json");

#[tokio::test]
async fn the_document_is_valid_openapi() {
    let document = Document::of(&Bed::start().await).await;
    let metaschema: Value = serde_json::from_str(METASCHEMA).unwrap();
    let validator = jsonschema::validator_for(&metaschema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&document.0)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
}

#[tokio::test]
async fn every_schema_is_valid_json_schema() {
    let document = Document::of(&Bed::start().await).await;
    let shared = document.0["components"]["schemas"].as_object().unwrap();
    let mut schemas: Vec<&Value> = shared.values().collect();
    for (name, value) in [("schema", &document.0["paths"]), ("schema", &document.0["components"])] {
        walk(value, &mut |member, value| {
            if member == Some(name) {
                schemas.push(value);
            }
        });
    }
    assert!(schemas.len() > 200, "{}", schemas.len());
    for schema in schemas {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{schema}");
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_shared_part_is_used() {
    let document = Document::of(&Bed::start().await).await;
    let references = document.references();
    for target in &references {
        assert!(document.0.pointer(&target[1..]).is_some(), "{target} leads nowhere");
    }
    for section in ["schemas", "parameters", "responses", "headers"] {
        for name in document.0["components"][section]
            .as_object()
            .unwrap()
            .keys()
        {
            let target = format!("#/components/{section}/{name}");
            assert!(references.contains(&target), "{target} is not used");
        }
    }
}

#[tokio::test]
async fn operations_have_names_of_their_own_and_a_known_tag() {
    let document = Document::of(&Bed::start().await).await;
    let tags: Vec<_> = document.0["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let mut names = BTreeSet::new();
    for (method, path, operation) in document.operations() {
        let name = operation["operationId"].as_str().unwrap();
        let is_identifier = name
            .chars()
            .all(|character| character == '_' || character.is_ascii_lowercase());
        assert!(is_identifier, "{name}");
        assert!(names.insert(name), "{name} is the name of {method} {path} and another one");
        assert!(tags.contains(&&operation["tags"][0]), "{method} {path}");
    }
}

#[tokio::test]
async fn every_part_of_a_path_is_a_parameter() {
    let document = Document::of(&Bed::start().await).await;
    for (path, item) in document.0["paths"].as_object().unwrap() {
        let parameters = item["parameters"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let known: Vec<&str> = parameters
            .iter()
            .map(|parameter| document.resolve(parameter)["name"].as_str().unwrap())
            .collect();
        let wanted: Vec<&str> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        assert_eq!(known, wanted, "{path}");
    }
}

#[tokio::test]
async fn everything_that_users_see_is_explained() {
    let document = Document::of(&Bed::start().await).await;
    let mut unexplained = Vec::new();
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        let members = schema["properties"].as_object();
        let members = members
            .into_iter()
            .flatten()
            .map(|(member, schema)| (format!("{name}.{member}"), schema));
        for (place, schema) in members.chain([(name.clone(), schema)]) {
            if !schema["description"].is_string() && schema.get("const").is_none() {
                unexplained.push(place);
            }
        }
    }
    assert_eq!(unexplained, [""; 0]);
}

#[tokio::test]
async fn descriptions_speak_of_the_wire_and_not_of_rust() {
    let document = Document::of(&Bed::start().await).await;
    walk(&document.0, &mut |member, value| {
        let Some(text) = value.as_str().filter(|_| member == Some("description")) else { return };
        for rust in ["::", "`None`", "`Some", "`Option", "[`"] {
            assert!(!text.contains(rust), "{text}");
        }
    });
}

#[tokio::test]
async fn the_same_kinds_make_the_same_document() {
    let [one, other] = [Bed::start().await, Bed::start().await];
    let (one, other) = (one.get("/openapi.json").await, other.get("/openapi.json").await);
    assert_eq!(one.text, other.text);
    assert_eq!(one.header("etag"), other.header("etag"));
}
