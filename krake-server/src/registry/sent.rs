//! What the sender of a write has sent.

use bytes::Bytes;

/// The body of a write.
#[derive(Clone, Debug)]
pub(crate) enum Sent {
    /// What is to be, or nothing where an operation needs no body.
    Whole(Bytes),
    /// How what is stored is to be changed.
    Patch {
        form: PatchForm,
        body: Bytes,
        /// How large the patched object may be, in bytes.
        limit: usize,
    },
}

/// The language of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchForm {
    /// A list of operations, RFC 6902.
    Json,
    /// An object with the members to be changed, RFC 7396.
    Merge,
}
