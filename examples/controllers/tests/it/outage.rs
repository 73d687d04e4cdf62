//! Clusters fail and come back. Only simulated ones can be made to.

use anyhow::Result;
use krake_core::ReasonCode;
use krake_core::kubernetes::{Application, ApplicationState, ClusterState};
use krake_kube_sim::Outage;

use crate::harness::{Bed, config_map, deployment};

const ANYWHERE: &str = "location in (DE, SK)";

/// Names the cluster that an application runs on, and the other one.
fn sides(application: &Application) -> (&'static str, &'static str) {
    let on = application
        .status
        .running_on
        .as_ref()
        .map(|cluster| cluster.name.as_str());
    if on == Some("c1") { ("c1", "c2") } else { ("c2", "c1") }
}

/// Starts an application that may run on either cluster.
async fn deploy_anywhere(bed: &Bed) -> Result<Application> {
    bed.deploy("app", ANYWHERE, vec![deployment("echo", 1), config_map("a", "1")])
        .await?;
    bed.application_when("app", "running", |application| {
        let status = &application.status;
        status.state == ApplicationState::Running && status.container_health.running_pods == 1
    })
    .await
}

#[tokio::test]
async fn an_application_leaves_a_dead_cluster_and_its_debt_is_paid_when_that_returns() -> Result<()>
{
    for outage in [Outage::Refuse, Outage::Hang] {
        let bed = Bed::start_simulated().await?;
        let (dead, alive) = sides(&deploy_anywhere(&bed).await?);
        bed.cluster(dead).set_outage(outage);
        let offline = bed.cluster_in(dead, ClusterState::Offline).await?;
        assert_eq!(offline.status.nodes, []);
        let reason = offline.status.reason.map(|reason| reason.code);
        assert_eq!(reason, Some(ReasonCode::ClusterNotReachable));

        let moved = bed.running_on("app", alive).await?;
        let owing = moved
            .status
            .inventory
            .iter()
            .any(|entry| entry.cluster.name == dead);
        assert!(owing, "the debt is remembered: {:?}", moved.status.inventory);

        bed.cluster(dead).set_outage(Outage::None);
        bed.cluster_in(dead, ClusterState::Online).await?;
        bed.cluster(dead).wait_until_clean().await?;
        bed.application_when("app", "free of debts", |application| {
            application.status.inventory.len() == 1 && application.metadata.owners.len() == 1
        })
        .await?;
        bed.finish().await?;
    }
    Ok(())
}

#[tokio::test]
async fn deletion_waits_for_a_dead_cluster_and_goes_on_when_it_returns() -> Result<()> {
    let bed = Bed::start_simulated().await?;
    bed.deploy("app", "location is DE", vec![deployment("echo", 1), config_map("a", "1")])
        .await?;
    bed.running_on("app", "c1").await?;
    bed.cluster("c1").set_outage(Outage::Unavailable);
    bed.applications().delete("app").await?;
    bed.application_when("app", "stuck in its deletion", |application| {
        let status = &application.status;
        status.state == ApplicationState::Deleting && status.reason.is_some()
    })
    .await?;
    bed.cluster("c1").set_outage(Outage::None);
    bed.gone("app").await?;
    bed.cluster("c1").wait_until_clean().await?;
    bed.finish().await
}

#[tokio::test]
async fn an_application_that_fits_nowhere_else_waits_for_its_cluster() -> Result<()> {
    let bed = Bed::start_simulated().await?;
    bed.deploy("app", "location is DE", vec![deployment("echo", 1)])
        .await?;
    bed.running_on("app", "c1").await?;
    bed.cluster("c1").set_outage(Outage::Refuse);
    bed.application_when("app", "degraded", |application| {
        let status = &application.status;
        status.state == ApplicationState::Degraded && status.reason.is_some()
    })
    .await?;
    bed.cluster("c1").set_outage(Outage::None);
    bed.running_on("app", "c1").await?;
    bed.finish().await
}

#[tokio::test]
async fn a_dead_cluster_that_is_deleted_goes_once_it_has_returned_and_is_clean() -> Result<()> {
    let bed = Bed::start_simulated().await?;
    bed.deploy("app", "location is DE", vec![config_map("a", "1")])
        .await?;
    bed.running_on("app", "c1").await?;
    bed.cluster("c1").set_outage(Outage::Refuse);
    bed.cluster_in("c1", ClusterState::Offline).await?;
    bed.krake_clusters().delete("c1").await?;
    bed.application_when("app", "in deletion", |application| {
        application.status.state == ApplicationState::Deleting
    })
    .await?;
    bed.cluster("c1").set_outage(Outage::None);
    bed.gone("app").await?;
    bed.cluster("c1").wait_until_clean().await?;
    bed.finish().await
}
