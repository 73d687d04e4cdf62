//! What a transaction does to a state.

use krake_core::Revision;

use super::{Committed, Snapshot};
use crate::store::{Commit, Entry, Error, Event, Expect, Op, Transaction};

/// Checks the transaction against the state and, if it holds, applies it.
///
/// Answers the caller's answer and, if anything changed, the commit. After an error the state is as before.
pub(crate) fn transact(
    state: &mut Snapshot,
    transaction: Transaction,
) -> Result<(Commit, Option<Committed>), Error> {
    transaction.validate()?;
    if !transaction
        .guards
        .iter()
        .all(|(key, expect)| holds(*expect, state.get(key)))
    {
        let current = transaction
            .guards
            .iter()
            .map(|(key, _)| state.get(key).cloned())
            .collect();
        return Ok((Commit::Refused { revision: state.revision(), current }, None));
    }
    let committed = apply(state, transaction.ops);
    Ok((Commit::Done(state.revision()), committed))
}

/// Applies operations without conditions as the next revision; `None` if they change nothing.
pub(crate) fn apply(state: &mut Snapshot, ops: Vec<Op>) -> Option<Committed> {
    let revision = state.revision().next();
    let ops = ops.into_iter();
    let events: Vec<_> = ops
        .filter_map(|op| apply_one(state, op, revision))
        .collect();
    if events.is_empty() {
        return None;
    }
    state.advance(revision);
    Some(Committed { revision, events: events.into() })
}

fn apply_one(state: &mut Snapshot, op: Op, revision: Revision) -> Option<Event> {
    match op {
        Op::Put { key, value } => Some(Event::Put { entry: state.put(&key, value, revision) }),
        Op::Delete { key } => state
            .remove(&key)
            .map(|last| Event::Delete { last, revision }),
    }
}

fn holds(expect: Expect, entry: Option<&Entry>) -> bool {
    match expect {
        Expect::Absent => entry.is_none(),
        Expect::At(revision) => entry.is_some_and(|entry| entry.modified == revision),
    }
}
