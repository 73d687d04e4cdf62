//! What the document calls wrong, the server refuses.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::checked::Checked;
use super::samples::samples;

/// Values that fit few places.
fn odd_values() -> [Value; 5] {
    [Value::Null, json!([]), json!({}), json!("§"), json!(true)]
}

/// Where a value can be replaced: pointers to everything inside.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.replace('/', "~1"), member))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    for (name, member) in inside {
        let pointer = format!("{pointer}/{name}");
        places(member, &pointer, found);
        found.push(pointer);
    }
}

/// A body with something odd in one place, or without it.
fn odd_bodies(whole: &Value) -> Vec<(String, Value)> {
    let mut pointers = Vec::new();
    places(whole, "", &mut pointers);
    let mut bodies = Vec::new();
    for pointer in pointers {
        for odd in odd_values() {
            let mut body = whole.clone();
            *body.pointer_mut(&pointer).unwrap() = odd.clone();
            bodies.push((format!("{pointer} = {odd}"), body));
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut body = whole.clone();
        if let Some(Value::Object(parent)) = body.pointer_mut(parent) {
            parent.remove(&name.replace("~1", "/"));
            bodies.push((format!("{pointer} missing"), body));
        }
    }
    bodies
}

/// How many odd bodies were wrong by the document, and which of them were taken.
#[derive(Default)]
struct Tally {
    wrong: usize,
    taken: BTreeSet<String>,
}

impl Tally {
    async fn try_all(&mut self, api: &Checked, method: &str, path: &str, body: &Value) {
        let kind = &body["kind"].as_str().unwrap_or_default();
        for (what, body) in odd_bodies(body) {
            if api.complaints(method, path, &body).is_empty() {
                continue;
            }
            self.wrong += 1;
            let answer = api.bed.send(method, path, body.to_string()).await;
            if !matches!(answer.status(), 400 | 422) {
                self.taken.insert(format!("{kind} {what}"));
            }
        }
    }
}

#[tokio::test]
async fn new_objects_that_the_document_calls_wrong_are_refused() {
    let api = Checked::start().await;
    let mut tally = Tally::default();
    for sample in samples() {
        tally
            .try_all(&api, "POST", &sample.collection, &sample.new_object())
            .await;
    }
    assert!(tally.wrong > 1000, "{}", tally.wrong);
    assert_eq!(tally.taken, BTreeSet::new());
}

/// What is taken in a PUT of the status, which looks at nothing of the metadata that clients could get wrong.
const UNUSED: [&str; 2] = ["/metadata/namespace missing", "/metadata/uid = \"§\""];

#[tokio::test]
async fn updates_that_the_document_calls_wrong_are_refused() {
    let api = Checked::start().await;
    let mut tally = Tally::default();
    for sample in samples() {
        let mut object = api
            .write("POST", &sample.collection, &sample.new_object())
            .await;
        object["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("resource_version");
        let Some(status) = sample.object.get("status") else { continue };
        object["status"] = status.clone();
        object["status"]["template"] = Value::Null;
        tally
            .try_all(&api, "PUT", &(sample.path() + "/status"), &object)
            .await;
    }
    assert!(tally.wrong > 1000, "{}", tally.wrong);
    tally
        .taken
        .retain(|what| !UNUSED.iter().any(|unused| what.ends_with(unused)));
    assert_eq!(tally.taken, BTreeSet::new());
}
