//! Demands on the state that a write finds.

use ::http::HeaderMap;
use ::http::header::IF_MATCH;

use crate::refusal::Refusal;
use crate::registry::Precondition;

impl Precondition {
    /// The resource version that a request demands by `If-Match`, with or without quotes.
    ///
    /// `*` demands only that the resource exists, which a write needs anyway.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let Some(value) = headers.get(IF_MATCH) else { return Ok(Self::default()) };
        let text = value.to_str().map_err(|_| Refusal::BadPrecondition)?.trim();
        if text == "*" {
            return Ok(Self::default());
        }
        let quoted = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let revision = quoted.unwrap_or(text).parse();
        Ok(Self(Some(revision.map_err(|_| Refusal::BadPrecondition)?)))
    }
}
