//! Binding applications to clusters.

use krake_core::kubernetes::{Application, ClusterBinding};
use krake_core::{Problem, ProblemTitle, Timestamp};

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
    if !metadata
        .owners
        .iter()
        .any(|owner| owner.same_name(&cluster))
    {
        metadata.owners.push(cluster.clone());
    }
    status.scheduled = Some(now);
    status.kube_controller_triggered = Some(now);
    status.scheduled_to = Some(cluster);
    status.decision = decision;
    Ok(())
}
