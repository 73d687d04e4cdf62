//! What each operation makes of an object: pure functions, without store, clock or encoding.

use std::collections::HashSet;

use krake_core::{CASCADE_DELETION, Metadata, Resource, Timestamp, Uid};

use crate::refusal::Refusal;

/// What a write to a stored object comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Planned<K> {
    Put(K),
    Remove(K),
    Keep(K),
}

/// The object that a POST stores: the body, which was checked, with what the server sets.
pub(super) fn create<K: Resource>(mut body: K, identity: Uid, now: Timestamp) -> K {
    let metadata = body.metadata_mut();
    metadata.uid = Some(identity);
    metadata.created = Some(now);
    metadata.modified = Some(now);
    metadata.deleted = None;
    metadata.generation = 1;
    metadata.resource_version = None;
    body.reset_status();
    body
}

/// What becomes of a PUT of what is stored already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NoUpdate {
    /// It is refused: the client is mistaken about something.
    #[default]
    Refuse,
    /// It succeeds and does nothing.
    Accept,
}

/// What a PUT of the resource makes of `stored`: metadata and spec are the body's, as far as users may set them.
pub(super) fn replace<K: Resource>(
    stored: &K,
    body: &K,
    no_update: NoUpdate,
    now: Timestamp,
) -> Result<Planned<K>, Refusal> {
    let old = stored.metadata();
    immutable(old, body.metadata())?;
    body.validate(Some(stored))?;
    if old.is_deleting() && adds_finalizer(old, body.metadata()) {
        return Err(Refusal::FinalizerAdded);
    }
    if is_same(stored, body) {
        return match no_update {
            NoUpdate::Refuse => Err(Refusal::NoUpdate),
            NoUpdate::Accept => Ok(Planned::Keep(stored.clone())),
        };
    }
    let mut new = body.clone();
    new.copy_status(stored);
    let metadata = new.metadata_mut();
    keep_identity(old, metadata);
    metadata.modified = Some(now);
    count_generation(stored, &mut new);
    immutable_of_kind(&new, stored)?;
    if new.metadata().is_deleting() && new.metadata().finalizers.is_empty() {
        return Ok(Planned::Remove(new));
    }
    Ok(Planned::Put(new))
}

/// What a PUT of the status makes of `stored`: nothing but the status is the body's.
pub(super) fn status<K: Resource>(stored: &K, body: &K) -> Result<Planned<K>, Refusal> {
    let mut new = stored.clone();
    new.copy_status(body);
    immutable_of_kind(&new, stored)?;
    Ok(Planned::Put(new))
}

/// What a PATCH of the resource makes of `stored`, given what it would be: the same as a PUT, but a patch that changes nothing is
/// done already.
pub(super) fn patch<K: Resource>(
    stored: &K,
    body: &K,
    now: Timestamp,
) -> Result<Planned<K>, Refusal> {
    match replace(stored, body, NoUpdate::Accept, now)? {
        Planned::Put(mut new) => {
            let modified = new.metadata().modified;
            new.metadata_mut().modified = stored.metadata().modified;
            if new == *stored {
                return Ok(Planned::Keep(new));
            }
            new.metadata_mut().modified = modified;
            Ok(Planned::Put(new))
        }
        planned => Ok(planned),
    }
}

/// What a PATCH of the status makes of `stored`; otherwise as [`patch`].
pub(super) fn patch_status<K: Resource>(stored: &K, body: &K) -> Result<Planned<K>, Refusal> {
    match status(stored, body)? {
        Planned::Put(new) if new == *stored => Ok(Planned::Keep(new)),
        planned => Ok(planned),
    }
}

/// What the handler of a further subresource, given as `change`, makes of `stored`. It may begin a deletion, but not reset it.
pub(super) fn subresource<K: Resource>(
    stored: &K,
    change: impl FnOnce(&mut K) -> Result<(), krake_core::Problem>,
) -> Result<Planned<K>, Refusal> {
    let mut new = stored.clone();
    change(&mut new).map_err(Refusal::Problem)?;
    let old = stored.metadata();
    let metadata = new.metadata_mut();
    let deleted = metadata.deleted.or(old.deleted);
    keep_identity(old, metadata);
    metadata.deleted = deleted;
    metadata.name.clone_from(&old.name);
    metadata.namespace.clone_from(&old.namespace);
    count_generation(stored, &mut new);
    Ok(Planned::Put(new))
}

/// What a DELETE makes of `stored`: the deletion begins, once; the object goes with its last finalizer. The kind prepares the
/// object by `prepare`.
pub(super) fn delete<K: Resource>(
    stored: &K,
    prepare: impl FnOnce(&mut K, Timestamp),
    now: Timestamp,
) -> Planned<K> {
    let mut new = stored.clone();
    if stored.metadata().is_deleting() {
        return Planned::Keep(new);
    }
    prepare(&mut new, now);
    let metadata = new.metadata_mut();
    metadata.deleted = Some(now);
    metadata.finalizers.push(CASCADE_DELETION.to_owned());
    Planned::Put(new)
}

/// What a DELETE by force makes of `stored`.
pub(super) fn remove<K: Resource>(mut stored: K, now: Timestamp) -> Planned<K> {
    stored.metadata_mut().deleted = Some(now);
    Planned::Remove(stored)
}

fn immutable_of_kind<K: Resource>(new: &K, old: &K) -> Result<(), Refusal> {
    new.changed_immutable(old)
        .map_or(Ok(()), |field| Err(Refusal::Immutable(field)))
}

fn immutable(old: &Metadata, new: &Metadata) -> Result<(), Refusal> {
    if new.name != old.name {
        return Err(Refusal::Immutable("name"));
    }
    if new.namespace != old.namespace {
        return Err(Refusal::Immutable("namespace"));
    }
    Ok(())
}

fn adds_finalizer(old: &Metadata, new: &Metadata) -> bool {
    let known: HashSet<&String> = old.finalizers.iter().collect();
    !new.finalizers.iter().all(|entry| known.contains(entry))
}

/// Whether the body is the stored object; clients of the original know neither generation nor resource version.
fn is_same<K: Resource>(stored: &K, body: &K) -> bool {
    let mut body = body.clone();
    let metadata = body.metadata_mut();
    metadata.generation = stored.metadata().generation;
    metadata.resource_version = stored.metadata().resource_version;
    body == *stored
}

/// Takes over what only the server writes.
fn keep_identity(old: &Metadata, new: &mut Metadata) {
    new.uid.clone_from(&old.uid);
    new.created = old.created;
    new.deleted = old.deleted;
    new.resource_version = old.resource_version;
}

fn count_generation<K: Resource>(stored: &K, new: &mut K) {
    let counted = stored.metadata().generation;
    let changed = u64::from(!new.same_spec(stored));
    new.metadata_mut().generation = counted.saturating_add(changed);
}
