//! Carrying out what was decided for one object.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use krake_core::{Object, ObjectExt, ResourceRef};

use super::decision::{Decision, Graph, decide};
use super::member::Member;
use crate::runner::{Job, Run};
use crate::{Action, Failure, Reconciled};

/// How soon an object is looked at again that cannot be released yet.
const CATCH_UP: Duration = Duration::from_secs(1);

/// The kinds that are collected.
pub(super) type Members = Arc<[Box<dyn Member>]>;

/// Does what is to be done for one object at a time.
pub(super) struct Sweep {
    pub(super) members: Members,
}

/// The member for the kind of `reference`.
fn member<'a>(members: &'a Members, reference: &ResourceRef) -> Option<&'a dyn Member> {
    let members = members.iter().map(|member| &**member);
    members
        .into_iter()
        .find(|member| reference.is_kind(member.kind()))
}

/// What of all kinds depends on `owner`.
pub(super) fn dependents(members: &Members, owner: &ResourceRef) -> Vec<Arc<dyn Object>> {
    members
        .iter()
        .flat_map(|member| member.dependents(owner))
        .collect()
}

impl Graph for Sweep {
    fn find(&self, reference: &ResourceRef) -> Option<Arc<dyn Object>> {
        member(&self.members, reference)?.find(&reference.key())
    }

    fn dependents(&self, owner: &ResourceRef) -> Vec<Arc<dyn Object>> {
        dependents(&self.members, owner)
    }

    fn is_collected(&self, reference: &ResourceRef) -> bool {
        member(&self.members, reference).is_some()
    }
}

impl Sweep {
    /// Deletes what depends on an object, as it was when that was decided: each kind is watched on its own, and a dependent
    /// may have become independent before its owner was deleted. One that cannot be deleted now holds up no other.
    async fn delete(&self, dependents: Vec<Arc<dyn Object>>) -> Result<(), Failure> {
        let mut result = Ok(());
        for dependent in dependents {
            let reference = dependent.to_ref();
            let Some(member) = member(&self.members, &reference) else { continue };
            match member.delete_unchanged(&*dependent).await {
                Ok(()) => tracing::debug!(%reference, "deleted with its owner"),
                Err(error) => result = result.and(Err(error.into())),
            }
        }
        result
    }

    /// Lets an object go. What depends on it must be known for that: while a cache is behind, it is looked at again soon, since
    /// nothing tells the collector that the cache has caught up.
    async fn release(&self, object: &dyn Object) -> Reconciled {
        if let Some(behind) = self.members.iter().find(|member| !member.is_current()) {
            tracing::info!(
                reference = %object.to_ref(),
                kind = %behind.kind(),
                "not released yet: dependents may be missing, the cache does not follow the server"
            );
            return Ok(Action::requeue_after(CATCH_UP));
        }
        if let Some(member) = member(&self.members, &object.to_ref()) {
            member.release(object).await?;
        }
        Ok(Action::done())
    }

    /// Deletes an object if one of its owners is certainly gone.
    async fn collect(&self, object: &dyn Object, missing: Vec<ResourceRef>) -> Result<(), Failure> {
        let Some(own) = member(&self.members, &object.to_ref()) else { return Ok(()) };
        for owner in missing {
            let Some(member) = member(&self.members, &owner) else { continue };
            if !member.is_there(&owner).await? {
                own.delete_unchanged(object).await?;
                tracing::info!(reference = %object.to_ref(), %owner, "deleted: its owner is gone");
                break;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Job<ResourceRef> for Sweep {
    async fn run(&self, run: &Run<ResourceRef>) -> Reconciled {
        if let Some(object) = self.find(&run.key) {
            match decide(&*object, self) {
                Decision::Leave => {}
                Decision::Delete(dependents) => self.delete(dependents).await?,
                Decision::Release => return self.release(&*object).await,
                Decision::Suspect(missing) => self.collect(&*object, missing).await?,
            }
        }
        Ok(Action::done())
    }
}
