//! Takes the planned steps on one cluster.

use std::collections::BTreeMap;

use krake_core::kubernetes::InventoryItem;
use krake_core::{ResourceRef, Uid};
use serde_json::Value;

use super::inventory;
use super::manifest::{Desired, ManifestError, Manifests};
use super::plan::{Step, instance_to_remove, plan};
use super::record::Record;
use super::status::{self, Failed, Progress};
use crate::kubernetes::access::{AccessError, Connection, KindName};

/// Brings `cluster` to hold `desired` and nothing else of what Krake has put there.
///
/// A refused resource does not keep the others from being tried; a cluster that does not answer ends the run. Either way
/// the progress says for certain what is there and what is gone.
///
/// # Errors
/// Only of Krake's own API. What is about to be created is recorded there first.
///
/// # Cancel safety
/// May be dropped or die at any time; the next run finds everything again.
pub(super) async fn bring(
    connection: &Connection,
    cluster: &ResourceRef,
    desired: &[Desired],
    record: &mut Record,
) -> Result<Progress, krake_client::Error> {
    let recorded = inventory::items(&record.status().inventory, cluster).to_vec();
    let mut progress = Progress::default();
    for step in plan(desired, &recorded) {
        let outcome = match step {
            Step::Record(new) => {
                record
                    .change(|status| status::begin(status, cluster, &new))
                    .await?;
                Ok(())
            }
            Step::Apply(desired) => apply(connection, desired, &mut progress).await,
            Step::Remove(item) => remove(connection, item, &mut progress).await,
        };
        if let Err(error) = outcome {
            let failed = Failed::from(&error);
            let is_unreachable = failed.is_unreachable;
            progress.failure.get_or_insert(failed);
            if is_unreachable {
                break;
            }
        }
    }
    Ok(progress)
}

async fn apply(
    connection: &Connection,
    desired: &Desired,
    progress: &mut Progress,
) -> Result<(), AccessError> {
    let Desired { item, place, manifest } = desired;
    let applied = connection.apply(place, item, manifest).await?;
    let uid = applied.metadata.uid.as_deref().map(|uid| Uid(uid.into()));
    progress.present.push(InventoryItem { uid, ..item.clone() });
    progress
        .objects
        .push(serde_json::to_value(applied).unwrap_or(Value::Null));
    Ok(())
}

async fn remove(
    connection: &Connection,
    item: &InventoryItem,
    progress: &mut Progress,
) -> Result<(), AccessError> {
    if is_gone(connection, item).await? {
        progress.gone.push(item.clone());
    } else {
        progress.leaving += 1;
    }
    Ok(())
}

/// Removes a resource, unless somebody else's has taken its place; answers whether it is gone already.
async fn is_gone(connection: &Connection, item: &InventoryItem) -> Result<bool, AccessError> {
    let Some(place) = connection.place_of_any_version(&KindName::of(item)).await? else {
        return Ok(true);
    };
    let Some(live) = connection.read(&place, item).await? else { return Ok(true) };
    let Some(uid) = instance_to_remove(item, &live) else { return Ok(true) };
    if live.metadata.deletion_timestamp.is_none() {
        connection.delete(&place, item, &uid).await?;
    }
    let left = connection.read(&place, item).await?;
    Ok(left.is_none_or(|live| instance_to_remove(item, &live).is_none()))
}

/// Addresses the manifests on a cluster.
pub(super) async fn address(
    connection: &Connection,
    manifests: &[Value],
) -> Result<Vec<Desired>, Failed> {
    let manifests = Manifests::read(manifests)?;
    let mut places = BTreeMap::new();
    for kind in manifests.foreign_kinds() {
        let place = connection.place(kind).await;
        places.insert(kind.clone(), place.map_err(|error| Failed::from(&error))?);
    }
    Ok(manifests.address(&places, connection.namespace())?)
}

impl From<&AccessError> for Failed {
    fn from(error: &AccessError) -> Self {
        Self {
            reason: error.reason(),
            needs_change: error.needs_change(),
            is_unreachable: error.is_unreachable(),
        }
    }
}

impl From<ManifestError> for Failed {
    fn from(error: ManifestError) -> Self {
        Self { reason: error.reason(), needs_change: true, is_unreachable: false }
    }
}
