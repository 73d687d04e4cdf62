//! Binding applications to clusters, clusters to clouds, and Magnum clusters to projects.
//!
//! What something is bound to becomes one of its owners. An earlier one stays: a controller has to clean up there first.

use krake_core::infrastructure::CloudBinding;
use krake_core::kubernetes::{Application, Cluster, ClusterBinding};
use krake_core::openstack::{MagnumCluster, MagnumClusterBinding};
use krake_core::{Metadata, Problem, ResourceRef, Timestamp};

/// Puts an application on a cluster; the application controller gets its turn.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a subresource")]
pub(super) fn to_cluster(
    application: &mut Application,
    binding: ClusterBinding,
    now: Timestamp,
) -> Result<(), Problem> {
    let Application { metadata, status, .. } = application;
    let ClusterBinding { cluster, decision } = binding;
    add_owner(metadata, &cluster);
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
    add_owner(metadata, &cloud);
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
    add_owner(metadata, &project);
    status.project = Some(project);
    status.template = Some(template);
    Ok(())
}

fn add_owner(metadata: &mut Metadata, owner: &ResourceRef) {
    if !metadata.owners.iter().any(|known| known.same_name(owner)) {
        metadata.owners.push(owner.clone());
    }
}
