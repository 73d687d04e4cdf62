//! What the cache of a kind holds, and how changes get in.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use krake_core::Revision;

use super::change::{Change, What};
use super::pages::Pages;
use super::window::Window;
use super::{Cached, Objects, WindowLimits};

/// The content of a cache, behind its lock.
pub(super) struct State {
    pub(super) objects: Objects,
    pub(super) window: Window,
    /// Every change up to here is applied.
    pub(super) revision: Revision,
    /// The revision of the last list, if there was one: what a watch tells up to here is known already.
    listed: Option<Revision>,
    pub(super) pages: Pages,
    /// Keys whose value could not be decoded, with the revision that was reported.
    unreadable: HashMap<Arc<str>, Revision>,
}

/// A change on its way into the cache.
pub(super) enum Incoming {
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
    fn key(&self) -> Option<&Arc<str>> {
        match self {
            Self::Object(object) => Some(object.key()),
            Self::Gone { key, .. } | Self::Unreadable { key, .. } => Some(key),
            Self::Foreign => None,
        }
    }

    fn revision(&self) -> Revision {
        match self {
            Self::Object(object) => object.revision(),
            Self::Gone { revision, .. } | Self::Unreadable { revision, .. } => *revision,
            Self::Foreign => Revision::ZERO,
        }
    }
}

impl State {
    /// Nothing, until the first list.
    pub(super) fn new(limits: WindowLimits) -> Self {
        Self {
            objects: Objects::new(),
            window: Window::after(Revision::ZERO, limits),
            revision: Revision::ZERO,
            listed: None,
            pages: Pages::default(),
            unreadable: HashMap::new(),
        }
    }

    pub(super) const fn listed(&self) -> Option<Revision> {
        self.listed
    }

    /// Takes over a list as of `revision`.
    pub(super) fn replace(&mut self, mut listed: Vec<Incoming>, revision: Revision) {
        let is_continued = self.listed.is_some() && self.revision <= revision;
        let kept: HashSet<Arc<str>> = listed.iter().filter_map(Incoming::key).cloned().collect();
        let vanished = self.objects.keys().filter(|key| !kept.contains(*key));
        let vanished: Vec<Arc<str>> = vanished.cloned().collect();
        listed.retain(|incoming| !is_continued || self.is_new(incoming));
        listed.sort_by_key(Incoming::revision);
        for change in listed {
            self.apply(change);
        }
        for key in vanished {
            self.apply(Incoming::Gone { key, revision });
        }
        self.revision = revision;
        self.listed = Some(revision);
        if !is_continued {
            self.window.forget(revision);
        }
    }

    /// Whether a listed entry is another than the cached one.
    fn is_new(&self, incoming: &Incoming) -> bool {
        let Incoming::Object(object) = incoming else { return true };
        let cached = self.objects.get(object.key());
        cached.is_none_or(|cached| cached.revision() != object.revision())
    }

    pub(super) fn apply(&mut self, incoming: Incoming) {
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
