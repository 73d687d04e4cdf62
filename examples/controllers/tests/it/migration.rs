//! Applications move.

use anyhow::{Context, Result};
use futures::StreamExt;
use krake_client::WatchOptions;
use krake_core::ObjectExt;
use krake_core::WatchEvent;
use krake_core::kubernetes::{Application, ApplicationState, Cluster};
use tokio::time::timeout;

use crate::harness::{Bed, PATIENCE, config_map, deployment};

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
    let new_home = bed.krake_clusters().get("c2").await?;
    assert_eq!(clean.metadata.owners, [new_home.to_ref()], "with the instance");
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
    let edit = |application: &mut Application| {
        application.spec.manifest = vec![config_map("a", "2")];
        let constraint = "location is SK".parse().expect("a constraint");
        application.spec.constraints.cluster.labels = Some(vec![constraint]);
    };
    bed.applications().edit("app", edit).await?;
    bed.running_on("app", "c1").await?;
    bed.finish().await
}

/// Everything that is written of the application, until it runs on c2 and c1 is no longer recorded.
async fn story_of_a_move(
    bed: &Bed,
    edit: impl FnMut(&mut Application) + Send,
) -> Result<Vec<Application>> {
    let mut events = bed.applications().watch(&WatchOptions::default()).await?;
    bed.applications().edit("app", edit).await?;
    let mut story = Vec::new();
    let told = async {
        while let Some(event) = events.next().await {
            if let WatchEvent::Updated(application) = event? {
                let inventory = &application.status.inventory;
                let has_moved = inventory.len() == 1 && inventory[0].cluster.name == "c2";
                story.push(application);
                if has_moved {
                    return anyhow::Ok(());
                }
            }
        }
        anyhow::bail!("the watch ended")
    };
    timeout(PATIENCE, told).await.context("it never moved")??;
    Ok(story)
}

#[tokio::test]
async fn a_pure_move_is_told_as_one_and_breaks_nothing_before_the_new_pods_run() -> Result<()> {
    let bed = Bed::start().await?;
    bed.deploy("app", "location is DE", vec![deployment("echo", 2), config_map("a", "1")])
        .await?;
    bed.running_on("app", "c1").await?;
    let move_away = |application: &mut Application| {
        let constraint = "location is SK".parse().expect("a constraint");
        application.spec.constraints.cluster.labels = Some(vec![constraint]);
    };
    let story = story_of_a_move(&bed, move_away).await?;

    let mut states: Vec<_> = story.iter().map(|now| now.status.state).collect();
    states.dedup();
    let moved = [ApplicationState::Running, ApplicationState::Migrating, ApplicationState::Running];
    assert_eq!(states, moved);
    for now in &story {
        let status = &now.status;
        let is_on = |name: &str| status.running_on.as_ref().is_some_and(|on| on.name == name);
        if is_on("c2") {
            let health = status.container_health;
            assert_eq!(health.running_pods, health.desired_pods, "it has not moved before");
        } else {
            let old = status
                .inventory
                .iter()
                .find(|entry| entry.cluster.name == "c1");
            let old = old.context("the old cluster is recorded")?;
            assert_eq!(old.items.len(), 2, "the old cluster is left alone until then");
        }
    }
    bed.finish().await
}
