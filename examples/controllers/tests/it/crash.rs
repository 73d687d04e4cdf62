//! The controllers die at any moment, and nothing is orphaned.

use std::time::Duration;

use anyhow::{Context, Result};
use krake_core::kubernetes::Application;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::harness::{Bed, PATIENCE, config_map, deployment};

const ROUNDS: usize = 12;

/// A manifest that shares nothing with those of other rounds but the deployment.
fn manifest(round: usize) -> Vec<Value> {
    let maps = (0..6).map(|number| config_map(&format!("round-{round}-{number}"), "1"));
    maps.chain([deployment("echo", 1)]).collect()
}

fn constraint(round: usize) -> &'static str {
    if round.is_multiple_of(2) { "location is DE" } else { "location is SK" }
}

/// Waits until something of a round is on a cluster: a run is in the middle of its work then.
async fn first_sign_of(round: usize, bed: &Bed) -> Result<()> {
    let prefix = format!("ConfigMap round-{round}-");
    let seen = async {
        loop {
            for cluster in &bed.clusters {
                let names = cluster.leftovers().await?;
                if names.iter().any(|name| name.starts_with(&prefix)) {
                    return anyhow::Ok(());
                }
            }
        }
    };
    timeout(PATIENCE, seen)
        .await
        .context("nothing was ever applied")?
}

#[tokio::test]
async fn controllers_that_die_at_any_moment_converge_and_leave_nothing_behind() -> Result<()> {
    let mut bed = Bed::start().await?;
    for cluster in &bed.clusters {
        cluster.slow_down(Duration::from_millis(10));
    }
    bed.deploy("app", constraint(0), manifest(0)).await?;
    for round in 1..=ROUNDS {
        if round.is_multiple_of(3) {
            // Spread over the life of a run: from before its first request to after its last one.
            sleep(Duration::from_millis(13 * round as u64)).await;
        } else {
            first_sign_of(round - 1, &bed).await?;
        }
        bed.kill_controllers().await;
        let edit = |application: &mut Application| {
            let wanted = constraint(round).parse().expect("a constraint");
            application.spec.constraints.cluster.labels = Some(vec![wanted]);
            application.spec.manifest = manifest(round);
        };
        bed.applications().edit("app", edit).await?;
        bed.start_controllers();
    }
    bed.running_on("app", "c1").await?;
    let [c1, c2] = &bed.clusters;
    c2.wait_until_clean().await?;
    let mut left = c1.leftovers().await?;
    left.retain(|name| name.starts_with("ConfigMap"));
    let last = format!("ConfigMap round-{ROUNDS}-");
    assert!(left.len() == 6 && left.iter().all(|name| name.starts_with(&last)), "{left:?}");

    bed.applications().delete("app").await?;
    bed.gone("app").await?;
    c1.wait_until_clean().await?;
    bed.finish().await
}
