//! Patches.

use serde_json::Value;

/// How an object is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Patch {
    /// A list of operations (RFC 6902): `[{"op": "add", "path": "/metadata/labels/tier", "value": "web"}]`.
    Json(Value),
    /// An object with the members to be changed, `null` for those to be removed (RFC 7396):
    /// `{"metadata": {"labels": {"tier": "web", "old": null}}}`.
    Merge(Value),
}

impl Patch {
    /// Media type and body.
    pub(crate) const fn parts(&self) -> (&'static str, &Value) {
        match self {
            Self::Json(operations) => ("application/json-patch+json", operations),
            Self::Merge(members) => ("application/merge-patch+json", members),
        }
    }
}
