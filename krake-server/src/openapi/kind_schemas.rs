//! The schemas of a kind: its objects, how they are replaced, listed and watched, and the bodies of its subresources.

use krake_core::Kind;
use krake_core::schemars::Schema;
use krake_core::schemars::transform::Transform;
use serde_json::{Value, json};

use super::components::{Components, Name, reference};
use super::kind_description::{KindDescription, SubresourceBody};
use super::names::capitalized;
use super::prose;

/// The names of the schemas of a kind.
pub(super) struct KindSchemas {
    /// An object, as it is sent by the server, and by whoever creates one.
    pub(super) object: Name,
    /// An object, as it is sent to replace another one.
    pub(super) update: Name,
    pub(super) list: Name,
    pub(super) event: Name,
}

/// The schemas that all kinds use, besides those of Rust types.
pub(super) struct SharedSchemas {
    metadata_update: Name,
    bookmark: Name,
    error: Name,
}

impl SharedSchemas {
    pub(super) fn add(components: &mut Components) -> Self {
        let metadata = components.get("Metadata");
        Self {
            metadata_update: components.add(&name("MetadataUpdate"), metadata_update(metadata)),
            bookmark: components.add(&name("BookmarkEvent"), bookmark()),
            error: components.add(&name("ErrorEvent"), error_event()),
        }
    }
}

fn name(text: &str) -> [String; 1] {
    [text.to_owned()]
}

impl KindSchemas {
    pub(super) fn add(
        description: &KindDescription,
        shared: &SharedSchemas,
        components: &mut Components,
    ) -> Self {
        let kind = description.kind;
        let mut schema = tidy(description.schema.clone());
        schema["x-krake-kind"] = type_of(kind);
        let names = [kind.kind.to_string(), capitalized(&kind.api) + &kind.kind];
        let object = components.add(&names, schema.clone());
        let derived = |what: &str| [format!("{}{what}", object.as_str())];
        let update = update(schema, kind, object.as_str(), shared);
        let list = list(kind, &object);
        let event = event(&object, shared);
        Self {
            update: components.add(&derived("Update"), update),
            list: components.add(&derived("List"), list),
            event: components.add(&derived("WatchEvent"), event),
            object,
        }
    }
}

/// The schema of what is sent to a subresource; `None` if that does not matter.
pub(super) fn subresource_body(body: &SubresourceBody) -> Option<Value> {
    match body {
        SubresourceBody::None => None,
        SubresourceBody::Open => Some(json!({})),
        SubresourceBody::Described(schema) => Some(tidy(schema.clone())),
    }
}

fn tidy(mut schema: Schema) -> Value {
    prose::Tidy.transform(&mut schema);
    schema.to_value()
}

/// What a kind is, for programs that read the document.
fn type_of(kind: &Kind) -> Value {
    json!({
        "api": kind.api, "kind": kind.kind, "plural": kind.plural,
        "scope": if kind.is_namespaced() { "namespaced" } else { "global" },
    })
}

/// An object as it is sent to replace another one: whole, as it was read.
fn update(mut schema: Value, kind: &Kind, object: &str, shared: &SharedSchemas) -> Value {
    schema["description"] =
        format!("An object of the kind `{object}` as it was read, with the wanted changes.").into();
    schema["properties"]["metadata"]["$ref"] = shared.metadata_update.reference()["$ref"].take();
    if kind.status {
        remove(&mut schema["properties"]["status"], "readOnly");
        require(&mut schema, &["status"]);
    }
    remove(&mut schema, "x-krake-kind");
    schema
}

fn metadata_update(mut metadata: Value) -> Value {
    metadata["description"] =
        "Identity and bookkeeping of an object that is to be replaced: as it was read. With `resource_version` it is \
         replaced only if nobody has written it since."
            .into();
    if let Some(properties) = metadata["properties"].as_object_mut() {
        properties
            .values_mut()
            .for_each(|property| remove(property, "readOnly"));
    }
    require(&mut metadata, &["namespace", "uid", "created", "modified"]);
    metadata
}

fn remove(schema: &mut Value, keyword: &str) {
    if let Some(object) = schema.as_object_mut() {
        object.remove(keyword);
    }
}

fn require(schema: &mut Value, members: &[&str]) {
    if let Some(required) = schema["required"].as_array_mut() {
        required.extend(members.iter().map(|member| Value::from(*member)));
    }
}

fn list(kind: &Kind, object: &Name) -> Value {
    json!({
        "description": format!("Objects of the kind `{}`, ordered by namespace and name.", object.as_str()),
        "type": "object",
        "properties": {
            "api": {"type": "string", "const": kind.api},
            "kind": {"type": "string", "const": kind.list_kind()},
            "metadata": with_description(reference("ListMetadata"), "Bookkeeping of the list."),
            "items": {"type": "array", "items": object.reference(), "description": "The objects."},
        },
        "required": ["api", "kind", "metadata", "items"],
    })
}

/// One line of a watch.
fn event(object: &Name, shared: &SharedSchemas) -> Value {
    json!({
        "description": format!(
            "One line of a watch of the kind `{}`. Empty lines, the heartbeats, are to be skipped.",
            object.as_str()
        ),
        "oneOf": [
            {
                "title": format!("{}Changed", object.as_str()),
                "description": "An object was created, written, or removed; here is what it was last.",
                "type": "object",
                "properties": {
                    "type": {"type": "string", "enum": ["ADDED", "UPDATED", "MODIFIED", "DELETED"]},
                    "object": object.reference(),
                },
                "required": ["type", "object"],
            },
            shared.bookmark.reference(),
            shared.error.reference(),
        ],
    })
}

fn bookmark() -> Value {
    json!({
        "description": "Nothing was missed up to here.",
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": "BOOKMARK"},
            "object": {
                "description": "Up to where.",
                "type": "object",
                "properties": {
                    "api": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {
                        "type": "object",
                        "properties": {
                            "resource_version": {
                                "type": "string", "pattern": "^[0-9]{1,19}$",
                                "description": "Up to where: a watch can be resumed after this.",
                            },
                            "initial_events_end": {
                                "type": "boolean",
                                "description": "Whether this ends the initial state that was asked for.",
                            },
                        },
                        "required": ["resource_version", "initial_events_end"],
                    },
                },
                "required": ["api", "kind", "metadata"],
            },
        },
        "required": ["type", "object"],
    })
}

fn error_event() -> Value {
    json!({
        "description": "The watch ends, for this reason.",
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": "ERROR"},
            "object": with_description(reference("Problem"), "Why."),
        },
        "required": ["type", "object"],
    })
}

fn with_description(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}
