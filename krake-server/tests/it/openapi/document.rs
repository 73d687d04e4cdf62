//! The document of a server, to look things up in.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::bed::Bed;

/// A fetched `/openapi.json`.
pub(super) struct Document(pub(super) Value);

/// The methods that a path can have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

impl Document {
    pub(super) async fn of(bed: &Bed) -> Self {
        Self(bed.get("/openapi.json").await.ok())
    }

    /// All operations: method, path, operation.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            METHODS
                .iter()
                .filter_map(|method| Some((*method, path.as_str(), item.get(*method)?)))
        })
    }

    /// The operation that a request is about.
    #[track_caller]
    pub(super) fn operation(&self, method: &str, path: &str) -> &Value {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |template: &str| {
            template.split('/').count() == path.split('/').count()
                && template
                    .split('/')
                    .zip(path.split('/'))
                    .all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
        };
        let (_, _, operation) = self
            .operations()
            .find(|(known, template, _)| *known == method.to_lowercase() && fits(template))
            .unwrap_or_else(|| panic!("{method} {path} is not in the document"));
        operation
    }

    /// What a reference refers to, or the value itself.
    pub(super) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(target) => {
                let pointer = target
                    .strip_prefix('#')
                    .expect("a reference into the document");
                self.0
                    .pointer(pointer)
                    .unwrap_or_else(|| panic!("{target} leads nowhere"))
            }
            None => value,
        }
    }

    /// The schema of that name.
    pub(super) fn schema(&self, name: &str) -> &Value {
        let schema = &self.0["components"]["schemas"][name];
        assert!(schema.is_object(), "there is no schema {name}");
        schema
    }

    /// Judges by a schema of the document; formats count.
    pub(super) fn validator(&self, schema: &Value) -> Validator {
        let whole = json!({"components": self.0["components"], "allOf": [schema]});
        jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&whole)
            .unwrap()
    }

    /// Every `$ref`.
    pub(super) fn references(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        walk(&self.0, &mut |_, value| {
            if let Some(target) = value.get("$ref").and_then(Value::as_str) {
                found.insert(target.to_owned());
            }
        });
        found
    }
}

/// Visits every value with the name of the member that it is, if it is one.
pub(super) fn walk<'a>(value: &'a Value, visit: &mut dyn FnMut(Option<&'a str>, &'a Value)) {
    visit(None, value);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                visit(Some(name), member);
                walk(member, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}
