//! Which changes the scheduler has to look at.

use krake_core::kubernetes::{Application, Cluster};
use krake_core::{Key, ObjectExt, Resource, ResourceRef};
use krake_runtime::Delta;

/// Whether a change of an application can change where it belongs.
///
/// Its own reason counts: the application controller may have replaced it by a more urgent one, and now it is missing.
pub(super) fn concerns_placement(delta: &Delta<Application>) -> bool {
    let Delta::Updated { old, new } = delta else { return true };
    !old.same_spec(new)
        || old.metadata.uid != new.metadata.uid
        || old.metadata.is_deleting() != new.metadata.is_deleting()
        || old.status.scheduled_to != new.status.scheduled_to
        || old.status.reason != new.status.reason
}

/// Whether a change of a cluster can change what runs on it. Nodes and metrics come and go without that.
pub(super) fn concerns_applications(delta: &Delta<Cluster>) -> bool {
    let Delta::Updated { old, new } = delta else { return true };
    old.metadata.uid != new.metadata.uid
        || old.status.state != new.status.state
        || old.metadata.labels != new.metadata.labels
        || old.metadata.is_deleting() != new.metadata.is_deleting()
        || old.spec.custom_resources != new.spec.custom_resources
}

/// The applications that have to be looked at again after a change of `cluster`: those that are bound to it, and those that
/// have no place, or none that fits.
pub(super) fn concerned<'a>(
    cluster: &Cluster,
    applications: impl IntoIterator<Item = &'a Application>,
) -> Vec<Key> {
    let reference = cluster.to_ref();
    let is_concerned = |application: &&Application| {
        let status = &application.status;
        let is_here = |bound: &ResourceRef| bound.same_name(&reference);
        application.metadata.namespace == cluster.metadata.namespace
            && (status.scheduled_to.as_ref().is_none_or(is_here) || status.reason.is_some())
    };
    let concerned = applications.into_iter().filter(is_concerned);
    concerned.map(ObjectExt::key).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use krake_core::kubernetes::{
        ApplicationSpec, ClusterNode, ClusterSpec, ClusterState, JsonObject,
    };
    use krake_core::{Reason, ReasonCode, Uid};

    use super::*;

    fn cluster(name: &str) -> Cluster {
        let spec = ClusterSpec::of_kubeconfig(JsonObject::new());
        Cluster::new(name, spec).in_namespace("testing")
    }

    fn application(name: &str, bound: Option<&str>) -> Application {
        let spec = ApplicationSpec::of_manifest(Vec::new());
        let mut application = Application::new(name, spec).in_namespace("testing");
        application.status.scheduled_to = bound.map(|name| cluster(name).to_ref());
        application
    }

    #[test]
    fn a_change_wakes_who_is_there_and_who_has_no_place() {
        let mut unhappy = application("unhappy", Some("b"));
        unhappy.status.reason = Some(Reason::new(ReasonCode::NoSuitableResource, "nothing fits"));
        let applications = [
            application("here", Some("a")),
            application("there", Some("b")),
            application("waiting", None),
            application("elsewhere", None).in_namespace("other"),
            unhappy,
        ];
        let keys = concerned(&cluster("a"), &applications);
        let names: Vec<_> = keys.iter().map(|key| &*key.name).collect();
        assert_eq!(names, ["here", "waiting", "unhappy"]);
    }

    #[test]
    fn nodes_of_a_cluster_wake_nobody_but_its_state_does() {
        let mut changed = cluster("a");
        changed.status.nodes.push(ClusterNode::new("n", Vec::new()));
        let delta = |new: &Cluster| Delta::Updated {
            old: Arc::new(cluster("a")),
            new: Arc::new(new.clone()),
        };
        assert!(!concerns_applications(&delta(&changed)));
        changed.status.state = ClusterState::Online;
        assert!(concerns_applications(&delta(&changed)));
        let mut again = cluster("a");
        again.metadata.uid = Some(Uid("another".into()));
        assert!(concerns_applications(&delta(&again)), "removed and registered again");
    }
}
