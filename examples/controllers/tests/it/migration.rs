//! Applications move.

use anyhow::Result;
use krake_core::kubernetes::Cluster;

use crate::harness::{Bed, config_map, deployment};

#[tokio::test]
async fn a_change_of_labels_moves_the_application_and_leaves_the_old_cluster_clean() -> Result<()> {
    let bed = Bed::start().await?;
    let [c1, c2] = &bed.clusters;
    bed.deploy("app", "location is DE", vec![deployment("echo", 1), config_map("a", "1")])
        .await?;
    bed.running_on("app", "c1").await?;

    let swap = |to: &'static str| {
        move |cluster: &mut Cluster| {
            cluster.metadata.labels.insert("location".into(), to.into());
        }
    };
    bed.krake_clusters().edit("c1", swap("SK")).await?;
    bed.krake_clusters().edit("c2", swap("DE")).await?;
    bed.running_on("app", "c2").await?;
    c1.wait_until_clean().await?;
    let clean = bed
        .application_when("app", "free of its old cluster", |application| {
            application.status.inventory.len() == 1 && application.metadata.owners.len() == 1
        })
        .await?;
    assert_eq!(clean.status.inventory[0].cluster.name, "c2");
    assert_eq!(clean.metadata.owners[0].name, "c2");
    assert!(!c2.leftovers().await?.is_empty());
    bed.finish().await
}

#[tokio::test]
async fn an_application_that_must_not_move_stays() -> Result<()> {
    let bed = Bed::start().await?;
    let created = bed
        .deploy("app", "location is DE", vec![config_map("a", "1")])
        .await?;
    bed.applications()
        .edit(&created.metadata.name, |application| application.spec.constraints.migration = false)
        .await?;
    bed.running_on("app", "c1").await?;
    let edit = |application: &mut krake_core::kubernetes::Application| {
        application.spec.manifest = vec![config_map("a", "2")];
        let constraint = "location is SK".parse().expect("a constraint");
        application.spec.constraints.cluster.labels = Some(vec![constraint]);
    };
    bed.applications().edit("app", edit).await?;
    bed.running_on("app", "c1").await?;
    bed.finish().await
}
