//! Create, read, replace, status and binding.

use krake_core::kubernetes::{Application, Cluster};
use krake_server::store::MemoryStore;
use krake_server::{BuildError, ServerBuilder};
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, application, path};

fn without_version(mut object: Value) -> Value {
    object["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resource_version");
    object
}

#[tokio::test]
async fn create_fills_in_what_the_server_owns() {
    let bed = Bed::start().await;
    let mut body = application("a");
    body["metadata"]["uid"] = json!(5);
    body["metadata"]["namespace"] = json!("elsewhere");
    body["metadata"]["deleted"] = json!("2020-01-01T00:00:00Z");
    body["metadata"]["labels"] = json!({"tier": "web"});
    body["status"] = json!("nonsense");
    let created = bed.post(APPLICATIONS, &body).await.ok();
    let metadata = &created["metadata"];
    assert_eq!(metadata["namespace"], "testing");
    assert_eq!(metadata["uid"].as_str().unwrap().len(), 36);
    assert_eq!(metadata["created"], metadata["modified"]);
    assert_eq!(metadata["deleted"], Value::Null);
    assert_eq!(metadata["generation"], 1);
    assert_eq!(metadata["resource_version"], "1");
    assert_eq!(metadata["labels"], json!({"tier": "web"}));
    assert_eq!(created["status"]["state"], "PENDING");
    assert_eq!(bed.get(&path("a")).await.ok(), created);
}

#[tokio::test]
async fn every_object_carries_its_tag_and_every_answer_a_request_id() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let answer = bed.get(&path("a")).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert!(!answer.header("x-request-id").is_empty());
    let request = http::Request::get("/none").header("x-request-id", "mine");
    let answer = bed.answer(request.body(String::new()).unwrap()).await;
    assert_eq!(answer.header("x-request-id"), "mine");
}

#[tokio::test]
async fn replacing_counts_generations_only_for_the_spec() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    let mut body = created.clone();
    body["metadata"]["labels"] = json!({"a": "b"});
    let labelled = bed.put(&path("a"), &body).await.ok();
    assert_eq!(labelled["metadata"]["generation"], 1);
    assert!(labelled["metadata"]["modified"].as_str() > created["metadata"]["modified"].as_str());
    body = labelled;
    body["spec"]["backoff"] = json!("5");
    body["spec"]["backoff"] = json!(5);
    let changed = bed.put(&path("a"), &body).await.ok();
    assert_eq!(changed["metadata"]["generation"], 2);
    assert_eq!(changed["spec"]["backoff"], 5);
    assert_eq!(changed["metadata"]["uid"], created["metadata"]["uid"]);
    assert_eq!(bed.get(&path("a")).await.ok(), changed);
}

#[tokio::test]
async fn replacing_cannot_touch_status_or_what_the_server_owns() {
    let bed = Bed::start().await;
    let mut body = bed.create("a").await;
    let before = body.clone();
    body["status"]["state"] = json!("RUNNING");
    body["metadata"]["created"] = json!("2020-01-01T00:00:00Z");
    body["metadata"]["generation"] = json!(9);
    let after = bed.put(&path("a"), &body).await.ok();
    assert_eq!(after["status"], before["status"]);
    assert_eq!(after["metadata"]["created"], before["metadata"]["created"]);
    assert_eq!(after["metadata"]["generation"], 1);
    assert_ne!(after["metadata"]["modified"], before["metadata"]["modified"]);
}

