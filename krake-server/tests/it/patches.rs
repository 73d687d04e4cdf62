//! Patches.

use std::sync::Arc;

use http::Request;
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, JSON_PATCH, MERGE_PATCH, application, path};

async fn merge(bed: &Bed, body: Value) -> Value {
    bed.patch(&path("a"), MERGE_PATCH, body).await.ok()
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resource_version"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// What a patch is refused with: status, title, and the first field.
async fn refusal(bed: &Bed, language: &str, body: impl ToString) -> (u16, Option<String>, Value) {
    let answer = bed.patch(&path("a"), language, body).await;
    let (status, title) = answer.problem();
    (status, title, answer.json()["errors"][0]["field"].clone())
}

#[tokio::test]
async fn a_merge_patch_changes_what_it_names_and_nothing_else() {
    let bed = Bed::start().await;
    let mut body = application("a");
    body["metadata"]["labels"] = json!({"tier": "web", "old": "x"});
    let created = bed.post(APPLICATIONS, &body).await.ok();
    let patched = merge(&bed, json!({"metadata": {"labels": {"old": null, "new": "y"}}})).await;
    let mut expected = created.clone();
    expected["metadata"]["labels"] = json!({"tier": "web", "new": "y"});
    expected["metadata"]["modified"] = patched["metadata"]["modified"].clone();
    expected["metadata"]["resource_version"] = json!("2");
    assert_eq!(patched, expected);
    assert_ne!(patched["metadata"]["modified"], created["metadata"]["modified"]);
    let patched = merge(&bed, json!({"spec": {"backoff_limit": 7}})).await;
    assert_eq!(patched["metadata"]["generation"], 2);
    assert_eq!(bed.get(&path("a")).await.ok(), patched);
}

#[tokio::test]
async fn a_json_patch_applies_its_operations_in_order() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let patch = json!([
        {"op": "test", "path": "/spec/backoff", "value": 1},
        {"op": "add", "path": "/metadata/labels/a", "value": "b"},
        {"op": "copy", "from": "/metadata/labels/a", "path": "/metadata/labels/c"},
        {"op": "move", "from": "/metadata/labels/a", "path": "/metadata/labels/d"},
        {"op": "replace", "path": "/spec/backoff", "value": "5"},
        {"op": "add", "path": "/spec/manifest/-", "value": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}},
        {"op": "remove", "path": "/spec/manifest/0"},
    ]);
    let patched = bed
        .patch(&path("a"), &format!("{JSON_PATCH}; charset=utf-8"), patch)
        .await
        .ok();
    assert_eq!(patched["metadata"]["labels"], json!({"c": "b", "d": "b"}));
    assert_eq!(patched["spec"]["backoff"], 5);
    assert_eq!(patched["spec"]["manifest"][0]["kind"], "Pod");
    assert_eq!(patched["spec"]["manifest"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_patch_of_the_status_touches_nothing_else() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    let patch = json!({"status": {"state": "RUNNING"}, "metadata": {"labels": {"x": "y"}}});
    let patched = bed
        .patch(&(path("a") + "/status"), MERGE_PATCH, &patch)
        .await
        .ok();
    let mut expected = created;
    expected["status"]["state"] = json!("RUNNING");
    expected["metadata"]["resource_version"] = json!("2");
    assert_eq!(patched, expected);
    let again = bed
        .patch(&(path("a") + "/status"), MERGE_PATCH, patch)
        .await
        .ok();
    assert_eq!(again, patched);
}

#[tokio::test]
async fn a_patch_that_changes_nothing_is_done_without_a_write() {
    let bed = Bed::start().await;
    let created = bed.create("a").await;
    for body in [
        json!({}),
        json!({"spec": {"backoff": 1}}),
        // What a PUT would not take over either.
        json!({"status": {"state": "RUNNING"}}),
        json!({"metadata": {"modified": "2020-01-01T00:00:00Z", "generation": 9, "uid": "u"}}),
    ] {
        assert_eq!(merge(&bed, body.clone()).await, created, "{body}");
    }
    assert_eq!(bed.patch(&path("a"), JSON_PATCH, "[]").await.ok(), created);
}

#[tokio::test]
async fn a_patch_obeys_the_rules_of_a_replacement() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let update_error = Some("UPDATE_ERROR".to_owned());
    for (body, expected) in [
        (json!({"metadata": {"name": "b"}}), (400, update_error.clone(), Value::Null)),
        (json!({"metadata": {"uid": null}}), (422, None, json!("metadata.uid"))),
        (json!({"metadata": {"labels": {"-": "x"}}}), (422, None, json!("metadata.labels.-"))),
        (json!({"spec": {"backoff": "x"}}), (422, None, json!("spec.backoff"))),
        (json!({"status": null}), (422, None, json!("status"))),
        (json!({"kind": "Cluster"}), (422, None, json!("kind"))),
    ] {
        assert_eq!(refusal(&bed, MERGE_PATCH, &body).await, expected, "{body}");
    }
    let replaced = json!([{"op": "replace", "path": "", "value": [5]}]);
    assert_eq!(refusal(&bed, JSON_PATCH, replaced).await, (422, None, json!("")));
    bed.delete(&path("a")).await.ok();
    let body = json!({"metadata": {"finalizers": ["cascade_deletion", "new"]}});
    assert_eq!(refusal(&bed, MERGE_PATCH, body).await, (409, update_error, Value::Null));
    merge(&bed, json!({"metadata": {"finalizers": []}})).await;
    assert_eq!(bed.get(&path("a")).await.status(), 404);
}

