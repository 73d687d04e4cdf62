//! The objects of one kind as of one revision, and those who want to hear of changes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use krake_client::ApiObject;
use krake_core::{Key, Kind, ObjectExt, ResourceRef, Revision, Selector};
use tokio::sync::watch;
use tokio::time::Instant;

use super::inbox::Inbox;
use super::owners::{OwnerIndex, names};
use super::{Delta, SyncState};
use crate::lock::{read, write};
use crate::watcher::SharedError;

/// A cache and its readers. Objects and revision change together, under one lock; the readers are told under it too, so
/// that they see changes in order. Lock order: this one, then a reader's inbox.
pub(super) struct Cache<K> {
    kind: Arc<Kind>,
    state: RwLock<State<K>>,
    revision: watch::Sender<Option<Revision>>,
    health: watch::Sender<SyncState>,
}

struct State<K> {
    objects: BTreeMap<Key, Arc<K>>,
    owners: OwnerIndex,
    /// `None` until the initial state is complete.
    revision: Option<Revision>,
    inboxes: Vec<Weak<Inbox<K>>>,
}

impl<K: ApiObject> State<K> {
    /// Puts an object, tells the readers.
    fn put(&mut self, object: K) {
        let key = object.key();
        let new = Arc::new(object);
        let old = self.objects.insert(key.clone(), Arc::clone(&new));
        if let Some(old) = &old {
            if old.revision() == new.revision() && old.metadata().uid == new.metadata().uid {
                return;
            }
            self.owners.remove(&key, &**old);
        }
        self.owners.insert(&key, &*new);
        self.tell(&key, || match &old {
            Some(old) => Delta::Updated { old: Arc::clone(old), new: Arc::clone(&new) },
            None => Delta::Added { new: Arc::clone(&new), initial: false },
        });
    }

    /// Removes an object, tells the readers. `last` is the state that it was removed with, if that is known.
    fn remove(&mut self, key: &Key, last: Option<K>) {
        let Some(old) = self.objects.remove(key) else { return };
        self.owners.remove(key, &*old);
        let final_state = last.is_some();
        let last = last.map_or(old, Arc::new);
        self.tell(key, || Delta::Deleted { last: Arc::clone(&last), final_state });
    }

    fn tell(&mut self, key: &Key, delta: impl Fn() -> Delta<K>) {
        self.inboxes.retain(|inbox| {
            let inbox = inbox.upgrade();
            if let Some(inbox) = &inbox {
                inbox.push(key, delta());
            }
            inbox.is_some()
        });
    }
}

impl<K: ApiObject> Cache<K> {
    pub(super) fn new(kind: Arc<Kind>) -> Self {
        let state = State {
            objects: BTreeMap::new(),
            owners: OwnerIndex::default(),
            revision: None,
            inboxes: Vec::new(),
        };
        let (revision, _) = watch::channel(None);
        let (health, _) = watch::channel(SyncState::Starting);
        Self { kind, state: RwLock::new(state), revision, health }
    }

    pub(super) const fn kind(&self) -> &Arc<Kind> {
        &self.kind
    }

    fn read(&self) -> RwLockReadGuard<'_, State<K>> {
        read(&self.state)
    }

    /// Makes the cache equal to `current`, as of `revision`; what is not in there is gone.
    pub(super) fn replace(&self, current: BTreeMap<Key, K>, revision: Revision) {
        let mut state = write(&self.state);
        let gone: Vec<_> = state
            .objects
            .keys()
            .filter(|key| !current.contains_key(*key))
            .cloned()
            .collect();
        for key in gone {
            state.remove(&key, None);
        }
        for object in current.into_values() {
            state.put(object);
        }
        self.at(state, revision);
    }

    /// An object was created or changed.
    pub(super) fn apply(&self, object: K) {
        let revision = object.revision();
        let mut state = write(&self.state);
        state.put(object);
        self.at(state, revision);
    }

    /// An object was removed.
    pub(super) fn delete(&self, last: K) {
        let revision = last.revision();
        let mut state = write(&self.state);
        state.remove(&last.key(), Some(last));
        self.at(state, revision);
    }

    /// Nothing else happened up to `revision`.
    pub(super) fn advance(&self, revision: Revision) {
        self.at(write(&self.state), revision);
    }

    fn at(&self, mut state: RwLockWriteGuard<'_, State<K>>, revision: Revision) {
        state.revision = Some(revision);
        drop(state);
        self.revision.send_replace(Some(revision));
        self.health.send_if_modified(|health| {
            let is_news = !matches!(health, SyncState::Synced);
            *health = SyncState::Synced;
            is_news
        });
    }

    /// The watch is interrupted.
    pub(super) fn interrupted(&self, error: SharedError) {
        self.health.send_modify(|health| {
            let since = match health {
                SyncState::Degraded { since, .. } => *since,
                _ => Instant::now(),
            };
            *health = SyncState::Degraded { since, error };
        });
    }

    /// Nobody keeps the cache up to date any more.
    pub(super) fn stop(&self) {
        self.health.send_replace(SyncState::Stopped);
        let inboxes = std::mem::take(&mut write(&self.state).inboxes);
        for inbox in inboxes.iter().filter_map(Weak::upgrade) {
            inbox.close();
        }
    }

    /// A new reader: what is there now, then every change, without gap.
    pub(super) fn subscribe(&self) -> Arc<Inbox<K>> {
        let mut state = write(&self.state);
        let inbox = Arc::new(Inbox::replaying(state.objects.iter()));
        if matches!(*self.health.borrow(), SyncState::Stopped) {
            inbox.close();
        }
        state.inboxes.push(Arc::downgrade(&inbox));
        inbox
    }

    pub(super) fn get(&self, key: &Key) -> Option<Arc<K>> {
        self.read().objects.get(key).cloned()
    }

    pub(super) fn select(&self, selector: &Selector) -> Vec<Arc<K>> {
        let state = self.read();
        let selected = state
            .objects
            .values()
            .filter(|object| selector.matches(&object.metadata().labels));
        selected.cloned().collect()
    }

    pub(super) fn owned_by(&self, owner: &ResourceRef) -> Vec<Arc<K>> {
        let state = self.read();
        let named = state
            .owners
            .keys(owner)
            .filter_map(|key| state.objects.get(key));
        named
            .filter(|object| names(&***object, owner))
            .cloned()
            .collect()
    }

    pub(super) fn revision(&self) -> Option<Revision> {
        self.read().revision
    }

    pub(super) fn revisions(&self) -> watch::Receiver<Option<Revision>> {
        self.revision.subscribe()
    }

    pub(super) fn health(&self) -> watch::Receiver<SyncState> {
        self.health.subscribe()
    }
}

impl<K> fmt::Debug for Cache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("kind", &format_args!("{}", self.kind))
            .field("revision", &*self.revision.borrow())
            .field("health", &*self.health.borrow())
            .finish_non_exhaustive()
    }
}
