//! Current objects and recent changes of one kind.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use krake_core::{Kind, Revision};
use tokio::sync::watch;

use super::state::{Incoming, State};
use super::subscriber::{Filter, Start, Subscriber};
use super::{Cached, EventType, Objects, WindowLimits};
use crate::metrics::KindMetrics;
use crate::refusal::Refusal;
use crate::registry::{Collection, Current, Rules};
use crate::store::{Entry, Event};
use crate::update_event::UpdateEvent;

/// The cache of one kind.
pub(crate) struct KindCache {
    rules: Box<dyn Rules>,
    prefix: Arc<str>,
    update_event: UpdateEvent,
    state: RwLock<State>,
    /// Sequence number after the newest change; watchers wait for it to move.
    end: watch::Sender<u64>,
    metrics: KindMetrics,
}

/// How much a cache holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) objects: usize,
    /// Recent changes kept for watchers.
    pub(crate) changes: usize,
    /// Bytes that the recent changes keep from being freed, more or less.
    pub(crate) change_bytes: usize,
    pub(crate) watchers: usize,
}

/// A snapshot with the revision it shows.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) objects: Objects,
    pub(crate) revision: Revision,
}

impl KindCache {
    /// An empty cache, to be filled by a reflector.
    pub(crate) fn new(
        rules: Box<dyn Rules>,
        update_event: UpdateEvent,
        limits: WindowLimits,
    ) -> Self {
        let prefix = Collection::of(rules.kind()).prefix().into();
        let state = RwLock::new(State::new(limits));
        let metrics = KindMetrics::new(rules.kind(), &rules.subresources());
        Self { rules, prefix, update_event, state, end: watch::Sender::new(0), metrics }
    }

    pub(crate) fn rules(&self) -> &dyn Rules {
        &*self.rules
    }

    pub(crate) fn kind(&self) -> &'static Kind {
        self.rules.kind()
    }

    /// What the keys of the kind start with.
    pub(crate) const fn prefix(&self) -> &Arc<str> {
        &self.prefix
    }

    /// How this server calls updates.
    pub(crate) const fn update_event(&self) -> UpdateEvent {
        self.update_event
    }

    /// What is counted for the kind.
    pub(crate) const fn metrics(&self) -> &KindMetrics {
        &self.metrics
    }

    /// How much it holds at the moment.
    pub(crate) fn sizes(&self) -> Sizes {
        let state = self.read();
        Sizes {
            objects: state.objects.len(),
            changes: state.window.len(),
            change_bytes: state.window.bytes(),
            watchers: self.end.receiver_count(),
        }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ends(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// One object.
    pub(crate) fn get(&self, key: &str) -> Option<Arc<Cached>> {
        self.read().objects.get(key).cloned()
    }

    /// One object, as the base of a write.
    pub(crate) fn current(&self, key: &str) -> Option<Current> {
        let cached = self.get(key)?;
        Some(Current { json: cached.json(), revision: cached.revision() })
    }

    /// The revision of the last change that is shown.
    pub(crate) fn last_change(&self) -> Revision {
        self.read().revision
    }

    /// All objects; `reached` is a revision that the cache is known to show.
    pub(crate) fn snapshot(&self, reached: Revision) -> Snapshot {
        let state = self.read();
        Snapshot { objects: state.objects.clone(), revision: reached.max(state.revision) }
    }

    /// Keeps a snapshot for the next page of a list.
    pub(crate) fn keep(&self, snapshot: &Snapshot) {
        self.write()
            .pages
            .keep(snapshot.revision, &snapshot.objects);
    }

    /// A snapshot that was kept; `None` when it has expired.
    pub(crate) fn kept(&self, revision: Revision) -> Option<Snapshot> {
        let objects = self.read().pages.get(revision)?;
        Some(Snapshot { objects, revision })
    }

    /// Registers a watcher; `None` if changes after the wanted revision are forgotten.
    pub(crate) fn subscribe(self: &Arc<Self>, filter: Filter, start: Start) -> Option<Subscriber> {
        let ends = self.ends();
        let state = self.read();
        let cursor = match start {
            Start::Now => state.window.end(),
            Start::After(revision) => state.window.cursor_after(revision)?,
        };
        drop(state);
        Some(Subscriber::new(Arc::clone(self), filter, cursor, ends))
    }

    /// Registers a watcher together with the state that its changes start from.
    pub(crate) fn subscribe_with_state(
        self: &Arc<Self>,
        filter: Filter,
        reached: Revision,
    ) -> (Snapshot, Subscriber) {
        let ends = self.ends();
        let state = self.read();
        let revision = reached.max(state.revision);
        let snapshot = Snapshot { objects: state.objects.clone(), revision };
        let cursor = state.window.end();
        drop(state);
        (snapshot, Subscriber::new(Arc::clone(self), filter, cursor, ends))
    }

    /// Applies changes of the store, in order; those that the cache shows already are skipped.
    pub(super) fn apply(&self, events: &[&Event], through: Revision) {
        let listed = self.read().listed();
        let incoming: Vec<Incoming> = events
            .iter()
            .filter(|event| Some(event.revision()) > listed)
            .map(|event| self.incoming(event))
            .collect();
        let mut state = self.write();
        for change in incoming {
            state.apply(change);
        }
        state.revision = state.revision.max(through);
        self.announce(state);
    }

    /// Replaces the content by a list as of `revision`; watchers see the differences, unless the store has gone back in time.
    pub(super) fn replace(&self, entries: &[Entry], revision: Revision) {
        let listed = entries.iter().map(|entry| self.put(entry)).collect();
        let mut state = self.write();
        state.replace(listed, revision);
        self.announce(state);
    }

    fn announce(&self, state: RwLockWriteGuard<'_, State>) {
        let end = state.window.end();
        drop(state);
        self.end
            .send_if_modified(|seen| std::mem::replace(seen, end) != end);
    }

    fn incoming(&self, event: &Event) -> Incoming {
        match event {
            Event::Put { entry } => self.put(entry),
            Event::Delete { last, revision } => {
                Incoming::Gone { key: Arc::clone(&last.key), revision: *revision }
            }
        }
    }

    /// Decodes an entry; one that cannot be decoded counts as absent.
    fn put(&self, entry: &Entry) -> Incoming {
        let key = Arc::clone(&entry.key);
        if !crate::registry::is_key_of(self.kind(), &key) {
            return Incoming::Foreign;
        }
        let event = if entry.created == entry.modified {
            EventType::Added
        } else {
            EventType::Updated(self.update_event)
        };
        let read = AssertUnwindSafe(|| self.rules.read(&entry.value));
        let read = std::panic::catch_unwind(read)
            .unwrap_or_else(|_| Err(Refusal::Internal("the code of the kind panicked".into())));
        match read {
            Ok(readable) => Incoming::Object(Arc::new(Cached::new(
                key,
                entry.created,
                entry.modified,
                readable,
                event,
            ))),
            Err(error) => {
                Incoming::Unreadable { key, revision: entry.modified, error: error.to_string() }
            }
        }
    }
}
