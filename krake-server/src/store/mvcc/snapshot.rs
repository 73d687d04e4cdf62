//! All keys as of one revision.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use imbl::OrdSet;
use krake_core::Revision;

use crate::store::{Entry, Event, Page, Range};

/// An entry that is found and ordered by its key.
///
/// Shared, so that a node of the set is a few pointers and copying one on write is cheap.
#[derive(Clone, Debug)]
struct Keyed(Arc<Entry>);

impl Borrow<str> for Keyed {
    fn borrow(&self) -> &str {
        &self.0.key
    }
}

impl PartialEq for Keyed {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for Keyed {}

impl PartialOrd for Keyed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Keyed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.key.cmp(&other.0.key)
    }
}

/// One commit that took place: its changes, in the order of its operations, never none.
#[derive(Clone, Debug)]
pub(crate) struct Committed {
    /// The revision of all its events.
    pub(crate) revision: Revision,
    /// What changed.
    pub(crate) events: Arc<[Event]>,
}

/// All keys as of one revision. Cloning is O(1); clones share what they have in common.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    entries: OrdSet<Keyed>,
    revision: Revision,
    bytes: u64,
}

impl Snapshot {
    /// No keys, as of `revision`.
    pub(crate) fn empty(revision: Revision) -> Self {
        Self { entries: OrdSet::new(), revision, bytes: 0 }
    }

    /// The revision this is the state of.
    pub(crate) const fn revision(&self) -> Revision {
        self.revision
    }

    /// Bytes of all keys and values.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The number of keys.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What the key holds.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key).map(|keyed| &*keyed.0)
    }

    /// All entries in key order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(|keyed| &*keyed.0)
    }

    /// The part of the state that `range` names; its `at` is the caller's business.
    pub(crate) fn page(&self, range: &Range) -> Page {
        let start = match range.after.as_deref() {
            Some(after) if after >= range.prefix.as_str() => Bound::Excluded(after),
            _ => Bound::Included(range.prefix.as_str()),
        };
        let mut covered = self
            .entries
            .range::<_, str>((start, Bound::Unbounded))
            .map(|keyed| &*keyed.0)
            .take_while(|entry| entry.key.starts_with(&range.prefix));
        let limit = range.limit.unwrap_or(usize::MAX);
        let entries = covered.by_ref().take(limit).cloned().collect();
        Page { entries, more: covered.next().is_some(), revision: self.revision }
    }

    /// Creates or replaces a key as part of the commit `revision`.
    pub(crate) fn put(&mut self, key: &str, value: Bytes, revision: Revision) -> Entry {
        let (key, created) = match self.get(key) {
            Some(old) => (Arc::clone(&old.key), old.created),
            None => (Arc::from(key), revision),
        };
        let entry = Entry { key, value, created, modified: revision };
        self.insert(entry.clone());
        entry
    }

    /// Adds an entry as it is, in place of the one with the same key.
    pub(crate) fn insert(&mut self, entry: Entry) {
        self.bytes += size(&entry);
        if let Some(old) = self.entries.insert(Keyed(Arc::new(entry))) {
            self.bytes -= size(&old.0);
        }
    }

    /// Removes a key; answers what it held.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        let old = Arc::unwrap_or_clone(self.entries.remove(key)?.0);
        self.bytes -= size(&old);
        Some(old)
    }

    /// Repeats commits that follow this state.
    pub(crate) fn replay(&mut self, commits: &[Committed]) {
        for event in commits.iter().flat_map(|commit| commit.events.iter()) {
            match event {
                Event::Put { entry } => self.insert(entry.clone()),
                Event::Delete { last, .. } => {
                    self.remove(&last.key);
                }
            }
        }
        if let Some(last) = commits.last() {
            self.advance(last.revision);
        }
    }

    /// Declares the changes since the last call to be complete: this is now the state as of `revision`.
    pub(crate) fn advance(&mut self, revision: Revision) {
        debug_assert!(revision > self.revision, "revisions only grow");
        self.revision = revision;
    }
}

fn size(entry: &Entry) -> u64 {
    (entry.key.len() + entry.value.len()) as u64
}
