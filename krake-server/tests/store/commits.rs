//! Guards, atomicity and revisions.

use std::sync::Arc;

use futures::FutureExt;
use krake_server::store::{Commit, Error, Expect, Op, Store, Transaction, Window};

use crate::fixture::*;

pub(crate) async fn create_is_refused_when_the_key_exists(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let create = guarded("a", Expect::Absent, [put("a", "1")]);
    let revision = done(store, create.clone()).await;
    let (at, current) = refused(store, create).await;
    assert_eq!(at, revision);
    assert_eq!(current, [get(store, "a").await]);
    assert_eq!(current[0].as_ref().map(|entry| &*entry.value), Some(&b"1"[..]));
}

pub(crate) async fn replace_is_refused_when_the_key_has_moved_on(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let first = done(store, write([put("a", "1")])).await;
    let second = done(store, guarded("a", Expect::At(first), [put("a", "2")])).await;
    let (_, current) = refused(store, guarded("a", Expect::At(first), [put("a", "3")])).await;
    assert_eq!(current[0].as_ref().map(|entry| entry.modified), Some(second));
    done(store, write([delete("a")])).await;
    let (_, current) = refused(store, guarded("a", Expect::At(second), [put("a", "3")])).await;
    assert_eq!(current, [None]);
}

pub(crate) async fn refusal_shows_all_guarded_keys_in_their_order(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    done(store, write([put("a", "1"), put("b", "2")])).await;
    let guards = ["c", "b", "a"].map(|key| (key.to_owned(), Expect::Absent));
    let transaction = Transaction { guards: guards.to_vec(), ops: vec![put("d", "")] };
    let (_, current) = refused(store, transaction).await;
    assert_eq!(current, [None, get(store, "b").await, get(store, "a").await]);
}

pub(crate) async fn refused_transaction_writes_nothing(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let before = done(store, write([put("a", "1")])).await;
    let mut transaction = guarded("b", Expect::Absent, [put("b", "2"), delete("a")]);
    transaction.guards.push(("a".into(), Expect::Absent));
    refused(store, transaction).await;
    assert_eq!(keys(store, under("")).await, ["a"]);
    assert_eq!(store.revision().await.expect("a revision"), before);
}

pub(crate) async fn several_keys_are_one_revision(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let before = done(store, write([put("gone", ""), put("changed", "")])).await;
    let mut watch = store.watch("", before).await.expect("a watch");
    let ops = [put("changed", "2"), delete("gone"), put("new", "3")];
    let revision = done(store, write(ops)).await;
    assert_eq!(revision, before.next());
    let batch = next(&mut watch).await;
    assert_eq!(batch.through, revision);
    let seen: Vec<_> = batch
        .events
        .iter()
        .map(|event| (&**event.key(), event.revision()))
        .collect();
    assert_eq!(seen, [("changed", revision), ("gone", revision), ("new", revision)]);
    assert_eq!(keys(store, under("")).await, ["changed", "new"]);
}

pub(crate) async fn transaction_without_effect_makes_no_revision(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let before = done(store, write([put("a", "1")])).await;
    assert_eq!(done(store, write([])).await, before);
    assert_eq!(done(store, write([delete("b")])).await, before);
    assert_eq!(done(store, write([delete("b"), put("a", "1")])).await, before.next());
}

pub(crate) async fn created_stays_and_is_new_after_a_delete(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let first = done(store, write([put("a", "1")])).await;
    let second = done(store, write([put("a", "2")])).await;
    let entry = get(store, "a").await.expect("the key exists");
    assert_eq!((entry.created, entry.modified), (first, second));
    done(store, write([delete("a")])).await;
    assert_eq!(get(store, "a").await, None);
    let again = done(store, write([put("a", "3")])).await;
    let entry = get(store, "a").await.expect("the key exists again");
    assert_eq!((entry.created, entry.modified), (again, again));
}

pub(crate) async fn malformed_transactions_are_invalid_and_change_nothing(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    let before = done(store, write([put("a", "1")])).await;
    let large = vec![0; Transaction::MAX_BYTES];
    let malformed: [(Vec<Op>, &str); 3] = [
        (vec![put("b", "1"), delete("b")], "`b` occurs in two operations"),
        (vec![put("b", "1"), put("", "1")], "a key is empty"),
        (vec![put("b", large)], "more than 16777216"),
    ];
    for (ops, reason) in malformed {
        let error = store.commit(write(ops)).await.expect_err("it is malformed");
        assert!(matches!(&error, Error::Invalid(text) if text.contains(reason)), "{error}");
    }
    assert_eq!(store.revision().await.expect("a revision"), before);
    assert_eq!(keys(store, under("")).await, ["a"]);
}

pub(crate) async fn guards_hold_under_concurrent_writers(open: Open) {
    const WRITERS: u64 = 4;
    const EACH: u64 = 50;
    let fixture = &open(Window::default());
    let Fixture { store, .. } = fixture;
    done(store, write([put("n", "0")])).await;
    let writers = (0..WRITERS).map(|_| {
        let store = Arc::clone(store);
        in_thread(async move {
            for _ in 0..EACH {
                increment(&store, "n").await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.join().expect("the writer ends");
    }
    let count = get(store, "n").await.expect("the counter");
    assert_eq!(count.value, (WRITERS * EACH).to_string());
    assert_eq!(count.modified, fixture.revision(1 + WRITERS * EACH));
}

async fn increment(store: &dyn Store, key: &str) {
    loop {
        let entry = get(store, key).await.expect("the counter");
        let text = std::str::from_utf8(&entry.value).expect("text");
        let next = text.parse::<u64>().expect("a number") + 1;
        let replace = guarded(key, Expect::At(entry.modified), [put(key, next.to_string())]);
        if let Commit::Done(_) = store.commit(replace).await.expect("an answer") {
            return;
        }
    }
}

pub(crate) async fn dropped_commit_is_never_half_applied(open: Open) {
    let Fixture { store, .. } = &open(Window::default());
    for n in 0..100 {
        let both = write([put(&format!("left/{n}"), ""), put(&format!("right/{n}"), "")]);
        // Polled once, then dropped.
        let _ = store.commit(both).now_or_never();
    }
    done(store, write([put("last", "")])).await;
    let numbers = |keys: Vec<String>| -> Vec<String> {
        keys.iter()
            .filter_map(|key| Some(key.split_once('/')?.1.to_owned()))
            .collect()
    };
    let left = numbers(keys(store, under("left/")).await);
    assert_eq!(left, numbers(keys(store, under("right/")).await));
}
