//! The kinds of Krake and what is special about them.

use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, application, path};
use crate::samples::{CLUSTERS, MAGNUM_CLUSTERS, cluster, samples};

async fn create(bed: &Bed, collection: &str, mut body: Value) -> Value {
    body["metadata"] = json!({"name": "a"});
    bed.post(collection, &body).await.ok()
}

/// Sets members of the status.
async fn set_status(bed: &Bed, path: &str, members: Value) -> Value {
    let mut body = bed.get(path).await.ok();
    for (name, value) in members.as_object().unwrap() {
        body["status"][name] = value.clone();
    }
    bed.put(&format!("{path}/status"), &body).await.ok()
}

#[tokio::test]
async fn every_kind_is_created_read_changed_listed_and_deleted() {
    let bed = Bed::start().await;
    let samples = samples();
    assert_eq!(bed.server.kinds().count(), samples.len());
    for (collection, body) in samples {
        let path = format!("{collection}/a");
        let mut object = create(&bed, collection, body).await;
        assert_eq!(bed.get(&path).await.ok(), object, "{path}");
        object["metadata"]["labels"] = json!({"x": "y"});
        let changed = bed.put(&path, &object).await.ok();
        assert_eq!(changed["metadata"]["generation"], 1, "{path}");
        assert_eq!(bed.get(collection).await.ok()["items"], json!([changed]), "{path}");
        let has_status = changed.get("status").is_some();
        let status = bed.put(&format!("{path}/status"), &changed).await.status();
        assert_eq!(status, if has_status { 200 } else { 404 }, "{path}");
        let deleted = bed.delete(&path).await.ok();
        assert!(deleted["metadata"]["deleted"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn global_kinds_have_no_namespace_even_if_one_is_sent() {
    let bed = Bed::start().await;
    let body = json!({"metadata": {"name": "a", "namespace": "testing"}, "rules": []});
    let created = bed.post("/core/roles", &body).await.ok();
    assert_eq!(created["metadata"]["namespace"], Value::Null);
}

#[tokio::test]
async fn a_namespace_that_is_sent_must_be_a_name_although_the_path_counts() {
    let bed = Bed::start().await;
    for namespace in [json!("a b"), json!(5)] {
        let mut body = application("a");
        body["metadata"]["namespace"] = namespace;
        let answer = bed.post(APPLICATIONS, &body).await;
        assert_eq!(answer.problem(), (422, None));
        assert_eq!(answer.json()["errors"][0]["field"], "metadata.namespace");
    }
}

#[tokio::test]
async fn a_cluster_is_bound_to_a_cloud() {
    let bed = Bed::start().await;
    create(&bed, CLUSTERS, cluster()).await;
    let cloud = |name: &str| json!({"api": "infrastructure", "namespace": null, "kind": "GlobalCloud", "name": name});
    let path = format!("{CLUSTERS}/a/binding");
    bed.put(&path, &json!({"cloud": cloud("old")})).await.ok();
    bed.put(&path, &json!({"cloud": cloud("new")})).await.ok();
    let bound = bed.put(&path, &json!({"cloud": cloud("new")})).await.ok();
    assert_eq!(bound["status"]["scheduled_to"], cloud("new"));
    assert!(bound["status"]["scheduled"].is_string());
    assert_eq!(bound["status"]["kube_controller_triggered"], Value::Null);
    assert_eq!(bound["metadata"]["owners"], json!([cloud("old"), cloud("new")]));
    assert_eq!(bound["metadata"]["modified"], bound["metadata"]["created"]);
    let wrong = json!({"kind": "ClusterBinding", "cloud": cloud("new")});
    assert_eq!(bed.put(&path, &wrong).await.problem(), (422, None));
}

#[tokio::test]
async fn a_magnum_cluster_is_bound_to_a_project_with_a_template() {
    let bed = Bed::start().await;
    create(&bed, MAGNUM_CLUSTERS, json!({"spec": {}})).await;
    let project =
        json!({"api": "openstack", "namespace": "testing", "kind": "Project", "name": "p"});
    for template in ["one", "two"] {
        let body = json!({"project": project, "template": template});
        let bound = bed
            .put(&format!("{MAGNUM_CLUSTERS}/a/binding"), &body)
            .await
            .ok();
        assert_eq!(bound["status"]["project"], project);
        assert_eq!(bound["status"]["template"], template);
        assert_eq!(bound["metadata"]["owners"], json!([project]));
    }
}

#[tokio::test]
async fn immutable_fields_of_a_kind_are_named() {
    let bed = Bed::start().await;
    let body = json!({"spec": {"master_count": 1}});
    let mut object = create(&bed, MAGNUM_CLUSTERS, body).await;
    let path = format!("{MAGNUM_CLUSTERS}/a");
    object["status"]["template"] = json!("mine");
    let answer = bed.put(&format!("{path}/status"), &object).await;
    assert_eq!(answer.problem(), (400, Some("UPDATE_ERROR".into())));
    assert_eq!(answer.json()["detail"], "Trying to update an immutable field: template");
    object["spec"]["master_count"] = json!(2);
    let answer = bed.put(&path, &object).await;
    assert_eq!(answer.problem(), (400, Some("UPDATE_ERROR".into())));
    assert_eq!(answer.json()["detail"], "Trying to update an immutable field: master_count");
    object["spec"] = json!({"master_count": "1", "node_count": "3"});
    let changed = bed.put(&path, &object).await.ok();
    assert_eq!(changed["spec"]["node_count"], 3, "a status that is not taken over does not count");
}

#[tokio::test]
async fn a_completed_workload_begins_its_deletion() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let hook = path("a") + "/complete";
    for body in [json!({}), json!({"token": null}), json!({"token": "x"})] {
        assert_eq!(bed.put(&hook, &body).await.problem(), (401, None), "no token is set");
    }
    set_status(&bed, &path("a"), json!({"complete_token": "secret"})).await;
    for body in [json!({}), json!({"token": "secre"}), json!({"token": "secrets"})] {
        assert_eq!(bed.put(&hook, &body).await.problem(), (401, None), "{body}");
    }
    let done = bed.put(&hook, &json!({"token": "secret"})).await.ok();
    assert_eq!(done["status"]["state"], "READY_FOR_ACTION");
    assert!(done["metadata"]["deleted"].is_string());
    assert_eq!(done["metadata"]["finalizers"], json!([]));
    let again = bed.put(&hook, &json!({"token": "secret"})).await.ok();
    assert_ne!(again["metadata"]["deleted"], done["metadata"]["deleted"]);
}

#[tokio::test]
async fn only_a_workload_that_was_asked_to_has_shut_down() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let hook = path("a") + "/shutdown";
    let time = "2026-11-22T13:32:56+00:00";
    for (state, expected, remaining) in [
        ("RUNNING", "RUNNING", json!(time)),
        ("WAITING_FOR_CLEANING", "READY_FOR_ACTION", Value::Null),
        ("DEGRADED", "READY_FOR_ACTION", Value::Null),
    ] {
        let status = json!({
            "state": state, "shutdown_token": "secret", "shutdown_grace_period": time,
        });
        set_status(&bed, &path("a"), status).await;
        assert_eq!(bed.put(&hook, &json!({"token": "x"})).await.problem(), (401, None));
        let object = bed.put(&hook, &json!({"token": "secret"})).await.ok();
        assert_eq!(object["status"]["state"], expected);
        assert_eq!(object["status"]["shutdown_grace_period"], remaining);
        assert_eq!(object["metadata"]["deleted"], Value::Null);
    }
}

#[tokio::test]
async fn a_degraded_application_is_tried_again_whatever_the_body() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let retry = path("a") + "/retry";
    let answer = bed.send("PUT", &retry, "").await;
    assert_eq!(answer.problem(), (400, Some("UPDATE_ERROR".into())));
    assert_eq!(answer.json()["detail"], "No migration or deletion retry needed");
    for body in ["", "{", "{\"x\": 1}"] {
        set_status(&bed, &path("a"), json!({"state": "DEGRADED"})).await;
        let object = bed.send("PUT", &retry, body).await.ok();
        assert_eq!(object["status"]["state"], "WAITING_FOR_CLEANING");
    }
    let missing = bed.send("PUT", &(path("b") + "/retry"), "").await;
    assert_eq!(missing.problem(), (404, Some("NOT_FOUND_ERROR".into())));
}

#[tokio::test]
async fn force_removes_at_once_where_the_kind_allows_it() {
    let bed = Bed::start().await;
    let mut body = application("a");
    body["metadata"]["finalizers"] = json!(["mine"]);
    bed.post(APPLICATIONS, &body).await.ok();
    let marked = bed.delete(&(path("a") + "?force=true")).await.ok();
    assert_eq!(marked["metadata"]["finalizers"], json!(["mine", "cascade_deletion"]));
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let removed = bed.delete(&(path("a") + "?force=True")).await.ok();
    assert_eq!(removed["metadata"]["finalizers"], marked["metadata"]["finalizers"]);
    assert!(removed["metadata"]["deleted"].is_string());
    assert_eq!(watch.sight().await, ("DELETED".into(), "a".into()));
    assert_eq!(bed.get(&path("a")).await.status(), 404);

    create(&bed, "/core/roles", json!({"rules": []})).await;
    bed.delete("/core/roles/a?force=True").await.ok();
    bed.get("/core/roles/a").await.ok();
}

#[tokio::test]
async fn several_mistakes_of_a_replacement_are_told_at_once() {
    let bed = Bed::start().await;
    let mut body = bed.create("a").await;
    body["metadata"]["uid"] = Value::Null;
    body["metadata"].as_object_mut().unwrap().remove("created");
    body.as_object_mut().unwrap().remove("status");
    body["spec"]["backoff"] = json!("often");
    let answer = bed.put(&path("a"), &body).await;
    assert_eq!(answer.problem(), (422, None));
    assert_eq!(
        answer.json()["detail"],
        "metadata.uid: Field may not be null.; metadata.created: Missing data for required field.; \
         spec.backoff: Not a valid integer.; status: Missing data for required field."
    );
}
