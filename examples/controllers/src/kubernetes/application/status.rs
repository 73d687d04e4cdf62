//! What the controller writes into the status of an application, and when.
//!
//! The scheduler writes the same status. Its fields are left alone here: the binding, the decision, and the reason
//! `NO_SUITABLE_RESOURCE`, which only the scheduler sets and clears.

use std::collections::BTreeMap;

use krake_core::kubernetes::{ApplicationState, ApplicationStatus, InventoryItem};
use krake_core::{Reason, ReasonCode, ResourceRef};
use serde_json::Value;

use super::health::Health;
use super::{inventory, services};
use crate::kubernetes::access::steady;

/// What was found out by bringing one cluster to what the user wants.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Items that are on the cluster for certain, with their instances.
    pub(super) present: Vec<InventoryItem>,
    /// Items that are gone for certain.
    pub(super) gone: Vec<InventoryItem>,
    /// Items whose removal has begun but takes its time.
    pub(super) leaving: usize,
    /// The applied resources, as the cluster answered.
    pub(super) objects: Vec<Value>,
    /// The first failure.
    pub(super) failure: Option<Failed>,
}

/// Why a cluster is not as the user wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    /// The same for the status.
    pub(super) reason: Reason,
    /// Whether only a change can help; otherwise time may.
    pub(super) needs_change: bool,
    /// Whether the cluster did not answer.
    pub(super) is_unreachable: bool,
}

/// What a run wants to show of an application that is on its cluster.
#[derive(Debug)]
pub(super) struct Applied {
    /// The generation that was applied.
    pub(super) generation: u64,
    /// The manifests that were applied.
    pub(super) manifest: Vec<Value>,
    /// Endpoints of its services.
    pub(super) services: BTreeMap<String, Value>,
    /// How its workloads are.
    pub(super) health: Health,
}

impl Applied {
    /// Whether nothing is expected to change by itself.
    pub(super) fn is_settled(&self) -> bool {
        self.health.is_settled() && !services::is_pending(&self.services)
    }
}

/// Before anything new is put on `target`: what it will be, and that work is under way.
pub(super) fn begin(status: &mut ApplicationStatus, target: &ResourceRef, new: &[InventoryItem]) {
    inventory::record(&mut status.inventory, target, new);
    status.state = match &status.running_on {
        None => ApplicationState::Creating,
        Some(cluster) if cluster.same_name(target) => ApplicationState::Reconciling,
        Some(_) => ApplicationState::Migrating,
    };
}

/// After a run on `cluster`, successful or not: what is there now.
pub(super) fn account(status: &mut ApplicationStatus, cluster: &ResourceRef, progress: &Progress) {
    inventory::record(&mut status.inventory, cluster, &progress.present);
    inventory::strike(&mut status.inventory, cluster, &progress.gone);
}

/// After everything was applied to `target`.
pub(super) fn applied(status: &mut ApplicationStatus, target: &ResourceRef, applied: &Applied) {
    status.state = running_state(status, applied);
    let is_there = |cluster: &ResourceRef| cluster.same_name(target);
    if !status.running_on.as_ref().is_some_and(is_there) {
        status.running_on = Some(target.clone());
    }
    status.services.clone_from(&applied.services);
    status.container_health = applied.health.pods;
    status.last_applied_manifest.clone_from(&applied.manifest);
    status.observed_generation = applied.generation;
    if is_of_controller(status.reason.as_ref()) {
        status.reason = None;
    }
}

fn running_state(status: &ApplicationStatus, applied: &Applied) -> ApplicationState {
    let health = &applied.health;
    let was = status.state;
    let is_same_generation = status.observed_generation == applied.generation;
    let is_degraded = health.is_failing
        || is_same_generation
            && match was {
                ApplicationState::Running => health.has_lost_pods(&status.container_health),
                // Degraded for its pods, not for a failure: those have a reason.
                ApplicationState::Degraded => {
                    !is_of_controller(status.reason.as_ref()) && !health.is_settled()
                }
                _ => false,
            };
    match (is_degraded, health.is_completed) {
        (true, _) => ApplicationState::Degraded,
        (false, true) => ApplicationState::Completed,
        (false, false) => ApplicationState::Running,
    }
}

