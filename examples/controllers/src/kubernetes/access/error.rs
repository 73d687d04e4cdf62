//! What goes wrong between a controller and a cluster.

use std::time::Duration;

use krake_core::{Reason, ReasonCode};
use kube::core::Status;

/// Why a call to a cluster failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The kubeconfig cannot be used; only its user can help.
    #[error("the kubeconfig of the cluster cannot be used: {0}")]
    Kubeconfig(String),
    /// The cluster did not take the connection or broke it.
    #[error("the cluster does not answer: {0}")]
    Unreachable(String),
    /// The cluster did not answer in time.
    #[error("the cluster does not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The cluster does not serve the kind.
    #[error("{0} resources are not supported.")]
    UnsupportedKind(String),
    /// The cluster answered with an error.
    #[error("the cluster refused {subject}: {message} (status {code})")]
    Refused {
        /// What the request was about, `apps/Deployment default/echo`.
        subject: String,
        /// The HTTP status code.
        code: u16,
        /// What the cluster says.
        message: String,
    },
    /// The cluster answered something that is no Kubernetes API.
    #[error("the cluster answered {subject} with something unexpected: {message}")]
    Unexpected {
        /// What the request was about.
        subject: String,
        /// What was wrong.
        message: String,
    },
}

impl AccessError {
    /// What `error` means for a request about `subject`.
    pub(super) fn from_kube(error: kube::Error, subject: &str) -> Self {
        match error {
            kube::Error::Api(status) => Self::refused(&status, subject),
            kube::Error::HyperError(_) | kube::Error::Service(_) | kube::Error::ReadEvents(_) => {
                Self::Unreachable(chain(&error))
            }
            kube::Error::Discovery(_) => Self::UnsupportedKind(subject.to_owned()),
            kube::Error::InferKubeconfig(_)
            | kube::Error::RustlsTls(_)
            | kube::Error::TlsRequired
            | kube::Error::Auth(_)
            | kube::Error::ProxyProtocolDisabled { .. }
            | kube::Error::ProxyProtocolUnsupported { .. } => Self::Kubeconfig(chain(&error)),
            other => Self::Unexpected { subject: subject.to_owned(), message: chain(&other) },
        }
    }

    fn refused(status: &Status, subject: &str) -> Self {
        let message = if status.message.is_empty() { &status.reason } else { &status.message };
        Self::Refused { subject: subject.to_owned(), code: status.code, message: message.clone() }
    }

    /// Whether nobody answered: the cluster may be down, and nothing is known about it.
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TimedOut(_) | Self::Kubeconfig(_))
    }

    /// Whether the resource does not exist.
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. })
    }

    /// Whether a precondition of the request did not hold.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { code: 409, .. })
    }

    /// Whether the same request will be refused again until a user changes something.
    pub const fn needs_change(&self) -> bool {
        match self {
            Self::UnsupportedKind(_) | Self::Kubeconfig(_) => true,
            Self::Refused { code, .. } => {
                matches!(code, 400..=499) && !matches!(code, 404 | 408 | 409 | 429)
            }
            Self::Unreachable(_) | Self::TimedOut(_) | Self::Unexpected { .. } => false,
        }
    }

    /// The same for the status of a resource.
    pub fn reason(&self) -> Reason {
        let code = match self {
            Self::Unreachable(_) | Self::TimedOut(_) | Self::Kubeconfig(_) => {
                ReasonCode::ClusterNotReachable
            }
            Self::UnsupportedKind(_) => ReasonCode::UnsupportedResource,
            Self::Refused { .. } | Self::Unexpected { .. } => ReasonCode::KubernetesError,
        };
        Reason::new(code, self.to_string())
    }
}

/// The reason to show after `now`, if `before` is shown.
///
/// The words for a cluster that does not answer differ from try to try. The first ones stay, so that an outage is written
/// down once.
pub(crate) fn steady(before: Option<&Reason>, now: &Reason) -> Reason {
    let is_outage = |reason: &&Reason| reason.code == ReasonCode::ClusterNotReachable;
    match before.filter(is_outage) {
        Some(before) if is_outage(&now) => before.clone(),
        _ => now.clone(),
    }
}

/// The error and its causes in one line; the outermost says little when a connection fails.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16) -> AccessError {
        let status = Status::failure("no", "Because").with_code(code);
        AccessError::from_kube(kube::Error::Api(status.boxed()), "v1/Pod default/p")
    }

    #[test]
    fn an_invalid_manifest_needs_a_change_but_a_busy_server_does_not() {
        assert!(refused(422).needs_change());
        assert!(refused(403).needs_change());
        for code in [404, 409, 429, 500, 503] {
            assert!(!refused(code).needs_change(), "{code}");
        }
    }

    #[test]
    fn a_refusal_names_the_resource_and_what_the_cluster_says() {
        let reason = refused(422).reason();
        assert_eq!(reason.code, ReasonCode::KubernetesError);
        assert_eq!(reason.message, "the cluster refused v1/Pod default/p: no (status 422)");
    }

    #[test]
    fn a_broken_connection_is_unreachable_with_its_cause() {
        let cause = std::io::Error::other("connection refused");
        let error = AccessError::from_kube(kube::Error::Service(cause.into()), "nodes");
        assert!(error.is_unreachable());
        assert!(error.to_string().contains("connection refused"), "{error}");
    }
}
