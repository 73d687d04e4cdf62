//! A stored object, encoded for everybody who reads or watches it.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use krake_core::{Labels, Revision};

use crate::registry::{Readable, version_member};
use crate::update_event::UpdateEvent;

/// What happened to an object, from the view of one watcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventType {
    Added,
    Updated(UpdateEvent),
    Deleted,
}

impl EventType {
    /// The line of a watch up to its object.
    const fn head(self) -> &'static [u8] {
        match self {
            Self::Added => br#"{"type":"ADDED","object":"#,
            Self::Updated(UpdateEvent::Updated) => br#"{"type":"UPDATED","object":"#,
            Self::Updated(UpdateEvent::Modified) => br#"{"type":"MODIFIED","object":"#,
            Self::Deleted => br#"{"type":"DELETED","object":"#,
        }
    }
}

/// The line of a watch after its object.
const TAIL: &[u8] = b"}\n";

/// One version of an object.
#[derive(Clone, Debug)]
pub(crate) struct Cached {
    key: Arc<str>,
    /// Revision that created the object.
    created: Revision,
    /// Revision of this version.
    revision: Revision,
    labels: Labels,
    /// The line of the event that brought this version; the object's JSON is a part of it.
    line: Bytes,
    event: EventType,
    /// Where the resource version stands in the JSON.
    slot: usize,
}

impl Cached {
    /// A version as it was read from the store.
    pub(crate) fn new(
        key: Arc<str>,
        created: Revision,
        revision: Revision,
        readable: Readable,
        event: EventType,
    ) -> Self {
        let Readable { labels, document } = readable;
        let slot = document.slot();
        let (head, tail) = document.stored().split_at(slot);
        let line = line(event, head, revision, tail);
        Self { key, created, revision, labels, line, event, slot }
    }

    /// The last version of an object that was removed by `revision`.
    pub(crate) fn removed(&self, revision: Revision) -> Self {
        let (head, tail) = self.around_version();
        let line = line(EventType::Deleted, head, revision, tail);
        Self {
            key: Arc::clone(&self.key),
            labels: self.labels.clone(),
            line,
            event: EventType::Deleted,
            revision,
            ..*self
        }
    }

    pub(crate) const fn key(&self) -> &Arc<str> {
        &self.key
    }

    pub(crate) const fn created(&self) -> Revision {
        self.created
    }

    pub(crate) const fn revision(&self) -> Revision {
        self.revision
    }

    pub(crate) const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// How much memory the version takes, more or less.
    pub(crate) fn size(&self) -> usize {
        self.line.len() + self.key.len() + size_of::<Self>()
    }

    /// The object.
    pub(crate) fn json(&self) -> Bytes {
        self.line
            .slice(self.event.head().len()..self.line.len() - TAIL.len())
    }

    /// The text of the object.
    pub(super) fn text(&self) -> &[u8] {
        &self.line[self.event.head().len()..self.line.len() - TAIL.len()]
    }

    /// The line that tells of this version as `event`, shared if it is the one that everybody gets.
    pub(crate) fn line(&self, event: EventType) -> Bytes {
        if event == self.event {
            return self.line.clone();
        }
        let mut out = BytesMut::with_capacity(self.line.len() + event.head().len());
        self.write_line(event, &mut out);
        out.freeze()
    }

    /// Appends the line that tells of this version as `event`.
    pub(crate) fn write_line(&self, event: EventType, out: &mut BytesMut) {
        out.put_slice(event.head());
        out.put_slice(self.text());
        out.put_slice(TAIL);
    }

    /// The JSON before and after its resource version.
    fn around_version(&self) -> (&[u8], &[u8]) {
        let (head, rest) = self.text().split_at(self.slot);
        (head, &rest[version_member(self.revision).len()..])
    }
}

fn line(event: EventType, head: &[u8], revision: Revision, tail: &[u8]) -> Bytes {
    [event.head(), head, version_member(revision).as_bytes(), tail, TAIL]
        .concat()
        .into()
}
