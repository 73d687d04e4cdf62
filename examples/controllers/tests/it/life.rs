//! Applications change, stay as they are, and go.

use std::time::Duration;

use anyhow::{Context, Result};
use krake_client::ListOptions;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::harness::{Bed, PATIENCE, config_map, deployment};

#[tokio::test]
async fn what_leaves_the_manifest_leaves_the_cluster_and_nothing_foreign_is_touched() -> Result<()>
{
    let bed = Bed::start().await?;
    let [c1, _] = &bed.clusters;
    let foreign = serde_json::from_value(config_map("foreign", "1"))?;
    c1.config_maps()
        .create(&PostParams::default(), &foreign)
        .await?;
    let manifest = vec![deployment("echo", 1), config_map("a", "1"), config_map("b", "1")];
    bed.deploy("app", "location is DE", manifest).await?;
    bed.running_on("app", "c1").await?;

    let smaller = vec![config_map("b", "2"), config_map("c", "1")];
    bed.applications()
        .edit("app", |application| application.spec.manifest.clone_from(&smaller))
        .await?;
    let changed = bed
        .application_when("app", "down to two items", |application| {
            application.status.observed_generation == application.metadata.generation
                && application
                    .status
                    .inventory
                    .iter()
                    .all(|entry| entry.items.len() == 2)
        })
        .await?;
    let items: Vec<_> = changed.status.inventory[0]
        .items
        .iter()
        .map(|item| item.name.as_str())
        .collect();
    assert_eq!(items, ["b", "c"]);
    let changed = c1.config_maps().get("b").await?;
    assert_eq!(changed.data.context("b has data")?["value"], "2");
    let mut left = c1.leftovers().await?;
    left.retain(|name| !name.starts_with("Pod"));
    left.sort();
    assert_eq!(left, ["ConfigMap b", "ConfigMap c", "ConfigMap foreign"]);
    bed.finish().await
}

#[tokio::test]
async fn deletion_leaves_nothing_behind() -> Result<()> {
    let bed = Bed::start().await?;
    let [c1, _] = &bed.clusters;
    bed.deploy("app", "location is DE", vec![deployment("echo", 2), config_map("a", "1")])
        .await?;
    bed.running_on("app", "c1").await?;
    bed.applications().delete("app").await?;
    bed.gone("app").await?;
    c1.wait_until_clean().await?;
    bed.finish().await
}

#[tokio::test]
async fn deleting_a_cluster_removes_its_applications_first() -> Result<()> {
    let bed = Bed::start().await?;
    let [c1, _] = &bed.clusters;
    bed.deploy("app", "location is DE", vec![deployment("echo", 1), config_map("a", "1")])
        .await?;
    bed.deploy("other", "location is SK", vec![config_map("a", "1")])
        .await?;
    bed.running_on("app", "c1").await?;
    bed.running_on("other", "c2").await?;
    bed.krake_clusters().delete("c1").await?;
    let gone = bed
        .krake_clusters()
        .wait("c1", |found| found.is_none(), PATIENCE)
        .await;
    gone.context("the cluster never went")?;
    assert!(bed.applications().find("app").await?.is_none(), "it goes before its cluster");
    c1.wait_until_clean().await?;
    bed.running_on("other", "c2").await?;
    bed.finish().await
}

#[tokio::test]
async fn a_kind_and_a_resource_of_it_come_and_go_in_one_manifest() -> Result<()> {
    let bed = Bed::start().await?;
    // Definitions have no namespace: on a real cluster this one must not meet that of another run.
    let group = format!("{}.example.org", bed.cluster("c1").namespace());
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("crons.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"kind": "Cron", "plural": "crons"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                }},
            }],
        },
    });
    let cron = json!({
        "apiVersion": format!("{group}/v1"), "kind": "Cron", "metadata": {"name": "nightly"},
        "spec": {"at": "03:00"},
    });
    bed.deploy("app", "location is DE", vec![cron, definition])
        .await?;
    let running = bed.running_on("app", "c1").await?;
    let kinds: Vec<_> = running.status.inventory[0]
        .items
        .iter()
        .map(|item| item.kind.as_str())
        .collect();
    assert_eq!(kinds, ["CustomResourceDefinition", "Cron"]);
    bed.applications().delete("app").await?;
    bed.gone("app").await?;
    bed.finish().await
}

#[tokio::test]
async fn a_settled_fleet_writes_nothing() -> Result<()> {
    let bed = Bed::start().await?;
    bed.deploy("app", "location is DE", vec![deployment("echo", 1), config_map("a", "1")])
        .await?;
    bed.deploy("waiting", "location is FR", vec![config_map("a", "1")])
        .await?;
    bed.running_on("app", "c1").await?;
    let waits =
        |application: &krake_core::kubernetes::Application| application.status.reason.is_some();
    bed.application_when("waiting", "told that it has to wait", waits)
        .await?;
    let revision = async || -> Result<_> {
        let list = bed.applications().list(&ListOptions::default()).await?;
        Ok(list.metadata.resource_version)
    };
    // The last writes of settling may still be on their way; after that, twenty looks must see no further one.
    let mut before = revision().await?;
    let settled = async {
        loop {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let after = revision().await?;
            if after == before {
                return anyhow::Ok(());
            }
            before = after;
        }
    };
    tokio::time::timeout(PATIENCE / 3, settled)
        .await
        .context("it keeps writing")??;
    bed.finish().await
}

#[tokio::test]
async fn what_somebody_removes_or_changes_on_the_cluster_is_put_right() -> Result<()> {
    let bed = Bed::start().await?;
    let [c1, _] = &bed.clusters;
    bed.deploy("app", "location is DE", vec![config_map("a", "1"), config_map("b", "1")])
        .await?;
    bed.running_on("app", "c1").await?;
    c1.config_maps()
        .delete("a", &DeleteParams::default())
        .await?;
    let patch = Patch::Merge(json!({"data": {"value": "changed"}}));
    c1.config_maps()
        .patch("b", &PatchParams::default(), &patch)
        .await?;
    let repaired = async {
        loop {
            let (a, b) = (c1.config_maps().get_opt("a").await?, c1.config_maps().get("b").await?);
            let value = b.data.and_then(|mut data| data.remove("value"));
            if a.is_some() && value.as_deref() == Some("1") {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, repaired)
        .await
        .context("never put right")??;
    bed.finish().await
}