#[tokio::test]
async fn all_that_is_wrong_with_a_patched_object_is_told() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let body = json!({"metadata": {"labels": {"-": "ok", "ok": "-"}}});
    let answer = bed.patch(&path("a"), MERGE_PATCH, body).await;
    assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 2, "{}", answer.text);
}

#[tokio::test]
async fn a_patch_can_demand_a_version() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let current = merge(&bed, json!({"metadata": {"labels": {"a": "1"}}})).await;
    let conflict = (409, Some("TRANSACTION_ERROR".into()));
    let with =
        |version: &str| json!({"metadata": {"labels": {"a": "2"}, "resource_version": version}});
    let answer = bed.patch(&path("a"), MERGE_PATCH, with("1")).await;
    assert_eq!(answer.problem(), conflict);
    let request = |demanded: &str| {
        let request = Request::patch(path("a")).header("content-type", MERGE_PATCH);
        let body = json!({"metadata": {"labels": {"a": "3"}}}).to_string();
        request.header("if-match", demanded).body(body).unwrap()
    };
    assert_eq!(bed.answer(request("1")).await.problem(), conflict);
    assert_eq!(bed.get(&path("a")).await.ok(), current);
    merge(&bed, with("2")).await;
    bed.answer(request("\"3\"")).await.ok();
}

#[tokio::test]
async fn a_body_in_another_language_is_told_the_right_ones() {
    let bed = Bed::start().await;
    bed.create("a").await;
    for language in
        ["application/json", "application/strategic-merge-patch+json", "text/plain", "%"]
    {
        for suffix in ["", "/status"] {
            let answer = bed.patch(&(path("a") + suffix), language, "{}").await;
            assert_eq!(answer.problem(), (415, None));
            let accepted = "application/json-patch+json, application/merge-patch+json";
            assert_eq!(answer.header("accept-patch"), accepted);
            assert!(answer.json()["detail"].as_str().unwrap().contains(accepted));
        }
    }
    assert_eq!(bed.patch(&path("a"), "", "{}").await.problem(), (415, None));
    let upper = bed
        .patch(&path("a"), "Application/Merge-Patch+JSON", "{}")
        .await;
    upper.ok();
}

