//! What can go wrong with a request, and how callers tell.

use std::time::Duration;

use krake_core::{FieldErrors, Problem, ProblemTitle};

use crate::BoxError;

/// The result of a request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A request that did not succeed.
///
/// Callers decide by the predicates ([`is_not_found`](Self::is_not_found), [`is_conflict`](Self::is_conflict) …), not by variants.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with a problem.
    #[error("{request} was refused: {problem}")]
    Refused {
        /// Method and path.
        request: String,
        /// What the server says.
        problem: Box<Problem>,
        /// When the server wants to be asked again; an hour at most.
        retry_after: Option<Duration>,
    },
    /// The server could not be reached, or the connection broke.
    #[error("{request} did not get through")]
    Transport {
        /// Method and path.
        request: String,
        /// The cause.
        #[source]
        source: BoxError,
    },
    /// No answer, or not the awaited state, in time.
    #[error("{request} took longer than {limit:?}")]
    TimedOut {
        /// Method and path.
        request: String,
        /// The limit.
        limit: Duration,
    },
    /// The answer is not what the protocol says.
    #[error("the answer to {request} cannot be read")]
    Undecodable {
        /// Method and path.
        request: String,
        /// The first member that does not fit.
        #[source]
        source: FieldErrors,
    },
    /// An answer or a line of a watch is longer than this client accepts.
    #[error(
        "the answer to {request} exceeds {limit} bytes; narrow the request by a selector or a limit"
    )]
    TooLong {
        /// Method and path.
        request: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The object cannot be sent.
    #[error("the body of {request} cannot be written")]
    Unencodable {
        /// Method and path.
        request: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// A single resource of a namespaced kind was addressed without a namespace.
    #[error("{kind} {name} needs a namespace: use Client::namespace")]
    NoNamespace {
        /// The kind.
        kind: String,
        /// The name that was asked for.
        name: String,
    },
    /// No resource or namespace can have this name: its URL would be that of something else.
    #[error("`{name}` cannot be the name of a resource or namespace")]
    Name {
        /// The name that was asked for.
        name: String,
    },
    /// The server's address cannot be used.
    #[error("`{url}` cannot be the address of a server: {reason}")]
    Address {
        /// The address as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate, an authority or a token cannot be used. The text tells nothing of it.
    #[error("the credentials cannot be used: {reason}")]
    Credentials {
        /// What is wrong with them.
        reason: String,
    },
}

impl Error {
    /// What the server said, if it answered at all.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.problem().map(|problem| problem.status)
    }

    fn has_title(&self, title: &ProblemTitle) -> bool {
        self.problem()
            .is_some_and(|problem| problem.title.as_ref() == Some(title))
    }

    /// The resource does not exist.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Somebody else wrote first: read again and decide anew.
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(409) && !self.is_already_exists()
    }

    /// The name is taken.
    pub fn is_already_exists(&self) -> bool {
        self.has_title(&ProblemTitle::ResourceAlreadyExists)
    }

    /// The history to resume from is no longer kept: start over from the current state.
    pub fn is_gone(&self) -> bool {
        self.status() == Some(410)
    }

    /// The object breaks the rules of its kind; [`Problem::errors`] names the fields.
    pub fn is_invalid(&self) -> bool {
        self.status() == Some(422)
    }

    /// The update was refused because it changes nothing.
    pub(crate) fn is_no_update(&self) -> bool {
        self.has_title(&ProblemTitle::UpdateError)
            && self
                .problem()
                .is_some_and(|problem| problem.detail.contains("no update"))
    }

    /// The same request may succeed later without anybody changing anything.
    ///
    /// Conflicts are not: the request must be made anew from what is stored now.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { problem, .. } => {
                matches!(problem.status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            Self::Transport { .. } | Self::TimedOut { .. } => true,
            _ => false,
        }
    }

    /// How long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
