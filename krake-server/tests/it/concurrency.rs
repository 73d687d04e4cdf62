//! Writers that meet on one object.

use std::sync::Arc;

use http::Request;
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, application, path};

const WRITERS: usize = 100;

fn counter(object: &Value) -> u64 {
    object["metadata"]["annotations"]["count"]
        .as_str()
        .map_or(0, |text| text.parse().unwrap())
}

/// Adds one to the counter in the annotations, as often as it takes.
async fn count_up(bed: &Bed, in_header: bool) {
    loop {
        let mut body = bed.get(&path("a")).await.ok();
        body["metadata"]["annotations"] = json!({"count": (counter(&body) + 1).to_string()});
        let mut request = Request::put(path("a"));
        if in_header {
            let metadata = body["metadata"].as_object_mut().unwrap();
            let version = metadata.remove("resource_version").unwrap();
            request = request.header("if-match", version.as_str().unwrap());
        }
        let answer = bed.answer(request.body(body.to_string()).unwrap()).await;
        match answer.status() {
            200 => return,
            _ => assert_eq!(answer.problem(), (409, Some("TRANSACTION_ERROR".into()))),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conditional_writes_lose_no_update() {
    let bed = Arc::new(Bed::start().await);
    bed.create("a").await;
    let mut writers = tokio::task::JoinSet::new();
    for index in 0..WRITERS {
        let bed = Arc::clone(&bed);
        writers.spawn(async move { count_up(&bed, index % 2 == 0).await });
    }
    writers.join_all().await;
    let object = bed.get(&path("a")).await.ok();
    assert_eq!(counter(&object), WRITERS as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn unconditional_writes_never_conflict() {
    let bed = Arc::new(Bed::start().await);
    let mut created = bed.create("a").await;
    created["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resource_version");
    let mut writers = tokio::task::JoinSet::new();
    for index in 0..WRITERS {
        let bed = Arc::clone(&bed);
        let mut body = created.clone();
        writers.spawn(async move {
            body["metadata"]["annotations"] = json!({"writer": index.to_string()});
            bed.put(&path("a"), &body).await.status()
        });
    }
    assert_eq!(writers.join_all().await, [200; WRITERS]);
    let object = bed.get(&path("a")).await.ok();
    assert_eq!(object["metadata"]["resource_version"], (WRITERS + 1).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_creators_one_wins() {
    let bed = Arc::new(Bed::start().await);
    let mut creators = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let bed = Arc::clone(&bed);
        creators.spawn(async move { bed.post(APPLICATIONS, &application("a")).await.status() });
    }
    let statuses = creators.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), WRITERS - 1);
}

#[tokio::test]
async fn a_stale_version_is_refused_at_once() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    let mut body = created.clone();
    body["metadata"]["labels"] = json!({"a": "b"});
    bed.put(&path("a"), &body).await.ok();
    for suffix in ["", "/status"] {
        let answer = bed.put(&(path("a") + suffix), &created).await;
        assert_eq!(answer.problem(), (409, Some("TRANSACTION_ERROR".into())), "{suffix}");
        assert_eq!(answer.json()["detail"], "Concurrent writes to database");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_reader_sees_its_own_write() {
    let bed = Arc::new(Bed::start().await);
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..8 {
        let bed = Arc::clone(&bed);
        clients.spawn(async move {
            for index in 0..20 {
                let name = format!("a-{client}-{index}");
                let created = bed.create(&name).await;
                assert_eq!(bed.get(&path(&name)).await.ok(), created);
            }
        });
    }
    clients.join_all().await;
    assert_eq!(
        bed.get(APPLICATIONS).await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        160
    );
}
