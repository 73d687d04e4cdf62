//! All objects of the cluster as its controllers see them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::object::Fields;

/// An object's key in the store.
pub(super) type Key = Arc<str>;

/// A copy of the store's objects, with the indexes that controllers need.
#[derive(Debug, Default)]
pub(super) struct World {
    objects: BTreeMap<Key, Arc<Value>>,
    by_uid: HashMap<String, Key>,
    dependents: HashMap<String, BTreeSet<Key>>,
    pods_on: HashMap<String, BTreeSet<Key>>,
    states: HashMap<Key, (State, Instant)>,
}

/// What of an object decides how long it has to wait for the next thing to happen to it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Still,
    Deleting,
    Assigned,
    Phase(String),
    Ready(String),
    Kind(String),
}

impl World {
    /// The object of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// The objects whose keys start so, in order.
    pub(super) fn list<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        let from = std::ops::Bound::Included(prefix);
        self.objects
            .range::<str, _>((from, std::ops::Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// The key of the object with that UID.
    pub(super) fn key_of(&self, uid: &str) -> Option<&Key> {
        self.by_uid.get(uid)
    }

    /// The objects that name the UID as an owner, in the order of their keys.
    pub(super) fn dependents(&self, uid: &str) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.indexed(self.dependents.get(uid))
    }

    /// The objects of a kind that the object with the UID controls.
    pub(super) fn controlled<'a>(
        &'a self,
        uid: &'a str,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        self.dependents(uid).filter(move |(_, object)| {
            object.text("/kind") == kind
                && object
                    .controller()
                    .is_some_and(|owner| owner.text("/uid") == uid)
        })
    }

    /// The pods on a node; `""` are those without one.
    pub(super) fn pods_on(&self, node: &str) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.indexed(self.pods_on.get(node))
    }

    /// How many pods are on a node.
    pub(super) fn pod_count(&self, node: &str) -> usize {
        self.pods_on.get(node).map_or(0, BTreeSet::len)
    }

    fn indexed<'a>(
        &'a self,
        keys: Option<&'a BTreeSet<Key>>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        keys.into_iter()
            .flatten()
            .filter_map(|key| self.objects.get_key_value(key))
    }

    /// How long the object has been in its present state: a pod in its phase, a node ready or not, and so on.
    pub(super) fn unchanged_for(&self, key: &str, now: Instant) -> Duration {
        let since = self.states.get(key).map(|(_, since)| *since);
        since.map_or(Duration::ZERO, |since| now.duration_since(since))
    }

    /// Takes in an object as it is now.
    pub(super) fn put(&mut self, key: &Key, object: Value, now: Instant) {
        let state = state_of(key, &object);
        let since = match self.states.get(key) {
            Some((before, since)) if *before == state => *since,
            _ => now,
        };
        self.remove(key);
        self.states.insert(Arc::clone(key), (state, since));
        self.by_uid.insert(object.uid().to_owned(), Arc::clone(key));
        for owner in object.items("/metadata/ownerReferences") {
            let dependents = self.dependents.entry(owner.text("/uid").to_owned());
            dependents.or_default().insert(Arc::clone(key));
        }
        if is_pod(key) {
            let node = object.text("/spec/nodeName").to_owned();
            self.pods_on
                .entry(node)
                .or_default()
                .insert(Arc::clone(key));
        }
        self.objects.insert(Arc::clone(key), Arc::new(object));
    }

    /// Forgets an object and answers it.
    pub(super) fn remove(&mut self, key: &str) -> Option<Arc<Value>> {
        let object = self.objects.remove(key)?;
        self.states.remove(key);
        self.by_uid.remove(object.uid());
        for owner in object.items("/metadata/ownerReferences") {
            unlink(&mut self.dependents, owner.text("/uid"), key);
        }
        if is_pod(key) {
            unlink(&mut self.pods_on, object.text("/spec/nodeName"), key);
        }
        Some(object)
    }
}

fn unlink(index: &mut HashMap<String, BTreeSet<Key>>, entry: &str, key: &str) {
    if let Some(keys) = index.get_mut(entry) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(entry);
        }
    }
}

fn is_pod(key: &str) -> bool {
    key.starts_with("/registry/core/pods/")
}

fn state_of(key: &str, object: &Value) -> State {
    match object.text("/kind") {
        _ if object.is_deleting() => State::Deleting,
        "Pod" if is_pod(key) => match object.text("/status/phase") {
            "Pending" if !object.text("/spec/nodeName").is_empty() => State::Assigned,
            phase => State::Phase(phase.to_owned()),
        },
        "Node" => State::Ready(object.condition("Ready").to_owned()),
        "Job" => State::Phase(object.condition("Complete").to_owned()),
        "Service" => State::Kind(object.text("/spec/type").to_owned()),
        _ => State::Still,
    }
}
