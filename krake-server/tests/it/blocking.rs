//! Answers that wait for a state.

use std::time::Duration;

use http::Request;
use krake_core::Metadata;
use krake_server::store::{MemoryStore, Op, Store, Transaction};
use krake_server::{BuildError, Limits, ServerBuilder, UpdateEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::bed::{APPLICATIONS, Answer, Bed, MERGE_PATCH, application, path};

async fn report(bed: &Bed, name: &str, state: &str) -> Value {
    let body = json!({"status": {"state": state}});
    bed.patch(&(path(name) + "/status"), MERGE_PATCH, body)
        .await
        .ok()
}

async fn post(bed: &Bed, name: &str, blocking: &str) -> Answer {
    bed.post(&format!("{APPLICATIONS}?blocking={blocking}"), &application(name))
        .await
}

/// Waits until the object exists, and then for a while.
async fn once_there(bed: &Bed, name: &str) {
    while bed.get(&path(name)).await.status() != 200 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_waits_for_the_state_of_its_own_object() {
    let bed = Bed::start().await;
    bed.create("other").await;
    let held = post(&bed, "a", "Running");
    let meanwhile = async {
        once_there(&bed, "a").await;
        report(&bed, "other", "RUNNING").await;
        report(&bed, "a", "CREATING").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        report(&bed, "a", "RUNNING").await
    };
    let start = Instant::now();
    let (held, running) = tokio::join!(held, meanwhile);
    assert_eq!(held.ok(), running);
    assert_eq!(held.header("etag"), "\"5\"");
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_there_already_is_not_waited_for() {
    let bed = Bed::start().await;
    let start = Instant::now();
    let created = post(&bed, "a", "pending").await.ok();
    let labelled = json!({"metadata": {"labels": {"x": "y"}}});
    let patched = bed
        .patch(&(path("a") + "?blocking=PENDING"), MERGE_PATCH, labelled)
        .await
        .ok();
    assert_eq!(patched["metadata"]["uid"], created["metadata"]["uid"]);
    bed.delete(&(path("a") + "?blocking=pending")).await.ok();
    bed.delete(&(path("a") + "?blocking=deleted&force=True"))
        .await
        .ok();
    assert_eq!(start.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_lasts_for_a_moment_is_seen() {
    let bed = Bed::start().await;
    let held = post(&bed, "a", "creating");
    let meanwhile = async {
        once_there(&bed, "a").await;
        // The runtime has one thread: nobody else runs between the two unless these let go.
        let creating = report(&bed, "a", "CREATING").await;
        report(&bed, "a", "RUNNING").await;
        creating
    };
    let (held, creating) = tokio::join!(held, meanwhile);
    assert_eq!(held.ok(), creating);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_can_wait_until_the_object_is_gone() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let url = path("a") + "?blocking=deleted";
    let held = bed.delete(&url);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        report(&bed, "a", "DELETED").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let body = json!({"metadata": {"finalizers": []}});
        bed.patch(&path("a"), MERGE_PATCH, body).await.ok()
    };
    let start = Instant::now();
    let (held, last) = tokio::join!(held, meanwhile);
    let held = held.ok();
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(held["metadata"]["uid"], last["metadata"]["uid"]);
    assert_eq!(held["metadata"]["resource_version"], last["metadata"]["resource_version"]);
    assert_eq!(held["status"]["state"], "DELETED");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_state_is_told_when_the_object_goes() {
    let bed = Bed::start().await;
    let held = post(&bed, "a", "running");
    let meanwhile = async {
        once_there(&bed, "a").await;
        let gone = bed.delete(&(path("a") + "?force=True")).await.ok();
        let again = bed.create("a").await;
        report(&bed, "a", "RUNNING").await;
        (gone, again)
    };
    let start = Instant::now();
    let (held, (gone, again)) = tokio::join!(held, meanwhile);
    let held = held.ok();
    assert_eq!(start.elapsed().as_secs(), 1);
    assert_eq!(held["metadata"]["uid"], gone["metadata"]["uid"]);
    assert_ne!(held["metadata"]["uid"], again["metadata"]["uid"]);
    assert_eq!(held["status"]["state"], "PENDING");
}

#[tokio::test(start_paused = true)]
async fn the_wait_has_a_limit_and_ends_with_the_object_as_it_is() {
    let bed = Bed::start().await;
    let held = post(&bed, "a", "running");
    let meanwhile = async {
        once_there(&bed, "a").await;
        report(&bed, "a", "CREATING").await
    };
    let start = Instant::now();
    let (held, creating) = tokio::join!(held, meanwhile);
    assert_eq!(held.ok(), creating);
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_the_servers() {
    let mut limits = Limits::default();
    limits.blocking_time = Duration::from_secs(7);
    let bed = Bed::with(limits, UpdateEvent::default()).await;
    let start = Instant::now();
    post(&bed, "a", "running").await.ok();
    assert_eq!(start.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_server_ends_the_wait() {
    let bed = Bed::start().await;
    let held = post(&bed, "a", "running");
    let meanwhile = async {
        once_there(&bed, "a").await;
        bed.server.shutdown().await;
    };
    let start = Instant::now();
    let (held, ()) = tokio::join!(held, meanwhile);
    assert_eq!(held.ok()["status"]["state"], "PENDING");
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_window_too_small_to_follow_is_made_up_for_by_a_look() {
    let mut limits = Limits::default();
    limits.window_changes = 1;
    let bed = Bed::with(limits, UpdateEvent::default()).await;
    let held = post(&bed, "a", "running");
    let meanwhile = async {
        once_there(&bed, "a").await;
        let running = report(&bed, "a", "RUNNING").await;
        for index in 0..5 {
            bed.create(&format!("b{index}")).await;
        }
        running
    };
    let (held, running) = tokio::join!(held, meanwhile);
    assert_eq!(held.ok(), running);
}

#[tokio::test(start_paused = true)]
async fn another_object_of_the_name_is_not_taken_for_the_one_that_is_waited_for() {
    let mut limits = Limits::default();
    limits.window_changes = 1;
    let bed = Bed::with(limits, UpdateEvent::default()).await;
    let held = post(&bed, "a", "running");
    let meanwhile = async {
        once_there(&bed, "a").await;
        let first = bed.get(&path("a")).await.ok();
        let mut other = first.clone();
        other["metadata"]["uid"] = json!("other");
        other["status"]["state"] = json!("RUNNING");
        // Nobody looks between these: the removal has left the window when somebody does.
        let key = "/kubernetes/applications/testing/a".to_owned();
        let value = other.to_string().into();
        for op in [Op::Delete { key: key.clone() }, Op::Put { key, value }] {
            let commit = bed
                .store
                .commit(Transaction { guards: vec![], ops: vec![op] });
            commit.await.unwrap();
        }
        first
    };
    let start = Instant::now();
    let (held, first) = tokio::join!(held, meanwhile);
    assert_eq!(held.ok(), first);
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_state_is_refused_before_anything_is_written() {
    let bed = Bed::start().await;
    let answer = post(&bed, "a", "done").await;
    assert_eq!(answer.problem(), (422, None));
    let error = answer.json()["errors"][0].clone();
    assert_eq!(error["field"], "query.blocking");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("Must be one of pending, creating, running,"), "{message}");
    assert!(message.ends_with(", deleted or False."), "{message}");
    assert_eq!(bed.stored().await, 0);
    let cluster = "/kubernetes/namespaces/testing/clusters?blocking=running";
    let answer = bed.post(cluster, &json!({})).await;
    assert!(answer.text.contains("online"), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_who_says_no_or_cannot_mean_it() {
    let bed = Bed::start().await;
    let start = Instant::now();
    for (name, blocking) in [("a", ""), ("b", "False"), ("c", "false"), ("d", "running&dry_run")] {
        post(&bed, name, blocking).await.ok();
    }
    let role = json!({"metadata": {"name": "r"}, "rules": []});
    bed.post("/core/roles?blocking=whatever", &role).await.ok();
    bed.patch(&(path("a") + "/status?blocking=running"), MERGE_PATCH, "{}")
        .await
        .ok();
    assert_eq!(start.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_waits_for_nothing() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let start = Instant::now();
    assert_eq!(post(&bed, "a", "running").await.status(), 409);
    assert_eq!(
        bed.delete(&(path("b") + "?blocking=deleted"))
            .await
            .status(),
        404
    );
    assert_eq!(start.elapsed().as_secs(), 0);
}

#[derive(krake_core::Resource, Clone, Debug, PartialEq)]
#[resource(api = "demo", plural = "doors", scope = "global")]
struct Door {
    metadata: Metadata,
    state: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Position {
    WideOpen,
    Closed,
}

#[tokio::test(start_paused = true)]
async fn kinds_of_users_can_be_waited_for_too() {
    let server = ServerBuilder::new(MemoryStore::new()).kind::<Door>();
    let server = server.blocking(|door: &Door| match door.state.as_str() {
        "open" => Position::WideOpen,
        "stuck" => panic!("nobody has thought of that"),
        _ => Position::Closed,
    });
    let bed = Bed { server: server.build().await.unwrap(), store: MemoryStore::new().into() };
    let door = |name: &str| json!({"metadata": {"name": name}, "state": "closed"});
    let set = async |name: &str, state: &str| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let patch = json!({"state": state}).to_string();
        let request =
            Request::patch(format!("/demo/doors/{name}")).header("content-type", MERGE_PATCH);
        bed.answer(request.body(patch).unwrap()).await.ok()
    };
    let url = "/demo/doors?blocking=wide-open";
    let (a, b) = (door("a"), door("b"));
    let (held, open) = tokio::join!(bed.post(url, &a), set("a", "open"));
    assert_eq!(held.ok(), open);
    // A panic in the code of a kind is the failure of this request alone.
    let (held, _) = tokio::join!(bed.post(url, &b), set("b", "stuck"));
    assert_eq!(held.problem(), (500, None));
    let refused = bed.post("/demo/doors?blocking=ajar", &door("c")).await;
    assert!(
        refused
            .text
            .contains("Must be one of wide-open, closed, deleted or False.")
    );
}

#[tokio::test]
async fn a_state_of_an_unknown_kind_is_a_mistake_of_the_builder() {
    let server = ServerBuilder::new(MemoryStore::new()).blocking(|door: &Door| door.state.clone());
    let error = server.build().await.unwrap_err();
    assert!(matches!(error, BuildError::UnknownKind { name: "blocking", .. }), "{error}");
}
