//! Servers on etcd: an existing database, several replicas, and outages.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use etcd_client::Client;
use krake_server::store::{EtcdOptions, EtcdStore, MemoryStore};
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, application, path};
use crate::support::{Etcd, Gate, Passage};

/// Objects as the original answers and stores them.
const EXAMPLES: &str = include_str!("../../../krake-core/tests/it/examples.json");

fn options(endpoints: impl IntoIterator<Item: Into<String>>) -> EtcdOptions {
    let mut options = EtcdOptions::new(endpoints);
    options.attempt_time = Duration::from_millis(300);
    options
}

async fn serve(options: &EtcdOptions) -> Bed {
    let server = Bed::builder(EtcdStore::connect(options).unwrap())
        .build()
        .await;
    Bed { server: server.unwrap(), store: Arc::new(MemoryStore::new()) }
}

async fn on(etcd: &Etcd) -> Bed {
    serve(&options(etcd.endpoints())).await
}

async fn client(etcd: &Etcd) -> Client {
    Client::connect(etcd.endpoints(), None).await.unwrap()
}

/// The JSON as the original writes it: with spaces, and in ASCII.
fn as_the_original_writes(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap();
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '\n' => {}
            ' '..='~' => escaped.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(escaped, "\\u{unit:04x}").unwrap();
                }
            }
        }
    }
    escaped
}

fn plural(object: &Value) -> String {
    format!("{}s", object["kind"].as_str().unwrap().to_lowercase())
}

fn key_of(object: &Value) -> String {
    let (api, plural) = (object["api"].as_str().unwrap(), plural(object));
    let metadata = &object["metadata"];
    let name = metadata["name"].as_str().unwrap();
    match metadata["namespace"].as_str() {
        Some(namespace) => format!("/{api}/{plural}/{namespace}/{name}"),
        None => format!("/{api}/{plural}/{name}"),
    }
}

fn path_of(object: &Value) -> String {
    let (api, plural) = (object["api"].as_str().unwrap(), plural(object));
    let metadata = &object["metadata"];
    let name = metadata["name"].as_str().unwrap();
    match metadata["namespace"].as_str() {
        Some(namespace) => format!("/{api}/namespaces/{namespace}/{plural}/{name}"),
        None => format!("/{api}/{plural}/{name}"),
    }
}

