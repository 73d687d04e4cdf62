//! Opening what an earlier store left, and being opened only once.

use std::fs;

use krake_core::Revision;
use krake_server::store::{EmbeddedStore, Error, MemoryStore, Options, Range, Store};

use crate::fixture::*;

#[tokio::test]
async fn fresh_memory_store_sends_watches_of_an_earlier_run_to_list_again() {
    let store = MemoryStore::starting_at(Revision(1000));
    assert_eq!(store.revision().await.expect("a revision"), Revision(1000));
    for after in [0, 999] {
        let error = store
            .watch("", Revision(after))
            .await
            .err()
            .expect("an earlier run");
        assert!(matches!(error, Error::Compacted { oldest: Revision(1000) }), "{error}");
    }
    let mut watch = store.watch("", Revision(1000)).await.expect("a watch");
    assert_eq!(done(&store, write([put("a", "")])).await, Revision(1001));
    assert_eq!(next(&mut watch).await.through, Revision(1001));
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = open(directory.path(), Options::default());
    done(&store, write([put("a", "1"), put("b", "2")])).await;
    done(&store, write([put("a", "3"), delete("b")])).await;
    let before = entries(&store, under("")).await;
    drop(store);
    let store = open(directory.path(), Options::default());
    assert_eq!(entries(&store, under("")).await, before);
    assert_eq!(store.revision().await.expect("a revision"), Revision(2));
    let mut watch = store
        .watch("", Revision(1))
        .await
        .expect("the log is the history");
    assert_eq!(done(&store, write([put("c", "")])).await, Revision(3));
    assert_eq!(events_through(&mut watch, Revision(3)).await.len(), 3);
}

#[tokio::test]
async fn directory_without_a_store_starts_where_it_is_told() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("new/below");
    let options = || Options { start: Revision(500), ..Options::default() };
    let store = open(&path, options());
    assert!(is_compacted(
        &store
            .watch("", Revision(499))
            .await
            .err()
            .expect("a lost store")
    ));
    assert_eq!(done(&store, write([put("a", "")])).await, Revision(501));
    drop(store);
    let store = open(&path, Options { start: Revision(9000), ..options() });
    assert_eq!(store.revision().await.expect("a revision"), Revision(501));
}

#[tokio::test]
async fn snapshots_replace_the_logs_before_them() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = open(directory.path(), small());
    let size = || -> u64 {
        fs::read_dir(directory.path())
            .expect("a directory")
            .map(|file| file.expect("a file"))
            .map(|file| file.metadata().map_or(0, |file| file.len()))
            .sum()
    };
    // Snapshots are taken beside the writes, and on a busy machine later than usual.
    let mut written = 0;
    while written < 200 || size() >= 15_000 {
        assert!(written < 10_000, "1 MB was written, {} bytes are left", size());
        done(&store, write([put(&format!("{}", written % 10), vec![b'x'; 100])])).await;
        written += 1;
    }
    let before = entries(&store, under("")).await;
    store.close().await.expect("the store closes");
    let store = open(directory.path(), small());
    assert_eq!(entries(&store, under("")).await, before);
    let error = store
        .watch("", Revision(1))
        .await
        .err()
        .expect("history before the snapshot");
    assert!(is_compacted(&error), "{error}");
    let old = Range { at: Some(Revision(1)), ..Range::default() };
    assert!(is_compacted(
        &store
            .range(old)
            .await
            .expect_err("state before the snapshot")
    ));
    assert_eq!(done(&store, write([put("a", "")])).await, Revision(written + 1));
}

#[tokio::test]
async fn second_store_on_a_directory_is_refused_by_name() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = open(directory.path(), Options::default());
    let error = EmbeddedStore::open(directory.path(), Options::default()).expect_err("in use");
    assert!(matches!(error, Error::Unavailable(_)));
    let name = directory.path().to_str().expect("a name");
    assert!(error.to_string().contains(name), "{error}");
    store.close().await.expect("the store closes");
    open(directory.path(), Options::default());
}

#[tokio::test]
async fn closed_store_answers_unavailable() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = open(directory.path(), Options::default());
    done(&store, write([put("a", "")])).await;
    store.close().await.expect("the store closes");
    store.close().await.expect("the store is closed already");
    assert!(matches!(store.commit(write([])).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.range(under("")).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.revision().await, Err(Error::Unavailable(_))));
    assert!(matches!(store.watch("", Revision(1)).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn files_of_others_and_of_interrupted_writes_do_no_harm() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = open(directory.path(), Options::default());
    done(&store, write([put("a", "")])).await;
    drop(store);
    let half = directory.path().join("snapshot-00000000000000000009.tmp");
    fs::write(&half, "half").expect("a file");
    let of_others = ["notes.txt", "notes.tmp", "log-1.tmp"].map(|name| directory.path().join(name));
    for file in &of_others {
        fs::write(file, "mine").expect("a file");
    }
    let store = open(directory.path(), Options::default());
    assert_eq!(keys(&store, under("")).await, ["a"]);
    assert!(!half.exists());
    assert!(of_others.iter().all(|file| file.exists()));
}
