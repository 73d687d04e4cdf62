//! Limits on the head of a request.

use ::http::request::Parts;

use crate::Limits;
use crate::refusal::Refusal;

/// The protocol implementation panics when it is given less room for a head, in bytes.
const SMALLEST_LIMIT: usize = 8 << 10;

/// What a header takes beside its name and value: a colon, a blank, and the end of the line.
const AROUND_HEADER: usize = 4;

/// The limit of the protocol implementation: above that of [`check`], because its refusal has no body that explains it.
pub(super) fn room(limits: &Limits) -> usize {
    limits.header_bytes.max(SMALLEST_LIMIT).saturating_mul(2)
}

/// Refuses heads beyond the limits.
pub(super) fn check(head: &Parts, limits: &Limits) -> Result<(), Refusal> {
    let uri = &head.uri;
    let uri = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    if uri > limits.uri_bytes {
        return Err(Refusal::LongUri { limit: limits.uri_bytes });
    }
    let size = |name: usize, value: usize| name + value + AROUND_HEADER;
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| size(name.as_str().len(), value.len()));
    let limit = limits.header_bytes.max(SMALLEST_LIMIT);
    if uri + headers.sum::<usize>() > limit {
        return Err(Refusal::LargeHead { limit });
    }
    Ok(())
}
