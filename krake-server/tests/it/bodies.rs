//! Bodies of requests: everything that is wrong is told at once, and what is accepted can be changed again.

use krake_server::{Limits, UpdateEvent};
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Answer, Bed, application, path};
use crate::samples::{MAGNUM_CLUSTERS, samples};
use crate::wrong_bodies::WRONG;

/// The errors of a refused body, one line each.
#[track_caller]
fn errors(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.problem(), (422, None), "{}", answer.text);
    let problem = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = problem["errors"].as_array().unwrap().iter().map(|error| {
        let (field, message) = (text(&error["field"]), text(&error["message"]));
        if field.is_empty() { message } else { format!("{field}: {message}") }
    });
    let lines: Vec<_> = lines.collect();
    assert_eq!(problem["detail"], lines.join("; "));
    lines
}

#[tokio::test]
async fn everything_wrong_with_a_new_object_is_told_at_once_in_its_order() {
    let bed = Bed::start().await;
    assert_eq!(WRONG.len(), bed.server.kinds().count());
    for (collection, body, expected) in WRONG.iter().copied() {
        let answer = bed.send("POST", collection, body).await;
        assert_eq!(errors(&answer), expected, "{collection}");
    }
    assert_eq!(bed.stored().await, 0);
}

#[tokio::test]
async fn a_replacement_is_told_the_same_and_what_it_lacks() {
    let bed = Bed::start().await;
    for (collection, body, expected) in WRONG.iter().copied() {
        let answer = bed.send("PUT", &format!("{collection}/a"), body).await;
        let mut found = errors(&answer);
        let lacking = ["metadata.uid: ", "metadata.created: ", "metadata.modified: ", "status: "];
        let is_lacking = |line: &String| lacking.iter().any(|field| line.starts_with(field));
        let missing = found.extract_if(.., |line| is_lacking(line)).count();
        assert!(missing > 0 || expected[0].starts_with("metadata:"), "{collection}");
        assert_eq!(found, expected, "{collection}");
    }
}

#[tokio::test]
async fn rules_are_not_applied_to_what_is_not_there() {
    let bed = Bed::start().await;
    // Without a manifest of the right type nothing is said of what the manifest and its schema should have.
    let body = json!({
        "metadata": {"name": "a", "labels": []},
        "spec": {"manifest": "x", "constraints": {"cluster": {}}, "observer_schema": [{}]},
    });
    let answer = bed.post(APPLICATIONS, &body).await;
    let expected =
        ["metadata.labels: Not a valid mapping type.", "spec.manifest: Not a valid list."];
    assert_eq!(errors(&answer), expected);
    for body in [json!({}), json!({"spec": {}, "metadata": {}})] {
        let found = errors(&bed.post(APPLICATIONS, &body).await);
        let is_missing = |line: &String| line.ends_with("Missing data for required field.");
        assert!(found.iter().all(is_missing), "{found:?}");
    }
}

#[tokio::test]
async fn a_flood_of_errors_is_cut_off() {
    let bed = Bed::start().await;
    let long = "x ".repeat(100_000);
    for manifest in [
        json!(vec![5; 100_000]),
        json!(vec![json!({"metadata": {"name": long}})]),
        json!([{"metadata": {"name": "x"}}, {long.clone(): {}}]),
    ] {
        let mut body = application("a");
        body["spec"]["manifest"] = manifest;
        body["spec"]["constraints"]["cluster"]["labels"] = json!([format!("{long} is x")]);
        body["metadata"]["labels"] = json!({ long.as_str(): long });
        let answer = bed.post(APPLICATIONS, &body).await;
        assert!(errors(&answer).len() <= 33);
        assert!(answer.text.len() < 20_000, "{} bytes", answer.text.len());
    }
    let wrong = vec![json!({"verbs": ["?"]}); 20_000];
    let answer = bed.post("/core/roles", &json!({"rules": wrong})).await;
    let found = errors(&answer);
    assert_eq!(found.len(), 33);
    assert_eq!(found[32], "There are more errors; these are the first 32.");
}

