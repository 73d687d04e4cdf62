//! What to list and what to watch.

use std::time::Duration;

use krake_core::{FieldSelector, Revision, Selector};

use crate::request::Query;

/// Which objects a list wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// Only objects with these labels.
    pub selector: Selector,
    /// Only objects with these fields.
    pub fields: FieldSelector,
    /// At most this many; the rest follows with [`ListOptions::continue_token`].
    pub limit: Option<u32>,
    /// Where the list before was cut off.
    pub continue_token: Option<String>,
}

impl ListOptions {
    /// Only objects with these labels.
    pub fn selecting(selector: Selector) -> Self {
        Self { selector, ..Self::default() }
    }

    pub(crate) fn query(&self) -> String {
        let mut query = Query::default();
        query.selectors(&self.selector, &self.fields);
        if let Some(limit) = self.limit {
            query.pair("limit", &limit.to_string());
        }
        if let Some(token) = &self.continue_token {
            query.pair("continue", token);
        }
        query.finish()
    }
}

/// Which changes a watch wants, and from when on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchOptions {
    /// Only objects with these labels; the server translates what happens at the selector's edge.
    pub selector: Selector,
    /// Only objects with these fields; the same holds at the edge.
    pub fields: FieldSelector,
    /// Changes after this revision. Without it: changes after the watch is registered.
    pub after: Option<Revision>,
    /// First the current state as `Added` events, then a bookmark that says so.
    pub initial_events: bool,
    /// Bookmarks instead of blank lines as a sign of life.
    pub bookmarks: bool,
    /// The interval of the signs of life, rounded up to seconds; zero for none. The server's default is 10 s.
    pub heartbeat: Option<Duration>,
}

impl WatchOptions {
    /// The current state, then every change, with bookmarks.
    pub fn from_now() -> Self {
        Self { initial_events: true, bookmarks: true, ..Self::default() }
    }

    /// Every change after `revision`, with bookmarks.
    pub fn after(revision: Revision) -> Self {
        Self { after: Some(revision), bookmarks: true, ..Self::default() }
    }

    pub(crate) fn query(&self) -> String {
        let mut query = Query::default();
        query.flag("watch");
        query.selectors(&self.selector, &self.fields);
        if let Some(revision) = self.after {
            query.pair("resource_version", &revision.to_string());
        }
        if self.initial_events {
            query.flag("initial_events");
        }
        if self.bookmarks {
            query.flag("bookmarks");
        }
        if let Some(interval) = self.heartbeat {
            let seconds = interval.as_nanos().div_ceil(1_000_000_000);
            query.pair("heartbeat", &seconds.to_string());
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_heartbeat_is_not_none() {
        for (interval, query) in [(0, "?watch&heartbeat=0"), (500, "?watch&heartbeat=1")] {
            let heartbeat = Some(Duration::from_millis(interval));
            assert_eq!(WatchOptions { heartbeat, ..WatchOptions::default() }.query(), query);
        }
    }
}
