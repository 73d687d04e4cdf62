//! What the server sends is what the document says.

use krake_core::{Problem, WatchEvent};
use serde_json::{Value, json};

use super::checked::Checked;
use super::samples::samples;
use crate::bed::{APPLICATIONS, JSON_PATCH, MERGE_PATCH, path};

#[tokio::test]
async fn objects_of_every_kind_are_as_described() {
    let api = Checked::start().await;
    for sample in samples() {
        let (collection, path) = (&sample.collection, sample.path());
        let created = api.write("POST", collection, &sample.new_object()).await;
        let mut changed = api.read(&path).await;
        assert_eq!(changed, created);
        changed["metadata"]["labels"] = json!({"x": "y"});
        let mut changed = api.write("PUT", &path, &changed).await;
        if let Some(status) = sample.object.get("status") {
            changed["status"] = status.clone();
            changed["status"]["template"] = created["status"]["template"].clone();
            api.write("PUT", &format!("{path}/status"), &changed).await;
        }
        let label = json!({"metadata": {"labels": {"y": "z", "x": null}}});
        api.patch(&path, MERGE_PATCH, &label).await;
        let label = json!([{"op": "remove", "path": "/metadata/labels/y"}]);
        let changed = api.patch(&path, JSON_PATCH, &label).await;
        assert_eq!(changed["metadata"]["labels"], json!({}));
        api.send("DELETE", &format!("{path}?dry_run=All"), None)
            .await
            .ok();
        api.send("DELETE", &path, None).await.ok();
        let mut deleted = api.read(&path).await;
        assert!(deleted["metadata"]["deleted"].is_string(), "{path}");
        deleted["metadata"]["finalizers"] = json!([]);
        api.write("PUT", &path, &deleted).await;
    }
}

#[tokio::test]
async fn lists_of_every_kind_are_as_described() {
    let api = Checked::start().await;
    for mut sample in samples() {
        let collection = sample.collection.clone();
        api.read(&collection).await;
        for name in ["a", "b"] {
            sample.object["metadata"]["name"] = name.into();
            api.write("POST", &collection, &sample.new_object()).await;
        }
        let whole = api.read(&collection).await;
        assert_eq!(whole["items"].as_array().unwrap().len(), 2);
        let page = api.read(&format!("{collection}?limit=1")).await;
        let token = page["metadata"]["continue"].as_str().unwrap();
        api.read(&format!("{collection}?continue={token}")).await;
        if let Some((api_path, rest)) = collection.split_once("/namespaces/") {
            let plural = rest.split('/').nth(1).unwrap();
            api.read(&format!("{api_path}/{plural}")).await;
        }
        for name in ["a", "b"] {
            let object = format!("{collection}/{name}");
            let mut deleted = api.send("DELETE", &object, None).await.ok();
            deleted["metadata"]["finalizers"] = json!([]);
            api.write("PUT", &object, &deleted).await;
        }
    }
}

#[tokio::test]
async fn watches_of_every_kind_are_as_described() {
    let api = Checked::start().await;
    for sample in samples() {
        let (collection, object) = (&sample.collection, sample.path());
        let watched = format!("{collection}?watch&initial_events&bookmarks");
        let operation = api.document.operation("GET", &watched);
        let schema = &operation["responses"]["200"]["content"]["application/x-ndjson"]["schema"];
        api.write("POST", collection, &sample.new_object()).await;
        let mut lines = api.bed.watch(&watched).await;
        let mut types = vec![lines.event().await, lines.event().await];
        let mut deleted = api.send("DELETE", &object, None).await.ok();
        types.push(lines.event().await);
        deleted["metadata"]["finalizers"] = json!([]);
        api.write("PUT", &object, &deleted).await;
        types.push(lines.event().await);
        let error = WatchEvent::<()>::Error(Problem::new(410, "Too slow."));
        types.push(serde_json::to_value(error).unwrap());
        for line in &types {
            assert_eq!(api.violations(schema, line), [""; 0], "{line}");
        }
        let types: Vec<&Value> = types.iter().map(|line| &line["type"]).collect();
        assert_eq!(types, ["ADDED", "BOOKMARK", "UPDATED", "DELETED", "ERROR"]);
        assert_ne!(api.violations(schema, &json!({"type": "ADDED"})), [""; 0]);
    }
}

