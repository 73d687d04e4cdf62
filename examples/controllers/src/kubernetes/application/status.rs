//! What the controller writes into the status of an application, and when.
//!
//! The scheduler writes the same status. Its fields are left alone here: the binding, the decision, and the reason
//! `NO_SUITABLE_RESOURCE`, which only the scheduler sets and clears.

use std::collections::BTreeMap;
use std::time::Duration;

use krake_core::kubernetes::{Application, ApplicationState, ApplicationStatus, InventoryItem};
use krake_core::{Reason, ReasonCode, ResourceRef};
use serde_json::Value;

use super::health::Health;
use super::{inventory, services};
use crate::kubernetes::access::steady;

/// How long a moving application is waited for, before its old cluster is cleared although it is not well on the new one.
const MOVE_LIMIT: Duration = Duration::from_mins(5);

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
    /// How long the application has been on its way to this cluster.
    pub(super) waited: Duration,
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

/// Whether `application` wants something else than what was applied last. Where it wants to be does not count: as long as it
/// stays where it is, other constraints change nothing about it.
pub(super) fn is_news(status: &ApplicationStatus, application: &Application) -> bool {
    status.observed_generation != application.metadata.generation
        && status.last_applied_manifest != application.spec.manifest
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
///
/// While the application moves, and its pods do not yet run on `target`, the status goes on to speak of where it was: that
/// is where it is used.
pub(super) fn applied(status: &mut ApplicationStatus, target: &ResourceRef, applied: &Applied) {
    let arrival = arrival(status, target, applied);
    status.state = match arrival {
        Arrival::Expected => ApplicationState::Migrating,
        Arrival::Overdue => ApplicationState::Degraded,
        Arrival::Here => running_state(status, applied),
    };
    if is_of_controller(status.reason.as_ref()) && !is_unwell_since_move(status, applied) {
        status.reason = None;
    }
    status.last_applied_manifest.clone_from(&applied.manifest);
    status.observed_generation = applied.generation;
    if matches!(arrival, Arrival::Expected) {
        return;
    }
    if matches!(arrival, Arrival::Overdue) {
        status.reason = Some(unwell_since_move(target));
    }
    status.running_on = Some(target.clone());
    status.services.clone_from(&applied.services);
    status.container_health = applied.health.pods;
}

/// How far the move of an application has come, once everything is on its new cluster.
enum Arrival {
    /// It does not move, or it has arrived.
    Here,
    /// Its pods do not run yet, and there is time.
    Expected,
    /// They should have run long ago: it moves nevertheless, because its user or its cluster wants that.
    Overdue,
}

fn arrival(status: &ApplicationStatus, target: &ResourceRef, applied: &Applied) -> Arrival {
    if !is_moving(status, target) || applied.health.is_well() {
        Arrival::Here
    } else if applied.waited < MOVE_LIMIT {
        Arrival::Expected
    } else {
        Arrival::Overdue
    }
}

/// Whether the application is on another cluster than `target`.
pub(super) fn is_moving(status: &ApplicationStatus, target: &ResourceRef) -> bool {
    let is_elsewhere = |cluster: &ResourceRef| !cluster.same_name(target);
    status.running_on.as_ref().is_some_and(is_elsewhere)
}

fn unwell_since_move(target: &ResourceRef) -> Reason {
    let message = format!(
        "moved to {} although its pods did not all run there within {} s",
        target.key(),
        MOVE_LIMIT.as_secs()
    );
    Reason::new(ReasonCode::ReconcileFailed, message)
}

/// Whether the application has moved before it was well, and still is not. Nothing else sets this code on applications.
fn is_unwell_since_move(status: &ApplicationStatus, applied: &Applied) -> bool {
    let reason = status.reason.as_ref();
    reason.is_some_and(|reason| reason.code == ReasonCode::ReconcileFailed)
        && is_same_work(status, applied)
        && !applied.health.is_well()
}

fn is_same_work(status: &ApplicationStatus, applied: &Applied) -> bool {
    status.last_applied_manifest == applied.manifest
}

fn running_state(status: &ApplicationStatus, applied: &Applied) -> ApplicationState {
    let health = &applied.health;
    let was = status.state;
    let is_degraded = health.is_failing
        || is_unwell_since_move(status, applied)
        || is_same_work(status, applied)
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
    use krake_core::kubernetes::{ApplicationSpec, Cluster, ContainerHealth};
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
            waited: Duration::ZERO,
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

    fn moving() -> ApplicationStatus {
        let mut status = ApplicationStatus::default();
        applied(&mut status, &cluster("a"), &healthy(1, 1));
        begin(&mut status, &cluster("b"), &[]);
        status
    }

    fn late(applied: Applied) -> Applied {
        Applied { waited: MOVE_LIMIT, ..applied }
    }

    #[test]
    fn an_application_has_not_moved_before_its_pods_run_on_the_new_cluster() {
        let mut status = moving();
        applied(&mut status, &cluster("b"), &healthy(2, 1));
        assert_eq!(status.state, ApplicationState::Migrating);
        assert_eq!(status.running_on, Some(cluster("a")));
        applied(&mut status, &cluster("b"), &healthy(2, 2));
        assert_eq!(status.state, ApplicationState::Running);
        assert_eq!(status.running_on, Some(cluster("b")));
        let mut status = moving();
        applied(&mut status, &cluster("b"), &healthy(0, 0));
        assert_eq!(status.running_on, Some(cluster("b")), "there is nothing to wait for");
    }

    #[test]
    fn a_move_that_takes_too_long_is_ended_and_says_so_until_the_application_is_well() {
        let mut status = moving();
        let see = |status: &mut ApplicationStatus, running| {
            applied(status, &cluster("b"), &late(healthy(1, running)));
            status.state
        };
        assert_eq!(see(&mut status, 0), ApplicationState::Degraded);
        assert_eq!(status.running_on, Some(cluster("b")));
        let told = status.clone();
        assert_eq!(
            told.reason.as_ref().unwrap().message,
            "moved to testing/b although its pods did not all run there within 300 s"
        );
        see(&mut status, 0);
        assert_eq!(status, told, "it is written once");
        assert_eq!(see(&mut status, 1), ApplicationState::Running);
        assert_eq!(status.reason, None);
    }

    #[test]
    fn other_constraints_alone_are_no_news_for_the_cluster() {
        let manifest = vec![serde_json::json!({"kind": "Pod"})];
        let spec = ApplicationSpec::of_manifest(manifest.clone());
        let mut application = Application::new("app", spec);
        application.metadata.generation = 1;
        let mut status = ApplicationStatus::default();
        assert!(is_news(&status, &application));
        applied(&mut status, &cluster("a"), &Applied { manifest, ..healthy(1, 1) });
        application.metadata.generation = 2;
        assert!(!is_news(&status, &application));
        application.spec.manifest.clear();
        assert!(is_news(&status, &application));
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