#[tokio::test]
async fn a_patch_in_no_language_is_answered_as_by_the_original() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let allowed = [("", "GET, HEAD, PUT, PATCH, DELETE"), ("/status", "PUT, PATCH")];
    for (suffix, allowed) in allowed {
        let answer = bed.send("PATCH", &(path("a") + suffix), "").await;
        assert_eq!(answer.problem(), (405, None));
        assert_eq!(answer.header("allow"), allowed);
    }
}

#[tokio::test]
async fn a_patch_that_cannot_be_applied_names_the_operation() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let good = json!({"op": "add", "path": "/metadata/labels/a", "value": "b"});
    for bad in [
        json!({"op": "remove", "path": "/spec/nothing"}),
        json!({"op": "replace", "path": "/spec/nothing", "value": 1}),
        json!({"op": "test", "path": "/spec/nothing", "value": 1}),
        json!({"op": "copy", "from": "/spec/nothing", "path": "/spec/x"}),
        json!({"op": "move", "from": "/spec", "path": "/spec/x"}),
        json!({"op": "add", "path": "/spec/manifest/7", "value": {}}),
        json!({"op": "add", "path": "/spec/manifest/01", "value": {}}),
        json!({"op": "add", "path": "/spec/backoff/x", "value": {}}),
        json!({"op": "remove", "path": ""}),
        json!({"op": "add", "path": "/spec/x"}),
        json!({"op": "add", "path": "spec", "value": 1}),
        json!({"op": "merge", "path": "/spec"}),
        json!({"path": "/spec"}),
        json!("add"),
    ] {
        let patch = json!([good, bad]);
        assert_eq!(refusal(&bed, JSON_PATCH, patch).await, (422, None, json!("[1]")), "{bad}");
    }
    assert_eq!(refusal(&bed, JSON_PATCH, "{}").await, (422, None, json!("")));
    assert_eq!(refusal(&bed, MERGE_PATCH, "[]").await, (422, None, json!("")));
    assert_eq!(refusal(&bed, MERGE_PATCH, "{").await, (415, None, Value::Null));
    assert_eq!(version(&bed.get(&path("a")).await.ok()), 1);
}

#[tokio::test]
async fn a_failed_test_is_a_conflict() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let patch = json!([
        {"op": "add", "path": "/metadata/labels/a", "value": "b"},
        {"op": "test", "path": "/spec/backoff", "value": 2},
    ]);
    let answer = bed.patch(&path("a"), JSON_PATCH, patch).await;
    assert_eq!(answer.problem(), (409, Some("UPDATE_ERROR".into())));
    let detail = answer.json()["detail"].clone();
    assert_eq!(detail, "Operation 1 of the patch has failed: /spec/backoff has another value.");
    assert_eq!(version(&bed.get(&path("a")).await.ok()), 1);
}

#[tokio::test]
async fn numbers_are_tested_by_their_value() {
    let bed = Bed::start().await;
    let patch = json!([{"op": "test", "path": "/spec", "value": {"min": 0, "max": 5, "provider": {"name": "p", "metric": "m"}, "allowed_values": []}}]);
    let metric = "/core/globalmetrics";
    let body = json!({"metadata": {"name": "m"}, "spec": {"min": 0, "max": 5, "provider": {"name": "p", "metric": "m"}, "allowed_values": []}});
    bed.post(metric, &body).await.ok();
    bed.patch(&format!("{metric}/m"), JSON_PATCH, patch)
        .await
        .ok();
}

#[tokio::test]
async fn a_missing_object_cannot_be_patched() {
    let bed = Bed::start().await;
    for suffix in ["", "/status"] {
        let answer = bed.patch(&(path("a") + suffix), MERGE_PATCH, "{}").await;
        assert_eq!(answer.problem(), (404, Some("NOT_FOUND_ERROR".into())));
    }
}