#[tokio::test]
async fn bindings_and_hooks_are_told_everything_too() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let body = json!({"kind": "Binding", "cluster": {"api": 1, "kind": null}, "decision": {"verdicts": 1}});
    assert_eq!(
        errors(&bed.put(&(path("a") + "/binding"), &body).await),
        [
            "cluster.api: Not a valid string.",
            "cluster.kind: Field may not be null.",
            "cluster.name: Missing data for required field.",
            "decision.verdicts: Not a valid list.",
            "kind: Must be equal to ClusterBinding.",
        ]
    );
    let body = json!({"api": "core", "token": 5});
    assert_eq!(
        errors(&bed.put(&(path("a") + "/complete"), &body).await),
        ["api: Must be equal to kubernetes.", "token: Not a valid string."]
    );
}

#[tokio::test]
async fn a_magnum_cluster_is_looked_for_before_the_body_of_its_binding() {
    let bed = Bed::start().await;
    let binding = format!("{MAGNUM_CLUSTERS}/a/binding");
    for body in ["", "{", "{}"] {
        let answer = bed.send("PUT", &binding, body).await;
        assert_eq!(answer.problem(), (404, Some("NOT_FOUND_ERROR".into())), "{body}");
    }
    let body = json!({"metadata": {"name": "a"}, "spec": {}});
    bed.post(MAGNUM_CLUSTERS, &body).await.ok();
    assert_eq!(bed.send("PUT", &binding, "{").await.problem(), (415, None));
    assert_eq!(bed.send("PUT", &binding, "{}").await.problem(), (422, None));
    let other = bed.send("PUT", &(path("b") + "/binding"), "{").await;
    assert_eq!(other.problem(), (415, None), "elsewhere the body comes first");
}

#[tokio::test]
async fn what_the_server_shows_is_accepted_and_no_update() {
    let bed = Bed::start().await;
    for (collection, mut body) in samples() {
        body["metadata"] = json!({"name": "a", "labels": {"b": "c"}, "finalizers": ["d"]});
        let created = bed.post(collection, &body).await.ok();
        let path = format!("{collection}/a");
        let answer = bed.put(&path, &created).await;
        if collection == "/core/globalmetricsproviders" {
            assert_eq!(answer.ok(), created, "nothing is written");
            assert_eq!(bed.get(&path).await.ok(), created);
        } else {
            assert_eq!(answer.problem(), (400, Some("UPDATE_ERROR".into())), "{collection}");
            assert_eq!(answer.json()["detail"], "The body contained no update.");
        }
    }
}

#[tokio::test]
async fn an_object_that_could_not_be_changed_again_is_refused() {
    let limits = |bytes| {
        let mut limits = Limits::default();
        limits.body_bytes = bytes;
        limits
    };
    let bed = Bed::with(limits(16_000), UpdateEvent::default()).await;
    // Each of these numbers becomes five times as long.
    let role = |numbers: usize| {
        json!({"metadata": {"name": "a"}, "spec": {
            "allowed_values": vec!["1"; numbers], "min": 0, "max": 1, "provider": {"name": "p", "metric": "m"},
        }})
        .to_string()
        .replace("\"1\"", "1e18")
    };
    let answer = bed.send("POST", "/core/globalmetrics", role(1000)).await;
    assert_eq!(answer.problem(), (413, None), "{}", answer.text);
    let created = bed
        .send("POST", "/core/globalmetrics", role(600))
        .await
        .ok();
    let mut larger = created.clone();
    larger["spec"]["allowed_values"] = json!(vec![1_000_000_000_000_000_000_u64; 770]);
    let answer = bed.put("/core/globalmetrics/a", &larger).await;
    assert_eq!(answer.problem(), (413, None), "{}", answer.text);
    larger = created;
    larger["metadata"]["finalizers"] = json!(["x"]);
    bed.put("/core/globalmetrics/a", &larger).await.ok();
}
