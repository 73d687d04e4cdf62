//! What a failed request to etcd means.

use std::error::Error as StdError;

use tonic::{Code, ConnectError, Status};

use crate::store::Error;

/// Why a request was not answered as wanted.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The wanted revision is compacted.
    Compacted,
    /// The wanted revision lies ahead.
    Future,
    /// The answer has more bytes than one message may have.
    LargeAnswer(String),
    /// The same request would fail anywhere, and has done nothing.
    Final(Error),
    /// Certainly not carried out: it may be sent again.
    Undone {
        reason: String,
        /// There was no connection to the member.
        is_unreachable: bool,
    },
    /// Perhaps carried out; only for reads that does not matter.
    Doubtful(String),
}

impl Failure {
    /// A member that does not answer in time.
    pub(super) fn silence() -> Self {
        Self::Doubtful("no answer in time".to_owned())
    }

    /// Reads the errors of the client library and of etcd. Its texts are the same in all releases from 3.0 on.
    pub(super) fn of(error: &etcd_client::Error) -> Self {
        match error {
            etcd_client::Error::GRpcStatus(status) if is_unreachable(status) => {
                Self::Undone { reason: explain(status), is_unreachable: true }
            }
            etcd_client::Error::GRpcStatus(status) => Self::told(status.code(), status.message()),
            etcd_client::Error::TransportError(error) => {
                Self::Undone { reason: explain(error), is_unreachable: true }
            }
            etcd_client::Error::InvalidArgs(_) | etcd_client::Error::InvalidUri(_) => {
                Self::Final(Error::Invalid(error.to_string()))
            }
            other => Self::Doubtful(other.to_string()),
        }
    }

    fn told(code: Code, message: &str) -> Self {
        let undone = || Self::Undone { reason: message.to_owned(), is_unreachable: false };
        let invalid = || Self::Final(Error::Invalid(message.to_owned()));
        let is = |text: &str| message.contains(text);
        match code {
            Code::OutOfRange if is("compacted") => Self::Compacted,
            Code::OutOfRange if is("future revision") => Self::Future,
            Code::OutOfRange if is("message length too large") => {
                Self::LargeAnswer(message.to_owned())
            }
            Code::ResourceExhausted if is("database space exceeded") => {
                Self::Final(Error::Full { subject: format!("etcd ({message})") })
            }
            Code::ResourceExhausted if is("too many requests") => undone(),
            Code::ResourceExhausted if is("received message larger") => invalid(),
            Code::ResourceExhausted if is("send message larger") => {
                Self::LargeAnswer(message.to_owned())
            }
            // The member knows no leader, or has lost it before the proposal went out.
            Code::Unavailable if is("no leader") => undone(),
            Code::Unknown if is("proposal dropped") => undone(),
            // Roles have changed since the request came in; it was not applied.
            _ if is("revision of auth store is old") => undone(),
            Code::InvalidArgument if is("user name is empty") || is("authentication failed") => {
                Self::denied(message)
            }
            Code::PermissionDenied | Code::Unauthenticated => Self::denied(message),
            Code::FailedPrecondition if is("authentication is not enabled") => {
                Self::Final(Error::Unavailable(format!(
                    "{message}: leave out the user, or enable authentication"
                )))
            }
            Code::InvalidArgument => invalid(),
            _ => Self::Doubtful(format!("{code:?}: {message}")),
        }
    }

    /// A watch that is ended before it has begun; its reason is an error as text.
    pub(super) fn cancelled(reason: &str) -> Self {
        if reason.contains("permission denied") {
            return Self::denied(reason);
        }
        Self::Doubtful(reason.to_owned())
    }

    fn denied(message: &str) -> Self {
        Self::Final(Error::Unavailable(format!(
            "{message}: check user and password, and that the role reads and writes the whole keyspace"
        )))
    }

    /// The same with the member that failed.
    pub(super) fn at(mut self, endpoint: &str) -> Self {
        if let Self::Undone { reason, .. } | Self::Doubtful(reason) = &mut self {
            *reason = format!("{endpoint}: {reason}");
        }
        self
    }

