//! What the scheduler writes into the status of an application.
//!
//! The application controller writes the same status. The scheduler's are the decision, the reason `NO_SUITABLE_RESOURCE`,
//! and the state of an application that was never bound.

use krake_core::kubernetes::{ApplicationState, ApplicationStatus, Decision};
use krake_core::{Reason, ReasonCode};

/// After no cluster was found.
///
/// An application that runs goes on running, so its state is not touched; nor is a reason of the application controller,
/// which is the more urgent one.
pub(super) fn unplaced(status: &mut ApplicationStatus, reason: &Reason, decision: &Decision) {
    status.decision = Some(decision.clone());
    if status.scheduled_to.is_none() {
        status.state = ApplicationState::Degraded;
    }
    if status.reason.as_ref().is_none_or(is_ours) {
        status.reason = Some(reason.clone());
    }
}

/// After a cluster was found, or kept.
pub(super) fn placed(status: &mut ApplicationStatus) {
    if status.reason.as_ref().is_some_and(is_ours) {
        status.reason = None;
    }
}

fn is_ours(reason: &Reason) -> bool {
    reason.code == ReasonCode::NoSuitableResource
}

#[cfg(test)]
mod tests {
    use krake_core::kubernetes::Cluster;
    use krake_core::{Key, Resource, ResourceRef};

    use super::*;

    fn nothing_fits() -> Reason {
        Reason::new(ReasonCode::NoSuitableResource, "nothing fits")
    }

    #[test]
    fn an_application_that_never_found_a_place_is_degraded_until_it_does() {
        let mut status = ApplicationStatus::default();
        unplaced(&mut status, &nothing_fits(), &Decision::default());
        assert_eq!(status.state, ApplicationState::Degraded);
        assert_eq!(status.reason, Some(nothing_fits()));
        placed(&mut status);
        assert_eq!(status.reason, None);
    }

    #[test]
    fn an_application_that_runs_where_it_should_not_keeps_running() {
        let cluster = ResourceRef::to_key(Cluster::KIND, &Key::namespaced("testing", "a"));
        let mut status = ApplicationStatus {
            state: ApplicationState::Running,
            scheduled_to: Some(cluster),
            ..ApplicationStatus::default()
        };
        unplaced(&mut status, &nothing_fits(), &Decision::default());
        assert_eq!(status.state, ApplicationState::Running);
        assert_eq!(status.reason, Some(nothing_fits()));
    }

    #[test]
    fn a_reason_of_the_application_controller_is_kept() {
        let theirs = Reason::new(ReasonCode::KubernetesError, "refused");
        let mut status =
            ApplicationStatus { reason: Some(theirs.clone()), ..ApplicationStatus::default() };
        unplaced(&mut status, &nothing_fits(), &Decision::default());
        placed(&mut status);
        assert_eq!(status.reason, Some(theirs));
    }
}
