//! Names of senders.

use std::fmt;
use std::sync::Arc;

/// Somebody who sends requests, known by name. Users are not resources: whoever can prove the name is the user.
///
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct User(Arc<str>);

impl User {
    const ANONYMOUS: &'static str = "system:anonymous";

    /// The user of that name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// Whoever sends no credentials, `system:anonymous`.
    pub fn anonymous() -> Self {
        Self::new(Self::ANONYMOUS)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether nobody knows who it is.
    pub fn is_anonymous(&self) -> bool {
        self.name() == Self::ANONYMOUS
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
