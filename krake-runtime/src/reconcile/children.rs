//! Making the children of an object be what they should be.

use std::collections::BTreeMap;
use std::sync::Arc;

use krake_client::Api;
use krake_core::{Key, Object, ObjectExt, Resource};

use super::{Context, Failure};

/// What to do to get from the children that are there to those that are wanted.
#[derive(Debug)]
struct Plan<T> {
    keep: Vec<Arc<T>>,
    create: Vec<T>,
    update: Vec<T>,
    delete: Vec<Arc<T>>,
}

impl<K: Resource> Context<K> {
    /// Makes the children of `owner` of kind `T` be exactly `want`: creates what is missing, changes what differs in its spec,
    /// deletes what is not wanted; answers the children as they are then. A child is what has `owner` among its owners;
    /// that is added to `want`, and so is the owner's namespace.
    ///
    /// Labels and annotations that others have added to a child stay. A wanted child that is in deletion is not in the
    /// answer; once it is gone, the next run creates it again.
    ///
    /// # Errors
    /// The first write that fails; the others may or may not have been made. A name that is taken by something that `owner`
    /// does not own is such a failure.
    ///
    /// # Panics
    /// As [`store`](Self::store).
    pub async fn sync_children<T: Resource>(
        &self,
        owner: &K,
        want: Vec<T>,
    ) -> Result<Vec<Arc<T>>, Failure> {
        let want = want
            .into_iter()
            .map(|child| claimed(child, owner))
            .collect();
        let Plan { keep, create, update, delete } = plan(self.children(owner), want);
        for child in delete {
            match self.api_of(&*child).delete(&child.metadata().name).await {
                Err(error) if !error.is_not_found() => return Err(error.into()),
                _ => {}
            }
        }
        let mut children = keep;
        for child in update {
            children.push(Arc::new(self.api_of(&child).update(&child).await?));
        }
        for child in create {
            children.push(Arc::new(self.api_of(&child).create(&child).await?));
        }
        children.sort_by_key(|child| child.key());
        Ok(children)
    }

    fn api_of<T: Resource>(&self, child: &T) -> Api<T> {
        self.client().api(child.metadata().namespace.as_deref())
    }
}

/// The child, owned by `owner` and in its namespace, if it has none of its own.
fn claimed<T: Resource>(child: T, owner: &impl Object) -> T {
    let mut child = child.owned_by(owner);
    if T::KIND.is_namespaced() && child.metadata().namespace.is_none() {
        child
            .metadata_mut()
            .namespace
            .clone_from(&owner.metadata().namespace);
    }
    child
}

fn plan<T: Resource>(existing: Vec<Arc<T>>, want: Vec<T>) -> Plan<T> {
    let mut want: BTreeMap<Key, T> = want.into_iter().map(|child| (child.key(), child)).collect();
    let mut plan =
        Plan { keep: Vec::new(), create: Vec::new(), update: Vec::new(), delete: Vec::new() };
    for child in existing {
        match want.remove(&child.key()) {
            _ if child.metadata().is_deleting() => {}
            None => plan.delete.push(child),
            Some(wanted) => match changed(&*child, wanted) {
                Some(changed) => plan.update.push(changed),
                None => plan.keep.push(child),
            },
        }
    }
    plan.create = want.into_values().collect();
    plan
}

/// What to write to get from `child` to `wanted`; `None` if it is there.
fn changed<T: Resource>(child: &T, wanted: T) -> Option<T> {
    let mut metadata = child.metadata().clone();
    metadata.labels.extend(wanted.metadata().labels.clone());
    metadata
        .annotations
        .extend(wanted.metadata().annotations.clone());
    if child.same_spec(&wanted) && metadata == *child.metadata() {
        return None;
    }
    let mut changed = wanted;
    *changed.metadata_mut() = metadata;
    changed.copy_status(child);
    Some(changed)
}
