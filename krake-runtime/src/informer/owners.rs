//! Who owns what: the index from owners to the objects that name them.

use std::collections::{BTreeSet, HashMap};

use krake_core::{Key, Object, ResourceRef};

/// The objects of a cache by the name of each of their owners.
#[derive(Debug, Default)]
pub(super) struct OwnerIndex {
    owned: HashMap<ResourceRef, BTreeSet<Key>>,
}

/// The reference without the instance: owners are looked up by name, the instance is compared afterwards.
fn by_name(owner: &ResourceRef) -> ResourceRef {
    ResourceRef { uid: None, ..owner.clone() }
}

impl OwnerIndex {
    pub(super) fn insert(&mut self, key: &Key, object: &impl Object) {
        for owner in &object.metadata().owners {
            self.owned
                .entry(by_name(owner))
                .or_default()
                .insert(key.clone());
        }
    }

    pub(super) fn remove(&mut self, key: &Key, object: &impl Object) {
        for owner in &object.metadata().owners {
            let name = by_name(owner);
            if let Some(keys) = self.owned.get_mut(&name) {
                keys.remove(key);
                if keys.is_empty() {
                    self.owned.remove(&name);
                }
            }
        }
    }

    /// The keys of the objects that name `owner`, whatever instance they mean.
    pub(super) fn keys(&self, owner: &ResourceRef) -> impl Iterator<Item = &Key> {
        self.owned.get(&by_name(owner)).into_iter().flatten()
    }
}

/// Whether `object` names `owner` and does not mean another instance of that name.
pub(super) fn names(object: &impl Object, owner: &ResourceRef) -> bool {
    object.metadata().owners.iter().any(|entry| {
        entry.same_name(owner)
            && (entry.uid.is_none() || owner.uid.is_none() || entry.uid == owner.uid)
    })
}
