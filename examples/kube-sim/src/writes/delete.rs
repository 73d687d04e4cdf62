//! Deleting an object.

use std::time::Duration;

use krake_core::Clock;
use krake_server::store::Expect;
use serde_json::{Value, json};

use super::WriteContext;
use crate::clock::kubernetes_time;
use crate::cluster::{Cluster, Stored};
use crate::error::ApiError;
use crate::kinds::ObjectKey;
use crate::object::Fields;

const ATTEMPTS: usize = 16;

/// What becomes of the objects it owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Propagation {
    /// They are deleted afterwards.
    #[default]
    Background,
    /// They are deleted before.
    Foreground,
    /// They stay and lose their owner.
    Orphan,
}

/// How to delete.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) propagation: Propagation,
    /// Zero removes a pod without waiting for its node.
    pub(crate) grace_period_seconds: Option<i64>,
    /// Only the object with this UID.
    pub(crate) uid: Option<String>,
    /// Only the object in this version.
    pub(crate) resource_version: Option<String>,
}

/// What a deletion came to; each holds the object as it is or was last.
#[derive(Clone, Debug)]
pub(crate) enum Deletion {
    /// The object is gone.
    Removed(Value),
    /// The object waits for its finalizers or its node.
    Marked(Value),
}

/// Deletes an object, or marks it if something holds it.
pub(crate) async fn delete(
    cluster: &Cluster,
    key: &ObjectKey,
    options: &DeleteOptions,
    context: &WriteContext,
) -> Result<Deletion, ApiError> {
    for _ in 0..ATTEMPTS {
        let stored = cluster.read(key).await?;
        check_preconditions(key, &stored, options)?;
        if context.dry_run {
            return Ok(Deletion::Removed(stored.object));
        }
        match plan(cluster, key, &stored.object, options) {
            Plan::Nothing => return Ok(Deletion::Marked(stored.object)),
            Plan::Remove => {
                if cluster.remove(key, &stored).await? {
                    return Ok(Deletion::Removed(stored.object));
                }
            }
            Plan::Mark(object) => {
                let guard = Expect::At(stored.revision);
                if let Some(object) = cluster.put(key, object, guard).await? {
                    return Ok(Deletion::Marked(object));
                }
            }
        }
    }
    Err(ApiError::modified(&key.kind, &key.name))
}

fn check_preconditions(
    key: &ObjectKey,
    stored: &Stored,
    options: &DeleteOptions,
) -> Result<(), ApiError> {
    let differs =
        |wanted: &Option<String>, is: &str| wanted.as_ref().is_some_and(|wanted| wanted != is);
    if differs(&options.uid, stored.object.uid()) {
        let why = "Precondition failed: the UID in the precondition is not that of the object";
        return Err(ApiError::conflict(&key.kind, &key.name, why));
    }
    if differs(&options.resource_version, &stored.revision.to_string()) {
        return Err(ApiError::modified(&key.kind, &key.name));
    }
    Ok(())
}

enum Plan {
    Nothing,
    Remove,
    Mark(Value),
}

fn plan(cluster: &Cluster, key: &ObjectKey, object: &Value, options: &DeleteOptions) -> Plan {
    let grace = grace_period(key, object, options);
    let finalizers = finalizers(key, object, options);
    let held = !finalizers.is_empty() || !object.items("/spec/finalizers").is_empty();
    if !held && grace == 0 {
        return Plan::Remove;
    }
    let waits_long_enough = object
        .number("/metadata/deletionGracePeriodSeconds")
        .is_some_and(|before| before <= grace);
    if object.is_deleting() && waits_long_enough {
        return Plan::Nothing;
    }
    Plan::Mark(marked(cluster, key, object, finalizers, grace))
}

fn marked(
    cluster: &Cluster,
    key: &ObjectKey,
    object: &Value,
    finalizers: Vec<String>,
    grace: i64,
) -> Value {
    let delay = Duration::from_secs(u64::try_from(grace).unwrap_or_default());
    let time = kubernetes_time(cluster.clock.now().saturating_add(delay));
    let mut object = object.clone();
    object.set(&["metadata", "deletionTimestamp"], time.into());
    object.set(&["metadata", "deletionGracePeriodSeconds"], grace.into());
    if !finalizers.is_empty() {
        object.set(&["metadata", "finalizers"], finalizers.into());
    }
    if let Some(generation) = object.number("/metadata/generation") {
        object.set(&["metadata", "generation"], (generation + 1).into());
    }
    if key.kind.is_core("Namespace") {
        object.set(&["status", "phase"], json!("Terminating"));
    }
    object
}

/// Only pods on a node end gracefully.
fn grace_period(key: &ObjectKey, object: &Value, options: &DeleteOptions) -> i64 {
    let ended = matches!(object.text("/status/phase"), "Succeeded" | "Failed");
    if !key.kind.is_core("Pod") || object.text("/spec/nodeName").is_empty() || ended {
        return 0;
    }
    let default = object.number("/spec/terminationGracePeriodSeconds");
    let wanted = options.grace_period_seconds.or(default).unwrap_or(30);
    wanted.max(0)
}

/// The object's finalizers with those that the deletion itself adds.
fn finalizers(key: &ObjectKey, object: &Value, options: &DeleteOptions) -> Vec<String> {
    let mut finalizers: Vec<String> = object.finalizers().into_iter().map(str::to_owned).collect();
    if object.is_deleting() {
        return finalizers;
    }
    let mut add = |name: &str| {
        if !finalizers.iter().any(|present| present == name) {
            finalizers.push(name.to_owned());
        }
    };
    match options.propagation {
        Propagation::Background => {}
        Propagation::Foreground => add("foregroundDeletion"),
        Propagation::Orphan => add("orphan"),
    }
    if key.kind.is_definition() {
        add("customresourcecleanup.apiextensions.k8s.io");
    }
    finalizers
}
