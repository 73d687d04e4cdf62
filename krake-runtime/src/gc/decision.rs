//! What is to be done with one object, judged by the caches alone.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use krake_core::{CASCADE_DELETION, Metadata, Object, ObjectExt, ResourceRef};

/// What the decision looks at.
pub(super) trait Graph {
    /// The object of this name; `None` also for kinds that are not collected.
    fn find(&self, reference: &ResourceRef) -> Option<Arc<dyn Object>>;

    /// The objects that depend on it.
    fn dependents(&self, owner: &ResourceRef) -> Vec<Arc<dyn Object>>;

    /// Whether the kind is collected: of others it is not known what exists.
    fn is_collected(&self, reference: &ResourceRef) -> bool;
}

/// What is to be done with an object.
#[derive(Debug)]
pub(super) enum Decision {
    /// Nothing.
    Leave,
    /// It is in deletion: so must be these, which depend on it.
    Delete(Vec<Arc<dyn Object>>),
    /// It is in deletion, and nothing depends on it: it may go.
    Release,
    /// It is not in deletion, but these owners of it seem to be gone. Ask the server.
    Suspect(Vec<ResourceRef>),
}

pub(super) fn decide(object: &dyn Object, graph: &impl Graph) -> Decision {
    if !object.metadata().is_deleting() {
        return suspicion(object.metadata(), graph);
    }
    if !object.metadata().is_next_finalizer(CASCADE_DELETION) {
        return Decision::Leave;
    }
    let dependents = graph.dependents(&object.to_ref());
    if dependents.is_empty() || is_last_circle(object, graph) {
        return Decision::Release;
    }
    let (_, alive): (Vec<_>, Vec<_>) = dependents
        .into_iter()
        .partition(|dependent| dependent.metadata().is_deleting());
    if alive.is_empty() { Decision::Leave } else { Decision::Delete(alive) }
}

/// Owners that were pinned by uid, and of which the caches show no such instance.
fn suspicion(metadata: &Metadata, graph: &impl Graph) -> Decision {
    let is_missing = |owner: &&ResourceRef| {
        let is_pinned = owner.uid.is_some() && graph.is_collected(owner);
        is_pinned
            && graph
                .find(owner)
                .is_none_or(|found| !owner.refers_to(&*found))
    };
    let missing: Vec<_> = metadata.owners.iter().filter(is_missing).cloned().collect();
    if missing.is_empty() { Decision::Leave } else { Decision::Suspect(missing) }
}

/// Whether everything that depends on `object`, directly or not, is a circle with it, ready to go: nobody would ever be the
/// first.
fn is_last_circle(object: &dyn Object, graph: &impl Graph) -> bool {
    let below = reachable(object, |object| graph.dependents(&object.to_ref()));
    let is_ready = |object: &Arc<dyn Object>| {
        let metadata = object.metadata();
        metadata.is_deleting() && metadata.is_next_finalizer(CASCADE_DELETION)
    };
    if !below.contains_key(&object.to_ref()) || !below.values().all(is_ready) {
        return false;
    }
    let above = reachable(object, |object| owners(object, graph));
    below.keys().all(|reference| above.contains_key(reference))
}

fn owners(object: &dyn Object, graph: &impl Graph) -> Vec<Arc<dyn Object>> {
    let owners = object.metadata().owners.iter();
    let there = |owner: &ResourceRef| graph.find(owner).filter(|found| owner.refers_to(&**found));
    owners.filter_map(there).collect()
}

/// Everything that is reached from `start` in at least one step. Each object is visited once, so diamonds and circles end.
fn reachable(
    start: &dyn Object,
    next: impl Fn(&dyn Object) -> Vec<Arc<dyn Object>>,
) -> BTreeMap<ResourceRef, Arc<dyn Object>> {
    let mut reached = BTreeMap::new();
    let mut frontier = next(start);
    while let Some(object) = frontier.pop() {
        if let Entry::Vacant(entry) = reached.entry(object.to_ref()) {
            frontier.extend(next(&*object));
            entry.insert(object);
        }
    }
    reached
}
