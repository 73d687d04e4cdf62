//! From bodies to objects.

use krake_core::{FieldErrors, Resource};
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
    let is_json = std::str::from_utf8(body)
        .is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    if is_json { Refusal::Invalid(errors) } else { Refusal::NotJson }
}
