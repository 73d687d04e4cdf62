//! Which changes count.

use krake_core::{Metadata, Resource};

use crate::Delta;

/// Which changes of the controller's own kind lead to a run. Every `Fn(&Delta<K>) -> bool` is one.
///
/// Removals always count; a predicate is not asked about them.
pub trait Predicate<K>: Send + Sync + 'static {
    /// Whether the change counts.
    fn admits(&self, delta: &Delta<K>) -> bool;
}

impl<K, F: Fn(&Delta<K>) -> bool + Send + Sync + 'static> Predicate<K> for F {
    fn admits(&self, delta: &Delta<K>) -> bool {
        self(delta)
    }
}

/// Changes of what users want, and those that move a deletion on; not those of status, labels and annotations.
pub fn generation_changed<K: Resource>() -> impl Predicate<K> {
    |delta: &Delta<K>| match delta {
        Delta::Updated { old, new } => has_new_task(old.metadata(), new.metadata()),
        Delta::Added { .. } | Delta::Deleted { .. } => true,
    }
}

fn has_new_task(old: &Metadata, new: &Metadata) -> bool {
    let moves_deletion = new.is_deleting() && old.finalizers != new.finalizers;
    old.uid != new.uid
        || old.generation != new.generation
        || old.is_deleting() != new.is_deleting()
        || moves_deletion
}
