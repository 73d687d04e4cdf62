//! What a look at a cluster says about it.

use k8s_openapi::api::core::v1::Node;
use krake_core::kubernetes::{
    Cluster, ClusterNode, ClusterNodeCondition, ClusterState, ClusterStatus,
};

use crate::kubernetes::access::{AccessError, steady};

/// How many looks in a row must fail before a cluster counts as offline.
pub const SUSPICION: u32 = 2;

/// The outcome of looking at a cluster once.
pub type Look = Result<Vec<Node>, AccessError>;

/// Whether the cluster is looked at while it is in this state. One that is being made or removed may look well by accident.
pub const fn is_observed(state: ClusterState) -> bool {
    !matches!(state, ClusterState::Creating | ClusterState::Reconciling | ClusterState::Deleting)
}

/// The status of `cluster` after a look; `failures` counts the failed looks in a row, this one included.
///
/// A cluster that fails for the first time keeps its state: a lost packet must not move applications. One that answers
/// again is CONNECTING until the next look, which decides.
pub fn plan(cluster: &Cluster, look: &Look, failures: u32) -> ClusterStatus {
    let status = &cluster.status;
    let mut next = status.clone();
    if !is_observed(status.state) {
        return next;
    }
    match look {
        Ok(nodes) => {
            next.nodes = nodes.iter().map(node).collect();
            next.state = state_of(status.state, &next.nodes);
            next.reason = None;
        }
        Err(_) if failures < SUSPICION => return next,
        Err(error) => {
            next.nodes = Vec::new();
            next.state = ClusterState::Offline;
            next.reason = Some(steady(status.reason.as_ref(), &error.reason()));
        }
    }
    next.observed_generation = cluster.metadata.generation;
    next
}

fn state_of(before: ClusterState, nodes: &[ClusterNode]) -> ClusterState {
    match before {
        ClusterState::FailingMetrics => before,
        ClusterState::Offline => ClusterState::Connecting,
        _ => nodes
            .iter()
            .find_map(trouble)
            .unwrap_or(ClusterState::Online),
    }
}

/// The first trouble that a node reports.
fn trouble(node: &ClusterNode) -> Option<ClusterState> {
    let conditions = &node.status.as_ref()?.conditions;
    conditions.iter().find_map(|condition| {
        let is_pressure = condition.kind.to_ascii_lowercase().ends_with("pressure");
        if is_pressure && condition.status == "True" {
            return Some(ClusterState::Unhealthy);
        }
        let is_unready = condition.kind == "Ready" && condition.status != "True";
        is_unready.then_some(ClusterState::NotReady)
    })
}

fn node(node: &Node) -> ClusterNode {
    let conditions = node
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    let conditions = conditions
        .into_iter()
        .flatten()
        .map(|condition| ClusterNodeCondition {
            message: condition.message.clone().unwrap_or_default(),
            reason: condition.reason.clone().unwrap_or_default(),
            status: condition.status.clone(),
            kind: condition.type_.clone(),
        });
    ClusterNode::new(node.metadata.name.clone().unwrap_or_default(), conditions.collect())
}

#[cfg(test)]
mod tests {
    use krake_core::ReasonCode;
    use krake_core::kubernetes::{ClusterSpec, JsonObject};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "the other look is an error")]
    fn look(conditions: &[(&str, &str)]) -> Look {
        let conditions: Vec<_> = conditions
            .iter()
            .map(|(kind, status)| json!({"type": kind, "status": status}))
            .collect();
        let node = json!({"metadata": {"name": "n"}, "status": {"conditions": conditions}});
        Ok(vec![serde_json::from_value(node).unwrap()])
    }

    fn no_answer() -> Look {
        Err(AccessError::Unreachable("connection refused".into()))
    }

    fn in_state(state: ClusterState) -> Cluster {
        let mut cluster = Cluster::new("c", ClusterSpec::of_kubeconfig(JsonObject::new()));
        cluster.status.state = state;
        cluster
    }

    fn after(cluster: &Cluster, look: &Look, failures: u32) -> Cluster {
        Cluster { status: plan(cluster, look, failures), ..cluster.clone() }
    }

    #[test]
    fn the_first_trouble_of_a_node_decides() {
        let state = |conditions: &[(&str, &str)]| {
            after(&in_state(ClusterState::Pending), &look(conditions), 0)
                .status
                .state
        };
        assert_eq!(state(&[]), ClusterState::Online);
        assert_eq!(state(&[("MemoryPressure", "False"), ("Ready", "True")]), ClusterState::Online);
        assert_eq!(state(&[("DiskPressure", "True"), ("Ready", "False")]), ClusterState::Unhealthy);
        assert_eq!(state(&[("Ready", "Unknown"), ("PIDPressure", "True")]), ClusterState::NotReady);
    }

    #[test]
    fn one_failed_look_changes_nothing_the_second_says_why() {
        let online = after(&in_state(ClusterState::Pending), &look(&[("Ready", "True")]), 0);
        assert_eq!(after(&online, &no_answer(), 1), online);
        let offline = plan(&online, &no_answer(), 2);
        assert_eq!(offline.state, ClusterState::Offline);
        assert_eq!(offline.nodes, []);
        assert_eq!(offline.reason.unwrap().code, ReasonCode::ClusterNotReachable);
    }

    #[test]
    fn recovery_goes_through_connecting() {
        let offline = after(&in_state(ClusterState::Online), &no_answer(), 2);
        let connecting = after(&offline, &look(&[("Ready", "True")]), 0);
        assert_eq!(connecting.status.state, ClusterState::Connecting);
        assert_eq!(connecting.status.reason, None);
        let online = plan(&connecting, &look(&[("Ready", "True")]), 0);
        assert_eq!(online.state, ClusterState::Online);
    }

    #[test]
    fn other_words_for_the_same_failure_are_not_written() {
        let offline = after(&in_state(ClusterState::Online), &no_answer(), 2);
        let again: Look = Err(AccessError::Unreachable("connection reset".into()));
        assert_eq!(after(&offline, &again, 3), offline);
    }

    #[test]
    fn a_cluster_that_is_being_made_is_left_alone() {
        let making = in_state(ClusterState::Creating);
        assert_eq!(after(&making, &look(&[("Ready", "True")]), 0), making);
        assert_eq!(after(&making, &no_answer(), 2), making);
    }

    proptest! {
        #[test]
        fn the_same_look_twice_settles(ready in "True|False|Unknown", pressure in "True|False") {
            let look = look(&[("MemoryPressure", &pressure), ("Ready", &ready)]);
            for state in [ClusterState::Pending, ClusterState::Offline, ClusterState::Online] {
                let second = after(&after(&in_state(state), &look, 0), &look, 0);
                prop_assert_eq!(&after(&second, &look, 0), &second);
            }
        }
    }
}
