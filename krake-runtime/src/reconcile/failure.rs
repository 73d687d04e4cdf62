//! What a failed run says about the next one.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::Action;
use crate::error_chain::ErrorChain;

/// The result of a run.
pub type Reconciled = Result<Action, Failure>;

/// When a failed run is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// After a delay that grows with each failure in a row.
    Retry,
    /// After this time.
    RetryAfter(Duration),
    /// Almost at once: another writer was faster, and the next run sees what it wrote.
    Conflict,
    /// Not before something changes.
    Terminal,
}

/// A failed run: any error, and when to try again.
///
/// `?` turns every error into one. A conflict (HTTP 409) anywhere in its chain of causes makes it [`Class::Conflict`], a time
/// asked for by the server makes it [`Class::RetryAfter`], everything else is [`Class::Retry`]. It is not an
/// [`Error`] itself, which is what makes that conversion possible.
pub struct Failure {
    class: Class,
    reason: Option<&'static str>,
    source: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// A failure described by a text, to be retried with growing delays.
    pub fn retry(message: impl Into<String>) -> Self {
        Self { class: Class::Retry, reason: None, source: message.into().into() }
    }

    /// A failure that only a change can cure; `reason` is a word such as `ManifestRefused`.
    pub fn terminal(reason: &'static str, message: impl Into<String>) -> Self {
        Self { class: Class::Terminal, reason: Some(reason), source: message.into().into() }
    }

    /// A run that did not end by itself: it panicked, or it took too long.
    pub(crate) fn aborted(reason: &'static str, message: String) -> Self {
        Self { class: Class::Retry, reason: Some(reason), source: message.into() }
    }

    /// The same failure of another class.
    #[must_use]
    pub fn with_class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    /// When the run is repeated.
    pub const fn class(&self) -> Class {
        self.class
    }

    /// A word for what failed, if the reconciler gave one.
    pub const fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    /// The error.
    pub fn source(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.source
    }
}

impl fmt::Display for Failure {
    /// The error with its causes: `outer: inner: innermost`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ErrorChain(&*self.source).fmt(f)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.class)?;
        if let Some(reason) = self.reason {
            write!(f, " {reason}")?;
        }
        write!(f, ": {self}")
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { class: class_of(&error), reason: None, source: Box::new(error) }
    }
}

fn class_of(error: &(dyn Error + 'static)) -> Class {
    let mut link = Some(error);
    while let Some(error) = link {
        if let Some(answer) = error.downcast_ref::<krake_client::Error>() {
            return match answer.retry_after() {
                _ if answer.status() == Some(409) => Class::Conflict,
                // At once is what a server says that has no idea: that would be a storm.
                Some(delay) if !delay.is_zero() => Class::RetryAfter(delay),
                _ => Class::Retry,
            };
        }
        link = error.source();
    }
    Class::Retry
}

/// Says of any result when its failure is retried.
pub trait FailureExt<T> {
    /// A failure is final until something changes; `reason` is a word such as `ManifestRefused`.
    ///
    /// # Errors
    /// The failure of `self`, as [`Class::Terminal`].
    fn terminal(self, reason: &'static str) -> Result<T, Failure>;

    /// A failure is retried after `delay`.
    ///
    /// # Errors
    /// The failure of `self`, as [`Class::RetryAfter`].
    fn retry_after(self, delay: Duration) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> FailureExt<T> for Result<T, E> {
    fn terminal(self, reason: &'static str) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            class: Class::Terminal,
            reason: Some(reason),
            ..error.into()
        })
    }

    fn retry_after(self, delay: Duration) -> Result<T, Failure> {
        self.map_err(|error| error.into().with_class(Class::RetryAfter(delay)))
    }
}

#[cfg(test)]
mod tests {
    use krake_core::{Problem, ProblemTitle};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the site could not be published")]
    struct Wrapped(#[source] krake_client::Error);

    fn refused(status: u16, retry_after: Option<Duration>) -> krake_client::Error {
        let problem = Problem::titled(status, ProblemTitle::TransactionError, "too late");
        krake_client::Error::Refused {
            request: "PUT /a".into(),
            problem: Box::new(problem),
            retry_after,
        }
    }

    #[test]
    fn a_conflict_is_found_inside_an_error_of_the_user() {
        assert_eq!(Failure::from(Wrapped(refused(409, None))).class(), Class::Conflict);
        let second = Duration::from_secs(1);
        let asked = Failure::from(Wrapped(refused(429, Some(second))));
        assert_eq!(asked.class(), Class::RetryAfter(second));
        assert_eq!(Failure::from(refused(503, Some(Duration::ZERO))).class(), Class::Retry);
        assert_eq!(Failure::from(fmt::Error).class(), Class::Retry);
    }

    #[test]
    fn a_failure_tells_the_whole_chain() {
        let text = Failure::from(Wrapped(refused(409, None))).to_string();
        assert!(text.starts_with("the site could not be published: PUT /a was refused"), "{text}");
    }

    #[test]
    fn terminal_wins_over_the_class_of_the_error() {
        let failed = Err::<(), _>(refused(409, None))
            .terminal("Refused")
            .unwrap_err();
        assert_eq!((failed.class(), failed.reason()), (Class::Terminal, Some("Refused")));
    }
}
