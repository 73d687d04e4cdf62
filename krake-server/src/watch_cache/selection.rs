//! Which objects a list or watch is concerned with.

use krake_core::{FieldSelector, Selector};

use super::Cached;

/// Conditions on labels and fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Selection {
    pub(crate) labels: Selector,
    pub(crate) fields: FieldSelector,
}

impl Selection {
    /// Whether the object fulfils all of them. Its fields are looked at last: they have to be read from its JSON.
    pub(super) fn selects(&self, object: &Cached) -> bool {
        self.labels.matches(object.labels()) && self.fields.matches(object.text())
    }
}
