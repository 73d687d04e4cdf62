//! Current objects and recent changes of one kind.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use krake_core::{Kind, Revision};
use tokio::sync::watch;

use super::change::{Change, What};
use super::pages::Pages;
use super::subscriber::{Filter, Start, Subscriber};
use super::window::Window;
use super::{Cached, EventType, Objects, WindowLimits};
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
}

pub(super) struct State {
    pub(super) objects: Objects,
    pub(super) window: Window,
    /// Every change up to here is applied.
    pub(super) revision: Revision,
    /// The revision of the last list: what a watch tells up to here is known already.
    listed: Revision,
    pages: Pages,
    /// Keys whose value could not be decoded, with the revision that was reported.
    unreadable: HashMap<Arc<str>, Revision>,
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
        let state = State {
            objects: Objects::new(),
            window: Window::after(Revision::ZERO, limits),
            revision: Revision::ZERO,
            listed: Revision::ZERO,
            pages: Pages::default(),
            unreadable: HashMap::new(),
        };
        Self { rules, prefix, update_event, state: RwLock::new(state), end: watch::Sender::new(0) }
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
        let listed = self.read().listed;
        let incoming: Vec<Incoming> = events
            .iter()
            .filter(|event| event.revision() > listed)
            .map(|event| self.incoming(event))
            .collect();
        let mut state = self.write();
        for change in incoming {
            state.apply(change);
        }
        state.revision = state.revision.max(through);
        self.announce(state);
    }

    /// Replaces the content by a list as of `revision`; watchers see the differences.
    pub(super) fn replace(&self, entries: &[Entry], revision: Revision) {
        let mut listed: Vec<Incoming> = entries.iter().map(|entry| self.put(entry)).collect();
        let kept: HashSet<&str> = entries.iter().map(|entry| &*entry.key).collect();
        let mut state = self.write();
        let is_continued = (Revision(1)..=revision).contains(&state.revision);
        listed.retain(|incoming| state.is_new(incoming));
        listed.sort_by_key(Incoming::revision);
        let vanished = state.objects.keys().filter(|key| !kept.contains(&***key));
        let vanished: Vec<Arc<str>> = vanished.cloned().collect();
        for change in listed {
            state.apply(change);
        }
        for key in vanished {
            state.apply(Incoming::Gone { key, revision });
        }
        state.revision = revision;
        state.listed = revision;
        if !is_continued {
            state.window.forget(revision);
        }
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

/// A change on its way into the cache.
enum Incoming {
    Object(Arc<Cached>),
    Gone {
        key: Arc<str>,
        revision: Revision,
    },
    Unreadable {
        key: Arc<str>,
        revision: Revision,
        error: String,
    },
    /// Not a resource of the kind.
    Foreign,
}

impl Incoming {
    fn revision(&self) -> Revision {
        match self {
            Self::Object(object) => object.revision(),
            Self::Gone { revision, .. } | Self::Unreadable { revision, .. } => *revision,
            Self::Foreign => Revision::ZERO,
        }
    }
}

impl State {
    /// Whether a listed entry is another than the cached one.
    fn is_new(&self, incoming: &Incoming) -> bool {
        let Incoming::Object(object) = incoming else { return true };
        let cached = self.objects.get(object.key());
        cached.is_none_or(|cached| cached.revision() != object.revision())
    }

    fn apply(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Object(new) => self.put(new),
            Incoming::Gone { key, revision } => self.remove(&key, revision),
            Incoming::Unreadable { key, revision, error } => {
                self.remove(&key, revision);
                if self.unreadable.insert(Arc::clone(&key), revision) != Some(revision) {
                    tracing::warn!(%key, %revision, %error, "stored object cannot be decoded, skipped");
                }
            }
            Incoming::Foreign => {}
        }
    }

    fn put(&mut self, new: Arc<Cached>) {
        self.unreadable.remove(new.key());
        if let Some(old) = self.objects.get(new.key())
            && old.created() != new.created()
        {
            let key = Arc::clone(new.key());
            self.remove(&key, new.revision());
        }
        let revision = new.revision();
        let what = match self.objects.insert(Arc::clone(new.key()), Arc::clone(&new)) {
            Some(old) => What::Updated { old, new },
            None => What::Added { new },
        };
        self.window.push(Change { revision, what });
    }

    fn remove(&mut self, key: &str, revision: Revision) {
        if let Some(old) = self.objects.remove(key) {
            let last = Arc::new(old.removed(revision));
            self.window
                .push(Change { revision, what: What::Removed { last } });
        }
    }
}
