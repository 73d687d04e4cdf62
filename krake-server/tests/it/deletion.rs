//! Deletion and finalizers.

use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, application, path};

/// An object in deletion.
async fn deleting(bed: &Bed) -> Value {
    let mut body = application("a");
    body["metadata"]["finalizers"] = json!(["mine"]);
    bed.post(APPLICATIONS, &body).await.ok();
    bed.delete(&path("a")).await.ok()
}

#[tokio::test]
async fn deleting_marks_the_object_and_keeps_it() {
    let bed = Bed::start().await;
    let deleted = deleting(&bed).await;
    assert!(deleted["metadata"]["deleted"].is_string());
    assert_eq!(deleted["metadata"]["finalizers"], json!(["mine", "cascade_deletion"]));
    assert_eq!(deleted["metadata"]["modified"], deleted["metadata"]["created"]);
    assert_eq!(bed.get(&path("a")).await.ok(), deleted);
}

#[tokio::test]
async fn deleting_twice_changes_nothing() {
    let bed = Bed::start().await;
    let deleted = deleting(&bed).await;
    assert_eq!(bed.delete(&path("a")).await.ok(), deleted);
}

#[tokio::test]
async fn the_name_of_an_object_in_deletion_is_taken() {
    let bed = Bed::start().await;
    deleting(&bed).await;
    let answer = bed.post(APPLICATIONS, &application("a")).await;
    assert_eq!(answer.problem(), (409, Some("RESOURCE_ALREADY_EXISTS".into())));
}

#[tokio::test]
async fn finalizers_can_only_shrink_during_a_deletion() {
    let bed = Bed::start().await;
    let mut body = deleting(&bed).await;
    body["metadata"]["finalizers"] = json!(["cascade_deletion", "mine", "new"]);
    let answer = bed.put(&path("a"), &body).await;
    assert_eq!(answer.problem(), (409, Some("UPDATE_ERROR".into())));
    body["metadata"]["finalizers"] = json!(["cascade_deletion", "mine", "mine"]);
    bed.put(&path("a"), &body).await.ok();
}

#[tokio::test]
async fn the_object_goes_with_its_last_finalizer() {
    let bed = Bed::start().await;
    let mut body = deleting(&bed).await;
    body["metadata"]["finalizers"] = json!(["mine"]);
    let mut body = bed.put(&path("a"), &body).await.ok();
    body["metadata"]["finalizers"] = json!([]);
    body["metadata"]["labels"] = json!({"last": "words"});
    let last = bed.put(&path("a"), &body).await.ok();
    assert_eq!(last["metadata"]["labels"], json!({"last": "words"}));
    assert_eq!(bed.get(&path("a")).await.problem(), (404, Some("NOT_FOUND_ERROR".into())));
    assert_eq!(bed.stored().await, 0);
    let again = bed.create("a").await;
    assert_ne!(again["metadata"]["uid"], last["metadata"]["uid"]);
}

#[tokio::test]
async fn without_a_deletion_no_finalizer_holds_an_object() {
    let bed = Bed::start().await;
    let mut body = bed.create("a").await;
    body["metadata"]["finalizers"] = json!(["x"]);
    let mut body = bed.put(&path("a"), &body).await.ok();
    body["metadata"]["finalizers"] = json!([]);
    bed.put(&path("a"), &body).await.ok();
    bed.get(&path("a")).await.ok();
}

#[tokio::test]
async fn a_deletion_is_never_reset() {
    let bed = Bed::start().await;
    let deleted = deleting(&bed).await;
    let mut body = deleted.clone();
    body["metadata"]["deleted"] = Value::Null;
    let kept = bed.put(&path("a"), &body).await.ok();
    assert_eq!(kept["metadata"]["deleted"], deleted["metadata"]["deleted"]);
}

#[tokio::test]
async fn a_workload_with_a_shutdown_hook_is_asked_to_clean_up() {
    let bed = Bed::start().await;
    let mut body = application("a");
    body["spec"]["hooks"] = json!(["complete", "shutdown"]);
    bed.post(APPLICATIONS, &body).await.ok();
    let deleted = bed.delete(&path("a")).await.ok();
    assert_eq!(deleted["status"]["state"], "WAITING_FOR_CLEANING");
    assert_eq!(deleted["metadata"]["generation"], 1);
}

#[tokio::test]
async fn a_deletion_can_demand_a_version() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let request = |version: &str| {
        http::Request::delete(path("a"))
            .header("if-match", version)
            .body(String::new())
            .unwrap()
    };
    let refused = bed.answer(request("\"9\"")).await;
    assert_eq!(refused.problem(), (409, Some("TRANSACTION_ERROR".into())));
    bed.answer(request("1")).await.ok();
}
