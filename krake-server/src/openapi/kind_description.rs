//! What a kind says of itself.

use krake_core::Kind;
use krake_core::schemars::Schema;

/// What the document says about a kind.
#[derive(Clone, Debug)]
pub(crate) struct KindDescription {
    pub(crate) kind: &'static Kind,
    /// What its resources look like.
    pub(crate) schema: Schema,
    /// Its subresources besides the status, in the order of their names.
    pub(crate) subresources: Vec<(&'static str, SubresourceBody)>,
    /// Whether its resources can be removed at once.
    pub(crate) can_be_forced: bool,
    /// Whether the answer to a write can wait for a state.
    pub(crate) can_block: bool,
}

/// What is sent to a subresource.
#[derive(Clone, Debug)]
pub(crate) enum SubresourceBody {
    /// Nothing that matters.
    None,
    /// JSON that nobody has described.
    Open,
    /// JSON of this schema.
    Described(Schema),
}
