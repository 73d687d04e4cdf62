//! The rules of a kind, without its type.

use std::any::Any;

use bytes::Bytes;
use krake_core::{Kind, Labels, Timestamp, Uid};

use super::{Document, Operation, Plan};
use crate::refusal::Refusal;

/// What the rest of the server needs to know of a stored object.
#[derive(Clone, Debug)]
pub(crate) struct Readable {
    pub(crate) labels: Labels,
    pub(crate) document: Document,
}

/// One kind, behind bytes: everything after this trait is compiled once, not once a kind.
pub(crate) trait Rules: Any + Send + Sync {
    /// The kind.
    fn kind(&self) -> &'static Kind;

    /// Decodes a stored value and encodes it as it is shown: defaults filled in, unknown members dropped.
    fn read(&self, value: &[u8]) -> Result<Readable, Refusal>;

    /// Whether resources of the kind have this subresource.
    fn has_subresource(&self, name: &str) -> bool;

    /// The subresources that resources of the kind have.
    fn subresources(&self) -> Vec<&'static str>;

    /// The subresource whose permission lets users write this one: mostly itself.
    fn permission_of<'a>(&'a self, subresource: &'a str) -> &'a str;

    /// Whether a DELETE can ask to remove an object at once, whatever its finalizers.
    fn can_be_forced(&self) -> bool;

    /// Decodes and checks the body of a POST; the answer is the new object and its name.
    fn create(
        &self,
        namespace: Option<&str>,
        body: &[u8],
        identity: Uid,
        now: Timestamp,
    ) -> Result<(String, Document), Refusal>;

    /// Decodes the body of a write to a resource in `namespace`.
    fn plan(
        &self,
        operation: Operation<'_>,
        namespace: Option<&str>,
        body: Bytes,
    ) -> Result<Box<dyn Plan>, Refusal>;
}
