//! Query parameters of writes.

use krake_core::FieldErrors;

use super::query::Parameters;
use crate::refusal::Refusal;
use crate::registry::{Effect, States};

/// What the query of a write asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WriteQuery {
    pub(super) effect: Effect,
    /// Whether a DELETE is to remove the object at once: only one spelling counts, as in the original.
    pub(super) is_forced: bool,
    /// What the answer waits for. Nothing happens in a dry run, so nothing is waited for.
    pub(super) awaited: Option<Awaited>,
}

/// What an answer waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// The object is in this state.
    State(String),
    /// The object is gone.
    Deleted,
}

impl WriteQuery {
    /// Reads the query of a request; unknown parameters are ignored, of repeated ones the first counts. `states` are those that
    /// can be waited for; where there are none, `blocking` is unknown.
    pub(super) fn parse(query: &str, states: Option<&dyn States>) -> Result<Self, Refusal> {
        let parameters = Parameters::read(query);
        let mut errors = FieldErrors::default();
        let effect = effect(&parameters, &mut errors);
        let awaited = states.and_then(|states| awaited(&parameters, states, &mut errors));
        errors.into_result()?;
        let is_forced = parameters.get("force") == Some("True");
        Ok(Self { effect, is_forced, awaited: awaited.filter(|_| effect == Effect::Commit) })
    }
}

fn effect(parameters: &Parameters<'_>, errors: &mut FieldErrors) -> Effect {
    match parameters.get("dry_run") {
        None => Effect::Commit,
        Some("" | "All" | "true") => Effect::DryRun,
        Some(_) => {
            errors.add("query.dry_run", "Must be All, true or empty.");
            Effect::DryRun
        }
    }
}

fn awaited(
    parameters: &Parameters<'_>,
    states: &dyn States,
    errors: &mut FieldErrors,
) -> Option<Awaited> {
    let value = parameters
        .get("blocking")
        .filter(|value| !value.is_empty())?;
    if value.eq_ignore_ascii_case("false") {
        return None;
    }
    if value.eq_ignore_ascii_case("deleted") {
        return Some(Awaited::Deleted);
    }
    let names = states.names();
    if !names.is_empty() && !names.iter().any(|name| value.eq_ignore_ascii_case(name)) {
        errors.add("query.blocking", unknown_state(names));
    }
    Some(Awaited::State(value.to_owned()))
}

fn unknown_state(names: &[&str]) -> String {
    let names = names.iter().map(|name| name.to_ascii_lowercase());
    let names: Vec<String> = names.filter(|name| name != "deleted").collect();
    format!("Must be one of {}, deleted or False.", names.join(", "))
}
