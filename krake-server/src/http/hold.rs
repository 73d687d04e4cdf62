//! Answers that are held back until their object is in a state.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::write_query::Awaited;
use crate::load::OpenWatch;
use crate::refusal::Refusal;
use crate::registry::Written;
use crate::watch_cache::{Follower, KindCache, Version};

/// A write that is done, and what its answer waits for.
pub(super) struct Hold {
    pub(super) cache: Arc<KindCache>,
    pub(super) written: Written,
    pub(super) awaited: Awaited,
    pub(super) limit: Duration,
    /// The wish of the connection that its requests end.
    pub(super) drain: CancellationToken,
    /// It counts as a watch.
    pub(super) place: OpenWatch,
}

impl Hold {
    /// Waits until the object is in the state, or cannot come into it any more, or the time is over; the answer is its last
    /// known version.
    ///
    /// Every version from the written one on is looked at, in order: a state that lasts for a moment only is seen.
    pub(super) async fn last_known(self) -> Result<Written, Refusal> {
        let Self { cache, written: mut last, awaited, limit, drain, place: _place } = self;
        let (Some(states), Some(revision)) = (cache.rules().states(), last.revision) else {
            return Ok(last);
        };
        let written = states.read(&last.json)?;
        if last.is_removed || awaited.is_reached(&written.name) {
            return Ok(last);
        }
        let mut follower = Follower::new(Arc::clone(&cache), last.key.clone(), revision);
        let mut over = std::pin::pin!(tokio::time::sleep(limit));
        loop {
            let version = tokio::select! {
                biased;
                () = drain.cancelled() => return Ok(last),
                () = &mut over => return Ok(last),
                version = follower.next() => version,
            };
            let (object, is_removed) = match version {
                Version::Now(object) => (object, false),
                Version::Gone(Some(object)) => (object, true),
                Version::Gone(None) => return Ok(last),
            };
            let state = states.read(&object.json())?;
            if state.instance != written.instance {
                return Ok(last);
            }
            let revision = Some(object.revision());
            last = Written { json: object.json(), revision, is_removed, ..last };
            if is_removed || awaited.is_reached(&state.name) {
                return Ok(last);
            }
        }
    }
}

impl Awaited {
    fn is_reached(&self, state: &str) -> bool {
        matches!(self, Self::State(wanted) if wanted.eq_ignore_ascii_case(state))
    }
}
