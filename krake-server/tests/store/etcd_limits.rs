//! What is large, full, or of somebody else.

use etcd_client::Client;
use krake_core::Revision;
use krake_server::store::{Error, EtcdOptions, EtcdStore, Event, Range, Store};

use crate::fixture::*;
use crate::support::Etcd;

fn connect(etcd: &Etcd) -> EtcdStore {
    EtcdStore::connect(&EtcdOptions::new(etcd.endpoints())).expect("good options")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_may_be_larger_than_a_message() {
    const COUNT: usize = 200;
    let etcd = Etcd::start();
    let store = connect(&etcd);
    let name = |n: usize| format!("/a/{n:04}");
    for n in 0..COUNT {
        done(&store, write([put(&name(n), vec![b'x'; 500_000])])).await;
    }
    let all: Vec<_> = (0..COUNT).map(name).collect();
    assert_eq!(keys(&store, under("/a/")).await, all);
    let page = store
        .range(Range { limit: Some(150), ..under("/a/") })
        .await
        .expect("a page");
    assert_eq!((page.entries.len(), page.more), (150, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_may_be_larger_than_a_message_of_its_watch() {
    let etcd = Etcd::start();
    let store = connect(&etcd);
    let commit = |filler: u8| {
        write(
            (0..100)
                .map(|n| put(&format!("/{n}"), vec![filler; 14_000]))
                .collect::<Vec<_>>(),
        )
    };
    let first = done(&store, commit(b'1')).await;
    let second = done(&store, commit(b'2')).await;
    let third = done(
        &store,
        write(
            (0..100)
                .map(|n| delete(&format!("/{n}")))
                .collect::<Vec<_>>(),
        ),
    )
    .await;
    let mut watch = store.watch("/", first).await.expect("a watch");
    let seen = events_through(&mut watch, third).await;
    let count = |revision| {
        seen.iter()
            .filter(|event| event.revision() == revision)
            .count()
    };
    assert_eq!((seen.len(), count(second), count(third)), (200, 100, 100));
    let is_whole = |event: &Event| match event {
        Event::Put { entry } => entry.value.len() == 14_000,
        Event::Delete { last, .. } => last.value.len() == 14_000 && last.modified == second,
    };
    assert!(seen.iter().all(is_whole));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_etcd_does_not_take_is_invalid() {
    let etcd = Etcd::start();
    let store = connect(&etcd);
    for size in [1 << 21, 10 << 20] {
        let error = store.commit(write([put("/a", vec![b'x'; size])])).await;
        let error = error.expect_err("more than etcd takes");
        assert!(matches!(error, Error::Invalid(_)), "{error}");
    }
    let many: Vec<_> = (0..129).map(|n| put(&format!("/{n}"), "")).collect();
    let error = store
        .commit(write(many))
        .await
        .expect_err("more than etcd takes");
    assert!(
        matches!(&error, Error::Invalid(text) if text.contains("too many operations")),
        "{error}"
    );
    assert_eq!(store.revision().await.expect("a revision"), Revision(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_etcd_is_told_and_still_read() {
    let etcd = Etcd::with(1, &["--quota-backend-bytes", "4000000"]);
    let store = connect(&etcd);
    let mut n = 0;
    let error = loop {
        match store
            .commit(write([put(&format!("/{n}"), vec![b'x'; 200_000])]))
            .await
        {
            Ok(_) => n += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert_eq!(keys(&store, under("/")).await.len(), n);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_do_no_harm() {
    let etcd = Etcd::start();
    let store = connect(&etcd);
    let mut client = Client::connect(etcd.endpoints(), None)
        .await
        .expect("a client");
    let mut watch = store.watch("/", Revision(1)).await.expect("a watch");
    client
        .put(b"/\xFF/a", "not text", None)
        .await
        .expect("a put");
    client.put("elsewhere", "text", None).await.expect("a put");
    let lease = client.lease_grant(100, None).await.expect("a lease").id();
    let leased = etcd_client::PutOptions::new().with_lease(lease);
    client
        .put("/b", b"\xFF\x00", Some(leased))
        .await
        .expect("a put");
    client.put("\u{10FFFF}", "", None).await.expect("a put");
    assert_eq!(keys(&store, under("/")).await, ["/b"]);
    assert_eq!(keys(&store, under("")).await, ["/b", "elsewhere", "\u{10FFFF}"]);
    client.lease_revoke(lease).await.expect("the lease ends");
    client.delete(b"/\xFF/a", None).await.expect("a delete");
    let last = store.revision().await.expect("a revision");
    assert_eq!(last, Revision(7));
    let seen = events_through(&mut watch, last).await;
    let seen: Vec<_> = seen
        .iter()
        .map(|event| (&**event.key(), event.revision().0))
        .collect();
    assert_eq!(seen, [("/b", 4), ("/b", 6)]);
}
