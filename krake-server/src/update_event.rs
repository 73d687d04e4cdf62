//! The name of the event for a changed object.

/// How watches call the event for an object that was written again.
///
/// The original's clients know `MODIFIED` only; ours read both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the protocol has these two names")]
pub enum UpdateEvent {
    /// `UPDATED`, as documented.
    #[default]
    Updated,
    /// `MODIFIED`, as the original's server sends it.
    Modified,
}

impl std::str::FromStr for UpdateEvent {
    type Err = UnknownUpdateEvent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "UPDATED" => Ok(Self::Updated),
            "MODIFIED" => Ok(Self::Modified),
            _ => Err(UnknownUpdateEvent),
        }
    }
}

/// The text names no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Must be UPDATED or MODIFIED.")]
pub struct UnknownUpdateEvent;
