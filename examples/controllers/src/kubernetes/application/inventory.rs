//! What Krake has put where: the changes of an application's inventory.
//!
//! All of them are deltas, applied to the inventory as it is stored at that moment. Nothing that another, newer view has
//! recorded can get lost, and so nothing on a cluster can be orphaned.

use krake_core::ResourceRef;
use krake_core::kubernetes::{ClusterInventory, InventoryItem};

/// The items recorded for `cluster`.
pub(super) fn items<'a>(
    inventory: &'a [ClusterInventory],
    cluster: &ResourceRef,
) -> &'a [InventoryItem] {
    let entry = inventory
        .iter()
        .find(|entry| entry.cluster.same_name(cluster));
    entry.map_or(&[], |entry| &entry.items)
}

/// Records that `items` are, or are about to be, on `cluster`. Clusters are told apart by name: one that was registered anew
/// may still hold what is recorded for the earlier instance.
///
/// A known item takes over the version, and the instance if one
/// is given.
pub(super) fn record(
    inventory: &mut Vec<ClusterInventory>,
    cluster: &ResourceRef,
    items: &[InventoryItem],
) {
    if items.is_empty() {
        return;
    }
    let is_cluster = |entry: &ClusterInventory| entry.cluster.same_name(cluster);
    let index = inventory.iter().position(is_cluster).unwrap_or_else(|| {
        inventory.push(ClusterInventory { cluster: cluster.clone(), items: Vec::new() });
        inventory.len() - 1
    });
    // The newest reference says which instance of the cluster is meant.
    inventory[index].cluster.clone_from(cluster);
    let known = &mut inventory[index].items;
    for item in items {
        match known.iter_mut().find(|entry| entry.same_object(item)) {
            Some(entry) => {
                entry.version.clone_from(&item.version);
                if item.uid.is_some() {
                    entry.uid.clone_from(&item.uid);
                }
            }
            None => known.push(item.clone()),
        }
    }
}

/// Forgets items that are no longer on `cluster`, and the cluster with its last item.
pub(super) fn strike(
    inventory: &mut Vec<ClusterInventory>,
    cluster: &ResourceRef,
    gone: &[InventoryItem],
) {
    for entry in inventory
        .iter_mut()
        .filter(|entry| entry.cluster.same_name(cluster))
    {
        entry
            .items
            .retain(|item| !gone.iter().any(|gone| gone.same_object(item)));
    }
    inventory.retain(|entry| !entry.items.is_empty());
}

/// Forgets everything on `cluster`: it does not exist any more.
pub(super) fn strike_cluster(inventory: &mut Vec<ClusterInventory>, cluster: &ResourceRef) {
    inventory.retain(|entry| !entry.cluster.same_name(cluster));
}

#[cfg(test)]
mod tests {
    use krake_core::kubernetes::Cluster;
    use krake_core::{Key, Resource, Uid};

    use super::*;

    fn cluster(name: &str) -> ResourceRef {
        ResourceRef::to_key(Cluster::KIND, &Key::namespaced("testing", name))
    }

    fn item(name: &str, uid: Option<&str>) -> InventoryItem {
        InventoryItem {
            group: String::new(),
            version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: Some("default".into()),
            name: name.into(),
            uid: uid.map(|uid| Uid(uid.into())),
        }
    }

    #[test]
    fn recording_keeps_the_instance_and_the_items_of_newer_views() {
        let mut inventory = Vec::new();
        record(&mut inventory, &cluster("a"), &[item("x", Some("1"))]);
        record(&mut inventory, &cluster("b"), &[item("x", None)]);
        record(&mut inventory, &cluster("a"), &[item("x", None), item("y", None)]);
        assert_eq!(items(&inventory, &cluster("a")), [item("x", Some("1")), item("y", None)]);
        assert_eq!(items(&inventory, &cluster("b")), [item("x", None)]);
    }

    #[test]
    fn the_last_item_takes_its_cluster_along() {
        let mut inventory = Vec::new();
        record(&mut inventory, &cluster("a"), &[item("x", Some("1")), item("y", None)]);
        strike(&mut inventory, &cluster("a"), &[item("x", Some("1"))]);
        assert_eq!(items(&inventory, &cluster("a")), [item("y", None)]);
        strike(&mut inventory, &cluster("a"), &[item("y", Some("late"))]);
        assert_eq!(inventory, []);
    }
}
