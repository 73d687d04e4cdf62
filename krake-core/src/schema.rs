//! What the wire looks like, as JSON Schemas.
//!
//! A type says so by [`JsonSchema`](schemars::JsonSchema). Kinds need not: `#[derive(Resource)]` describes each field as far as its
//! type does, and leaves it open otherwise. Descriptions are the doc comments.
//!
//! ```
//! use krake_core::schemars::{JsonSchema, SchemaGenerator};
//! use krake_core::{Metadata, Resource};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Resource, Clone, Debug, PartialEq)]
//! #[resource(api = "demo")]
//! struct Site {
//!     metadata: Metadata,
//!     /// What it is to be like.
//!     spec: SiteSpec,
//!     /// How it is.
//!     status: SiteStatus,
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
//! #[schemars(crate = "krake_core::schemars")]
//! struct SiteSpec {
//!     /// Where it is found.
//!     domain: String,
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
//! struct SiteStatus {
//!     ready: bool,
//! }
//!
//! let mut generator = SchemaGenerator::default();
//! let site = Site::schema(&mut generator).to_value();
//! assert_eq!(site["properties"]["spec"]["$ref"], "#/$defs/SiteSpec");
//! assert_eq!(site["properties"]["status"]["description"], "How it is.");
//! let spec = &generator.definitions()["SiteSpec"];
//! assert_eq!(spec["properties"]["domain"]["type"], "string");
//! ```

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::{Kind, Metadata};

/// What names of resources and namespaces look like, see [`is_valid_name`](crate::is_valid_name).
pub const NAME_PATTERN: &str = "^[A-Za-z0-9_]([A-Za-z0-9_.:-]*[A-Za-z0-9_])?$";

/// What values of labels look like.
const LABEL_VALUE: &str = "^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?$";

/// What keys of labels look like: `[prefix/]name`.
const LABEL_KEY: &str = "^([A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?/)?\
    [A-Za-z0-9_]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?$";

/// A name, or a namespace.
pub(crate) fn name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": NAME_PATTERN})
}

/// A namespace, or none.
pub(crate) fn namespace(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = name(generator);
    schema.insert("type".to_owned(), json!(["string", "null"]));
    schema
}

/// Labels.
pub(crate) fn labels(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": {"pattern": LABEL_KEY},
        "additionalProperties": {"type": "string", "pattern": LABEL_VALUE},
    })
}

/// Marks a member that is the server's: nothing is its default, and what others write to it does not matter.
pub(crate) fn read_only(schema: &mut Schema) {
    schema.remove("default");
    schema.insert("readOnly".to_owned(), true.into());
}

/// The schema of a kind: what all kinds have, and `body`, which is an object of the members that only this one has.
///
/// For implementations of [`Resource`](crate::Resource) by hand; the derive does it.
pub fn of_kind(kind: &Kind, generator: &mut SchemaGenerator, mut body: Schema) -> Schema {
    if let Some(status) = body
        .pointer_mut("/properties/status")
        .filter(|_| kind.status)
        && let Ok(status) = status.try_into()
    {
        read_only(status);
    }
    let mut metadata = generator.subschema_for::<Metadata>();
    metadata.insert("description".to_owned(), "Identity and bookkeeping.".into());
    let mut schema = json_schema!({
        "type": "object",
        "properties": {"metadata": metadata},
        "required": ["metadata"],
    });
    add_members(&mut schema, body);
    with_type(schema, &kind.api, &kind.kind)
}

/// Adds the members `api` and `kind` to an object: they may be left out, but not be others.
pub(crate) fn with_type(mut schema: Schema, api: &str, kind: &str) -> Schema {
    let constant = |value, description| json!({"type": "string", "const": value, "default": value, "description": description});
    add_members(
        &mut schema,
        json_schema!({"properties": {
            "api": constant(api, "The API group."),
            "kind": constant(kind, "The type name."),
        }}),
    );
    schema
}

/// Adds the members that `further` has to those of an object; anything else that `further` says is taken over.
fn add_members(schema: &mut Schema, mut further: Schema) {
    for (keyword, value) in std::mem::take(further.ensure_object()) {
        match (schema.get_mut(&keyword), value) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (_, value) => {
                schema.insert(keyword, value);
            }
        }
    }
}

/// One type of an object of one of several types.
pub(crate) struct Alternative {
    /// The name of the type on the wire.
    pub(crate) tag: &'static str,
    /// Its name in code that is generated from the schema.
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    /// The member of the type.
    pub(crate) member: Schema,
}

/// An object of one of several types: `{"type": T, T: {…}}`.
pub(crate) fn one_of(description: &str, alternatives: Vec<Alternative>) -> Schema {
    let alternatives: Vec<Schema> = alternatives.into_iter().map(alternative).collect();
    json_schema!({"description": description.trim(), "oneOf": alternatives})
}

fn alternative(Alternative { tag, title, description, member }: Alternative) -> Schema {
    json_schema!({
        "title": title,
        "description": description.trim(),
        "type": "object",
        "properties": {"type": {"type": "string", "const": tag}, tag: member},
        "required": ["type", tag],
    })
}