    /// The same before the request itself was sent.
    pub(super) fn before_sending(self) -> Self {
        match self {
            Self::Doubtful(reason) => Self::Undone { reason, is_unreachable: true },
            other => other,
        }
    }

    /// The same for a request that may be sent twice.
    pub(super) fn for_a_read(self) -> Self {
        match self {
            Self::Doubtful(reason) => Self::Undone { reason, is_unreachable: false },
            other => other,
        }
    }

    /// What is told when no further attempt is made, for a read.
    pub(super) fn into_read_error(self) -> Error {
        match self {
            Self::Final(error) => error,
            Self::Undone { reason, .. } | Self::Doubtful(reason) | Self::LargeAnswer(reason) => {
                Error::Unavailable(format!("etcd: {reason}"))
            }
            Self::Compacted | Self::Future => {
                Error::Unavailable("etcd has no such revision".to_owned())
            }
        }
    }

    /// What is told when no further attempt is made, for a write.
    pub(super) fn into_write_error(self) -> Error {
        match self {
            Self::Doubtful(reason) | Self::LargeAnswer(reason) => {
                Error::Unknown(format!("etcd: {reason}"))
            }
            other => other.into_read_error(),
        }
    }
}

/// Whether there was no connection to send the request on.
fn is_unreachable(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<ConnectError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The error with its causes, in one line.
fn explain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let further = error.to_string();
        if !text.contains(&further) {
            text.push_str(": ");
            text.push_str(&further);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_tried_again_only_if_it_certainly_did_not_happen() {
        for (code, message, is_undone) in [
            (Code::Unavailable, "etcdserver: no leader", true),
            (Code::Unknown, "raft proposal dropped", true),
            (Code::ResourceExhausted, "etcdserver: too many requests", true),
            (Code::InvalidArgument, "etcdserver: revision of auth store is old", true),
            (Code::Unavailable, "etcdserver: request timed out", false),
            (
                Code::Unavailable,
                "etcdserver: request timed out, possibly due to connection lost",
                false,
            ),
            (Code::Unavailable, "etcdserver: server stopped", false),
            (Code::Unavailable, "error reading a body from connection", false),
            (Code::Unknown, "transport error", false),
            (Code::Cancelled, "operation was canceled", false),
        ] {
            let failure = Failure::told(code, message);
            assert_eq!(matches!(failure, Failure::Undone { .. }), is_undone, "{message}");
            let error = failure.into_write_error();
            assert_eq!(matches!(error, Error::Unavailable(_)), is_undone, "{message}");
            assert_eq!(matches!(error, Error::Unknown(_)), !is_undone, "{message}");
        }
    }

    #[test]
    fn refusals_of_etcd_get_their_own_errors() {
        let error = |code, message| Failure::told(code, message).into_write_error();
        for message in
            ["etcdserver: request is too large", "etcdserver: too many operations in txn request"]
        {
            assert!(
                matches!(error(Code::InvalidArgument, message), Error::Invalid(_)),
                "{message}"
            );
        }
        let large = "grpc: received message larger than max (3 vs. 2)";
        assert!(matches!(error(Code::ResourceExhausted, large), Error::Invalid(_)));
        let full = error(Code::ResourceExhausted, "etcdserver: mvcc: database space exceeded");
        assert!(matches!(full, Error::Full { .. }), "{full}");
        for (code, message) in [
            (Code::PermissionDenied, "etcdserver: permission denied"),
            (Code::InvalidArgument, "etcdserver: user name is empty"),
            (
                Code::InvalidArgument,
                "etcdserver: authentication failed, invalid user ID or password",
            ),
            (Code::Unauthenticated, "etcdserver: invalid auth token"),
        ] {
            let denied = error(code, message);
            assert!(
                matches!(&denied, Error::Unavailable(text) if text.contains("check user")),
                "{denied}"
            );
        }
    }
}
