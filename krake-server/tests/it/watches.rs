//! Watches.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use krake_server::store::{Op, Store, Transaction};
use krake_server::{Limits, UpdateEvent};
use serde_json::{Value, json};

use crate::bed::{APPLICATIONS, Bed, MERGE_PATCH, path};

fn sight(event: &str, name: &str) -> (String, String) {
    (event.to_owned(), name.to_owned())
}

async fn label(bed: &Bed, name: &str, labels: Value) -> Value {
    let mut body = bed.get(&path(name)).await.ok();
    body["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resource_version");
    body["metadata"]["labels"] = labels;
    bed.put(&path(name), &body).await.ok()
}

/// Begins and completes a deletion.
async fn remove(bed: &Bed, name: &str) {
    let mut body = bed.delete(&path(name)).await.ok();
    body["metadata"]["finalizers"] = json!([]);
    bed.put(&path(name), &body).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_watch_sees_what_follows_its_headers_and_nothing_before() {
    let bed = Bed::start().await;
    bed.create("before").await;
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let created = bed.create("a").await;
    let event = watch.event().await;
    assert_eq!(event, json!({"type": "ADDED", "object": created}));
    let labelled = label(&bed, "a", json!({"x": "y"})).await;
    assert_eq!(watch.event().await, json!({"type": "UPDATED", "object": labelled}));
    assert!(watch.is_silent().await);
}

#[tokio::test]
async fn a_line_is_compact_json_with_type_and_object() {
    let bed = Bed::start().await;
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    bed.create("a").await;
    let object = bed.get(&path("a")).await.text;
    assert_eq!(watch.line().await.unwrap(), format!("{{\"type\":\"ADDED\",\"object\":{object}}}"));
}

#[tokio::test]
async fn a_removed_object_carries_its_last_state_and_the_revision_of_the_removal() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let mut body = bed.delete(&path("a")).await.ok();
    assert_eq!(watch.event().await, json!({"type": "UPDATED", "object": body}));
    let mut last = body.clone();
    body["metadata"]["finalizers"] = json!([]);
    body["metadata"]["labels"] = json!({"never": "stored"});
    bed.put(&path("a"), &body).await.ok();
    last["metadata"]["resource_version"] = json!("3");
    assert_eq!(watch.event().await, json!({"type": "DELETED", "object": last}));
    bed.create("a").await;
    assert_eq!(watch.sight().await, sight("ADDED", "a"));
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_a_namespace_sees_that_namespace_only() {
    let bed = Bed::start().await;
    let mut one = bed
        .watch("/kubernetes/namespaces/test/applications?watch")
        .await;
    let mut all = bed.watch("/kubernetes/applications?watch").await;
    bed.create("a").await;
    assert_eq!(all.sight().await, sight("ADDED", "a"));
    assert!(one.is_silent().await);
}

#[tokio::test]
async fn updates_are_called_as_the_server_or_the_watch_wants() {
    let bed = Bed::with(Limits::default(), UpdateEvent::Modified).await;
    bed.create("a").await;
    let mut plain = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let mut ours = bed
        .watch(&format!("{APPLICATIONS}?watch&update_event=UPDATED"))
        .await;
    label(&bed, "a", json!({"x": "y"})).await;
    assert_eq!(plain.sight().await, sight("MODIFIED", "a"));
    assert_eq!(ours.sight().await, sight("UPDATED", "a"));
}

#[tokio::test]
async fn a_watch_resumes_after_a_revision_without_gap() {
    let bed = Bed::start().await;
    for name in ["a", "b", "c"] {
        bed.create(name).await;
    }
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&resource_version=1"))
        .await;
    bed.create("d").await;
    for name in ["b", "c", "d"] {
        assert_eq!(watch.sight().await, sight("ADDED", name));
    }
}

#[tokio::test]
async fn a_revision_too_old_or_ahead_is_gone() {
    let limits = &mut Limits::default();
    limits.window_changes = 2;
    let bed = Bed::with(limits.clone(), UpdateEvent::default()).await;
    for name in ["a", "b", "c", "d"] {
        bed.create(name).await;
    }
    let open = |version: u32| format!("{APPLICATIONS}?watch&resource_version={version}");
    for version in [0, 1, 5] {
        let answer = bed.get(&open(version)).await;
        assert_eq!(answer.problem(), (410, Some("GONE".into())), "{version}");
    }
    let mut watch = bed.watch(&open(2)).await;
    assert_eq!(watch.sight().await, sight("ADDED", "c"));
}

#[tokio::test]
async fn slow_watcher_is_told_gone() {
    let limits = &mut Limits::default();
    limits.window_changes = 10;
    let bed = Bed::with(limits.clone(), UpdateEvent::default()).await;
    let mut slow = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let mut fast = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    for index in 0..20 {
        let name = format!("a{index}");
        bed.create(&name).await;
        assert_eq!(fast.sight().await, sight("ADDED", &name));
    }
    let event = slow.event().await;
    assert_eq!(event["type"], "ERROR");
    assert_eq!(event["object"]["status"], 410);
    assert_eq!(event["object"]["title"], "GONE");
    assert_eq!(slow.line().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_fell_behind_gets_no_bookmark_for_what_it_missed() {
    for is_shut_down in [false, true] {
        let limits = &mut Limits::default();
        limits.window_changes = 2;
        let bed = Bed::with(limits.clone(), UpdateEvent::default()).await;
        let mut slow = bed
            .watch(&format!("{APPLICATIONS}?watch&bookmarks&heartbeat=1"))
            .await;
        for index in 0..5 {
            bed.create(&format!("a{index}")).await;
        }
        bed.get(APPLICATIONS).await.ok();
        tokio::time::advance(Duration::from_secs(2)).await;
        if is_shut_down {
            bed.server.shutdown().await;
        }
        let event = slow.event().await;
        assert_eq!((&event["type"], &event["object"]["status"]), (&json!("ERROR"), &json!(410)));
        assert_eq!(slow.line().await, None);
    }
}

#[tokio::test]
async fn the_window_is_bounded_in_bytes_too() {
    let limits = &mut Limits::default();
    limits.window_bytes = 10_000;
    let bed = Bed::with(limits.clone(), UpdateEvent::default()).await;
    let mut slow = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    for index in 0..20 {
        bed.create(&format!("a{index}")).await;
    }
    bed.get(APPLICATIONS).await.ok();
    assert_eq!(slow.event().await["type"], "ERROR");
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_their_rhythm_whatever_else_happens() {
    let bed = Bed::start().await;
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&heartbeat=5"))
        .await;
    let start = tokio::time::Instant::now();
    assert_eq!(watch.line().await.unwrap(), "");
    assert_eq!(start.elapsed().as_secs(), 5);
    tokio::time::advance(Duration::from_secs(3)).await;
    bed.create("a").await;
    assert_ne!(watch.line().await.unwrap(), "");
    assert_eq!(watch.line().await.unwrap(), "");
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_are_on_time_among_any_number_of_events() {
    let bed = Arc::new(Bed::start().await);
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&heartbeat=3"))
        .await;
    let mut writers = tokio::task::JoinSet::new();
    let writer = Arc::clone(&bed);
    writers.spawn(async move {
        for index in 0.. {
            writer.create(&format!("a{index}")).await;
            tokio::time::sleep(Duration::from_millis(70)).await;
        }
    });
    let start = tokio::time::Instant::now();
    let mut events = 0;
    for beat in 1..=40 {
        while !watch.line().await.unwrap().is_empty() {
            events += 1;
        }
        assert_eq!(start.elapsed().as_millis(), beat * 3_000);
    }
    assert!(events > 1_600, "{events} events");
    writers.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_opens_a_watch_and_then_writes_sees_it() {
    let bed = Arc::new(Bed::start().await);
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..8 {
        let bed = Arc::clone(&bed);
        clients.spawn(async move {
            for index in 0..25 {
                let mut watch = bed
                    .watch(&format!("{APPLICATIONS}?watch&heartbeat=0"))
                    .await;
                let name = format!("a-{client}-{index}");
                let created = bed.create(&name).await;
                // Others write, too.
                let mut event = watch.event().await;
                while event["object"]["metadata"]["name"] != name {
                    event = watch.event().await;
                }
                assert_eq!(event, json!({"type": "ADDED", "object": created}));
            }
        });
    }
    clients.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn the_default_heartbeat_is_ten_seconds_and_zero_means_none() {
    let bed = Bed::start().await;
    let start = tokio::time::Instant::now();
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    assert_eq!(watch.line().await.unwrap(), "");
    assert_eq!(start.elapsed().as_secs(), 10);
    let mut mute = bed
        .watch(&format!("{APPLICATIONS}?watch&heartbeat=0"))
        .await;
    let silence = tokio::time::timeout(Duration::from_secs(100_000), mute.line()).await;
    assert!(silence.is_err());
    bed.watch(&format!("{APPLICATIONS}?watch&heartbeat=99999999999999999999999"))
        .await;
}

#[tokio::test(start_paused = true)]
async fn bookmarks_are_as_new_as_the_store() {
    let bed = Bed::start().await;
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&bookmarks&heartbeat=1"))
        .await;
    bed.create("a").await;
    let cluster = "/kubernetes/namespaces/testing/clusters";
    let body = json!({
        "metadata": {"name": "c"},
        "spec": {
            "tosca": {
                "tosca_definitions_version": "tosca_simple_yaml_1_0",
                "topology_template": {"outputs": {"kubeconfig": {"value": "x"}}},
            },
            "constraints": {"cloud": {}},
        },
    });
    bed.post(cluster, &body).await.ok();
    assert_eq!(watch.sight().await, sight("ADDED", "a"));
    let mark = watch.event().await;
    assert_eq!(
        mark,
        json!({"type": "BOOKMARK", "object": {
            "api": "kubernetes", "kind": "Application",
            "metadata": {"resource_version": "2", "initial_events_end": false},
        }})
    );
}

#[tokio::test(start_paused = true)]
async fn a_bookmark_never_covers_what_was_not_sent() {
    let bed = Bed::start().await;
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&bookmarks&heartbeat=1"))
        .await;
    for name in ["a", "b"] {
        bed.create(name).await;
    }
    tokio::time::advance(Duration::from_secs(2)).await;
    let mut sent = 0;
    for _ in 0..3 {
        let event = watch.event().await;
        let version = event["object"]["metadata"]["resource_version"]
            .as_str()
            .unwrap();
        let version: u64 = version.parse().unwrap();
        match event["type"].as_str().unwrap() {
            "BOOKMARK" => assert!(version <= sent, "{version} after {sent}"),
            _ => sent = version,
        }
    }
    assert_eq!(sent, 2);
}

#[tokio::test(start_paused = true)]
async fn initial_events_end_with_a_bookmark() {
    let bed = Bed::start().await;
    bed.create("b").await;
    bed.create("a").await;
    label(&bed, "b", json!({"x": "y"})).await;
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&initial_events"))
        .await;
    assert_eq!(watch.sight().await, sight("ADDED", "a"));
    assert_eq!(watch.sight().await, sight("ADDED", "b"));
    let end = watch.event().await;
    assert_eq!(end["type"], "BOOKMARK");
    assert_eq!(
        end["object"]["metadata"],
        json!({"resource_version": "3", "initial_events_end": true})
    );
    bed.create("c").await;
    assert_eq!(watch.sight().await, sight("ADDED", "c"));
    assert!(watch.is_silent().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn initial_events_under_writes_have_neither_gap_nor_duplicate() {
    const OBJECTS: usize = 40;
    const ROUNDS: usize = 10;
    let bed = Arc::new(Bed::start().await);
    let mut writers = tokio::task::JoinSet::new();
    for index in 0..OBJECTS {
        let bed = Arc::clone(&bed);
        writers.spawn(async move {
            let name = format!("a{index}");
            bed.create(&name).await;
            for round in 0..ROUNDS {
                label(&bed, &name, json!({"round": round.to_string()})).await;
            }
        });
    }
    let mut watchers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let bed = Arc::clone(&bed);
        watchers.spawn(async move {
            let mut watch = bed
                .watch(&format!("{APPLICATIONS}?watch&initial_events"))
                .await;
            let mut seen = BTreeMap::new();
            let mut newest = 0;
            let mut is_live = false;
            let last = (OBJECTS * (ROUNDS + 1)) as u64;
            while newest < last {
                let event = watch.event().await;
                let metadata = &event["object"]["metadata"];
                let version: u64 = metadata["resource_version"]
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap();
                if event["type"] == "BOOKMARK" {
                    is_live = true;
                    newest = version;
                    continue;
                }
                let name = metadata["name"].as_str().unwrap().to_owned();
                let before = seen.insert(name, version);
                assert_eq!(before.is_some(), event["type"] == "UPDATED", "{event}");
                if is_live {
                    assert_eq!(version, newest + 1);
                    newest = version;
                }
            }
            assert_eq!(seen.len(), OBJECTS);
        });
    }
    writers.join_all().await;
    watchers.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn a_selector_translates_at_its_edge() {
    let bed = Bed::start().await;
    let path = format!("{APPLICATIONS}?watch&label_selector=tier%3Dweb");
    let mut watch = bed.watch(&path).await;
    bed.create("a").await;
    label(&bed, "a", json!({"tier": "db"})).await;
    let inside = label(&bed, "a", json!({"tier": "web"})).await;
    assert_eq!(watch.event().await, json!({"type": "ADDED", "object": inside}));
    let mut inside = label(&bed, "a", json!({"tier": "web", "x": "y"})).await;
    assert_eq!(watch.event().await, json!({"type": "UPDATED", "object": inside}));
    let outside = label(&bed, "a", json!({"tier": "db"})).await;
    inside["metadata"]["resource_version"] = outside["metadata"]["resource_version"].clone();
    assert_eq!(watch.event().await, json!({"type": "DELETED", "object": inside}));
    remove(&bed, "a").await;
    assert!(watch.is_silent().await);
}

#[tokio::test(start_paused = true)]
async fn a_field_selector_translates_at_its_edge() {
    let bed = Bed::start().await;
    let mut before = bed.create("before").await;
    let selector = "field_selector=status.state%3DRUNNING,metadata.name!%3Dz";
    let mut watch = bed
        .watch(&format!("{APPLICATIONS}?watch&initial_events&{selector}"))
        .await;
    assert_eq!(watch.event().await["type"], "BOOKMARK");
    let status = async |name: &str, state: &str| {
        let body = json!({"status": {"state": state}});
        bed.patch(&(path(name) + "/status"), MERGE_PATCH, body)
            .await
            .ok()
    };
    bed.create("z").await;
    status("z", "RUNNING").await;
    status("before", "CREATING").await;
    let inside = status("before", "RUNNING").await;
    assert_eq!(watch.event().await, json!({"type": "ADDED", "object": inside}));
    before["metadata"]["labels"] = json!({"x": "y"});
    before["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resource_version");
    let mut inside = bed.put(&path("before"), &before).await.ok();
    assert_eq!(watch.event().await, json!({"type": "UPDATED", "object": inside}));
    let outside = status("before", "FAILED").await;
    inside["metadata"]["resource_version"] = outside["metadata"]["resource_version"].clone();
    assert_eq!(watch.event().await, json!({"type": "DELETED", "object": inside}));
    status("before", "RUNNING").await;
    assert_eq!(watch.sight().await, sight("ADDED", "before"));
    bed.delete(&(path("before") + "?force=True")).await.ok();
    assert_eq!(watch.sight().await, sight("DELETED", "before"));
    assert!(watch.is_silent().await);
    let mut late = bed
        .watch(&format!("{APPLICATIONS}?watch&initial_events&field_selector=metadata.name%3Dz"))
        .await;
    assert_eq!(late.sight().await, sight("ADDED", "z"));
}

#[tokio::test]
async fn pending_events_arrive_together_and_in_order() {
    let bed = Bed::start().await;
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    for index in 0..300 {
        bed.create(&format!("a{index}")).await;
    }
    for index in 0..300 {
        assert_eq!(watch.sight().await, sight("ADDED", &format!("a{index}")));
    }
}

#[tokio::test]
async fn an_object_that_becomes_unreadable_leaves_and_comes_back() {
    let bed = Bed::start().await;
    let mut watch = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let created = bed.create("a").await;
    watch.event().await;
    let key = "/kubernetes/applications/testing/a";
    for value in ["{}".to_owned(), created.to_string()] {
        let op = Op::Put { key: key.into(), value: value.into() };
        bed.store
            .commit(Transaction { guards: vec![], ops: vec![op] })
            .await
            .unwrap();
    }
    assert_eq!(watch.sight().await, sight("DELETED", "a"));
    assert_eq!(watch.sight().await, sight("ADDED", "a"));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_server_ends_watches_with_a_last_bookmark() {
    let bed = Bed::start().await;
    bed.create("a").await;
    let mut plain = bed.watch(&format!("{APPLICATIONS}?watch")).await;
    let mut marked = bed.watch(&format!("{APPLICATIONS}?watch&bookmarks")).await;
    bed.server.shutdown().await;
    assert_eq!(plain.line().await, None);
    let mark = marked.event().await;
    assert_eq!(mark["type"], "BOOKMARK");
    assert_eq!(mark["object"]["metadata"]["resource_version"], "1");
    assert_eq!(marked.line().await, None);
}

#[tokio::test]
async fn a_head_request_leaves_no_watch_behind() {
    let bed = Bed::start().await;
    let answer = bed.send("HEAD", &format!("{APPLICATIONS}?watch"), "").await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.text, "");
}
