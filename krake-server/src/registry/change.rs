//! What a request wants to do to a resource, and what that comes to.

use krake_core::{Revision, Timestamp};

use super::{Current, Document};
use crate::refusal::Refusal;

/// A write to an existing resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation<'a> {
    /// PUT or PATCH of the resource.
    Replace,
    /// PUT or PATCH of its status.
    Status,
    /// PUT of a further subresource.
    Subresource(&'a str),
    /// DELETE.
    Delete,
    /// DELETE by force.
    Remove,
}

/// What a write comes to.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// The object becomes this.
    Put(Document),
    /// The object goes; this is its last state.
    Remove(Document),
    /// Nothing changes.
    Keep(Document),
}

/// A decoded request that can be applied to whatever is stored, as often as it takes.
pub(crate) trait Plan: Send {
    /// The resource version that the body demands.
    fn expects(&self) -> Option<Revision>;

    /// What the request makes of `current`; pure, apart from what it remembers between attempts.
    fn apply(&mut self, current: &Current, now: Timestamp) -> Result<Change, Refusal>;

    /// Checks what can be checked without a stored object: a missing one is reported only to a valid request.
    fn without_object(&self) -> Result<(), Refusal> {
        Ok(())
    }
}