/// Each operation puts a copy of the tree below the tree: both size and depth grow without end.
fn bomb(seed: &Value) -> Value {
    let add = json!({"op": "add", "path": "/x", "value": seed});
    let copy = json!({"op": "copy", "from": "/x", "path": "/x/-"});
    std::iter::once(add).chain(vec![copy; 60]).collect()
}

#[tokio::test]
async fn copies_of_copies_are_stopped_before_they_fill_the_memory() {
    let bed = Bed::start().await;
    bed.create("a").await;
    assert_eq!(
        refusal(&bed, JSON_PATCH, bomb(&json!(["x".repeat(100)])))
            .await
            .0,
        413
    );
    let add = json!({"op": "add", "path": "/x", "value": "x".repeat(100_000)});
    let copy = |index| json!({"op": "copy", "from": "/x", "path": format!("/y{index}")});
    let wide: Value = std::iter::once(add).chain((0..20).map(copy)).collect();
    assert_eq!(refusal(&bed, JSON_PATCH, wide).await.0, 413);
}

#[tokio::test]
async fn a_value_cannot_be_buried_deeper_than_it_could_be_read() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let mut operations = vec![json!({"op": "add", "path": "/x", "value": {}})];
    for _ in 0..200 {
        operations.push(json!({"op": "add", "path": "/y", "value": {}}));
        operations.push(json!({"op": "move", "from": "/x", "path": "/y/x"}));
        operations.push(json!({"op": "move", "from": "/y", "path": "/x"}));
    }
    let answer = bed.patch(&path("a"), JSON_PATCH, json!(operations)).await;
    assert!(answer.text.contains("nested more than 100 levels deep"), "{}", answer.text);
    // As deep as it may be.
    let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let add = |levels| json!([{"op": "add", "path": "/spec/manifest/0/x", "value": deep(levels)}]);
    assert_eq!(refusal(&bed, JSON_PATCH, add(97)).await.0, 422);
    bed.patch(&path("a"), JSON_PATCH, add(96)).await.ok();
    bed.get(APPLICATIONS).await.ok();
}

#[tokio::test]
async fn a_patch_has_a_bounded_number_of_operations() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let many = vec![json!({"op": "test", "path": "/spec/backoff", "value": 1}); 1_001];
    assert_eq!(refusal(&bed, JSON_PATCH, json!(many)).await, (422, None, json!("")));
    bed.patch(&path("a"), JSON_PATCH, json!(many[..1_000]))
        .await
        .ok();
}

#[tokio::test]
async fn patch_after_patch_an_object_does_not_outgrow_a_body() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let add = |name: &str| json!({"metadata": {"annotations": {name: "x".repeat(600_000)}}});
    merge(&bed, add("one")).await;
    assert_eq!(refusal(&bed, MERGE_PATCH, add("two")).await.0, 413);
    merge(&bed, json!({"metadata": {"labels": {"small": "change"}}})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn patches_without_condition_all_land() {
    const PATCHES: usize = 100;
    let bed = Arc::new(Bed::start().await);
    bed.create("a").await;
    let mut patchers = tokio::task::JoinSet::new();
    for index in 0..PATCHES {
        let bed = Arc::clone(&bed);
        patchers.spawn(async move {
            let label = format!("l{index}");
            let answer = if index % 2 == 0 {
                let body = json!({"metadata": {"labels": {label: "x"}}});
                bed.patch(&path("a"), MERGE_PATCH, body).await
            } else {
                let path_of = format!("/metadata/labels/{label}");
                let body = json!([{"op": "add", "path": path_of, "value": "x"}]);
                bed.patch(&path("a"), JSON_PATCH, body).await
            };
            answer.status()
        });
    }
    assert_eq!(patchers.join_all().await, [200; PATCHES]);
    let object = bed.get(&path("a")).await.ok();
    assert_eq!(object["metadata"]["labels"].as_object().unwrap().len(), PATCHES);
    assert_eq!(version(&object), PATCHES as u64 + 1);
}
