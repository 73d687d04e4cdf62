//! Who is served first.

/// How urgent a run is. One point is worth one second of waiting: a run waits at most about as many seconds longer than a
/// more urgent one as it has points less, so nothing starves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Priority(pub(crate) i16);

impl Priority {
    /// Objects that were there already when the controller started.
    pub(crate) const BACKGROUND: Self = Self(-100);
    /// Changes and retries.
    pub(crate) const NORMAL: Self = Self(0);
}
