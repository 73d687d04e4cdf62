//! Waiting for an object to reach a state.

use std::time::Duration;

use futures::StreamExt;
use krake_core::{ObjectExt, Revision, WatchEvent};
use tokio::time::{sleep, timeout};

use crate::{Api, ApiObject, Error, Result, WatchOptions, WatchStream};

/// How long to wait before a broken watch is opened again.
const PAUSE: Duration = Duration::from_millis(500);

impl<K: ApiObject> Api<K> {
    /// Waits until `is_reached` holds for an object, at most `limit`; answers the object of which it held, or `None` if what
    /// held was its absence.
    ///
    /// The predicate sees the current state, then every change. No polling: one watch, opened again if it breaks.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after `limit`; errors that asking again would not cure.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    pub async fn wait(
        &self,
        name: &str,
        is_reached: impl Fn(Option<&K>) -> bool + Send,
        limit: Duration,
    ) -> Result<Option<K>> {
        let request = format!("waiting for {} {name}", self.kind());
        timeout(limit, self.reach(name, is_reached))
            .await
            .unwrap_or(Err(Error::TimedOut { request, limit }))
    }

    async fn reach(
        &self,
        name: &str,
        is_reached: impl Fn(Option<&K>) -> bool + Send,
    ) -> Result<Option<K>> {
        loop {
            match self.reach_in_one_watch(name, &is_reached).await {
                Ok(Some(reached)) => return Ok(reached),
                Ok(None) => {}
                Err(error) if error.is_retryable() || error.is_gone() => {}
                Err(error) => return Err(error),
            }
            sleep(PAUSE).await;
        }
    }

    /// The inner `Option` is the object; the outer one is missing if the watch ended first.
    async fn reach_in_one_watch(
        &self,
        name: &str,
        is_reached: &(impl Fn(Option<&K>) -> bool + Send),
    ) -> Result<Option<Option<K>>> {
        // Registered before the object is read: no change falls between the two.
        let mut events = self.watch(&WatchOptions::default()).await?;
        let current = self.find(name).await?;
        if is_reached(current.as_ref()) {
            return Ok(Some(current));
        }
        let mut seen = current.as_ref().map_or(Revision::ZERO, ObjectExt::revision);
        while let Some(change) = next_of(&mut events, name).await? {
            let (revision, state) = change;
            if revision > seen {
                seen = revision;
                if is_reached(state.as_ref()) {
                    return Ok(Some(state));
                }
            }
        }
        Ok(None)
    }
}

/// The next change of the object called `name`: its revision, and the object unless it is gone.
async fn next_of<K: ApiObject>(
    events: &mut WatchStream<K>,
    name: &str,
) -> Result<Option<(Revision, Option<K>)>> {
    while let Some(event) = events.next().await {
        let (object, is_there) = match event? {
            WatchEvent::Added(object) | WatchEvent::Updated(object) => (object, true),
            WatchEvent::Deleted(object) => (object, false),
            WatchEvent::Bookmark(_) | WatchEvent::Error(_) => continue,
        };
        if object.metadata().name == name {
            return Ok(Some((object.revision(), is_there.then_some(object))));
        }
    }
    Ok(None)
}
