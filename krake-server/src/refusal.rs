//! Why a request is not done, and what its sender is told: the one table from refusals to problems.

use std::time::Duration;

use krake_core::{FieldErrors, Kind, Problem, ProblemTitle, Revision};

use crate::load::Overload;
use crate::store;

/// The media types of patches.
pub(crate) const PATCH_TYPES: &str = "application/json-patch+json, application/merge-patch+json";

/// A request that is answered with a problem.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("This port speaks TLS only: ask by https.")]
    Insecure,
    #[error("404: Not Found")]
    NoRoute,
    #[error("405: Method Not Allowed")]
    Method { allowed: &'static str },
    #[error("401: No user has been authenticated. Send a token or a client certificate.")]
    Unauthenticated,
    #[error("401: Unauthorized. Anonymous users may not do this.")]
    Unauthorized,
    #[error("{0}")]
    Credentials(Problem),
    #[error("403: Forbidden. None of your roles allows this; GET /me tells which you have.")]
    Forbidden,
    #[error("CORS preflight request failed: {0}.")]
    Preflight(String),
    #[error("The server cannot check now whether you may do this; try again.")]
    Unchecked(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("{}", missing(kind, namespace.as_deref(), name))]
    Missing { kind: &'static Kind, namespace: Option<String>, name: String },
    #[error("{}", taken(kind, namespace.as_deref(), name))]
    Taken { kind: &'static Kind, namespace: Option<String>, name: String },
    #[error("Concurrent writes to database")]
    Conflict,
    #[error("The body contained no update.")]
    NoUpdate,
    #[error("Trying to update an immutable field: {0}")]
    Immutable(&'static str),
    #[error("Finalizers can only be removed if a deletion is in progress.")]
    FinalizerAdded,
    #[error("The body is not JSON: {0}. Send one JSON object.")]
    NotJson(String),
    #[error("{0}")]
    Invalid(FieldErrors),
    #[error("The header If-Match must carry a resource version, such as \"42\".")]
    BadPrecondition,
    #[error("The body must be a patch: {}.", PATCH_TYPES)]
    PatchType,
    #[error("Operation {index} of the patch has failed: {path} has another value.")]
    TestFailed { index: usize, path: String },
    #[error("The patch would make the object larger than {limit} bytes.")]
    GrownTooLarge { limit: usize },
    #[error("The body is larger than {limit} bytes.")]
    TooLarge { limit: usize },
    #[error(
        "The object would have more than {limit} bytes, and could not be changed any more: make it smaller."
    )]
    ObjectTooLarge { limit: usize },
    #[error("The body did not arrive completely.")]
    BrokenBody,
    #[error("The body did not arrive within {} seconds.", limit.as_secs())]
    SlowBody { limit: Duration },
    #[error("Changes after revision {wanted} are not kept; list again.")]
    Gone { wanted: Revision },
    #[error("Revision {wanted} lies ahead of this store; list again.")]
    Ahead { wanted: Revision },
    #[error("This list has expired; start it again without `continue`.")]
    ListExpired,
    #[error("The watch fell too far behind; list again.")]
    Slow,
    #[error("The server is not ready; try again.")]
    NotReady,
    #[error("The store takes no writes after a failure; restart the server.")]
    Broken,
    #[error("It is unknown whether the write took effect; read before you try again.")]
    OutcomeUnknown,
    #[error("The request took longer than {} seconds.", limit.as_secs())]
    Deadline { limit: Duration },
    #[error("{0}")]
    Overload(Overload),
    #[error("The path and query of the request are longer than {limit} bytes.")]
    LongUri { limit: usize },
    #[error("The head of the request is larger than {limit} bytes.")]
    LargeHead { limit: usize },
    #[error("The store has no space left.")]
    Full,
    #[error("The server could not do this; its log says why.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("{0}")]
    Problem(Problem),
}

fn missing(kind: &Kind, namespace: Option<&str>, name: &str) -> String {
    let namespace = namespace.map_or_else(|| "None".to_owned(), |text| format!("'{text:.255}'"));
    format!("'{}' '{name:.255}' does not exist in namespace {namespace}", kind.kind)
}

fn taken(kind: &Kind, namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => {
            format!("{} '{name}' already exists in namespace '{namespace}'", kind.kind)
        }
        None => format!("{} '{name}' already exists", kind.kind),
    }
}

