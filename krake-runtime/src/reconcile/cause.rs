//! Why a key is reconciled.

/// Why a key is reconciled. For diagnosis only: a reconciler does the same whatever the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The object existed when the controller started.
    Initial,
    /// The object was created, changed or removed.
    Changed,
    /// An object that it owns changed.
    Owned,
    /// An object that was mapped to it changed.
    Watched,
    /// It was asked for by a trigger.
    Triggered,
    /// The time came that the run before had asked for.
    Timer,
    /// The run before failed.
    Retry,
    /// The run before lost a race to another writer.
    Conflict,
}
