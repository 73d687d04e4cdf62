//! What changed about one object, as one reader saw it.

use std::sync::Arc;

/// What changed about one object since this reader last looked.
///
/// Changes are conflated: a reader that was busy gets one delta for everything that happened to an object meanwhile. If the
/// object was removed and created again, that is an [`Updated`](Self::Updated) whose two objects have different uids.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "an object comes, changes or goes")]
pub enum Delta<K> {
    /// The object is new to this reader.
    Added {
        /// Its state.
        new: Arc<K>,
        /// It was there before this reader began to listen.
        initial: bool,
    },
    /// The object changed.
    Updated {
        /// What this reader knew.
        old: Arc<K>,
        /// Its state.
        new: Arc<K>,
    },
    /// The object is gone.
    Deleted {
        /// The last known state.
        last: Arc<K>,
        /// Whether `last` is the state it was removed with; if not, the removal was noticed later, by its absence.
        final_state: bool,
    },
}

impl<K> Delta<K> {
    /// The newest known state: of a deleted object, its last one.
    pub const fn object(&self) -> &Arc<K> {
        match self {
            Self::Added { new, .. } | Self::Updated { new, .. } => new,
            Self::Deleted { last, .. } => last,
        }
    }

    /// Every state that the change concerns: whoever is looked up by an object must be looked up by each of these.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<K>> {
        let (first, second) = match self {
            Self::Added { new, .. } => (new, None),
            Self::Updated { old, new } => (new, Some(old)),
            Self::Deleted { last, .. } => (last, None),
        };
        std::iter::once(first).chain(second)
    }
}

impl<K> Clone for Delta<K> {
    fn clone(&self) -> Self {
        match self {
            Self::Added { new, initial } => Self::Added { new: Arc::clone(new), initial: *initial },
            Self::Updated { old, new } => {
                Self::Updated { old: Arc::clone(old), new: Arc::clone(new) }
            }
            Self::Deleted { last, final_state } => {
                Self::Deleted { last: Arc::clone(last), final_state: *final_state }
            }
        }
    }
}
