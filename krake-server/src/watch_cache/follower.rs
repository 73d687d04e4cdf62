//! One object, version after version.

use std::sync::Arc;

use krake_core::Revision;
use tokio::sync::watch;

use super::change::What;
use super::{Cached, KindCache};

/// How many changes are looked at between two looks at the rest of the world.
const BATCH: usize = 64;

/// Sees every version that a key gets, in order: a cursor into the window of its kind.
pub(crate) struct Follower {
    cache: Arc<KindCache>,
    key: String,
    /// `None` when changes that it has not seen are forgotten.
    cursor: Option<u64>,
    ends: watch::Receiver<u64>,
}

/// What has become of the object.
#[derive(Clone, Debug)]
pub(crate) enum Version {
    /// It was written, or is as it was found after changes were missed.
    Now(Arc<Cached>),
    /// It is gone; this is its last version, if that is known.
    Gone(Option<Arc<Cached>>),
}

impl Follower {
    /// Follows `key` from the first change after `revision` on, which the cache need not have reached yet.
    pub(crate) fn new(cache: Arc<KindCache>, key: String, revision: Revision) -> Self {
        let ends = cache.ends();
        let cursor = cache.read().window.cursor_after(revision);
        Self { cache, key, cursor, ends }
    }

    /// Waits for the next version. If changes were missed, that is the current state.
    ///
    /// Cancel safe.
    pub(crate) async fn next(&mut self) -> Version {
        loop {
            self.ends.mark_unchanged();
            match self.look() {
                Look::Seen(version) => return version,
                Look::Others => tokio::task::consume_budget().await,
                Look::Nothing => self.wait().await,
            }
        }
    }

    async fn wait(&mut self) {
        if self.ends.changed().await.is_err() {
            // The cache would have to be gone, which we hold.
            std::future::pending::<()>().await;
        }
    }

    fn look(&mut self) -> Look {
        let state = self.cache.read();
        let changes = self
            .cursor
            .and_then(|cursor| state.window.since(cursor, BATCH));
        let (Some(cursor), Some(changes)) = (self.cursor.as_mut(), changes) else {
            self.cursor = Some(state.window.end());
            let found = state.objects.get(self.key.as_str()).cloned();
            return Look::Seen(found.map_or(Version::Gone(None), Version::Now));
        };
        drop(state);
        if changes.is_empty() {
            return Look::Nothing;
        }
        for change in changes {
            *cursor += 1;
            if change.key() == self.key {
                return Look::Seen(match &change.what {
                    What::Added { new } | What::Updated { new, .. } => {
                        Version::Now(Arc::clone(new))
                    }
                    What::Removed { last } => Version::Gone(Some(Arc::clone(last))),
                });
            }
        }
        Look::Others
    }
}

enum Look {
    Seen(Version),
    /// There were changes, but none of this object.
    Others,
    Nothing,
}
