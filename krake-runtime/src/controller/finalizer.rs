//! Finalizers: whose turn it is, and changing the stack.

use krake_client::Api;
use krake_core::{Metadata, Resource};

use crate::Failure;

/// What is to be done for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Nothing: it is in deletion, and it is not this controller's turn, or no longer.
    Nothing,
    /// Reconcile it.
    Reconcile,
    /// Put the finalizer on the stack, then reconcile it.
    Guard(&'a str),
    /// Clean up, then take the finalizer off the stack.
    CleanUp(&'a str),
}

impl<'a> Step<'a> {
    pub(super) fn of(metadata: &Metadata, finalizer: Option<&'a str>, sees_deleting: bool) -> Self {
        match finalizer {
            None if sees_deleting => Self::Reconcile,
            Some(name) if metadata.is_deleting() && metadata.is_next_finalizer(name) => {
                Self::CleanUp(name)
            }
            _ if metadata.is_deleting() => Self::Nothing,
            Some(name) if !metadata.has_finalizer(name) => Self::Guard(name),
            _ => Self::Reconcile,
        }
    }
}

/// Puts `finalizer` on the stack of `object`, which must not have changed since it was read; answers it as stored.
pub(super) async fn add<K: Resource>(
    api: &Api<K>,
    object: &K,
    finalizer: &str,
) -> Result<K, Failure> {
    let mut guarded = object.clone();
    guarded.metadata_mut().finalizers.push(finalizer.to_owned());
    Ok(api.update(&guarded).await?)
}

/// Takes `finalizer` off the stack of the very object that `released` is of, if it is on top of it. An object that is gone
/// needs nothing more, and a later one of its name has a turn of its own.
pub(crate) async fn remove<K: Resource>(
    api: &Api<K>,
    released: &Metadata,
    finalizer: &str,
) -> Result<(), Failure> {
    let edit = |object: &mut K| {
        let metadata = object.metadata_mut();
        let is_meant = metadata.uid == released.uid && metadata.is_deleting();
        if is_meant && metadata.is_next_finalizer(finalizer) {
            metadata.finalizers.pop();
        }
    };
    match api.edit(&released.name, edit).await {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use krake_core::Timestamp;

    use super::*;

    fn metadata(is_deleting: bool, finalizers: &[&str]) -> Metadata {
        Metadata {
            finalizers: finalizers.iter().map(ToString::to_string).collect(),
            deleted: is_deleting.then_some(Timestamp::UNIX_EPOCH),
            ..Metadata::named("a")
        }
    }

    #[test]
    fn only_the_top_of_the_stack_acts_and_a_deleting_object_is_never_reconciled() {
        let step = |is_deleting, finalizers: &[&str]| {
            Step::of(&metadata(is_deleting, finalizers), Some("mine"), false)
        };
        assert_eq!(step(false, &[]), Step::Guard("mine"));
        assert_eq!(step(false, &["mine", "other"]), Step::Reconcile);
        assert_eq!(step(true, &["mine"]), Step::CleanUp("mine"));
        assert_eq!(step(true, &["mine", "cascade_deletion"]), Step::Nothing);
        assert_eq!(step(true, &["cascade_deletion"]), Step::Nothing);
        assert_eq!(step(true, &[]), Step::Nothing);
        assert_eq!(Step::of(&metadata(true, &[]), None, false), Step::Nothing);
        assert_eq!(Step::of(&metadata(true, &[]), None, true), Step::Reconcile);
    }
}
