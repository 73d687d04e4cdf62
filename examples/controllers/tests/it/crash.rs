//! The controllers die at any moment, and nothing is orphaned.

use std::time::Duration;

use anyhow::Result;

use crate::harness::{Bed, config_map, deployment};

#[tokio::test]
async fn controllers_that_die_at_any_moment_converge_and_leave_nothing_behind() -> Result<()> {
    let mut bed = Bed::start().await?;
    let constraint =
        |number: usize| if number.is_multiple_of(2) { "location is DE" } else { "location is SK" };
    bed.deploy("app", constraint(0), vec![deployment("echo", 1), config_map("c0", "1")])
        .await?;
    for number in 1..12 {
        // Spread over the life of a run: from before its first request to after its last one.
        tokio::time::sleep(Duration::from_millis(7 * number as u64)).await;
        bed.kill_controllers().await;
        let edit = |application: &mut krake_core::kubernetes::Application| {
            let wanted = constraint(number).parse().expect("a constraint");
            application.spec.constraints.cluster.labels = Some(vec![wanted]);
            application.spec.manifest =
                vec![deployment("echo", 1), config_map(&format!("c{number}"), "1")];
        };
        bed.applications().edit("app", edit).await?;
        bed.start_controllers();
    }
    bed.running_on("app", "c2").await?;
    let [c1, c2] = &bed.clusters;
    c1.wait_until_clean().await?;
    let mut left = c2.leftovers().await?;
    left.retain(|name| name.starts_with("ConfigMap"));
    assert_eq!(left, ["ConfigMap c11"]);

    bed.applications().delete("app").await?;
    bed.gone("app").await?;
    c2.wait_until_clean().await?;
    bed.finish().await
}
