//! What workloads say through their hooks, and what users say about workloads that said nothing.

use krake_core::kubernetes::{Application, ApplicationState, Complete, Shutdown};
use krake_core::{Problem, ProblemTitle, Timestamp};

/// The workload has ended well: the application is no longer needed.
pub(super) fn complete(
    application: &mut Application,
    Complete { token }: Complete,
    now: Timestamp,
) -> Result<(), Problem> {
    let Application { metadata, status, .. } = application;
    check_token(status.complete_token.as_deref(), token.as_deref())?;
    status.state = ApplicationState::ReadyForAction;
    metadata.deleted = Some(now);
    Ok(())
}

/// The workload has cleaned up. Nothing follows where nobody has asked it to.
pub(super) fn shutdown(
    application: &mut Application,
    Shutdown { token }: Shutdown,
    _now: Timestamp,
) -> Result<(), Problem> {
    let status = &mut application.status;
    check_token(status.shutdown_token.as_deref(), token.as_deref())?;
    if matches!(status.state, ApplicationState::WaitingForCleaning | ApplicationState::Degraded) {
        status.state = ApplicationState::ReadyForAction;
        status.shutdown_grace_period = None;
    }
    Ok(())
}

/// The workload is asked once more to clean up.
pub(super) fn retry(application: &mut Application, _now: Timestamp) -> Result<(), Problem> {
    let status = &mut application.status;
    if status.state != ApplicationState::Degraded {
        let detail = "No migration or deletion retry needed";
        return Err(Problem::titled(400, ProblemTitle::UpdateError, detail));
    }
    status.state = ApplicationState::WaitingForCleaning;
    status.shutdown_grace_period = None;
    Ok(())
}

fn check_token(expected: Option<&str>, given: Option<&str>) -> Result<(), Problem> {
    match (expected, given) {
        (Some(expected), Some(given)) if is_same_secret(expected, given) => Ok(()),
        _ => Err(Problem::new(
            401,
            "401: No token has been provided or the provided one is invalid.",
        )),
    }
}

/// Compares in a time that does not tell how much is right.
fn is_same_secret(expected: &str, given: &str) -> bool {
    let differences = expected
        .bytes()
        .zip(given.bytes())
        .fold(0, |found, (one, other)| found | (one ^ other));
    expected.len() == given.len() && differences == 0
}
