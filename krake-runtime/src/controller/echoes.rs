//! Telling one's own writes from those of others when they come back through a watch.
//!
//! A failing run that writes why it fails would be its own reason to run again at once, and no backoff would hold. So what
//! comes back is recognised: after java-operator-sdk's event filter window, but by the chain of conditional writes, so that
//! nothing of somebody else that the cache has merged into the same change is overlooked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use krake_client::Written;
use krake_core::{Key, ObjectExt, Resource, Revision};

use crate::Delta;
use crate::lock::lock;

/// How many writes are remembered. One that is forgotten before it comes back counts as somebody else's.
const REMEMBERED: usize = 4096;

/// The latest conditional writes of a controller.
#[derive(Clone, Debug, Default)]
pub(super) struct Echoes {
    written: Arc<Mutex<Writes>>,
}

#[derive(Debug, Default)]
struct Writes {
    /// By the revision written: for which key, and the revision before.
    by_revision: HashMap<Revision, (Key, Revision)>,
    order: VecDeque<Revision>,
}

impl Echoes {
    /// Notes a write of a run for `key`.
    pub(super) fn note(&self, key: &Key, written: &Written<'_>) {
        let Some(before) = written.before else { return };
        let mut writes = lock(&self.written);
        if writes.order.len() == REMEMBERED
            && let Some(oldest) = writes.order.pop_front()
        {
            writes.by_revision.remove(&oldest);
        }
        writes.order.push_back(written.revision);
        writes
            .by_revision
            .insert(written.revision, (key.clone(), before));
    }

    /// Whether `delta` is nothing but writes of runs for `key`.
    pub(super) fn has<T: Resource>(&self, key: &Key, delta: &Delta<T>) -> bool {
        let (start, end) = match delta {
            Delta::Added { new, initial: false } => (Revision::default(), new.revision()),
            Delta::Updated { old, new } if old.metadata().uid == new.metadata().uid => {
                (old.revision(), new.revision())
            }
            _ => return false,
        };
        let writes = lock(&self.written);
        let mut at = end;
        while at != start {
            match writes.by_revision.get(&at) {
                Some((writer, before)) if writer == key && *before < at => at = *before,
                _ => return false,
            }
        }
        true
    }
}
