//! Writes that are only tried.

use http::Request;
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, JSON_PATCH, MERGE_PATCH, application, path};

/// What two writes at different times have in common.
fn timeless(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["uid", "created", "modified", "deleted", "resource_version"] {
        metadata.remove(field);
    }
    for field in ["scheduled", "kube_controller_triggered"] {
        object["status"].as_object_mut().unwrap().remove(field);
    }
    object
}

#[tokio::test]
async fn a_new_object_is_shown_as_it_would_be_and_not_stored() {
    let bed = Bed::start().await;
    let tried = bed
        .post(&format!("{APPLICATIONS}?dry_run=All"), &application("a"))
        .await;
    assert!(!tried.response.headers().contains_key("etag"));
    let tried = tried.ok();
    assert_eq!(tried["metadata"].get("resource_version"), None);
    assert_eq!(tried["metadata"]["generation"], 1);
    assert_eq!(bed.stored().await, 0);
    assert_eq!(timeless(bed.create("a").await), timeless(tried));
}

#[tokio::test(start_paused = true)]
async fn every_write_can_be_tried_first() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&heartbeat=0"))
        .await;
    let mut replaced = created.clone();
    replaced["metadata"]["labels"] = json!({"x": "y"});
    let mut reported = created.clone();
    reported["status"]["state"] = json!("RUNNING");
    let cluster =
        json!({"api": "kubernetes", "kind": "Cluster", "name": "c", "namespace": "testing"});
    for (method, suffix, language, body) in [
        ("PUT", "", "", &replaced),
        ("PUT", "/status", "", &reported),
        ("PUT", "/binding", "", &json!({"cluster": cluster})),
        ("PATCH", "", MERGE_PATCH, &json!({"metadata": {"labels": {"a": "b"}}})),
        (
            "PATCH",
            "/status",
            JSON_PATCH,
            &json!([{"op": "replace", "path": "/status/state", "value": "FAILED"}]),
        ),
        ("DELETE", "", "", &json!(null)),
        ("DELETE", "?force=True", "", &json!(null)),
    ] {
        let before = bed.get(&path("a")).await.ok();
        let request = |query: &str| {
            let separator = if suffix.contains('?') { '&' } else { '?' };
            let request = Request::builder()
                .method(method)
                .header("content-type", language);
            let request = request.uri(format!("{}{suffix}{separator}{query}", path("a")));
            // What this is about is not the version.
            let mut body = body.clone();
            if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("resource_version");
            }
            request.body(body.to_string()).unwrap()
        };
        let tried = bed.answer(request("dry_run")).await.ok();
        let version = |object: &Value| object["metadata"]["resource_version"].clone();
        assert_eq!(version(&tried), version(&before), "{method} {suffix}");
        assert_eq!(bed.get(&path("a")).await.ok(), before, "{method} {suffix}");
        assert!(watch.is_silent().await, "{method} {suffix}");
        let written = bed.answer(request("")).await.ok();
        assert_eq!(timeless(tried), timeless(written), "{method} {suffix}");
        watch.event().await;
    }
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn what_would_be_refused_is_refused() {
    let bed = Bed::start().await;
    let mut created = bed.create("a").await;
    let taken = bed
        .post(&format!("{APPLICATIONS}?dry_run"), &application("a"))
        .await;
    assert_eq!(taken.problem(), (409, Some("RESOURCE_ALREADY_EXISTS".into())));
    let invalid = bed
        .post(&format!("{APPLICATIONS}?dry_run"), &json!({}))
        .await;
    assert_eq!(invalid.problem(), (422, None));
    let missing = bed.delete(&(path("b") + "?dry_run")).await;
    assert_eq!(missing.problem(), (404, Some("NOT_FOUND_ERROR".into())));
    created["metadata"]["resource_version"] = json!("7");
    let stale = bed.put(&(path("a") + "?dry_run"), &created).await;
    assert_eq!(stale.problem(), (409, Some("TRANSACTION_ERROR".into())));
    let renamed = json!({"metadata": {"name": "b"}});
    let renamed = bed
        .patch(&(path("a") + "?dry_run"), MERGE_PATCH, renamed)
        .await;
    assert_eq!(renamed.problem(), (400, Some("UPDATE_ERROR".into())));
}

#[tokio::test]
async fn a_value_that_might_mean_no_is_refused() {
    let bed = Bed::start().await;
    for (index, good) in ["dry_run", "dry_run=", "dry_run=true", "dry_run=All"]
        .iter()
        .enumerate()
    {
        bed.post(&format!("{APPLICATIONS}?{good}"), &application(&format!("a{index}")))
            .await
            .ok();
    }
    for bad in ["dry_run=false", "dry_run=False", "dry_run=all", "dry_run=1"] {
        for answer in [
            bed.post(&format!("{APPLICATIONS}?{bad}"), &application("a"))
                .await,
            bed.delete(&format!("{}?{bad}", path("a"))).await,
            bed.put(&format!("{}/status?{bad}", path("a")), &json!({}))
                .await,
        ] {
            assert_eq!(answer.problem(), (422, None), "{bad}");
            assert_eq!(answer.json()["errors"][0]["field"], "query.dry_run");
        }
    }
    assert_eq!(bed.stored().await, 0);
}
