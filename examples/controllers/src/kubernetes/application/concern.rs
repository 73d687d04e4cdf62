//! Which changes the controller of applications has to look at.

use krake_core::kubernetes::{Application, Cluster};
use krake_core::{Key, ObjectExt, Resource, ResourceRef};
use krake_runtime::{Delta, Predicate, generation_changed};

/// Whether a change of an application can ask for work: what its user wants, where it belongs, or its deletion.
pub(super) fn concerns_work(delta: &Delta<Application>) -> bool {
    let is_rebound = match delta {
        Delta::Updated { old, new } => old.status.scheduled_to != new.status.scheduled_to,
        Delta::Added { .. } | Delta::Deleted { .. } => true,
    };
    is_rebound || generation_changed::<Application>().admits(delta)
}

/// Whether a change of a cluster can let work succeed that failed before.
pub(super) fn concerns_access(delta: &Delta<Cluster>) -> bool {
    let Delta::Updated { old, new } = delta else { return true };
    old.metadata.uid != new.metadata.uid
        || old.status.state != new.status.state
        || !old.same_spec(new)
}

/// The applications that are, should be, or have left something on `cluster`.
pub(super) fn concerned<'a>(
    cluster: &Cluster,
    applications: impl IntoIterator<Item = &'a Application>,
) -> Vec<Key> {
    let reference = cluster.to_ref();
    let is_here = |other: &ResourceRef| other.same_name(&reference);
    let is_concerned = |application: &&Application| {
        let status = &application.status;
        status.scheduled_to.as_ref().is_some_and(is_here)
            || status.inventory.iter().any(|entry| is_here(&entry.cluster))
    };
    let concerned = applications.into_iter().filter(is_concerned);
    concerned.map(ObjectExt::key).collect()
}
