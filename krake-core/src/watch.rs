//! Changes as watchers receive them.

use serde::{Deserialize, Serialize};

use crate::{Kind, Problem, Revision};

/// One line of a watch.
///
/// On the wire: `{"type": "ADDED" | "UPDATED" | "DELETED" | "BOOKMARK" | "ERROR", "object": {…}}`. `MODIFIED` is read as
/// `UPDATED`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "object", rename_all = "UPPERCASE")]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these five events")]
pub enum WatchEvent<K> {
    /// The resource was created, or existed already when the watch sent its initial state.
    Added(K),
    /// The resource was written again.
    #[serde(alias = "MODIFIED")]
    Updated(K),
    /// The resource is gone. The object is its last stored state, its `resource_version` that of the removal.
    Deleted(K),
    /// Nothing was missed up to here.
    Bookmark(Bookmark),
    /// The watch ends, for this reason.
    Error(Problem),
}

/// A mark in a watch: every change up to its revision has been sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BookmarkObject")]
pub struct Bookmark {
    /// Resume after this revision.
    pub revision: Revision,
    /// Whether this mark ends the initial state that was asked for with `initial_events`.
    pub initial_events_end: bool,
}

impl Bookmark {
    /// The full line of this mark in a watch of `kind`, as JSON.
    pub fn line(&self, kind: &Kind) -> serde_json::Value {
        serde_json::json!({
            "type": "BOOKMARK",
            "object": kind.bookmark(self.revision, self.initial_events_end),
        })
    }
}

#[derive(Deserialize)]
struct BookmarkObject {
    metadata: BookmarkMetadata,
}

#[derive(Deserialize)]
struct BookmarkMetadata {
    resource_version: Revision,
    #[serde(default)]
    initial_events_end: bool,
}

impl From<BookmarkObject> for Bookmark {
    fn from(BookmarkObject { metadata }: BookmarkObject) -> Self {
        Self {
            revision: metadata.resource_version,
            initial_events_end: metadata.initial_events_end,
        }
    }
}