/// After a run that failed.
pub(super) fn failed(status: &mut ApplicationStatus, generation: u64, failed: &Failed) {
    status.state =
        if failed.needs_change { ApplicationState::Failed } else { ApplicationState::Degraded };
    status.reason = Some(steady(status.reason.as_ref(), &failed.reason));
    status.observed_generation = generation;
}

/// Before anything is removed because the application is deleted.
pub(super) fn leaving(status: &mut ApplicationStatus) {
    status.state = ApplicationState::Deleting;
}

/// After a run that removed what could be removed; `reason` says why there is something left.
pub(super) fn deleting(status: &mut ApplicationStatus, reason: Option<&Reason>) {
    status.state = ApplicationState::Deleting;
    status.reason = reason.map(|reason| steady(status.reason.as_ref(), reason));
    if status.inventory.is_empty() {
        status.running_on = None;
        status.services.clear();
    }
}

/// Whether this controller has set the reason; the other one is the scheduler's.
fn is_of_controller(reason: Option<&Reason>) -> bool {
    reason.is_some_and(|reason| reason.code != ReasonCode::NoSuitableResource)
}

#[cfg(test)]
mod tests {
    use krake_core::kubernetes::{Cluster, ContainerHealth};
    use krake_core::{Key, Resource};

    use super::*;

    fn cluster(name: &str) -> ResourceRef {
        ResourceRef::to_key(Cluster::KIND, &Key::namespaced("testing", name))
    }

    fn healthy(desired: i64, running: i64) -> Applied {
        let pods = ContainerHealth {
            desired_pods: desired,
            running_pods: running,
            ..ContainerHealth::default()
        };
        Applied {
            generation: 1,
            manifest: Vec::new(),
            services: BTreeMap::new(),
            health: Health { pods, ..Health::default() },
        }
    }

    fn no_answer() -> Failed {
        Failed {
            reason: Reason::new(ReasonCode::ClusterNotReachable, "no answer"),
            needs_change: false,
            is_unreachable: true,
        }
    }

    #[test]
    fn the_first_run_creates_a_later_one_reconciles_and_one_elsewhere_migrates() {
        let mut status = ApplicationStatus::default();
        begin(&mut status, &cluster("a"), &[]);
        assert_eq!(status.state, ApplicationState::Creating);
        applied(&mut status, &cluster("a"), &healthy(1, 0));
        assert_eq!(status.state, ApplicationState::Running);
        begin(&mut status, &cluster("a"), &[]);
        assert_eq!(status.state, ApplicationState::Reconciling);
        begin(&mut status, &cluster("b"), &[]);
        assert_eq!(status.state, ApplicationState::Migrating);
        assert_eq!(status.running_on, Some(cluster("a")));
    }

    #[test]
    fn an_application_that_loses_pods_is_degraded_until_all_run_again() {
        let mut status = ApplicationStatus::default();
        let mut see = |desired, running| {
            applied(&mut status, &cluster("a"), &healthy(desired, running));
            status.state
        };
        assert_eq!(see(2, 0), ApplicationState::Running, "still starting");
        assert_eq!(see(2, 2), ApplicationState::Running);
        assert_eq!(see(2, 1), ApplicationState::Degraded);
        assert_eq!(see(2, 1), ApplicationState::Degraded);
        assert_eq!(see(2, 2), ApplicationState::Running);
    }

    #[test]
    fn no_failure_is_final_and_the_reason_goes_with_it() {
        let mut status = ApplicationStatus::default();
        failed(&mut status, 1, &no_answer());
        assert_eq!(status.state, ApplicationState::Degraded);
        applied(&mut status, &cluster("a"), &healthy(1, 1));
        assert_eq!((status.state, &status.reason), (ApplicationState::Running, &None));
    }

    #[test]
    fn the_reason_of_the_scheduler_is_left_to_the_scheduler() {
        let reason = Reason::new(ReasonCode::NoSuitableResource, "nothing fits");
        let mut status = ApplicationStatus { reason: Some(reason.clone()), ..Default::default() };
        applied(&mut status, &cluster("a"), &healthy(1, 1));
        assert_eq!(status.reason, Some(reason));
        assert_eq!(status.state, ApplicationState::Running);
    }

    #[test]
    fn a_settled_application_is_written_once() {
        let mut status = ApplicationStatus::default();
        applied(&mut status, &cluster("a"), &healthy(1, 1));
        let before = status.clone();
        applied(&mut status, &cluster("a"), &healthy(1, 1));
        assert_eq!(status, before);
    }
}
