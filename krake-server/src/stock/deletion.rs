//! What the deletion of an application begins with.

use krake_core::Timestamp;
use krake_core::kubernetes::{Application, ApplicationState};

/// A workload that takes part in its shutdown is asked to clean up first.
pub(super) fn ask_to_clean_up(application: &mut Application, _now: Timestamp) {
    if application.spec.hooks.iter().any(|hook| hook == "shutdown") {
        application.status.state = ApplicationState::WaitingForCleaning;
    }
}
