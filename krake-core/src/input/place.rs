//! Where a diagnosis is in an input.

use super::diagnosis::{Attempt, Dead};
use super::error::InputError;

/// From a value to one inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'p> {
    Member(&'p str),
    Item(usize),
}

/// The place of a value, seen by one attempt to decode the input.
///
/// An input that is decoded without diagnosis has no places: its first error ends it.
pub(super) struct Place<'p> {
    attempt: &'p Attempt<'p>,
    /// The container, and the way from there; `None` for the whole input.
    way: Option<(&'p Self, Step<'p>)>,
    /// What earlier attempts gave up here and inside.
    dead: Option<&'p Dead>,
    /// Whether what is here stands in for something that was told to be wrong.
    is_neutral: bool,
}

impl<'p> Place<'p> {
    pub(super) const fn root(attempt: &'p Attempt<'p>) -> Self {
        Self { attempt, way: None, dead: Some(attempt.dead()), is_neutral: false }
    }

    pub(super) fn member(&'p self, name: &'p str) -> Self {
        self.inside(Step::Member(name))
    }

    pub(super) fn item(&'p self, index: usize) -> Self {
        self.inside(Step::Item(index))
    }

    fn inside(&'p self, step: Step<'p>) -> Self {
        let dead = self.dead.and_then(|dead| dead.inside(step));
        Self { way: Some((self, step)), dead, ..*self }
    }

    /// The same place, with something in it of which there are no errors to be told.
    pub(super) const fn neutral(&self) -> Self {
        Self { is_neutral: true, ..*self }
    }

    pub(super) const fn attempt(&self) -> &'p Attempt<'p> {
        self.attempt
    }

    pub(super) const fn is_root(&self) -> bool {
        self.way.is_none()
    }

    /// Whether an earlier attempt gave up the value here: it is passed over.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.is_some_and(Dead::is_end)
    }

    /// From the whole input to here.
    pub(super) fn path(&self) -> Vec<Step<'p>> {
        let mut path = Vec::new();
        let mut way = self.way;
        while let Some((container, step)) = way {
            path.push(step);
            way = container.way;
        }
        path.reverse();
        path
    }

    /// Notes an error after which something neutral takes the place of the value.
    ///
    /// # Errors
    /// When there are enough findings.
    pub(super) fn report(&self, message: &str) -> Result<(), InputError> {
        if self.is_neutral { Ok(()) } else { self.attempt.report(&self.path(), message) }
    }

    /// Notes an error for which nothing can take the place of the value: whatever contains it cannot be decoded in this
    /// attempt. The next one passes the value over; if there was none, its container.
    pub(super) fn give_up(&self, error: InputError, is_absent: bool) -> InputError {
        match error {
            InputError::Reported => InputError::Reported,
            error if is_absent => error,
            error => self.attempt.give_up(&self.path(), &error),
        }
    }
}

/// `spec.metrics[0].name`
pub(super) fn field(path: &[Step<'_>]) -> String {
    use std::fmt::Write;
    let mut field = String::new();
    for step in path {
        let written = match step {
            Step::Member(name) if field.is_empty() => write!(field, "{name}"),
            Step::Member(name) => write!(field, ".{name}"),
            Step::Item(index) => write!(field, "[{index}]"),
        };
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }
    field
}
