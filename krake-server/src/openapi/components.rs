//! The schemas that a document shares.

use krake_core::schemars::generate::SchemaSettings;
use krake_core::schemars::{JsonSchema, SchemaGenerator};
use krake_core::{ListMetadata, Metadata, Problem};
use serde_json::{Map, Value, json};

use super::prose;

const SCHEMAS: &str = "/components/schemas";

/// A generator of schemas for a document. What all kinds use is known to it already, so that no type of a user takes the name.
pub(super) fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = SCHEMAS.into();
        settings.meta_schema = None;
    });
    let mut generator = settings.with_transform(prose::Tidy).into_generator();
    reserve::<Problem>(&mut generator);
    reserve::<Metadata>(&mut generator);
    reserve::<ListMetadata>(&mut generator);
    generator
}

fn reserve<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

/// Schemas by their names.
pub(super) struct Components(Map<String, Value>);

/// The name of a schema in a document.
#[derive(Clone, Debug)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The schema of that name.
    pub(super) fn reference(&self) -> Value {
        reference(&self.0)
    }
}

/// The schema of that name.
pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#{SCHEMAS}/{name}")})
}

impl Components {
    /// What types have said so far.
    pub(super) fn of(mut generator: SchemaGenerator) -> Self {
        Self(generator.take_definitions(true))
    }

    pub(super) fn get(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// Adds a schema under the first of its names that is free.
    pub(super) fn add(&mut self, names: &[String], schema: Value) -> Name {
        let numbered = (2..).map(|number| {
            format!("{}{number}", names.last().map(String::as_str).unwrap_or_default())
        });
        let name = names
            .iter()
            .cloned()
            .chain(numbered)
            .find(|name| !self.0.contains_key(name))
            .unwrap_or_default();
        self.0.insert(name.clone(), schema);
        Name(name)
    }

    pub(super) fn into_value(self) -> Value {
        self.0.into()
    }
}
