//! Binding applications to clusters, clusters to clouds, and Magnum clusters to projects.
//!
//! What something is bound to becomes one of its owners. An earlier one stays: a controller has to clean up there first.

use krake_core::infrastructure::CloudBinding;
use krake_core::kubernetes::{Application, Cluster, ClusterBinding};
use krake_core::openstack::{MagnumCluster, MagnumClusterBinding};
use krake_core::{Problem, ResourceRef, Timestamp};

/// Puts an application on a cluster; the application controller gets its turn.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a subresource")]
pub(super) fn to_cluster(
    application: &mut Application,
    binding: ClusterBinding,
    now: Timestamp,
) -> Result<(), Problem> {
    let Application { metadata, status, .. } = application;
    let ClusterBinding { cluster, decision } = binding;
    own(&mut metadata.owners, &cluster);
    status.scheduled = Some(now);
    status.kube_controller_triggered = Some(now);
    status.scheduled_to = Some(cluster);
    status.decision = decision;
    Ok(())
}

/// Chooses the cloud that a cluster is to be created in.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a subresource")]
pub(super) fn to_cloud(
    cluster: &mut Cluster,
    CloudBinding { cloud }: CloudBinding,
    now: Timestamp,
) -> Result<(), Problem> {
    let Cluster { metadata, status, .. } = cluster;
    own(&mut metadata.owners, &cloud);
    status.scheduled = Some(now);
    status.scheduled_to = Some(cloud);
    Ok(())
}

/// Chooses the project that a Magnum cluster is to be made in, and its template.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a subresource")]
pub(super) fn to_project(
    cluster: &mut MagnumCluster,
    MagnumClusterBinding { project, template }: MagnumClusterBinding,
    _now: Timestamp,
) -> Result<(), Problem> {
    let MagnumCluster { metadata, status, .. } = cluster;
    own(&mut metadata.owners, &project);
    status.project = Some(project);
    status.template = Some(template);
    Ok(())
}

/// Makes `target` one of the owners. An entry of that name is replaced: it may mean an earlier instance, and the garbage
/// collector would take what is bound for an orphan.
fn own(owners: &mut Vec<ResourceRef>, target: &ResourceRef) {
    match owners.iter_mut().find(|owner| owner.same_name(target)) {
        Some(owner) => owner.clone_from(target),
        None => owners.push(target.clone()),
    }
}

#[cfg(test)]
mod tests {
    use krake_core::kubernetes::ApplicationSpec;
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
            to_cluster(&mut application, binding, Timestamp::UNIX_EPOCH).unwrap();
        }
        assert_eq!(application.metadata.owners, [instance("new")]);
        assert_eq!(application.status.scheduled_to, Some(instance("new")));
    }
}
