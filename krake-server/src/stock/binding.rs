//! Binding applications to clusters.

use krake_core::kubernetes::{Application, ClusterBinding};
use krake_core::{Problem, ProblemTitle, ResourceRef, Timestamp};

/// Puts an application on a cluster: the cluster becomes one of its owners, and the application controller gets its turn.
pub(super) fn bind(
    application: &mut Application,
    binding: ClusterBinding,
    now: Timestamp,
) -> Result<(), Problem> {
    let Application { metadata, status, .. } = application;
    if metadata.is_deleting() {
        let detail = "An application in deletion cannot be bound to a cluster.";
        return Err(Problem::titled(409, ProblemTitle::UpdateError, detail));
    }
    let ClusterBinding { cluster, decision } = binding;
    own(&mut metadata.owners, &cluster);
    status.scheduled = Some(now);
    status.kube_controller_triggered = Some(now);
    status.scheduled_to = Some(cluster);
    status.decision = decision;
    Ok(())
}

/// Makes `cluster` one of the owners. An entry of that name is replaced: it may mean an earlier instance, and the garbage
/// collector would take the application for an orphan.
fn own(owners: &mut Vec<ResourceRef>, cluster: &ResourceRef) {
    match owners.iter_mut().find(|owner| owner.same_name(cluster)) {
        Some(owner) => owner.clone_from(cluster),
        None => owners.push(cluster.clone()),
    }
}

#[cfg(test)]
mod tests {
    use krake_core::kubernetes::{ApplicationSpec, Cluster};
    use krake_core::{Key, Resource, Uid};

    use super::*;

    #[test]
    fn a_binding_to_a_new_instance_of_a_cluster_replaces_the_owner() {
        let instance = |uid: &str| ResourceRef {
            uid: Some(Uid(uid.into())),
            ..ResourceRef::to_key(Cluster::KIND, &Key::namespaced("testing", "c"))
        };
        let mut application = Application::new("app", ApplicationSpec::of_manifest(Vec::new()));
        for uid in ["old", "new"] {
            let binding = ClusterBinding { cluster: instance(uid), decision: None };
            bind(&mut application, binding, Timestamp::UNIX_EPOCH).unwrap();
        }
        assert_eq!(application.metadata.owners, [instance("new")]);
        assert_eq!(application.status.scheduled_to, Some(instance("new")));
    }
}
