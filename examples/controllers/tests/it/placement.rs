//! Applications find their clusters.

use anyhow::Result;
use krake_core::ReasonCode;
use krake_core::kubernetes::{ApplicationState, Cluster, Outcome};
use kube::api::ListParams;

use crate::harness::{Bed, config_map, deployment};

#[tokio::test]
async fn an_application_lands_on_the_labelled_cluster_and_its_pods_run() -> Result<()> {
    let bed = Bed::start().await?;
    let [c1, c2] = &bed.clusters;
    let manifest = vec![deployment("echo", 2), config_map("settings", "1")];
    bed.deploy("app", "location is SK", manifest.clone())
        .await?;

    let application = bed.running_on("app", "c2").await?;
    let pods = c2.pods().list(&ListParams::default()).await?;
    assert_eq!(pods.items.len(), 2);
    assert_eq!(application.status.container_health.running_pods, 2);
    assert_eq!(application.status.last_applied_manifest, manifest);
    assert_eq!(application.metadata.finalizers, ["kubernetes_resources_deletion"]);
    let owners: Vec<_> = application
        .metadata
        .owners
        .iter()
        .map(|owner| &owner.name)
        .collect();
    assert_eq!(owners, ["c2"]);
    let decision = application
        .status
        .decision
        .expect("the decision is recorded");
    let outcomes: Vec<_> = decision
        .verdicts
        .iter()
        .map(|verdict| verdict.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Rejected, Outcome::Chosen]);
    let [inventory] = &application.status.inventory[..] else { panic!("one cluster is used") };
    assert!(inventory.items.iter().all(|item| item.uid.is_some()), "{inventory:?}");
    assert!(c1.leftovers().await?.is_empty());
    bed.finish().await
}

#[tokio::test]
async fn an_application_waits_for_a_cluster_that_fits() -> Result<()> {
    let bed = Bed::start().await?;
    bed.deploy("app", "location is FR", vec![config_map("settings", "1")])
        .await?;
    let waiting = bed
        .application_when("app", "without a place", |application| {
            application.status.state == ApplicationState::Degraded
        })
        .await?;
    let reason = waiting.status.reason.expect("it says why");
    assert_eq!(reason.code, ReasonCode::NoSuitableResource);
    assert_eq!(reason.message, "No matching Kubernetes cluster found");

    let relabel = |cluster: &mut Cluster| {
        cluster
            .metadata
            .labels
            .insert("location".into(), "FR".into());
    };
    bed.krake_clusters().edit("c1", relabel).await?;
    bed.running_on("app", "c1").await?;
    bed.finish().await
}

#[tokio::test]
async fn an_unsupported_kind_is_named_and_a_correction_is_applied() -> Result<()> {
    let bed = Bed::start().await?;
    let mut wrong = config_map("settings", "1");
    wrong["kind"] = "ConfigMapp".into();
    bed.deploy("app", "location is DE", vec![wrong]).await?;
    let failed = bed
        .application_when("app", "failed", |application| {
            application.status.state == ApplicationState::Failed
        })
        .await?;
    let reason = failed.status.reason.expect("it says why");
    assert_eq!(reason.code, ReasonCode::UnsupportedResource);
    assert_eq!(reason.message, "v1/ConfigMapp resources are not supported.");

    let correct = vec![config_map("settings", "1")];
    bed.applications()
        .edit("app", |application| application.spec.manifest.clone_from(&correct))
        .await?;
    bed.running_on("app", "c1").await?;
    bed.finish().await
}
