//! How the pods of an application are, from what its workloads say of themselves.

use krake_core::kubernetes::ContainerHealth;
use serde_json::Value;

/// How all workloads of an application are, taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Health {
    /// Their pods, summed.
    pub(super) pods: ContainerHealth,
    /// Whether one of them cannot get well without help.
    pub(super) is_failing: bool,
    /// Whether there are workloads, and all have ended well.
    pub(super) is_completed: bool,
}

impl Health {
    /// The health of the workloads among `objects`; everything else has none.
    pub(super) fn of<'a>(objects: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut workloads = objects.into_iter().filter_map(workload);
        let Some(first) = workloads.next() else { return Self::default() };
        workloads.fold(first, Self::and)
    }

    fn and(self, other: Self) -> Self {
        let sum = |count: fn(&ContainerHealth) -> i64| {
            count(&self.pods).saturating_add(count(&other.pods))
        };
        Self {
            pods: ContainerHealth {
                desired_pods: sum(|pods| pods.desired_pods),
                running_pods: sum(|pods| pods.running_pods),
                completed_pods: sum(|pods| pods.completed_pods),
                failed_pods: sum(|pods| pods.failed_pods),
            },
            is_failing: self.is_failing || other.is_failing,
            is_completed: self.is_completed && other.is_completed,
        }
    }

    /// Whether nothing is expected to change: every pod runs or has ended.
    pub(super) const fn is_settled(&self) -> bool {
        let ContainerHealth { desired_pods, running_pods, completed_pods, .. } = self.pods;
        self.is_completed || running_pods.saturating_add(completed_pods) >= desired_pods
    }

    /// Whether everything is as it should be: every pod runs or has ended well, if there are any.
    pub(super) const fn is_well(&self) -> bool {
        self.is_settled() && !self.is_failing
    }

    /// Whether pods that ran `before` are missing now. More wanted pods than before are no loss.
    pub(super) const fn has_lost_pods(&self, before: &ContainerHealth) -> bool {
        self.pods.running_pods < self.pods.desired_pods
            && before.running_pods >= before.desired_pods
            && self.pods.running_pods < before.running_pods
    }
}

fn workload(object: &Value) -> Option<Health> {
    let group = object["apiVersion"]
        .as_str()?
        .split_once('/')
        .map_or("", |(group, _)| group);
    match (group, object["kind"].as_str()?) {
        ("", "Pod") => Some(pod(object)),
        ("", "ReplicationController") | ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") => {
            Some(replicated(object))
        }
        ("apps", "DaemonSet") => Some(daemons(object)),
        ("batch", "Job") => Some(job(object)),
        _ => None,
    }
}

fn pod(object: &Value) -> Health {
    let status = &object["status"];
    let containers = || status["containerStatuses"].as_array().into_iter().flatten();
    let is_stuck = |container: &Value| {
        let waiting = container["state"]["waiting"]["reason"].as_str();
        waiting.is_some_and(|reason| STUCK.contains(&reason))
    };
    let phase = status["phase"].as_str().unwrap_or_default();
    let is_running = phase == "Running"
        && containers().all(|container| !container["state"]["running"].is_null());
    let pods = ContainerHealth {
        desired_pods: 1,
        running_pods: is_running.into(),
        completed_pods: (phase == "Succeeded").into(),
        failed_pods: (phase == "Failed").into(),
    };
    Health {
        pods,
        is_failing: phase == "Failed" || containers().any(is_stuck),
        is_completed: phase == "Succeeded",
    }
}

/// Why a container waits that will not start by itself.
const STUCK: [&str; 5] = [
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
];

/// Wanted replicas are taken from the spec: the status lacks them when there are none, and lags behind otherwise.
fn replicated(object: &Value) -> Health {
    let pods = ContainerHealth {
        desired_pods: object["spec"]["replicas"].as_i64().unwrap_or(1),
        running_pods: count(object, "readyReplicas"),
        ..ContainerHealth::default()
    };
    let is_failing = has_condition(object, "Progressing", "False")
        || has_condition(object, "ReplicaFailure", "True");
    Health { pods, is_failing, is_completed: false }
}

