//! Caches and their readers.

use krake_core::{Object, ObjectExt};
use krake_runtime::{Delta, InformerConfig};

use crate::sites::{NS, Page, SECOND, Site, bed, key, remove, site};

/// A reader that is not polled between an object's creation and its removal must neither miss the removal nor fall asleep.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_told_each_removal_and_wakes_for_what_follows() {
    let bed = bed().await;
    let pages = bed.client().namespace::<Page>(NS);
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    let mut changes = informer.subscribe();
    pages.create(&Page::new("a", "x".into())).await.unwrap();
    bed.settle().await;
    remove(&bed, "a").await;
    bed.settle().await;
    let delta = changes.next().await.unwrap();
    assert!(matches!(&delta, Delta::Deleted { .. }), "{delta:?}");

    pages.create(&Page::new("b", "y".into())).await.unwrap();
    let delta = tokio::time::timeout(SECOND, changes.next())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(delta.object().key(), key("b"));
}

#[tokio::test(start_paused = true)]
async fn a_late_reader_gets_what_is_there_then_every_change() {
    let bed = bed().await;
    let pages = bed.client().namespace::<Page>(NS);
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    for name in ["a", "b"] {
        pages.create(&Page::new(name, "x".into())).await.unwrap();
    }
    bed.settle().await;
    let mut changes = informer.subscribe();
    for name in ["a", "b"] {
        let delta = changes.next().await.unwrap();
        assert!(matches!(&delta, Delta::Added { initial: true, .. }), "{delta:?}");
        assert_eq!(delta.object().key(), key(name));
    }
    pages
        .edit("a", |page| page.text = "y".into())
        .await
        .unwrap();
    let delta = changes.next().await.unwrap();
    assert!(matches!(&delta, Delta::Updated { old, new } if old.text == "x" && new.text == "y"));
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_the_same_shares_one_watch_and_the_last_one_ends_it() {
    let bed = bed().await;
    let informers = bed.env().informers();
    let first = informers.informer::<Page>(InformerConfig::default());
    let second = informers.informer::<Page>(InformerConfig::default());
    bed.settle().await;
    assert_eq!(bed.faults().watches_opened::<Page>(), 1);
    drop((first, second));
    bed.settle().await;
    let third = informers.informer::<Page>(InformerConfig::default());
    third.synced(SECOND).await.unwrap();
    assert_eq!(bed.faults().watches_opened::<Page>(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_selecting_cache_holds_what_matches_and_drops_what_no_longer_does() {
    let bed = bed().await;
    let pages = bed.client().namespace::<Page>(NS);
    let selector = "tier=web".parse().unwrap();
    let config = InformerConfig { selector, namespace: Some(NS.into()) };
    let informer = bed.env().informers().informer::<Page>(config);
    pages
        .create(&Page::new("a", "x".into()).with_label("tier", "web"))
        .await
        .unwrap();
    pages.create(&Page::new("b", "x".into())).await.unwrap();
    bed.settle().await;
    assert_eq!(informer.store().list().len(), 1);
    pages
        .edit("a", |page| page.metadata_mut().labels.clear())
        .await
        .unwrap();
    bed.settle().await;
    assert!(informer.store().list().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_owner_index_tells_instances_of_a_name_apart() {
    let bed = bed().await;
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    let owner = bed
        .client()
        .namespace::<Site>(NS)
        .create(&site("a", &[]))
        .await
        .unwrap();
    let page = Page::new("p", "x".into()).owned_by(&owner);
    bed.client()
        .namespace::<Page>(NS)
        .create(&page)
        .await
        .unwrap();
    bed.settle().await;
    let mut reference = owner.to_ref();
    assert_eq!(informer.store().owned_by(&reference).len(), 1);
    reference.uid = Some(krake_core::Uid("another".into()));
    assert!(informer.store().owned_by(&reference).is_empty());
    reference.uid = None;
    assert_eq!(informer.store().owned_by(&reference).len(), 1);
}
