//! From bodies to objects.

use krake_core::{FieldErrors, Metadata, Resource};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::refusal::Refusal;

/// Decodes a body of which every member counts.
pub(super) fn whole<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    krake_core::decode(body).map_err(|errors| not_decoded(body, errors))
}

/// Decodes the body of a POST: what the server sets itself is ignored, even where it is of a wrong type.
pub(super) fn new_object<K: Resource>(body: &[u8]) -> Result<K, Refusal> {
    let errors = match krake_core::decode(body) {
        Ok(object) => return Ok(object),
        Err(errors) => errors,
    };
    match without_server_fields(body).map(|stripped| krake_core::decode(&stripped)) {
        Some(Ok(object)) => Ok(object),
        Some(Err(errors)) => Err(Refusal::Invalid(errors)),
        None => Err(not_decoded(body, errors)),
    }
}

/// Whether the fields that the server sets are there, as in everything that it has answered.
pub(super) fn has_server_fields(metadata: &Metadata) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    let fields = [
        ("metadata.uid", metadata.uid.is_some()),
        ("metadata.created", metadata.created.is_some()),
        ("metadata.modified", metadata.modified.is_some()),
    ];
    for (field, _) in fields.into_iter().filter(|(_, is_there)| !is_there) {
        errors.add(field, MISSING);
    }
    errors.into_result()
}

/// Whether the body, a JSON object, has a status.
pub(super) fn has_status(body: &[u8]) -> Result<(), FieldErrors> {
    #[derive(Deserialize)]
    struct Shape {
        status: Option<IgnoredAny>,
    }
    match serde_json::from_slice(body) {
        Ok(Shape { status: Some(_) }) => Ok(()),
        _ => Err(FieldErrors::single("status", MISSING)),
    }
}

const MISSING: &str = "Missing data for required field.";

/// The body without the members that a POST cannot set; `None` if it is no JSON object.
fn without_server_fields(body: &[u8]) -> Option<Vec<u8>> {
    const METADATA: [&str; 7] =
        ["namespace", "uid", "created", "modified", "deleted", "generation", "resource_version"];
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let object = value.as_object_mut()?;
    object.remove("status");
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.retain(|key, _| !METADATA.contains(&key.as_str()));
    }
    serde_json::to_vec(&value).ok()
}

/// A body that is no JSON at all is of the wrong media type; another one is invalid.
fn not_decoded(body: &[u8], errors: FieldErrors) -> Refusal {
    if body.is_empty() {
        return Refusal::NotJson("it is empty".to_owned());
    }
    let parsed = std::str::from_utf8(body)
        .map_err(|error| error.to_string())
        .and_then(|text| {
            serde_json::from_str::<IgnoredAny>(text).map_err(|error| error.to_string())
        });
    match parsed {
        Ok(IgnoredAny) => Refusal::Invalid(errors),
        Err(error) => Refusal::NotJson(error),
    }
}
