//! A patch as it came with a request.

use serde_json::Value;

use super::list_type::Place;
use super::merge::merge;
use super::strategic::strategic_merge;
use crate::error::ApiError;
use crate::kinds::ResourceType;

/// The media types of PATCH bodies, except server-side apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchType {
    Json,
    Merge,
    Strategic,
}

/// A decoded patch.
#[derive(Debug)]
pub(crate) struct Patch {
    form: PatchType,
    body: Value,
}

impl Patch {
    /// Only objects can be merged; custom kinds have no strategic merge.
    pub(crate) fn new(form: PatchType, body: Value, kind: &ResourceType) -> Result<Self, ApiError> {
        if form == PatchType::Strategic && kind.served.custom {
            return Err(ApiError::unsupported_media_type("application/strategic-merge-patch+json"));
        }
        if form != PatchType::Json && !body.is_object() {
            return Err(ApiError::bad_request("a merge patch must be a JSON object"));
        }
        Ok(Self { form, body })
    }

    /// The object as the patch wants it.
    pub(crate) fn apply(&self, kind: &ResourceType, object: &Value) -> Result<Value, ApiError> {
        let mut object = object.clone();
        match self.form {
            PatchType::Merge => merge(&mut object, &self.body),
            PatchType::Strategic => strategic_merge(Place::root(kind), &mut object, &self.body),
            PatchType::Json => json_patch(&mut object, &self.body)?,
        }
        Ok(object)
    }
}

fn json_patch(object: &mut Value, body: &Value) -> Result<(), ApiError> {
    let patch: json_patch::Patch = serde_json::from_value(body.clone())
        .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
    json_patch::patch(object, &patch).map_err(|error| {
        ApiError::bad_request(format!(
            "the server rejected our request due to an error in our request: {error}"
        ))
    })
}