#[tokio::test]
async fn an_equal_body_is_no_update_even_from_clients_without_versions() {
    let bed = Bed::start().await;
    let mut body = without_version(bed.create("a").await);
    body["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("generation");
    let answer = bed.put(&path("a"), &body).await;
    assert_eq!(answer.problem(), (400, Some("UPDATE_ERROR".into())));
    assert_eq!(answer.json()["detail"], "The body contained no update.");
    assert_eq!(bed.get(&path("a")).await.ok()["metadata"]["resource_version"], "1");
}

#[tokio::test]
async fn status_is_written_by_its_subresource_alone() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    let mut body = without_version(created.clone());
    body["status"]["state"] = json!("RUNNING");
    body["spec"]["backoff"] = json!(7);
    body["metadata"]["labels"] = json!({"a": "b"});
    let written = bed.put(&(path("a") + "/status"), &body).await.ok();
    assert_eq!(written["status"]["state"], "RUNNING");
    assert_eq!(written["spec"], created["spec"]);
    assert_eq!(written["metadata"]["modified"], created["metadata"]["modified"]);
    assert_eq!(written["metadata"]["labels"], json!({}));
    assert_eq!(written["metadata"]["generation"], 1);
    assert_eq!(written["metadata"]["resource_version"], "2");
}

#[tokio::test]
async fn an_unchanged_status_is_written_again() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    let written = bed.put(&(path("a") + "/status"), &created).await.ok();
    assert_eq!(written["metadata"]["resource_version"], "2");
}

#[tokio::test]
async fn binding_schedules_and_makes_the_cluster_an_owner_once() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    let cluster =
        json!({"api": "kubernetes", "kind": "Cluster", "namespace": "testing", "name": "c"});
    let body = json!({"cluster": cluster});
    bed.put(&(path("a") + "/binding"), &body).await.ok();
    let bound = bed.put(&(path("a") + "/binding"), &body).await.ok();
    assert_eq!(bound["metadata"]["owners"], json!([cluster]));
    assert_eq!(bound["status"]["scheduled_to"], cluster);
    assert_eq!(bound["status"]["scheduled"], bound["status"]["kube_controller_triggered"]);
    assert!(bound["status"]["scheduled"].is_string());
    assert_eq!(bound["metadata"]["modified"], created["metadata"]["modified"]);
    assert_eq!(bound["metadata"]["generation"], 1);
}

#[tokio::test]
async fn a_deletion_does_not_keep_an_application_from_being_bound() {
    let bed = Bed::start().await;
    bed.create("a").await;
    bed.delete(&path("a")).await.ok();
    let cluster =
        json!({"api": "kubernetes", "kind": "Cluster", "namespace": "testing", "name": "c"});
    let answer = bed
        .put(&(path("a") + "/binding"), &json!({"cluster": cluster}))
        .await;
    let bound = answer.ok();
    assert_eq!(bound["status"]["scheduled_to"], cluster);
    assert!(bound["metadata"]["deleted"].is_string());
}

#[tokio::test]
async fn namespaces_keep_names_apart() {
    let bed = Bed::start().await;
    bed.create("a").await;
    bed.post("/kubernetes/namespaces/other/applications", &application("a"))
        .await
        .ok();
    assert_eq!(bed.stored().await, 2);
}

#[tokio::test]
async fn a_kind_cannot_be_registered_twice() {
    let build = ServerBuilder::new(MemoryStore::new())
        .kind::<Cluster>()
        .kind::<Cluster>()
        .build();
    assert!(matches!(build.await, Err(BuildError::KindTwice { .. })));
}

#[tokio::test]
async fn subresources_need_their_kind_and_a_free_name() {
    let nothing = |_: &mut Application, _: Value, _| Ok(());
    let build = ServerBuilder::new(MemoryStore::new())
        .subresource("x", nothing)
        .build();
    assert!(matches!(build.await, Err(BuildError::UnknownKind { .. })));
    let builder = ServerBuilder::new(MemoryStore::new()).kind::<Application>();
    let build = builder.subresource("status", nothing).build();
    assert!(matches!(build.await, Err(BuildError::SubresourceTwice { .. })));
}

#[tokio::test]
async fn probes_and_version_answer() {
    let bed = Bed::start().await;
    assert!(bed.get("/").await.ok()["version"].is_string());
    bed.get("/healthz").await.ok();
    bed.get("/readyz").await.ok();
    bed.server.shutdown().await;
    assert_eq!(bed.get("/readyz").await.status(), 503);
    assert_eq!(bed.get("/healthz").await.status(), 200);
}