/// Whether `shown` has everything that `expected` has.
#[track_caller]
fn assert_shows(shown: &Value, expected: &Value, place: &str) {
    match (shown, expected) {
        (Value::Object(shown), Value::Object(expected)) => {
            for (key, value) in expected {
                let member = shown.get(key).unwrap_or(&Value::Null);
                assert_shows(member, value, &format!("{place}.{key}"));
            }
        }
        _ => assert_eq!(shown, expected, "{place}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_database_is_served_as_it_is() {
    let etcd = Etcd::start();
    let mut client = client(&etcd).await;
    let mut examples: Vec<Value> = serde_json::from_str(EXAMPLES).unwrap();
    for example in &mut examples {
        if example["kind"] == "Application" {
            example["spec"]["manifest"][0]["metadata"]["annotations"] = json!({"a": "Grüße 🦀"});
        }
        let mut stored = example.clone();
        stored["of_the_future"] = json!({"a": [1]});
        stored["metadata"]["of_the_future"] = json!(1);
        client
            .put(key_of(example), as_the_original_writes(&stored), None)
            .await
            .unwrap();
    }
    let bed = on(&etcd).await;
    for example in &examples {
        let path = path_of(example);
        assert_shows(&bed.get(&path).await.ok(), example, &path);
        let (collection, name) = path.rsplit_once('/').unwrap();
        let list = bed.get(collection).await.ok();
        let items = list["items"].as_array().unwrap().iter();
        assert_eq!(
            items
                .filter(|item| item["metadata"]["name"] == name)
                .count(),
            1,
            "{path}"
        );
    }
    let mut changed = examples[6].clone();
    changed["metadata"]["labels"] = json!({"changed": "yes"});
    bed.put(&path_of(&changed), &changed).await.ok();
    let stored = client.get(key_of(&changed), None).await.unwrap();
    let stored: Value = serde_json::from_slice(stored.kvs()[0].value()).unwrap();
    let object = changed["metadata"].as_object_mut().unwrap();
    object.remove("modified");
    assert_shows(&stored, &changed, "what the original would read");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_resource_is_skipped() {
    let etcd = Etcd::start();
    let mut client = client(&etcd).await;
    let broken = "/kubernetes/applications/testing/broken";
    for (key, value) in [
        (broken, "{"),
        ("/kubernetes/applications/testing/empty", ""),
        ("/kubernetes/applications/testing/other", "{\"kind\": \"Other\"}"),
        ("/kubernetes/applications/testing/a/b", "{}"),
        ("/kubernetes/applications/testing", "{}"),
        ("/kubernetes/applications/testing/a b", "{}"),
        ("/unknown/things/testing/a", "{}"),
        ("elsewhere", "{}"),
    ] {
        client.put(key, value, None).await.unwrap();
    }
    client
        .put(b"/kubernetes/applications/testing/\xFF", "{}", None)
        .await
        .unwrap();
    let bed = on(&etcd).await;
    let good = bed.create("good").await;
    let names = async || -> Vec<String> {
        let list = bed.get(APPLICATIONS).await.ok();
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names().await, ["good"]);
    assert_eq!(bed.get(&path("broken")).await.status(), 404);
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let mut repaired = good;
    repaired["metadata"]["name"] = "broken".into();
    client
        .put(b"/kubernetes/applications/testing/\xFE", "{}", None)
        .await
        .unwrap();
    client
        .put(broken, repaired.to_string(), None)
        .await
        .unwrap();
    assert_eq!(watch.sight().await.1, "broken");
    assert_eq!(names().await, ["broken", "good"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_see_each_others_writes_at_once() {
    let etcd = Etcd::start();
    let (one, other) = (on(&etcd).await, on(&etcd).await);
    let mut watch = other.watch(&format!("{APPLICATIONS}?watch")).await;
    for n in 0..50 {
        let name = format!("a-{n}");
        let created = one.create(&name).await;
        assert_eq!(other.get(&path(&name)).await.ok(), created);
        let mut changed = created.clone();
        changed["metadata"]["labels"] = json!({"n": "1"});
        let changed = other.put(&path(&name), &changed).await.ok();
        assert_eq!(one.get(&path(&name)).await.ok(), changed);
        assert_eq!(one.post(APPLICATIONS, &application(&name)).await.status(), 409);
        assert_eq!(watch.event().await["object"], created);
        assert_eq!(watch.event().await["object"], changed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_do_not_wait_for_the_writes_of_others() {
    let etcd = Etcd::start();
    let mut client = client(&etcd).await;
    let bed = on(&etcd).await;
    bed.create("a").await;
    for n in 0..20 {
        client.put("elsewhere", n.to_string(), None).await.unwrap();
        bed.get(&path("a")).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_outlives_the_outages_of_its_etcd() {
    let mut etcd = Etcd::stopped(1, &[]);
    let bed = on(&etcd).await;
    let is_ready = async || bed.get("/readyz").await.status() == 200;
    let until_ready = async || while !is_ready().await {};
    assert!(!is_ready().await);
    bed.get("/healthz").await.ok();
    for target in [APPLICATIONS, &path("a")] {
        assert_eq!(bed.get(target).await.problem(), (503, None), "{target}");
    }
    assert_eq!(bed.post(APPLICATIONS, &application("a")).await.problem(), (503, None));
    etcd.start_all();
    until_ready().await;
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    bed.create("a").await;
    assert_eq!(watch.sight().await, ("ADDED".into(), "a".into()));
    etcd.kill(0);
    assert_eq!(bed.get(APPLICATIONS).await.problem(), (503, None));
    bed.get("/healthz").await.ok();
    etcd.run(0);
    until_ready().await;
    bed.create("b").await;
    assert_eq!(watch.sight().await, ("ADDED".into(), "b".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_told_and_breaks_nothing() {
    let etcd = Etcd::start();
    let gate = Gate::to(etcd.port(0)).await;
    let mut options = options([gate.url()]);
    options.time = Duration::from_millis(600);
    let bed = serve(&options).await;
    let other = on(&etcd).await;
    let mut seen = other.watch(&format!("{APPLICATIONS}?watch")).await;
    gate.set(Passage::OneWay(etcd.port(0)));
    let body = application("a");
    let (answer, ()) = tokio::join!(bed.post(APPLICATIONS, &body), async {
        assert_eq!(seen.sight().await.1, "a");
        gate.cut(Passage::Open(etcd.port(0)));
    });
    assert_eq!(answer.problem(), (504, None));
    assert!(answer.text.contains("read before you try again"), "{}", answer.text);
    bed.get("/healthz").await.ok();
    while bed.get("/readyz").await.status() != 200 {}
    bed.get(&path("a")).await.ok();
    bed.create("b").await;
}
