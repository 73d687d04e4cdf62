use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, WatchEvent, WatchParams};
use serde_json::json;

use crate::support::{cluster, config_map, create};

fn short(event: &WatchEvent<ConfigMap>) -> String {
    let name = |object: &ConfigMap| object.metadata.name.clone().unwrap();
    match event {
        WatchEvent::Added(object) => format!("+{}", name(object)),
        WatchEvent::Modified(object) => format!("~{}", name(object)),
        WatchEvent::Deleted(object) => format!("-{}", name(object)),
        WatchEvent::Bookmark(_) => "bookmark".to_owned(),
        WatchEvent::Error(status) => format!("error {}", status.code),
    }
}

#[tokio::test]
async fn a_watch_goes_on_where_the_list_ended() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    create(&api, &config_map("a", json!({}))).await;
    let version = api
        .list(&ListParams::default())
        .await
        .unwrap()
        .metadata
        .resource_version
        .unwrap();
    create(&api, &config_map("b", json!({}))).await;
    let params = WatchParams::default().fields("metadata.name!=kube-root-ca.crt");
    let mut events = Box::pin(api.watch(&params, &version).await.unwrap());
    api.patch("a", &PatchParams::default(), &Patch::Merge(json!({"data": {"x": "1"}})))
        .await
        .unwrap();
    let removed = api.delete("b", &DeleteParams::default()).await.unwrap();
    assert!(removed.is_right(), "nothing holds it");
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(short(&events.try_next().await.unwrap().unwrap()));
    }
    assert_eq!(seen, ["+b", "~a", "-b"]);
}

#[tokio::test]
async fn objects_come_and_go_at_the_edge_of_a_selector() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    create(&api, &config_map("a", json!({}))).await;
    let version = api
        .list(&ListParams::default())
        .await
        .unwrap()
        .metadata
        .resource_version
        .unwrap();
    let label =
        |value: serde_json::Value| Patch::Merge(json!({"metadata": {"labels": {"in": value}}}));
    let relabel = async |value: serde_json::Value| {
        api.patch("a", &PatchParams::default(), &label(value))
            .await
            .unwrap()
    };
    relabel(json!("yes")).await;
    relabel(json!("no")).await;
    relabel(json!("yes")).await;
    // The watch starts in the past: what matched then is known from history.
    let mut events = Box::pin(
        api.watch(&WatchParams::default().labels("in=yes"), &version)
            .await
            .unwrap(),
    );
    relabel(json!(null)).await;
    let mut seen = Vec::new();
    while seen.len() < 4 {
        seen.push(short(&events.try_next().await.unwrap().unwrap()));
    }
    assert_eq!(seen, ["+a", "-a", "+a", "-a"]);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_gets_bookmarks_and_ends_in_time() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::namespaced(client, "kube-public");
    let params = WatchParams::default()
        .fields("metadata.name=none")
        .timeout(150);
    let events: Vec<_> = api
        .watch(&params, "0")
        .await
        .unwrap()
        .map(|event| short(&event.unwrap()))
        .collect()
        .await;
    assert_eq!(events, ["bookmark", "bookmark"]);
}

#[tokio::test]
async fn initial_events_end_with_a_bookmark() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    create(&api, &config_map("a", json!({}))).await;
    let params = WatchParams::default()
        .fields("metadata.name=a")
        .initial_events();
    let events: Vec<_> = api
        .watch(&params, "0")
        .await
        .unwrap()
        .take(2)
        .map(|event| short(&event.unwrap()))
        .collect()
        .await;
    assert_eq!(events, ["+a", "bookmark"]);
}

#[tokio::test]
async fn a_version_from_the_future_is_refused() {
    let (_sim, client) = cluster().await;
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let result = api.watch(&WatchParams::default(), "999999").await;
    let failed = match result {
        Err(_) => true,
        Ok(events) => {
            let first = Box::pin(events).next().await;
            matches!(first, Some(Err(_) | Ok(WatchEvent::Error(_))))
        }
    };
    assert!(failed);
}
