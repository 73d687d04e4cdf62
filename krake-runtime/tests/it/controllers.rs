//! Controllers as a whole.

use crate::sites::{NS, Page, SECOND, Site, bed, key, remove, site, sites};

#[tokio::test(start_paused = true)]
async fn a_site_gets_its_pages_and_loses_those_not_wanted_any_more() {
    let bed = bed().await;
    bed.run(sites());
    let api = bed.client().namespace::<Site>(NS);
    api.create(&site("a", &["x", "y"])).await.unwrap();
    bed.settle().await;
    let pages = bed.client().namespace::<Page>(NS);
    assert_eq!(pages.get("a-x").await.unwrap().text, "x");
    assert_eq!(api.get("a").await.unwrap().status.ready, 2);

    api.edit("a", |site| site.spec.pages.truncate(1))
        .await
        .unwrap();
    bed.settle().await;
    assert!(pages.get("a-y").await.unwrap().metadata.is_deleting());
    assert_eq!(api.get("a").await.unwrap().status.ready, 1);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_lost_in_a_gap_is_repaired() {
    let bed = bed().await;
    bed.run(sites());
    bed.client()
        .namespace::<Site>(NS)
        .create(&site("a", &["x"]))
        .await
        .unwrap();
    bed.settle().await;

    bed.faults().drop_watches::<Page>();
    remove(&bed, "a-x").await;
    bed.compact().await;
    bed.settle().await;
    let page = bed
        .client()
        .namespace::<Page>(NS)
        .find("a-x")
        .await
        .unwrap();
    assert!(page.is_some_and(|page| !page.metadata.is_deleting()));
}

#[tokio::test(start_paused = true)]
async fn a_settled_system_writes_nothing() {
    let bed = bed().await;
    bed.run(sites());
    bed.client()
        .namespace::<Site>(NS)
        .create(&site("a", &["x"]))
        .await
        .unwrap();
    let settled = bed.settle().await;
    let (writes, runs) = (bed.faults().writes(), bed.runs("sites", key("a")).len());
    assert_eq!(bed.advance(SECOND * 3600).await, settled);
    assert_eq!((bed.faults().writes(), bed.runs("sites", key("a")).len()), (writes, runs));
}
