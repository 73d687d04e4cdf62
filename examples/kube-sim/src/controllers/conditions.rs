//! Conditions in a status.

use serde_json::{Value, json};

use crate::object::Fields;

/// A condition as it should be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition<'a> {
    pub(super) kind: &'a str,
    pub(super) status: bool,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
}

/// The object's conditions with these set. A condition that keeps its status keeps its transition time.
///
/// `stamps` names the members that hold the time of the last change of any kind, beside `lastTransitionTime`.
pub(super) fn with_conditions(
    object: &Value,
    wanted: &[Condition<'_>],
    stamp: &str,
    stamps: &[&str],
) -> Value {
    let mut conditions = object.items("/status/conditions").to_vec();
    for condition in wanted {
        let position = conditions
            .iter()
            .position(|present| present.text("/type") == condition.kind);
        let before = position.map_or(Value::Null, |position| conditions[position].clone());
        let after = set(&before, *condition, stamp, stamps);
        match position {
            Some(position) => conditions[position] = after,
            None => conditions.push(after),
        }
    }
    conditions.into()
}

fn set(before: &Value, wanted: Condition<'_>, stamp: &str, stamps: &[&str]) -> Value {
    let status = if wanted.status { "True" } else { "False" };
    let same_status = before.text("/status") == status;
    if same_status
        && before.text("/reason") == wanted.reason
        && before.text("/message") == wanted.message
    {
        return before.clone();
    }
    let mut after = json!({"type": wanted.kind, "status": status});
    for member in stamps {
        after[*member] = stamp.into();
    }
    let transition = if same_status { before["lastTransitionTime"].clone() } else { stamp.into() };
    after["lastTransitionTime"] = transition;
    for (member, text) in [("reason", wanted.reason), ("message", wanted.message)] {
        if !text.is_empty() {
            after[member] = text.into();
        }
    }
    after
}
