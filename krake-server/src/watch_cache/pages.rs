//! Snapshots kept for the later pages of lists.

use std::collections::VecDeque;
use std::time::Duration;

use krake_core::Revision;
use tokio::time::Instant;

use super::Objects;

/// How many lists of one kind can be under way with their pages as of different revisions.
const KEPT: usize = 64;
/// How long the next page may be asked for.
const KEPT_FOR: Duration = Duration::from_mins(5);

/// Snapshots of one kind by revision, oldest first.
#[derive(Debug, Default)]
pub(super) struct Pages {
    kept: VecDeque<Kept>,
}

#[derive(Debug)]
struct Kept {
    revision: Revision,
    objects: Objects,
    until: Instant,
}

impl Pages {
    /// Keeps a snapshot for a while longer.
    pub(super) fn keep(&mut self, revision: Revision, objects: &Objects) {
        let now = Instant::now();
        self.kept
            .retain(|kept| kept.until > now && kept.revision != revision);
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        let until = now + KEPT_FOR;
        self.kept
            .push_back(Kept { revision, objects: objects.clone(), until });
    }

    /// The snapshot as of a revision, if it is still there.
    pub(super) fn get(&self, revision: Revision) -> Option<Objects> {
        let now = Instant::now();
        let kept = self
            .kept
            .iter()
            .find(|kept| kept.revision == revision && kept.until > now)?;
        Some(kept.objects.clone())
    }
}
