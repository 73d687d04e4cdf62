//! What the connection to a cluster makes of the cluster's answers.

use anyhow::{Context, Result};
use krake_controllers::kubernetes::access::{AccessError, Connection, Connections, KindName};
use krake_core::Uid;
use krake_core::kubernetes::InventoryItem;

use crate::harness::{TestCluster, config_map};

async fn connect() -> Result<(TestCluster, Connection)> {
    let [cluster, other] = TestCluster::pair().await?;
    other.discard().await?;
    let connection = Connections::default().to(&cluster.resource()).await?;
    Ok((cluster, connection))
}

fn item(connection: &Connection, name: &str) -> InventoryItem {
    InventoryItem {
        group: String::new(),
        version: "v1".into(),
        kind: "ConfigMap".into(),
        namespace: Some(connection.namespace().to_owned()),
        name: name.into(),
        uid: None,
    }
}

#[tokio::test]
async fn kinds_are_found_at_the_version_that_is_asked_for_or_at_any() -> Result<()> {
    let (cluster, connection) = connect().await?;
    let place = connection
        .place(&KindName::new("apps/v1", "Deployment"))
        .await?;
    assert_eq!((place.resource.plural.as_str(), place.is_namespaced), ("deployments", true));
    for (api_version, kind) in [("v1", "Nothing"), ("nowhere.org/v1", "Nothing")] {
        let error = connection
            .place(&KindName::new(api_version, kind))
            .await
            .unwrap_err();
        assert!(matches!(error, AccessError::UnsupportedKind(_)), "{error}");
    }
    let other_version = KindName::new("apps/v0", "Deployment");
    let found = connection.place_of_any_version(&other_version).await?;
    assert_eq!(found.context("another version serves")?.resource.version, "v1");
    for (api_version, kind) in [("apps/v1", "Nothing"), ("nowhere.org/v1", "Nothing")] {
        let found = connection
            .place_of_any_version(&KindName::new(api_version, kind))
            .await?;
        assert_eq!(found, None);
    }
    cluster.discard().await
}

#[tokio::test]
async fn applying_twice_changes_nothing_and_only_the_named_instance_is_deleted() -> Result<()> {
    let (cluster, connection) = connect().await?;
    let item = item(&connection, "settings");
    let place = connection.place(&KindName::of(&item)).await?;
    let manifest = config_map("settings", "1");
    let first = connection.apply(&place, &item, &manifest).await?;
    let second = connection.apply(&place, &item, &manifest).await?;
    assert_eq!(first.metadata.resource_version, second.metadata.resource_version);

    let uid = Uid(first.metadata.uid.context("it has a uid")?.into());
    connection
        .delete(&place, &item, &Uid("another".into()))
        .await?;
    assert!(connection.read(&place, &item).await?.is_some());
    connection.delete(&place, &item, &uid).await?;
    assert!(connection.read(&place, &item).await?.is_none());
    connection.delete(&place, &item, &uid).await?;
    cluster.discard().await
}

#[tokio::test]
async fn a_refusal_names_the_resource() -> Result<()> {
    let (cluster, connection) = connect().await?;
    let item = item(&connection, "Settings");
    let place = connection.place(&KindName::of(&item)).await?;
    let error = connection
        .apply(&place, &item, &config_map("Settings", "1"))
        .await
        .unwrap_err();
    assert!(error.needs_change() && !error.is_unreachable(), "{error:?}");
    assert!(error.to_string().contains(&item.to_string()), "{error}");
    cluster.discard().await
}