#[tokio::test]
async fn subresources_are_as_described() {
    let api = Checked::start().await;
    let cluster =
        json!({"api": "kubernetes", "namespace": "testing", "kind": "Cluster", "name": "c"});
    let verdict = json!({"cluster": "c", "outcome": "CHOSEN", "reason": "the only one"});
    for sample in samples() {
        let object = sample.path();
        let mut created = api
            .write("POST", &sample.collection, &sample.new_object())
            .await;
        match sample.object["kind"].as_str().unwrap() {
            "Application" => {
                let body = json!({"cluster": cluster, "decision": {"verdicts": [verdict]}});
                api.write("PUT", &format!("{object}/binding"), &body).await;
                created["status"]["state"] = "DEGRADED".into();
                created["status"]["shutdown_token"] = "secret".into();
                created["status"]["complete_token"] = "secret".into();
                created["metadata"]
                    .as_object_mut()
                    .unwrap()
                    .remove("resource_version");
                api.write("PUT", &format!("{object}/status"), &created)
                    .await;
                api.send("PUT", &format!("{object}/retry"), None).await.ok();
                api.send("PUT", &format!("{object}/retry"), None)
                    .await
                    .problem();
                for hook in ["shutdown", "complete"] {
                    let hook = format!("{object}/{hook}");
                    api.write("PUT", &hook, &json!({"token": "secret"})).await;
                    api.send("PUT", &hook, Some(&json!({"token": "?"})))
                        .await
                        .problem();
                }
                api.send("DELETE", &format!("{object}?force=True"), None)
                    .await
                    .ok();
            }
            "Cluster" => {
                let cloud = json!({"api": "infrastructure", "namespace": null, "kind": "GlobalCloud", "name": "c"});
                api.write("PUT", &format!("{object}/binding"), &json!({"cloud": cloud}))
                    .await;
            }
            "MagnumCluster" => {
                let project = json!({"api": "openstack", "namespace": "testing", "kind": "Project", "name": "p"});
                let body = json!({"project": project, "template": "t"});
                api.write("PUT", &format!("{object}/binding"), &body).await;
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn problems_are_as_described() {
    let api = Checked::start().await;
    let body = crate::bed::application("a");
    let stored = api.send("POST", APPLICATIONS, Some(&body)).await.ok();
    let missing = json!({"metadata": {"name": "a"}});
    let gone = format!("{APPLICATIONS}?watch&resource_version=999");
    for (method, path, body, status) in [
        ("POST", APPLICATIONS, Some(&body), 409),
        ("POST", APPLICATIONS, Some(&missing), 422),
        ("POST", APPLICATIONS, None, 415),
        ("GET", &path("b"), None, 404),
        ("GET", &gone, None, 410),
        ("GET", &format!("{APPLICATIONS}?heartbeat=x"), None, 422),
        ("PUT", &path("a"), Some(&stored), 400),
        ("PUT", &path("b"), Some(&stored), 404),
    ] {
        let answer = api.send(method, path, body).await;
        assert_eq!(answer.problem().0, status, "{method} {path}");
    }
}

#[tokio::test]
async fn the_endpoints_of_the_server_itself_are_as_described() {
    let api = Checked::start().await;
    let document = api.document.0.clone();
    let fixed = document["paths"].as_object().unwrap().keys();
    let fixed: Vec<_> = fixed.filter(|path| path.split('/').count() == 2).collect();
    assert!(fixed.len() >= 7, "{fixed:?}");
    for path in fixed {
        let status = api.send("GET", path, None).await.status();
        assert!(matches!(status, 200 | 202), "{path} is answered {status}");
    }
}

#[tokio::test]
async fn who_has_the_document_is_told_so() {
    let api = Checked::start().await;
    let answer = api.bed.get("/openapi.json").await;
    let tag = answer.header("etag").to_owned();
    for (known, status) in [(tag.as_str(), 304), ("\"x\"", 200), (&format!("\"x\", W/{tag}"), 304)]
    {
        let request = http::Request::get("/openapi.json").header("if-none-match", known);
        let request = request
            .body(http_body_util::Empty::<bytes::Bytes>::new())
            .unwrap();
        let answer = api.bed.answer(request).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.header("etag"), tag);
        assert_eq!(answer.text.is_empty(), status == 304);
    }
}
