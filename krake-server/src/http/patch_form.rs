//! The language of a patch, as its media type says.

use ::http::HeaderMap;
use ::http::header::CONTENT_TYPE;

use super::route::{RESOURCE_METHODS, STATUS_METHODS};
use crate::refusal::Refusal;
use crate::registry::{Operation, PatchForm};

impl PatchForm {
    /// The language that a request says its body is in. Parameters, such as a charset, do not matter.
    ///
    /// A request that says nothing is answered as by the original, which knows no patches.
    pub(super) fn of(headers: &HeaderMap, operation: Operation<'_>) -> Result<Self, Refusal> {
        let Some(given) = headers.get(CONTENT_TYPE) else {
            let is_status = operation == Operation::Status;
            let allowed = if is_status { STATUS_METHODS } else { RESOURCE_METHODS };
            return Err(Refusal::Method { allowed });
        };
        let given = given.to_str().ok();
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
