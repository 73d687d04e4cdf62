//! What a controller wants done.

use std::time::Duration;

use krake_core::Labels;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::world::{Key, World};
use crate::addresses::Addresses;
use crate::object::Fields;
use crate::options::SimOptions;
use crate::patch::merge;
use crate::random::Random;
use crate::rules::Subresource;

/// Everything a controller may look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) world: &'a World,
    pub(super) options: &'a SimOptions,
    pub(super) addresses: &'a Addresses,
    pub(super) random: &'a Random,
    pub(super) now: Instant,
    /// The wall clock in the form Kubernetes writes.
    pub(super) stamp: &'a str,
}

impl View<'_> {
    /// How much of `delay` is left since the object came into its present state; `None` when it is over.
    pub(super) fn remaining(&self, key: &str, delay: Duration) -> Option<Duration> {
        let rest = delay.saturating_sub(self.world.unchanged_for(key, self.now));
        (!rest.is_zero()).then_some(rest)
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Create(Value),
    /// A merge patch.
    Patch {
        key: Key,
        pen: Subresource,
        patch: Value,
    },
    Delete {
        key: Key,
        foreground: bool,
        at_once: bool,
    },
}

/// Changes in order, and when to look again without being woken.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) actions: Vec<Action>,
    pub(super) again: Option<Duration>,
}

impl Plan {
    pub(super) fn create(&mut self, object: Value) {
        self.actions.push(Action::Create(object));
    }

    /// Patches an object, if that changes it.
    pub(super) fn patch(&mut self, key: &Key, object: &Value, patch: Value) {
        self.change(key, object, patch, Subresource::Main);
    }

    /// Merges into an object's status, if that changes it. Null members are removed, lists replaced.
    pub(super) fn status(&mut self, key: &Key, object: &Value, status: &Value) {
        self.change(key, object, json!({"status": status}), Subresource::Status);
    }

    pub(super) fn change(&mut self, key: &Key, object: &Value, patch: Value, pen: Subresource) {
        let mut patched = object.clone();
        merge(&mut patched, &patch);
        if patched != *object {
            self.actions
                .push(Action::Patch { key: Key::clone(key), pen, patch });
        }
    }

    /// Deletes an object that is not being deleted yet; its dependents follow.
    pub(super) fn delete(&mut self, key: &Key, object: &Value) {
        if !object.is_deleting() {
            self.actions.push(Action::Delete {
                key: Key::clone(key),
                foreground: false,
                at_once: false,
            });
        }
    }

    /// Deletes an object after its dependents.
    pub(super) fn delete_foreground(&mut self, key: &Key, object: &Value) {
        if !object.is_deleting() {
            self.actions.push(Action::Delete {
                key: Key::clone(key),
                foreground: true,
                at_once: false,
            });
        }
    }

    /// Removes a pod without waiting for its node.
    pub(super) fn delete_now(&mut self, key: &Key) {
        self.actions.push(Action::Delete {
            key: Key::clone(key),
            foreground: false,
            at_once: true,
        });
    }

    /// Looks again after `delay` at the latest.
    pub(super) fn again(&mut self, delay: Duration) {
        self.again = Some(self.again.map_or(delay, |before| before.min(delay)));
    }

    /// Waits for the rest of a delay; answers whether it is over.
    pub(super) fn wait(&mut self, rest: Option<Duration>) -> bool {
        if let Some(rest) = rest {
            self.again(rest);
        }
        rest.is_none()
    }
}

/// A count as Kubernetes writes it in a status: zero is left out.
pub(super) fn count(count: usize) -> Value {
    if count == 0 { Value::Null } else { count.into() }
}

/// A reference to the controller of an object.
pub(super) fn owner_reference(owner: &Value) -> Value {
    json!([{
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": true,
        "blockOwnerDeletion": true,
    }])
}

/// The wanted number of replicas.
pub(super) fn replicas(object: &Value) -> usize {
    let replicas = object.number("/spec/replicas").unwrap_or(1);
    usize::try_from(replicas).unwrap_or_default()
}

/// Whether all wanted labels are there with their values.
pub(super) fn has_labels(labels: &Labels, wanted: &Labels) -> bool {
    wanted
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}

/// The key of an object in the same namespace.
pub(super) fn sibling(object: &Value, group_and_plural: &str, name: &str) -> Key {
    format!("/registry/{group_and_plural}/{}/{name}", object.namespace()).into()
}
