//! The language of a patch, as its media type says.

use ::http::HeaderMap;
use ::http::header::CONTENT_TYPE;

use crate::refusal::Refusal;
use crate::registry::PatchForm;

impl PatchForm {
    /// The language that a request says its body is in. Parameters, such as a charset, do not matter.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let given = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = given
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        match media_type.trim().to_ascii_lowercase().as_str() {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            _ => Err(Refusal::PatchType),
        }
    }
}
