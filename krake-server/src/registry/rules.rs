//! The rules of a kind, without its type.

use std::any::Any;

use krake_core::schemars::SchemaGenerator;
use krake_core::{Kind, Labels, Timestamp, Uid};

use super::{Document, Operation, Plan, Sent, States};
use crate::openapi::KindDescription;
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

    /// What it says of itself, for the description of the API.
    fn describe(&self, generator: &mut SchemaGenerator) -> KindDescription;

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

    /// How the state of its objects is read, if requests can wait for one.
    fn states(&self) -> Option<&dyn States>;

    /// Decodes and checks the body of a POST; the answer is the new object and its name.
    fn create(
        &self,
        namespace: Option<&str>,
        body: &[u8],
        identity: Uid,
        now: Timestamp,
    ) -> Result<(String, Document), Refusal>;

    /// Decodes what was sent for a write to a resource in `namespace`; only the resource and its status can be patched.
    fn plan(
        &self,
        operation: Operation<'_>,
        namespace: Option<&str>,
        sent: Sent,
    ) -> Result<Box<dyn Plan>, Refusal>;
}
