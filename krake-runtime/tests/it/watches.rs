//! Watches that break in every way, and what the cache makes of them.

use krake_runtime::{Delta, InformerConfig, SyncState};

use crate::sites::{NS, Page, SECOND, Site, bed, key, remove, site};

/// A stand-in for a server that ends each watch at once, seen in the wild behind proxies: a client without backoff sends
/// thousands of requests a second.
#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_at_once_is_an_error_and_backs_off() {
    let bed = bed().await;
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    informer.synced(SECOND).await.unwrap();
    let before = bed.faults().watches_opened::<Page>();
    bed.faults().end_watches_at_once::<Page>(true);
    bed.faults().end_watches::<Page>();
    tokio::time::sleep(SECOND * 60).await;
    let opened = bed.faults().watches_opened::<Page>() - before;
    assert!((2..60).contains(&opened), "{opened} watches in a minute");
    assert!(matches!(*informer.health().borrow(), SyncState::Degraded { .. }));

    bed.faults().end_watches_at_once::<Page>(false);
    bed.settle().await;
    assert!(matches!(*informer.health().borrow(), SyncState::Synced));
}

/// Answers that the history is gone come as an HTTP status or inside the stream; a client that only knows one of them
/// resumes from the same dead point for ever.
#[tokio::test(start_paused = true)]
async fn history_that_is_gone_leads_to_a_new_start_however_it_is_said() {
    let bed = bed().await;
    let pages = bed.client().namespace::<Page>(NS);
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    bed.settle().await;

    // As a status: whoever resumes from before the compaction is refused, however often it tries.
    bed.faults().drop_watches::<Page>();
    pages
        .create(&Page::new("a", "while away".into()))
        .await
        .unwrap();
    bed.compact().await;
    bed.settle().await;
    assert!(informer.store().get(&key("a")).is_some());

    // In the stream.
    tokio::time::sleep(SECOND * 120).await;
    bed.faults().expire_watches::<Page>();
    remove(&bed, "a").await;
    bed.settle().await;
    assert!(informer.store().get(&key("a")).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_new_start_finds_what_was_removed_meanwhile() {
    let bed = bed().await;
    bed.client()
        .namespace::<Page>(NS)
        .create(&Page::new("a", "x".into()))
        .await
        .unwrap();
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    let mut changes = informer.subscribe();
    assert!(matches!(changes.next().await, Some(Delta::Added { .. })));

    bed.faults().drop_watches::<Page>();
    remove(&bed, "a").await;
    bed.compact().await;
    bed.settle().await;
    let delta = changes.next().await.unwrap();
    assert!(matches!(&delta, Delta::Deleted { final_state: false, .. }), "{delta:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_resumes_where_it_broke_without_telling_the_state_again() {
    let bed = bed().await;
    let pages = bed.client().namespace::<Page>(NS);
    pages.create(&Page::new("a", "x".into())).await.unwrap();
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    bed.settle().await;
    let mut changes = informer.subscribe();
    changes.next().await.unwrap();

    bed.faults().drop_watches::<Page>();
    remove(&bed, "a").await;
    bed.settle().await;
    let delta = changes.next().await.unwrap();
    assert!(matches!(&delta, Delta::Deleted { final_state: true, .. }), "{delta:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_watch_is_noticed_by_its_silence() {
    let bed = bed().await;
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    bed.settle().await;
    bed.faults().silence_watches::<Page>();
    let pages = bed.client().namespace::<Page>(NS);
    pages.create(&Page::new("a", "x".into())).await.unwrap();
    tokio::time::sleep(SECOND * 45).await;
    assert!(informer.store().get(&key("a")).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_stays_open_and_its_revision_moves_with_others_writes() {
    let bed = bed().await;
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    bed.settle().await;
    let stored = bed
        .client()
        .namespace::<Site>(NS)
        .create(&site("a", &[]))
        .await
        .unwrap();
    let revision = stored.metadata.resource_version.unwrap();
    informer
        .store()
        .reaches(revision, SECOND * 15)
        .await
        .unwrap();
    tokio::time::sleep(SECOND * 600).await;
    assert_eq!(bed.faults().watches_opened::<Page>(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_server_is_followed_on() {
    let bed = bed().await;
    let pages = bed.client().namespace::<Page>(NS);
    pages.create(&Page::new("a", "x".into())).await.unwrap();
    let informer = bed
        .env()
        .informers()
        .informer::<Page>(InformerConfig::default());
    bed.settle().await;
    bed.restart_server().await;
    pages.create(&Page::new("b", "y".into())).await.unwrap();
    bed.settle().await;
    assert_eq!(informer.store().list().len(), 2);
}