fn daemons(object: &Value) -> Health {
    let pods = ContainerHealth {
        desired_pods: count(object, "desiredNumberScheduled"),
        running_pods: count(object, "numberReady"),
        ..ContainerHealth::default()
    };
    Health { pods, is_failing: false, is_completed: false }
}

fn job(object: &Value) -> Health {
    let pods = ContainerHealth {
        desired_pods: object["spec"]["completions"].as_i64().unwrap_or(1),
        running_pods: count(object, "active"),
        completed_pods: count(object, "succeeded"),
        failed_pods: count(object, "failed"),
    };
    Health {
        pods,
        is_failing: has_condition(object, "Failed", "True"),
        is_completed: has_condition(object, "Complete", "True"),
    }
}

fn count(object: &Value, field: &str) -> i64 {
    object["status"][field].as_i64().unwrap_or(0)
}

fn has_condition(object: &Value, kind: &str, status: &str) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == kind && condition["status"] == status)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(replicas: i64, ready: i64) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "spec": {"replicas": replicas}, "status": {"readyReplicas": ready},
        })
    }

    fn counts(health: &Health) -> [i64; 4] {
        let ContainerHealth { desired_pods, running_pods, completed_pods, failed_pods } =
            health.pods;
        [desired_pods, running_pods, completed_pods, failed_pods]
    }

    #[test]
    fn counters_of_all_workloads_are_summed() {
        let daemons = json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet",
            "status": {"desiredNumberScheduled": 3, "numberReady": 2},
        });
        let service = json!({"apiVersion": "v1", "kind": "Service"});
        let health = Health::of(&[deployment(2, 2), service, daemons]);
        assert_eq!(counts(&health), [5, 4, 0, 0]);
        assert!(!health.is_settled());
    }

    #[test]
    fn no_replicas_at_all_are_all_that_is_wanted() {
        let scaled_down = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 0}, "status": {},
        });
        assert!(Health::of(&[scaled_down]).is_settled());
    }

    #[test]
    fn a_pod_without_container_statuses_is_neither_running_nor_failing() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Pending"}});
        let health = Health::of(&[pod]);
        assert_eq!(counts(&health), [1, 0, 0, 0]);
        assert!(!health.is_failing && !health.is_settled());
    }

    #[test]
    fn a_container_that_keeps_crashing_makes_the_application_fail() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "status": {
            "phase": "Running",
            "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
        }});
        let health = Health::of(&[deployment(1, 1), pod]);
        assert!(health.is_failing);
        assert_eq!(counts(&health), [2, 1, 0, 0]);
    }

    #[test]
    fn jobs_complete_by_their_condition_even_without_a_number_of_completions() {
        let job = json!({
            "apiVersion": "batch/v1", "kind": "Job", "spec": {},
            "status": {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]},
        });
        let health = Health::of([&job]);
        assert!(health.is_completed && health.is_settled());
        assert_eq!(counts(&health), [1, 0, 1, 0]);
        assert!(!Health::of([&job, &deployment(1, 1)]).is_completed);
    }

    #[test]
    fn scaling_up_loses_no_pods_but_a_dead_pod_is_lost() {
        let before = Health::of(&[deployment(2, 2)]).pods;
        assert!(!Health::of(&[deployment(3, 2)]).has_lost_pods(&before));
        assert!(Health::of(&[deployment(2, 1)]).has_lost_pods(&before));
        assert!(!Health::of(&[deployment(1, 1)]).has_lost_pods(&before));
    }

    #[test]
    fn an_application_without_workloads_is_settled() {
        assert!(Health::of(&[]).is_settled());
        assert!(!Health::of(&[]).is_completed);
    }
}