impl Refusal {
    /// Status and class of the problem.
    const fn class(&self) -> (u16, Option<ProblemTitle>) {
        use ProblemTitle::{
            Gone, NotFoundError, ResourceAlreadyExists, TransactionError, UpdateError,
        };
        match self {
            Self::Unauthenticated | Self::Unauthorized => (401, None),
            Self::Forbidden | Self::Preflight(_) => (403, None),
            Self::NoRoute => (404, None),
            Self::Method { .. } => (405, None),
            Self::Missing { .. } => (404, Some(NotFoundError)),
            Self::Taken { .. } => (409, Some(ResourceAlreadyExists)),
            Self::Conflict => (409, Some(TransactionError)),
            Self::NoUpdate | Self::Immutable(_) => (400, Some(UpdateError)),
            Self::FinalizerAdded | Self::TestFailed { .. } => (409, Some(UpdateError)),
            Self::NotJson(_) | Self::PatchType => (415, None),
            Self::Invalid(_) => (422, None),
            Self::Insecure | Self::BadPrecondition | Self::BrokenBody => (400, None),
            Self::TooLarge { .. } | Self::ObjectTooLarge { .. } | Self::GrownTooLarge { .. } => {
                (413, None)
            }
            Self::SlowBody { .. } => (408, None),
            Self::Overload(_) => (429, None),
            Self::LongUri { .. } => (414, None),
            Self::LargeHead { .. } => (431, None),
            Self::Gone { .. } | Self::Ahead { .. } | Self::ListExpired | Self::Slow => {
                (410, Some(Gone))
            }
            Self::NotReady | Self::Unchecked(_) | Self::Broken | Self::Deadline { .. } => {
                (503, None)
            }
            Self::OutcomeUnknown => (504, None),
            Self::Full => (507, None),
            Self::Internal(_) => (500, None),
            Self::Problem(problem) | Self::Credentials(problem) => (problem.status, None),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.class().0
    }

    /// After how many seconds another attempt makes sense, where it does.
    pub(crate) const fn retry_after(&self) -> Option<&'static str> {
        match self {
            Self::NotReady | Self::Unchecked(_) | Self::Deadline { .. } => Some("1"),
            Self::Full => Some("30"),
            Self::Overload(overload) => Some(overload.retry_after()),
            _ => None,
        }
    }

    /// The same, with errors of a body in the order of the body.
    pub(crate) fn in_order_of(self, body: &[u8]) -> Self {
        match self {
            Self::Invalid(errors) => Self::Invalid(errors.in_order_of(body)),
            other => other,
        }
    }

    /// Whether the operator must hear of it: the server is to blame, not the request.
    pub(crate) fn is_fault(&self) -> bool {
        self.status() >= 500
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, title) = refusal.class();
        match refusal {
            Refusal::Problem(problem) | Refusal::Credentials(problem) => problem,
            Refusal::Invalid(errors) => Self::invalid(errors),
            other => match title {
                Some(title) => Self::titled(status, title, other.to_string()),
                None => Self::new(status, other.to_string()),
            },
        }
    }
}

impl From<FieldErrors> for Refusal {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<Overload> for Refusal {
    fn from(overload: Overload) -> Self {
        Self::Overload(overload)
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Full { .. } => Self::Full,
            store::Error::Unavailable(_) => Self::NotReady,
            store::Error::Unknown(_) => Self::OutcomeUnknown,
            other => Self::Internal(Box::new(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use krake_core::Resource;
    use krake_core::kubernetes::Application;

    use super::*;

    #[test]
    fn a_missing_resource_is_described_as_the_original_does() {
        let refusal = Refusal::Missing {
            kind: Application::KIND,
            namespace: Some("testing".into()),
            name: "a".into(),
        };
        let problem = Problem::from(refusal);
        assert_eq!(problem.detail, "'Application' 'a' does not exist in namespace 'testing'");
        assert_eq!(problem.title, Some(ProblemTitle::NotFoundError));
    }

    #[test]
    fn no_more_of_a_name_is_shown_than_a_name_can_have() {
        let namespace = Some("n".repeat(60_000));
        let name = "a".repeat(60_000);
        let refusal = Refusal::Missing { kind: Application::KIND, namespace, name };
        assert!(refusal.to_string().len() < 600);
    }

    #[test]
    fn a_server_fault_says_nothing_internal() {
        let cause = std::io::Error::other("/secret/path");
        let problem = Problem::from(Refusal::Internal(Box::new(cause)));
        assert_eq!(problem.status, 500);
        assert!(!problem.detail.contains("secret"), "{problem}");
    }
}
