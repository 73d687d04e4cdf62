//! One change in the window of a kind.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use krake_core::Revision;

use super::subscriber::Filter;
use super::{Cached, EventType};

/// A change of one object.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) revision: Revision,
    pub(super) what: What,
}

/// What changed.
#[derive(Clone, Debug)]
pub(super) enum What {
    Added {
        new: Arc<Cached>,
    },
    Updated {
        old: Arc<Cached>,
        new: Arc<Cached>,
    },
    /// `last` is the last stored state, with the revision of the removal.
    Removed {
        last: Arc<Cached>,
    },
}

/// A change as one watcher sees it.
#[derive(Clone, Debug)]
pub(super) enum Sight {
    /// The object became this.
    Now(EventType, Arc<Cached>),
    /// The object left the watcher's sight in this state.
    Left(Arc<Cached>, Revision),
}

impl Sight {
    /// The line that tells of it.
    pub(super) fn line(&self) -> Bytes {
        match self {
            Self::Now(event, object) => object.line(*event),
            Self::Left(object, revision) => object.removed(*revision).line(EventType::Deleted),
        }
    }

    /// Appends the line that tells of it.
    pub(super) fn write_line(&self, out: &mut BytesMut) {
        match self {
            Self::Now(event, object) => object.write_line(*event, out),
            Self::Left(..) => out.extend_from_slice(&self.line()),
        }
    }
}

impl Change {
    /// How much memory the change keeps from being freed, more or less.
    pub(super) fn size(&self) -> usize {
        match &self.what {
            What::Added { new } => new.size(),
            What::Updated { old, new } => old.size() + new.size(),
            What::Removed { last } => last.size(),
        }
    }

    /// The key of the object.
    pub(super) fn key(&self) -> &str {
        match &self.what {
            What::Added { new } | What::Updated { new, .. } => new.key(),
            What::Removed { last } => last.key(),
        }
    }

    /// What a watcher with `filter` sees of it; nothing if the object is, and was, not its concern.
    pub(super) fn seen_by(&self, filter: &Filter) -> Option<Sight> {
        if !self.key().starts_with(&*filter.prefix) {
            return None;
        }
        let selects = |object: &Cached| filter.selection.selects(object);
        match &self.what {
            What::Added { new } => {
                selects(new).then(|| Sight::Now(EventType::Added, Arc::clone(new)))
            }
            What::Updated { old, new } => match (selects(old), selects(new)) {
                (true, true) => {
                    Some(Sight::Now(EventType::Updated(filter.update_event), Arc::clone(new)))
                }
                (false, true) => Some(Sight::Now(EventType::Added, Arc::clone(new))),
                (true, false) => Some(Sight::Left(Arc::clone(old), self.revision)),
                (false, false) => None,
            },
            What::Removed { last } => {
                selects(last).then(|| Sight::Now(EventType::Deleted, Arc::clone(last)))
            }
        }
    }
}
